//! Which of an account's direct statuses count for it now.

use petrel_model::event::MarkKind;
use petrel_model::gate::{Known, Surface};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_store::Row;
use rustc_hash::FxHashMap;

use crate::context::Ctx;
use crate::conversations::parts::members;
use crate::conversations::table::{ConversationStates, Conversations, State, StateSort};
use crate::error::Result;
use crate::marks::table::{self as marks, Marks};
use crate::statuses::facts::StatusFacts;
use crate::statuses::world::World;

/// Rows of an account's conversations, with all that decides whether they count.
pub struct Parts {
    account: AccountId,
    pub world: World,
    states: FxHashMap<(Id, StateSort), State>,
    /// When the account muted the thread, as an id of that moment.
    muted: FxHashMap<StatusId, Id>,
}

impl Parts {
    pub async fn load(ctx: &Ctx, account: AccountId, rows: &[Row<Conversations>]) -> Result<Parts> {
        ctx.fresh_for(rows.iter().map(|row| row.revision)).await?;
        let statuses: Vec<StatusId> = rows.iter().map(|row| row.sort).collect();
        let mut conversations: Vec<Id> = rows.iter().map(|row| row.value.conversation).collect();
        conversations.sort_unstable();
        conversations.dedup();
        let mut threads: Vec<StatusId> = rows.iter().map(|row| row.value.thread).collect();
        threads.sort_unstable();
        threads.dedup();
        let state_keys: Vec<_> = conversations
            .iter()
            .flat_map(|id| [StateSort::Read, StateSort::Removed].map(|sort| ((account, *id), sort)))
            .collect();
        let mark_keys: Vec<_> = threads
            .iter()
            .map(|thread| {
                (
                    marks::partition(account, *thread),
                    (*thread, MarkKind::ThreadMute),
                )
            })
            .collect();
        let world = World::load(ctx, &statuses).await?;
        let (states, mutes) = tokio::try_join!(
            ctx.store().get_many::<ConversationStates>(&state_keys),
            ctx.store().get_many::<Marks>(&mark_keys)
        )?;
        let states = state_keys
            .into_iter()
            .zip(states)
            .filter_map(|(((_, id), sort), row)| row.map(|row| ((id, sort), row.value)));
        let muted = threads.into_iter().zip(mutes).filter_map(|(thread, row)| {
            row.filter(|row| row.value.on)
                .map(|row| (thread, row.value.id))
        });
        Ok(Parts {
            account,
            states: states.collect(),
            muted: muted.collect(),
            world,
        })
    }

    /// Whether the status is part of its conversation for the account: it is there, the gate shows
    /// it, it came after the conversation was removed, and not into a thread that was muted then.
    /// Whoever blocks somebody is shown no conversation with them.
    pub fn counts(&self, row: &Row<Conversations>) -> bool {
        let Some(facts) = self.world.statuses.get(&row.sort) else {
            return false;
        };
        let removed = self
            .states
            .get(&(row.value.conversation, StateSort::Removed));
        if removed.is_some_and(|removed| row.sort <= removed.up_to) {
            return false;
        }
        let own = facts.account() == self.account;
        let muted = self.muted.get(&row.value.thread);
        if !own && muted.is_some_and(|muted| row.sort.0 > *muted) {
            return false;
        }
        let surface = if own {
            Surface::ById
        } else {
            Surface::Notification
        };
        self.world.may_see(row.sort, surface) && !self.blocks_anybody(facts)
    }

    fn blocks_anybody(&self, facts: &StatusFacts) -> bool {
        let others = members(facts).into_iter();
        let mut others = others.filter(|member| *member != self.account);
        others.any(|other| self.world.eyes.relation(other, false).blocks != Known::No)
    }

    /// Whether there is news for the account, the last status of the conversation being this one.
    pub fn is_unread(&self, row: &Row<Conversations>) -> bool {
        match self.states.get(&(row.value.conversation, StateSort::Read)) {
            Some(read) if row.sort <= read.up_to => read.unread,
            _ => {
                let facts = self.world.statuses.get(&row.sort);
                facts.is_some_and(|facts| facts.account() != self.account)
            }
        }
    }
}
