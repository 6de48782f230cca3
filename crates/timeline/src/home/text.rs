use petrel_model::event::About;
use petrel_model::home::{self, Entry, TextFacts};
use petrel_model::id::{AccountId, StatusId};
use petrel_social::context::Ctx;
use petrel_social::error::Result;
use petrel_social::statuses::facts::StatusFacts;
use petrel_social::statuses::table::Statuses;
use petrel_social::statuses::world::World;
use rustc_hash::FxHashSet;

use crate::home::Judge;
use crate::read::Reading;

/// The entries that pass by their text, in order, and the world to show them in; the gate has
/// still to be asked.
pub(crate) async fn passing(
    ctx: &Ctx,
    reading: &Reading<'_>,
    judge: &Judge<'_>,
    entries: &[Entry],
) -> Result<(World, Vec<StatusId>)> {
    let ids: Vec<StatusId> = entries.iter().map(|entry| entry.id).collect();
    let world = World::load(ctx, &ids).await?;
    let gone = parents_gone(reading, judge, entries).await?;
    let passing: Vec<StatusId> = entries
        .iter()
        .filter(|entry| {
            let text = TextFacts {
                mentions: mentions(&world, entry),
                parent_is_gone: gone.contains(&entry.id),
            };
            home::passes_with_text(entry, &text, judge)
        })
        .map(|entry| entry.id)
        .collect();
    Ok((world, passing))
}

fn mentions<'w>(world: &'w World, entry: &Entry) -> &'w [AccountId] {
    let text = match entry.about {
        About::Reblog { status, .. } => status,
        _ => entry.id,
    };
    let facts: Option<&StatusFacts> = world.statuses.get(&text).map(AsRef::as_ref);
    facts.map_or(&[], |facts| &facts.mentioned)
}

/// The replies whose parent is gone. The log knows all deletions since its start.
async fn parents_gone(
    reading: &Reading<'_>,
    judge: &Judge<'_>,
    entries: &[Entry],
) -> Result<FxHashSet<StatusId>> {
    let mut gone = FxHashSet::default();
    let mut unknown = Vec::new();
    let start = reading.log.start();
    for entry in entries {
        let About::Reply { status: parent, .. } = entry.about else {
            continue;
        };
        if entry.account == judge.viewer.id {
            continue;
        }
        if reading.log.is_deleted(parent) {
            gone.insert(entry.id);
        } else if parent < start {
            unknown.push((entry.id, parent));
        }
    }
    let parents: Vec<StatusId> = unknown.iter().map(|(_, parent)| *parent).collect();
    let found = reading.store.partitions::<Statuses>(&parents).await?;
    for ((reply, parent), rows) in unknown.into_iter().zip(found) {
        if StatusFacts::assemble(parent, &rows).is_none() {
            gone.insert(reply);
        }
    }
    Ok(gone)
}
