use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use petrel_model::event::{AccountChange, Event};
use petrel_model::gate::Known;
use petrel_model::home::Entry;
use petrel_model::id::AccountId;
use petrel_social::error::Result;
use petrel_social::eyes::Eyes;
use petrel_store::Store;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::home::{Judge, Viewer};

const SHARDS: usize = 64;
/// Accounts of a shard whose state is remembered; a shard that is full starts anew.
const SHARD_ACCOUNTS_MAX: usize = 16_384;

/// Which accounts are gone (deleted or suspended), as far as it was asked for.
pub(crate) struct Reach {
    shards: Box<[RwLock<Shard>]>,
    /// The sum of all shards' changes.
    changes: AtomicU64,
}

#[derive(Default)]
struct Shard {
    gone: FxHashMap<AccountId, bool>,
    /// How often something changed that a load under way may not have seen.
    changes: u64,
}

impl Reach {
    pub(crate) fn new() -> Reach {
        Reach {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            changes: AtomicU64::new(0),
        }
    }

    /// A number that rises when anything that was remembered is voided.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// All that the rules need to know to judge these entries for this viewer.
    pub(crate) async fn judge<'v>(
        &self,
        store: &Store,
        viewer: &'v Viewer,
        entries: &[Entry],
        now_ms: u64,
    ) -> Result<Judge<'v>> {
        let mut out_of_reach = FxHashSet::default();
        let mut asked = FxHashSet::default();
        let mut unknown = Vec::new();
        for account in entries.iter().flat_map(|entry| viewer.concerned(entry)) {
            if !asked.insert(account) {
                continue;
            }
            match (self.known(account), viewer.blockers.read().get(&account)) {
                (Some(true), _) | (_, Some(true)) => {
                    out_of_reach.insert(account);
                }
                (Some(false), Some(false)) => {}
                _ => unknown.push(account),
            }
        }
        if !unknown.is_empty() {
            out_of_reach.extend(self.load(store, viewer, &unknown).await?);
        }
        Ok(Judge {
            viewer,
            out_of_reach,
            tagged: FxHashSet::default(),
            now_ms,
        })
    }

    /// Those of the accounts that are out of the viewer's reach; what was found is remembered.
    async fn load(
        &self,
        store: &Store,
        viewer: &Viewer,
        accounts: &[AccountId],
    ) -> Result<Vec<AccountId>> {
        let before: Vec<u64> = accounts
            .iter()
            .map(|account| self.shard(*account).read().changes)
            .collect();
        let eyes = Eyes::open(store, Some(viewer.id), 0).await?;
        let seen = eyes.accounts(store, accounts).await?;
        let mut out_of_reach = Vec::new();
        for (account, before) in accounts.iter().zip(before) {
            let found = seen.get(account);
            let gone = found.is_none_or(|seen| seen.facts.deleted || seen.facts.suspended);
            let blocks = found.is_none_or(|seen| seen.gate.relation.blocked_by != Known::No);
            if gone || blocks {
                out_of_reach.push(*account);
            }
            self.remember(*account, gone, before);
            // The viewer is thrown away when somebody begins or ends to block them.
            viewer.blockers.write().insert(*account, blocks);
        }
        Ok(out_of_reach)
    }

    fn known(&self, account: AccountId) -> Option<bool> {
        self.shard(account).read().gone.get(&account).copied()
    }

    fn remember(&self, account: AccountId, gone: bool, before: u64) {
        let mut shard = self.shard(account).write();
        if shard.changes != before {
            return;
        }
        if shard.gone.len() >= SHARD_ACCOUNTS_MAX {
            shard.gone.clear();
        }
        shard.gone.insert(account, gone);
    }

    pub(crate) fn hear(&self, event: &Event) {
        let Event::AccountChanged { account, change } = event else {
            return;
        };
        if *change == AccountChange::Profile {
            return;
        }
        let mut shard = self.shard(*account).write();
        shard.changes += 1;
        shard.gone.remove(account);
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    fn shard(&self, account: AccountId) -> &RwLock<Shard> {
        &self.shards[account.time_ms() as usize % SHARDS]
    }
}
