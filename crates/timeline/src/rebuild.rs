//! At start: the log out of its files and the events since, or else out of the store.

use petrel_model::event::{About, Event, StatusEvent};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::text::language::Language;
use petrel_model::visibility::Visibility;
use petrel_social::error::Result;
use petrel_social::statuses;
use petrel_store::events::{BLOCK_EVENTS, EVENT_KEPT_S};
use petrel_store::{Store, StoreError};

use crate::kept::Position;
use crate::log::Log;
use crate::timelines::Timelines;

/// Rows of a page when the whole table is read.
const SCAN_ROWS: usize = 5_000;
/// Events read at a time.
const STEP_EVENTS: usize = BLOCK_EVENTS as usize;
/// Blocks without an event after which a start's events are at their end. Batches that failed leave
/// places empty, but hardly so many in a row.
const EMPTY_BLOCKS_MAX: usize = 2;
/// Gaps that are looked into at a time.
const STEP_GAPS: usize = 100;
/// Statuses read again at a time.
const STEP_AGAIN: usize = 500;
/// Files whose last was written longer ago than this are not believed: the events since may have
/// expired. In milliseconds.
const AGE_MS_MAX: u64 = EVENT_KEPT_S * 1_000 - 24 * 3_600_000;

/// How the log came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rebuilt {
    /// Out of the files, and so many events since.
    FromFiles { events: usize },
    /// Out of the whole table of statuses.
    FromStore,
}

impl Timelines {
    /// Fills the log. To be called once, before anything is served; events may come meanwhile.
    ///
    /// # Errors
    /// The store's. Without it there is no timeline to be had either.
    pub async fn rebuild(&self, store: &Store) -> Result<Rebuilt> {
        let rebuilt = match self.read_files(store) {
            Some(position) => {
                let events = self.catch_up(store, position).await?;
                Rebuilt::FromFiles { events }
            }
            None => {
                if let Some(Err(error)) = self.journal.folder().map(|folder| folder.clear()) {
                    tracing::warn!(%error, "old files of the timelines' cache could not be removed");
                }
                self.read_store(store).await?;
                Rebuilt::FromStore
            }
        };
        self.journal.begin(store.token());
        // At once, so that a crash does not cost the next start another scan.
        self.flush_or_warn(store.clock().now_ms());
        Ok(rebuilt)
    }

    /// Writes the log's files: called every minute or so and when the server stops. Blocks.
    pub fn flush(&self, now_ms: u64) -> std::io::Result<()> {
        self.journal.flush(now_ms, self.settings.slots_max as u64)
    }

    /// As [`Timelines::flush`], if the last one is a while ago.
    pub fn flush_if_due(&self, now_ms: u64) -> std::io::Result<()> {
        match self.journal.is_due(now_ms) {
            true => self.flush(now_ms),
            false => Ok(()),
        }
    }

    /// Asks the store for events that this process wrote but nobody was told of, because whoever
    /// wrote them went away before the answer, and tells everybody. A gap is looked into when it is
    /// there the second time: most are writes under way.
    pub async fn close_gaps(&self, store: &Store) -> Result<usize, StoreError> {
        let mut closed = 0;
        // The youngest first: of batches that were refused a gap stays.
        let gaps = self.journal.old_gaps(store.drawn());
        for sequence in gaps.into_iter().rev().take(STEP_GAPS) {
            let node = store.clock().node().number();
            let found = store.events(node, store.token(), sequence, 1).await?;
            for happened in found
                .iter()
                .filter(|happened| happened.sequence == sequence)
            {
                self.hear(happened);
                store.tell_late(happened);
                closed += 1;
            }
        }
        Ok(closed)
    }

    fn flush_or_warn(&self, now_ms: u64) {
        if let Err(error) = self.flush(now_ms) {
            tracing::warn!(%error, "the timelines' cache could not be written");
        }
    }

    /// None if there are no files, or none that can be believed.
    fn read_files(&self, store: &Store) -> Option<Position> {
        let folder = self.journal.folder()?;
        let chunks = folder
            .read()
            .inspect_err(|error| tracing::warn!(%error, "the timelines' cache cannot be read"))
            .ok()?;
        let (_, first) = chunks.first()?;
        let (_, last) = chunks.last()?;
        let position = last.position;
        let now_ms = store.clock().now_ms();
        let is_fresh = last.written_at_ms.saturating_add(AGE_MS_MAX) > now_ms;
        if !is_fresh || position.token >= store.token() {
            return None;
        }
        if first.above > 0 {
            self.log
                .begin_at(StatusId(Id(first.above.saturating_add(1))));
        }
        for (number, chunk) in &chunks {
            let read = chunk.read(|event| self.apply(event));
            if read.is_err() {
                // The checksum was right, so another version wrote it. What it said of statuses is
                // read again from the store; nothing of it was wrong.
                tracing::warn!(
                    number,
                    "a file of the timelines' cache is of another version"
                );
                return None;
            }
        }
        self.journal.resume(chunks);
        Some(position)
    }

    /// What the store's events say since `position`: the rest of that start's, and those of all
    /// starts before this one.
    async fn catch_up(&self, store: &Store, position: Position) -> Result<usize> {
        let node = store.clock().node().number();
        let mut applied = 0;
        let mut from = position.next;
        for token in position.token..store.token() {
            let mut empty_blocks = 0;
            while empty_blocks < EMPTY_BLOCKS_MAX {
                let events = store.events(node, token, from, STEP_EVENTS).await?;
                events
                    .iter()
                    .for_each(|happened| self.take_in(&happened.event));
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

    async fn read_store(&self, store: &Store) -> Result<()> {
        let mut token = None;
        let mut languages = Languages::new(self.settings.slots_max);
        // Those to be read again: the table says only how they began.
        let mut again = Vec::new();
        loop {
            let page = statuses::replay(store, token, SCAN_ROWS).await?;
            let deleted = page.deleted.into_iter().map(deletion);
            deleted.for_each(|event| self.take_in(&event));
            for mut status in page.created {
                if !languages.complete(&self.log, &mut status) {
                    again.push(status.id);
                }
                self.take_in(&Event::StatusCreated(status));
            }
            again.extend(page.edited);
            self.flush_or_warn(store.clock().now_ms());
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        again.retain(|id| *id >= self.log.start());
        again.sort_unstable();
        again.dedup();
        for ids in again.chunks(STEP_AGAIN) {
            for status in statuses::events_of(store, ids).await? {
                self.take_in(&Event::StatusEdited(status));
            }
        }
        Ok(())
    }

    fn take_in(&self, event: &Event) {
        self.apply(event);
        self.note(event);
    }
}

/// The first languages of the statuses seen so far, which their reblogs bear. In the order of their
/// ids, as most engines give them.
struct Languages {
    ids: Vec<StatusId>,
    languages: Vec<Option<Language>>,
    len_max: usize,
}

impl Languages {
    fn new(len_max: usize) -> Languages {
        Languages {
            ids: Vec::new(),
            languages: Vec::new(),
            len_max: len_max.max(1),
        }
    }

    /// Completes a reblog, or remembers another; false if what is reblogged was not seen.
    fn complete(&mut self, log: &Log, status: &mut StatusEvent) -> bool {
        if let About::Reblog { status: target, .. } = status.about {
            let Ok(place) = self.ids.binary_search(&target) else {
                return false;
            };
            let language = self.languages[place];
            status.language = language.map(Language::code).unwrap_or_default().to_owned();
            return true;
        }
        if self.ids.len() >= self.len_max {
            let half = self.len_max.div_ceil(2);
            self.ids.drain(..half);
            self.languages.drain(..half);
        }
        if self.ids.last().is_none_or(|last| *last < status.id) {
            self.ids.push(status.id);
            self.languages.push(log.language(&status.language));
        }
        true
    }
}

fn deletion(id: StatusId) -> Event {
    Event::StatusDeleted(StatusEvent {
        id,
        account: AccountId::MIN,
        visibility: Visibility::Direct,
        about: About::Nothing,
        language: String::new(),
        mentions: Vec::new(),
        tags: Vec::new(),
    })
}
