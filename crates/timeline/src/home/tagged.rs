use petrel_model::event::About;
use petrel_model::home::{self, Entry};
use petrel_model::id::StatusId;
use petrel_model::visibility::Visibility;
use petrel_social::error::Result;
use petrel_social::statuses::facts::StatusFacts;
use petrel_social::statuses::table::Statuses;
use petrel_store::Store;
use rustc_hash::FxHashSet;

use crate::home::Judge;

/// Those of the entries that would be in home for the sake of a followed hashtag alone, and are
/// under one now: a chain of the log may be shared by several names, and an edit may have dropped
/// one. They are read as they will be to be shown.
pub(crate) async fn tagged(
    store: &Store,
    judge: &Judge<'_>,
    entries: &[Entry],
) -> Result<FxHashSet<StatusId>> {
    let mut tagged = FxHashSet::default();
    if judge.viewer.tags().is_empty() {
        return Ok(tagged);
    }
    let undecided: Vec<StatusId> = entries
        .iter()
        .filter(|entry| {
            let is_reblog = matches!(entry.about, About::Reblog { .. });
            let is_public = entry.visibility == Visibility::Public && !is_reblog;
            is_public && !home::belongs(entry, judge)
        })
        .map(|entry| entry.id)
        .collect();
    let found = store.partitions::<Statuses>(&undecided).await?;
    for (id, rows) in undecided.into_iter().zip(found) {
        let Some(facts) = StatusFacts::of(id, &rows) else {
            continue;
        };
        let mut tags = facts.content().tags.iter();
        if tags.any(|tag| judge.viewer.follows_tag(&tag.name)) {
            tagged.insert(id);
        }
    }
    Ok(tagged)
}
