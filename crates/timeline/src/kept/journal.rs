use std::collections::VecDeque;
use std::io;
use std::path::Path;

use parking_lot::Mutex;
use petrel_model::event::Event;

use crate::kept::Folder;
use crate::kept::chunk::Chunk;
use crate::kept::watermark::Watermark;

/// Events of one file.
const CHUNK_EVENTS: u64 = 65_536;
/// Full chunks that may wait to be written. Beyond, the cache is given up: it would cost memory.
const WAITING_MAX: usize = 64;

/// Up to where the store's events are in the files: all below `next` under this token, and all
/// under earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Position {
    pub(crate) token: u64,
    pub(crate) next: u64,
}

/// A chunk and the number of its file.
type Numbered = (u64, Chunk);

/// What the log was told and what of it is on disk.
pub(crate) struct Journal {
    folder: Option<Folder>,
    state: Mutex<State>,
    /// Held while files are written, so that two writers do not meet.
    writing: Mutex<()>,
}

#[derive(Default)]
struct State {
    heard: Watermark,
    /// This start's token; files are written only once it is known.
    token: Option<u64>,
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

    /// Notes a place of this start's sequence; false if it was noted before.
    pub(crate) fn hear(&self, sequence: u64) -> bool {
        self.state.lock().heard.hear(sequence)
    }

    pub(crate) fn gaps(&self) -> Vec<u64> {
        self.state.lock().heard.gaps()
    }

    /// Adds what the log was told of a status.
    pub(crate) fn add(&self, event: &Event) {
        if self.folder.is_none() {
            return;
        }
        let mut state = self.state.lock();
        if state.given_up {
            return;
        }
        if let Event::StatusCreated(status) = event {
            state.id_max = state.id_max.max(status.id.0.0);
        }
        state.current.push(event);
        state.dirty = true;
        if state.current.events >= CHUNK_EVENTS {
            state.seal();
        }
    }

    /// Goes on after the chunks that were read.
    pub(crate) fn resume(&self, chunks: Vec<Numbered>) {
        let mut state = self.state.lock();
        state.files = chunks
            .iter()
            .map(|(number, chunk)| (*number, chunk.events))
            .collect();
        let Some((number, last)) = chunks.into_iter().next_back() else {
            return;
        };
        // What the last chunk may have beyond `above` is found out by reading it.
        state.id_max = state.id_max.max(last.above);
        last.read(|event| {
            if let Event::StatusCreated(status) = event {
                state.id_max = state.id_max.max(status.id.0.0);
            }
        })
        .ok();
        state.number = number;
        state.current = last;
        if state.current.events >= CHUNK_EVENTS {
            state.number += 1;
            state.current = Chunk {
                above: state.id_max,
                ..Chunk::default()
            };
        }
    }

    /// From now on the files hold all of the store's events up to what is heard under this token.
    pub(crate) fn begin(&self, token: u64) {
        let mut state = self.state.lock();
        state.token = Some(token);
        state.dirty = true;
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

impl State {
    fn seal(&mut self) {
        let fresh = Chunk {
            above: self.id_max,
            ..Chunk::default()
        };
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
        let full: Vec<_> = self.full.drain(..).collect();
        let Some(token) = self.token else {
            return (full, None);
        };
        let position = Position {
            token,
            next: self.heard.next(),
        };
        if full.is_empty() && !self.dirty {
            return (full, None);
        }
        self.dirty = false;
        self.current.position = position;
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
