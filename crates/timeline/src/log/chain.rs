use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::RwLock;
use petrel_model::id::{AccountId, Id};

use crate::log::column::Column;

/// So many maps, each small enough that its growth is not felt.
const SHARDS: usize = 256;
/// Places made in each shard at once.
const SHARD_PRESIZED: usize = 64;

/// Whatever has a chain of its own in the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Chain {
    /// What an account wrote and reblogged, direct statuses aside.
    Account(AccountId),
    /// The direct statuses that an account wrote or is named in.
    Direct(AccountId),
    /// Public statuses under a hashtag, by the hash of its folded name.
    Tag(u64),
    /// Public statuses that are neither reblogs nor replies to others.
    Public,
}

impl Chain {
    /// `name` is folded. Two names may share a chain, so who reads it compares the names too.
    pub fn tag(name: &str) -> Chain {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Chain::Tag(hasher.finish())
    }

    fn account(self) -> AccountId {
        match self {
            Chain::Account(account) | Chain::Direct(account) => account,
            Chain::Tag(_) | Chain::Public => AccountId::MIN,
        }
    }
}

/// A chain's small number. It belongs to this process: never stored, never sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ordinal(pub(crate) u32);

/// Which number each chain has, and the head of each chain.
pub(crate) struct Ordinals {
    shards: Box<[RwLock<HashMap<Chain, u32>>]>,
    hasher: RandomState,
    next: AtomicU32,
    /// By ordinal: the account that the chain is of.
    accounts: Column<AtomicU64>,
    /// By ordinal: index of the newest entry; 0 is none.
    pub(crate) heads: Column<AtomicU32>,
}

impl Ordinals {
    pub(crate) fn new() -> Ordinals {
        Ordinals {
            shards: (0..SHARDS)
                .map(|_| RwLock::new(HashMap::with_capacity(SHARD_PRESIZED)))
                .collect(),
            hasher: RandomState::new(),
            // 0 marks slots that are no entries.
            next: AtomicU32::new(1),
            accounts: Column::new(),
            heads: Column::new(),
        }
    }

    pub(crate) fn get(&self, chain: Chain) -> Option<Ordinal> {
        self.shard(chain).read().get(&chain).copied().map(Ordinal)
    }

    /// None only when there are no more numbers.
    pub(crate) fn get_or_make(&self, chain: Chain) -> Option<Ordinal> {
        if let Some(ordinal) = self.get(chain) {
            return Some(ordinal);
        }
        let mut shard = self.shard(chain).write();
        if let Some(ordinal) = shard.get(&chain) {
            return Some(Ordinal(*ordinal));
        }
        let ordinal = self.next.fetch_add(1, Ordering::Relaxed);
        if ordinal >= Column::<AtomicU32>::LEN_MAX {
            self.next.store(ordinal, Ordering::Relaxed);
            return None;
        }
        self.heads.get_or_make(ordinal)?;
        self.accounts
            .get_or_make(ordinal)?
            .store(chain.account().0.0, Ordering::Release);
        shard.insert(chain, ordinal);
        Some(Ordinal(ordinal))
    }

    pub(crate) fn account(&self, ordinal: Ordinal) -> AccountId {
        let id = self.accounts.get(ordinal.0);
        AccountId(Id(id.map_or(0, |id| id.load(Ordering::Acquire))))
    }

    /// Index of the newest entry of a chain; 0 is none.
    pub(crate) fn head(&self, ordinal: Ordinal) -> u32 {
        let head = self.heads.get(ordinal.0);
        head.map_or(0, |head| head.load(Ordering::Acquire))
    }

    fn shard(&self, chain: Chain) -> &RwLock<HashMap<Chain, u32>> {
        &self.shards[self.hasher.hash_one(chain) as usize % SHARDS]
    }
}
