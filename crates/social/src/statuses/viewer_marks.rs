//! The hearts of a page: the viewer's own marks, one partition for each month of statuses.

use std::sync::Arc;

use petrel_model::choices::Choices;
use petrel_model::event::MarkKind;
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_store::{Partition, Store};
use rustc_hash::FxHashMap;

use crate::error::Result;
use crate::marks::table::{self as mark_table, Mark, Marks};
use crate::statuses::facts::StatusFacts;
use crate::statuses::world::World;
use crate::views::ViewerState;

#[derive(Default)]
pub struct ViewerMarks {
    viewer: Option<AccountId>,
    /// By month.
    marks: FxHashMap<u32, Arc<Partition<Marks>>>,
}

impl ViewerMarks {
    /// What is needed for these statuses and for what they reblog.
    pub async fn load(store: &Store, world: &World, ids: &[StatusId]) -> Result<ViewerMarks> {
        let Some(viewer) = world.eyes.id() else {
            return Ok(ViewerMarks::default());
        };
        let mut months = Vec::new();
        for id in ids {
            let Some(facts) = world.statuses.get(id) else {
                continue;
            };
            let target = facts.reblog_of().map(|(target, _)| target);
            for status in [Some(*id), target, Some(facts.created.thread)] {
                months.extend(status.map(|status| mark_table::partition(viewer, status)));
            }
        }
        months.sort_unstable();
        months.dedup();
        let found = store.partitions::<Marks>(&months).await?;
        let months = months.into_iter().map(|(_, month)| month);
        Ok(ViewerMarks {
            viewer: Some(viewer),
            marks: months.zip(found).collect(),
        })
    }

    pub fn viewer(&self) -> Option<AccountId> {
        self.viewer
    }

    /// What the viewer chose in this version of the status's poll.
    pub fn choices_in(&self, viewer: AccountId, status: StatusId, poll: Id) -> Choices {
        let mark = self.mark(viewer, status, MarkKind::Vote);
        let ballot = mark.and_then(|mark| mark.ballot);
        let ballot = ballot.filter(|ballot| ballot.poll == poll);
        ballot.map_or(Choices::NONE, |ballot| ballot.choices)
    }

    /// None for an anonymous viewer.
    pub fn state_of(&self, facts: &StatusFacts) -> Option<ViewerState> {
        let viewer = self.viewer?;
        Some(ViewerState {
            favourited: self.is_on(viewer, facts.id, MarkKind::Favourite),
            reblogged: self.is_on(viewer, facts.id, MarkKind::Reblog),
            bookmarked: self.is_on(viewer, facts.id, MarkKind::Bookmark),
            pinned: self.is_on(viewer, facts.id, MarkKind::Pin),
            muted: self.is_on(viewer, facts.created.thread, MarkKind::ThreadMute),
        })
    }

    fn is_on(&self, viewer: AccountId, status: StatusId, kind: MarkKind) -> bool {
        let mark = self.mark(viewer, status, kind);
        mark.is_some_and(|mark| mark.on)
    }

    fn mark(&self, viewer: AccountId, status: StatusId, kind: MarkKind) -> Option<&Mark> {
        let (_, month) = mark_table::partition(viewer, status);
        let rows = self.marks.get(&month)?;
        let place = rows.binary_search_by(|row| row.sort.cmp(&(status, kind)));
        place.ok().map(|place| &rows[place].value)
    }
}
