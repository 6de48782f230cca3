use petrel_model::event::StatusEvent;
use petrel_model::home::Entry;
use petrel_model::text::language::Language;
use petrel_social::error::Result;
use petrel_store::Store;

use crate::home::{ColdReads, Judge, Reach, Viewer, tagged};
use crate::log::Log;

/// What one page is read with.
pub(crate) struct Reading<'a> {
    pub(crate) log: &'a Log,
    pub(crate) store: &'a Store,
    pub(crate) reach: &'a Reach,
    pub(crate) cold: &'a ColdReads,
    pub(crate) now_ms: u64,
}

impl Reading<'_> {
    /// The viewer with all that the rules need to know to judge these entries.
    pub(crate) async fn judge<'v>(
        &self,
        viewer: &'v Viewer,
        entries: &[Entry],
    ) -> Result<Judge<'v>> {
        let reach = self.reach;
        let mut judge = reach
            .judge(self.store, viewer, entries, self.now_ms)
            .await?;
        judge.tagged = tagged(self.store, &judge, entries).await?;
        Ok(judge)
    }
}

/// A status as home's rules see it.
pub(crate) fn entry_of(status: &StatusEvent) -> Entry {
    Entry {
        id: status.id,
        account: status.account,
        about: status.about,
        language: Language::parse(&status.language),
        visibility: status.visibility,
    }
}
