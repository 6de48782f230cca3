//! Votes of polls, counted as all else is: of whom the latest vote is known it counts once, however
//! many rows are left of it.

use std::collections::HashMap;

use petrel_model::choices::Choices;
use petrel_model::clock::Stamp;
use petrel_model::id::{Id, StatusId};
use petrel_store::{Row, Store};
use std::sync::Arc;

use super::load::{self, EXACT_ROWS_MAX};
use super::tally::{PollFigures, Said, Tally, Told};
use super::{Counts, Slot, kept};
use crate::error::Result;
use crate::lists::{List, Lists, Owner};

/// The votes in one version of a poll.
#[derive(Default)]
pub struct Votes {
    loaded: bool,
    tally: Tally<Choices>,
}

/// A status and the version of its poll.
type Key = (StatusId, Id);

/// Who voted for what, and when.
type Voters = HashMap<Id, (Stamp, Choices)>;

impl Counts {
    pub async fn poll(&self, store: &Store, status: StatusId, poll: Id) -> Result<PollFigures> {
        let votes = kept(&self.polls, (status, poll));
        if !votes.lock().loaded {
            load_all(store, vec![((status, poll), votes.clone())]).await?;
        }
        let figures = votes.lock().tally.count();
        Ok(figures)
    }

    /// Counts all of these that are not counted yet, all at once: then they are asked for singly.
    pub async fn load_polls(&self, store: &Store, polls: &[Key]) -> Result<()> {
        let mut keys = polls.to_vec();
        keys.sort_unstable();
        keys.dedup();
        let all = keys.into_iter().map(|key| (key, kept(&self.polls, key)));
        load_all(
            store,
            all.filter(|(_, votes)| !votes.lock().loaded).collect(),
        )
        .await
    }

    pub(super) fn note_vote(&self, key: Key, who: Id, stamp: Stamp, choices: Choices) {
        let votes = kept(&self.polls, key);
        let told = votes.lock().tally.set(who, stamp, choices);
        if told == Told::Unclear {
            self.polls.remove(&key);
        }
    }
}

/// In the order of their keys, as all else is counted.
async fn load_all(store: &Store, polls: Vec<(Key, Arc<Slot<Votes>>)>) -> Result<()> {
    let mut turns = Vec::with_capacity(polls.len());
    for (_, slot) in &polls {
        turns.push(slot.turn.lock().await);
    }
    let polls: Vec<_> = polls
        .iter()
        .filter(|(_, votes)| !votes.lock().loaded)
        .collect();
    if polls.is_empty() {
        return Ok(());
    }
    let keys: Vec<Key> = polls.iter().map(|(key, _)| *key).collect();
    let now = Stamp(store.clock().now_ms() * 1_000);
    let found = read(store, &keys).await?;
    for ((_, votes), voters) in polls.into_iter().zip(found) {
        let mut latest: Vec<_> = voters.into_iter().collect();
        // The newest are those of whom something may yet be told.
        latest.sort_unstable_by_key(|(who, (stamp, _))| std::cmp::Reverse((*stamp, *who)));
        let mut rest = PollFigures::default();
        for (_, (_, choices)) in latest.iter().skip(EXACT_ROWS_MAX) {
            choices.add_to(&mut rest);
        }
        let known = latest.into_iter().take(EXACT_ROWS_MAX);
        let known = known.map(|(who, (stamp, choices))| (who, stamp, choices));
        let mut votes = votes.lock();
        votes.tally.load(known, rest, now);
        votes.loaded = true;
    }
    Ok(())
}

/// The voters of each of the polls, in order.
async fn read(store: &Store, polls: &[Key]) -> Result<Vec<Voters>> {
    let list_of = |(status, _): &Key| (List::VotesByStatus, Owner::Status(*status));
    let lists: Vec<_> = polls.iter().map(list_of).collect();
    let mut voters = vec![Voters::new(); polls.len()];
    load::read(store, &lists, |at, page| {
        take_in(&mut voters[at], polls[at].1, page)
    })
    .await?;
    Ok(voters)
}

/// Of two rows of one account, left by two votes at once, the one with the later stamp is that of
/// the mark.
fn take_in(voters: &mut Voters, poll: Id, page: Vec<Row<Lists>>) {
    for row in page {
        let ballot = row.value.ballot.filter(|ballot| ballot.poll == poll);
        let Some(ballot) = ballot else { continue };
        let vote = (row.revision, ballot.choices);
        let known = voters.entry(row.value.id).or_insert(vote);
        if known.0 < vote.0 {
            *known = vote;
        }
    }
}
