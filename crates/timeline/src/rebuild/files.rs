use petrel_model::id::{Id, StatusId};
use petrel_social::error::Result;
use petrel_store::events::{BLOCK_EVENTS, EVENT_KEPT_S, Happened};
use petrel_store::{Peers, Position, ReplayError, Stamp, Store};

use crate::kept::{Chunk, Damaged};
use crate::timelines::Timelines;

/// Events read at a time.
const STEP_EVENTS: usize = BLOCK_EVENTS as usize;
/// Blocks without an event after which a start's events are at their end. Batches that failed leave
/// places empty, but hardly so many in a row.
const EMPTY_BLOCKS_MAX: usize = 2;
/// Files whose last was written longer ago than this are not believed: the events since may have
/// expired. In milliseconds.
const AGE_MS_MAX: u64 = EVENT_KEPT_S * 1_000 - 24 * 3_600_000;
/// The same on several nodes, where it must also be known who has come and gone since: the rows of
/// nodes that ended are kept for a day. In milliseconds.
const AGE_AMONG_OTHERS_MS_MAX: u64 = 12 * 3_600_000;

type Numbered = (u64, Chunk);

impl Timelines {
    /// The log out of its files and of the events since: how many these were. None if there are no
    /// files, or none that can be believed.
    pub(super) async fn read_from_files(&self, store: &Store) -> Result<Option<usize>> {
        let Some(chunks) = self.read_files(store) else {
            return Ok(None);
        };
        let positions = chunks.last().map(|(_, last)| last.positions.clone());
        let positions = positions.unwrap_or_default();
        if self.apply_files(&chunks).is_err() {
            // What they said of statuses is read again from the store; nothing of it was wrong.
            tracing::warn!("the timelines' cache is of another version");
            return Ok(None);
        }
        let caught_up = match store.peers() {
            Some(peers) => self.replay(peers, &positions).await?,
            None => Some(self.go_on(store, positions[0]).await?),
        };
        if caught_up.is_some() {
            self.journal.resume(chunks);
        }
        Ok(caught_up)
    }

    /// None if there are no files, or none that can be believed.
    fn read_files(&self, store: &Store) -> Option<Vec<Numbered>> {
        let folder = self.journal.folder()?;
        let chunks = folder
            .read()
            .inspect_err(|error| tracing::warn!(%error, "the timelines' cache cannot be read"))
            .ok()?;
        let (_, last) = chunks.last()?;
        let (age_ms_max, fits) = match store.peers() {
            Some(_) => (AGE_AMONG_OTHERS_MS_MAX, !last.positions.is_empty()),
            None => (AGE_MS_MAX, is_of_an_earlier_start(&last.positions, store)),
        };
        let now_ms = store.clock().now_ms();
        let is_fresh = last.written_at_ms.saturating_add(age_ms_max) > now_ms;
        (is_fresh && fits).then_some(chunks)
    }

    fn apply_files(&self, chunks: &[Numbered]) -> Result<(), Damaged> {
        if let Some((_, first)) = chunks.first().filter(|(_, first)| first.above > 0) {
            self.log
                .begin_at(StatusId(Id(first.above.saturating_add(1))));
        }
        chunks.iter().try_for_each(|(_, chunk)| {
            chunk.read(|event| {
                self.apply(event, Stamp::MIN);
            })
        })
    }

    /// What all nodes' events say since these positions.
    async fn replay(&self, peers: &Peers, positions: &[Position]) -> Result<Option<usize>> {
        let mut heard = 0;
        let mut tell = |happened: &Happened| {
            self.hear(happened);
            heard += 1;
        };
        match peers.replay(positions, &mut tell).await {
            Ok(()) => Ok(Some(heard)),
            Err(ReplayError::TooOld(why)) => {
                tracing::info!(why, "the timelines' cache is too old");
                Ok(None)
            }
            Err(ReplayError::Store(error)) => Err(error.into()),
        }
    }

    /// What this one machine's events say since `position`: the rest of that start's, and those of
    /// all starts before this one.
    async fn go_on(&self, store: &Store, position: Position) -> Result<usize> {
        let mut applied = 0;
        let mut from = position.next;
        for token in position.token..store.token() {
            let mut empty_blocks = 0;
            while empty_blocks < EMPTY_BLOCKS_MAX {
                let events = store
                    .events(position.node, token, from, STEP_EVENTS)
                    .await?;
                for happened in &events {
                    self.take_in(&happened.event, happened.stamp);
                }
                applied += events.len();
                empty_blocks = if events.is_empty() {
                    empty_blocks + 1
                } else {
                    0
                };
                from = (from / BLOCK_EVENTS + 1) * BLOCK_EVENTS;
            }
            from = 0;
        }
        Ok(applied)
    }
}

/// On one machine: of this node alone, and of a start before this one.
fn is_of_an_earlier_start(positions: &[Position], store: &Store) -> bool {
    let node = store.clock().node().number();
    matches!(positions, [one] if one.node == node && one.token < store.token())
}
