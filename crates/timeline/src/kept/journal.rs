use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::Path;

use parking_lot::Mutex;
use petrel_model::event::Event;
use petrel_store::Position;

use crate::kept::chunk::Chunk;
use crate::kept::folder::Folder;
use crate::kept::watermark::Watermark;

/// Events of one file.
const CHUNK_EVENTS: u64 = 65_536;
/// How often the current chunk is written, in milliseconds.
const FLUSH_MS: u64 = 60_000;
/// Full chunks that may wait to be written. Beyond, the cache is given up: it would cost memory.
const WAITING_MAX: usize = 64;

/// A chunk and the number of its file.
type Numbered = (u64, Chunk);

/// What the log was told and what of it is on disk.
pub(crate) struct Journal {
    folder: Option<Folder>,
    state: Mutex<State>,
    /// Held while files are written, so that two writers do not meet.
    writing: Mutex<()>,
}

/// How far the files go.
#[derive(Default)]
enum Standing {
    /// Not known yet: the log is being filled.
    #[default]
    Unknown,
    /// One machine: up to what is heard of its own sequence under this token.
    Alone { node: u16, token: u64 },
    /// Several nodes: up to here in each one's sequence.
    Among(Vec<Position>),
}

#[derive(Default)]
struct State {
    /// On one machine, this start's own sequence.
    heard: Watermark,
    /// The gaps when they were last asked for.
    gaps: BTreeSet<u64>,
    /// Unix milliseconds of the last flush.
    flushed_at_ms: u64,
    standing: Standing,
    /// Events come from several nodes, each with a sequence of its own.
    among_others: bool,
    /// Numbers and event counts of the files that are kept.
    files: VecDeque<(u64, u64)>,
    full: VecDeque<Numbered>,
    current: Chunk,
    number: u64,
    /// Whether `current` has something that its file has not.
    dirty: bool,
    id_max: u64,
    given_up: bool,
}

impl Journal {
    /// Without a folder nothing is kept on disk.
    pub(crate) fn new(folder: Option<&Path>) -> Journal {
        Journal {
            folder: folder.map(Folder::new),
            state: Mutex::default(),
            writing: Mutex::new(()),
        }
    }

    pub(crate) fn folder(&self) -> Option<&Folder> {
        self.folder.as_ref()
    }

    /// From now on events come from several nodes.
    pub(crate) fn be_among_others(&self) {
        self.state.lock().among_others = true;
    }

    /// Notes that the event in this place of its writer's sequence is told. What of it is news to
    /// the log goes to the files: both at once, so that no file says of more than it holds.
    pub(crate) fn hear(&self, sequence: u64, event: &Event, take_in: impl FnOnce() -> bool) {
        let mut state = self.state.lock();
        if !state.among_others {
            state.heard.hear(sequence);
        }
        if take_in() && self.folder.is_some() {
            state.add(event);
        }
    }

    /// The gaps among the first `drawn` places of this start's sequence that were there already
    /// when this was last asked.
    pub(crate) fn old_gaps(&self, drawn: u64) -> Vec<u64> {
        let mut state = self.state.lock();
        let gaps: BTreeSet<u64> = state.heard.gaps(drawn).into_iter().collect();
        let seen = std::mem::replace(&mut state.gaps, gaps);
        state.gaps.intersection(&seen).copied().collect()
    }

    /// Adds what the log has taken in already.
    pub(crate) fn add(&self, event: &Event) {
        if self.folder.is_some() {
            self.state.lock().add(event);
        }
    }

    /// Goes on after the chunks that were read; what was told meanwhile comes behind them.
    pub(crate) fn resume(&self, chunks: Vec<Numbered>) {
        let mut state = self.state.lock();
        let full = std::mem::take(&mut state.full);
        let current = std::mem::take(&mut state.current);
        let told = full.into_iter().map(|(_, chunk)| chunk).chain([current]);
        let told: Vec<Chunk> = told.filter(|chunk| chunk.events > 0).collect();
        state.files = chunks
            .iter()
            .map(|(number, chunk)| (*number, chunk.events))
            .collect();
        if let Some((number, last)) = chunks.into_iter().next_back() {
            // What the last chunk may have beyond `above` is found out by reading it.
            state.id_max = state.id_max.max(last.above);
            last.read(|event| state.id_max = state.id_max.max(id_of(event)))
                .ok();
            state.number = number;
            state.current = last;
            if state.current.events >= CHUNK_EVENTS {
                state.number += 1;
                state.current = state.fresh();
            }
        }
        for chunk in told {
            state.current.append(&chunk);
            state.dirty = true;
            if state.current.events >= CHUNK_EVENTS {
                state.seal();
            }
        }
    }

    /// From now on the files hold all of the store's events up to what is heard under this token.
    pub(crate) fn begin_alone(&self, node: u16, token: u64) {
        let mut state = self.state.lock();
        state.standing = Standing::Alone { node, token };
        state.dirty = true;
    }

    /// From now on the files hold all events below these positions.
    pub(crate) fn stand_at(&self, positions: Vec<Position>) {
        let mut state = self.state.lock();
        let moved = !matches!(&state.standing, Standing::Among(known) if *known == positions);
        state.standing = Standing::Among(positions);
        state.dirty |= moved;
    }

    /// Whether it is time for a flush.
    pub(crate) fn is_due(&self, now_ms: u64) -> bool {
        self.state.lock().flushed_at_ms.saturating_add(FLUSH_MS) <= now_ms
    }

    /// Writes what is not on disk yet, and drops the oldest files beyond `events_max` events.
    /// Blocks.
    pub(crate) fn flush(&self, now_ms: u64, events_max: u64) -> io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let _writing = self.writing.lock();
        let (full, current) = {
            let mut state = self.state.lock();
            if state.given_up {
                drop(state);
                return folder.clear();
            }
            state.take(now_ms)
        };
        for (number, chunk) in full.into_iter().chain(current) {
            let events = chunk.events;
            if let Err(error) = folder.write(number, &chunk) {
                self.state.lock().give_up();
                return Err(error);
            }
            self.state.lock().note_file(number, events);
        }
        let surplus = self.state.lock().surplus(events_max);
        surplus
            .into_iter()
            .try_for_each(|number| folder.remove(number))
    }
}

/// The status that the event is about.
fn id_of(event: &Event) -> u64 {
    match event {
        Event::StatusCreated(status)
        | Event::StatusEdited(status)
        | Event::StatusDeleted(status) => status.id.0.0,
        _ => 0,
    }
}

impl State {
    fn add(&mut self, event: &Event) {
        if self.given_up {
            return;
        }
        self.id_max = self.id_max.max(id_of(event));
        self.current.push(event);
        self.dirty = true;
        if self.current.events >= CHUNK_EVENTS {
            self.seal();
        }
    }

    /// An empty chunk for what comes next.
    fn fresh(&self) -> Chunk {
        Chunk {
            above: self.id_max,
            ..Chunk::default()
        }
    }

    fn seal(&mut self) {
        let fresh = self.fresh();
        let full = std::mem::replace(&mut self.current, fresh);
        self.full.push_back((self.number, full));
        self.number += 1;
        if self.full.len() > WAITING_MAX {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        tracing::warn!("the timelines' cache on disk is given up until the next start");
        self.given_up = true;
        self.full.clear();
        self.current = Chunk::default();
    }

    /// The chunks to be written. Full ones bear no position: only the last says how far it goes.
    fn take(&mut self, now_ms: u64) -> (Vec<Numbered>, Option<Numbered>) {
        self.flushed_at_ms = now_ms;
        let full: Vec<_> = self.full.drain(..).collect();
        let positions = match &self.standing {
            Standing::Unknown => return (full, None),
            Standing::Alone { node, token } => vec![Position {
                node: *node,
                token: *token,
                next: self.heard.next(),
            }],
            Standing::Among(positions) => positions.clone(),
        };
        if full.is_empty() && !self.dirty {
            return (full, None);
        }
        self.dirty = false;
        self.current.positions = positions;
        self.current.written_at_ms = now_ms;
        (full, Some((self.number, self.current.clone())))
    }

    fn note_file(&mut self, number: u64, events: u64) {
        match self.files.back_mut() {
            Some(last) if last.0 == number => last.1 = events,
            _ => self.files.push_back((number, events)),
        }
    }

    /// The oldest files that are not needed for the newest `events_max` events.
    fn surplus(&mut self, events_max: u64) -> Vec<u64> {
        let mut surplus = Vec::new();
        let mut sum: u64 = self.files.iter().map(|(_, events)| events).sum();
        while let Some((number, events)) = self.files.front().copied() {
            if sum - events < events_max {
                break;
            }
            sum -= events;
            self.files.pop_front();
            surplus.push(number);
        }
        surplus
    }
}

#[cfg(test)]
mod tests {
    use petrel_model::event::{About, StatusEvent};
    use petrel_model::id::{AccountId, Id, StatusId};
    use petrel_model::visibility::Visibility;

    use super::*;

    const NOW_MS: u64 = 7;

    fn creation(id: u64) -> Event {
        Event::StatusCreated(StatusEvent {
            id: StatusId(Id(id)),
            account: AccountId(Id(1)),
            visibility: Visibility::Public,
            about: About::Nothing,
            language: String::new(),
            mentions: Vec::new(),
            tags: Vec::new(),
            has_media: false,
        })
    }

    fn at(node: u16, token: u64, next: u64) -> Position {
        Position { node, token, next }
    }

    fn ids(folder: &Folder) -> Vec<u64> {
        let mut ids = Vec::new();
        for (_, chunk) in folder.read().unwrap() {
            let mut id = |event: &Event| match event {
                Event::StatusCreated(status) => ids.push(status.id.0.0),
                other => panic!("{other:?}"),
            };
            chunk.read(&mut id).unwrap();
        }
        ids
    }

    #[test]
    fn files_follow_each_other_and_the_oldest_go() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        let first = Journal::new(Some(place.path()));
        first.begin_alone(0, 1);
        let half = CHUNK_EVENTS * 3 / 2;
        for id in 1..=half {
            first.hear(id - 1, &creation(id), || true);
        }
        first.flush(NOW_MS, u64::MAX).unwrap();
        assert!(!first.is_due(NOW_MS + FLUSH_MS - 1) && first.is_due(NOW_MS + FLUSH_MS));
        let chunks = folder.read().unwrap();
        let last = &chunks.last().unwrap().1;
        assert_eq!((chunks.len(), last.above), (2, CHUNK_EVENTS));
        assert_eq!(
            (last.positions.as_slice(), last.written_at_ms),
            ([at(0, 1, half)].as_slice(), NOW_MS)
        );

        let second = Journal::new(Some(place.path()));
        second.be_among_others();
        // Told before the files are read: as much as makes their last chunk full.
        let told = half + CHUNK_EVENTS / 2;
        for id in half + 1..=told {
            second.hear(9, &creation(id), || true);
            second.hear(9, &creation(id), || false);
        }
        second.resume(chunks);
        for id in told + 1..=CHUNK_EVENTS * 3 {
            second.add(&creation(id));
        }
        second.flush(NOW_MS, u64::MAX).unwrap();
        let without_position = folder.read().unwrap().pop().unwrap().1;
        assert_eq!(
            without_position.written_at_ms, 0,
            "files without a position are not believed"
        );
        let positions = vec![at(3, 1, 9), at(4, 7, 0)];
        second.stand_at(positions.clone());
        second.flush(NOW_MS, u64::MAX).unwrap();
        assert_eq!(folder.read().unwrap().pop().unwrap().1.positions, positions);
        assert_eq!(ids(&folder), Vec::from_iter(1..=CHUNK_EVENTS * 3));

        second.flush(NOW_MS, CHUNK_EVENTS + 1).unwrap();
        let chunks = folder.read().unwrap();
        assert_eq!(chunks[0].1.above, CHUNK_EVENTS);
        assert_eq!(
            ids(&folder),
            Vec::from_iter(CHUNK_EVENTS + 1..=CHUNK_EVENTS * 3)
        );
        folder.clear().unwrap();
        assert!(folder.read().unwrap().is_empty());
    }
}
