//! The in-memory log of the recent world (after the design's section 5): one append-only sequence
//! of small entries in which every account, hashtag and the public timeline has a chain of its own,
//! newest first. Readers take no lock on the way through a chain; writers, one at a time, append
//! and link. What lies before [`Log::start`] is not here.

mod chain;
mod column;
mod deleted;
mod directory;
mod edits;
mod languages;
mod merge;
mod milestones;
mod mixed;
mod slot;
mod view;
mod writer;

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use petrel_model::clock::Stamp;
use petrel_model::event::StatusEvent;
use petrel_model::id::{AccountId, StatusId};
use petrel_model::text::language::Language;

pub use chain::{Chain, Ordinal};
pub use merge::Newest;
pub use view::Oldest;
pub(crate) use writer::is_for_public;

use chain::Ordinals;
use deleted::Deleted;
use directory::Directory;
use edits::Edits;
use languages::Languages;
use milestones::Milestones;
use view::View;
use writer::Writer;

#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// Slots kept at most; a plain public status takes two, a reply or reblog one more.
    pub slots_max: usize,
    /// Slots of a segment, two to the power of this. The log forgets whole segments.
    pub segment_bits: u32,
}

impl Default for LogSettings {
    /// 200 MB when full, 1.5 MB at first.
    fn default() -> LogSettings {
        LogSettings {
            slots_max: 8 << 20,
            segment_bits: 16,
        }
    }
}

/// What the log was told of a status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    Added,
    /// It is there already: events may come twice.
    Known,
    /// It is older than the log's start.
    TooOld,
    /// It, or what it is about, is deleted already.
    Deleted,
}

pub struct Log {
    directory: RwLock<Arc<Directory>>,
    writer: Mutex<Writer>,
    ordinals: Ordinals,
    deleted: Deleted,
    edits: Mutex<Edits>,
    languages: Languages,
    milestones: Milestones,
}

impl Log {
    pub fn new(settings: LogSettings) -> Log {
        let bits = settings.segment_bits.clamp(2, 24);
        let directory = Arc::new(Directory::new(bits));
        Log {
            directory: RwLock::new(directory.clone()),
            writer: Mutex::new(Writer::new(directory, settings.slots_max >> bits)),
            ordinals: Ordinals::new(),
            deleted: Deleted::new(),
            edits: Mutex::default(),
            languages: Languages::new(),
            milestones: Milestones::new(bits),
        }
    }

    /// All statuses from this id on are in the log.
    pub fn start(&self) -> StatusId {
        writer::status_id(self.directory.read().start)
    }

    /// Says that statuses below `start` are missing.
    pub fn begin_at(&self, start: StatusId) {
        self.writer.lock().begin_at(self, start.0.0);
    }

    pub fn append(&self, status: &StatusEvent) -> Taken {
        self.writer.lock().append(self, status)
    }

    /// Takes over what an edit changed: language, hashtags, whom a direct status names. False if it
    /// was taken in before, or a later one was. `stamp` is the edit's own, `Stamp::MIN` where it is
    /// not known.
    pub fn edit(&self, status: &StatusEvent, stamp: Stamp) -> bool {
        // Held meanwhile, so that of two at once the later one stays.
        let mut edits = self.edits.lock();
        let is_news = edits.is_news(status.id, stamp);
        if is_news {
            self.writer.lock().edit(self, status);
        }
        is_news
    }

    /// False if it was known to be deleted before.
    pub fn delete(&self, status: StatusId) -> bool {
        self.deleted.insert(status)
    }

    pub fn is_deleted(&self, status: StatusId) -> bool {
        self.deleted.contains(status)
    }

    /// The chain's number, made if need be; none when there are no more numbers.
    pub fn ordinal(&self, chain: Chain) -> Option<Ordinal> {
        self.ordinals.get_or_make(chain)
    }

    /// The chain's number, if it has one yet.
    pub fn find_ordinal(&self, chain: Chain) -> Option<Ordinal> {
        self.ordinals.get(chain)
    }

    /// The chains in which a viewer's own statuses lie, and those that name the viewer.
    pub fn own_chains(&self, viewer: AccountId) -> impl Iterator<Item = Ordinal> {
        [Chain::Account(viewer), Chain::Direct(viewer)]
            .into_iter()
            .filter_map(|chain| self.ordinals.get_or_make(chain))
    }

    /// The statuses of these chains below `below` from new to old, each once, deleted ones left out.
    pub fn newest(
        &self,
        chains: impl IntoIterator<Item = Ordinal>,
        below: Option<StatusId>,
    ) -> Newest<'_> {
        Newest::new(View::new(self), chains, below.map(|below| below.0.0))
    }

    /// The oldest `limit` statuses of these chains above `above` and below `below`, each once,
    /// deleted ones left out.
    pub fn oldest(
        &self,
        chains: impl IntoIterator<Item = Ordinal>,
        above: StatusId,
        below: Option<StatusId>,
        limit: usize,
    ) -> Oldest {
        View::new(self).oldest(chains, above, below, limit)
    }

    /// As [`Language::parse`], quicker.
    pub(crate) fn language(&self, code: &str) -> Option<Language> {
        self.languages.parse(code)
    }

    /// Memory of the entries, in bytes.
    pub fn bytes(&self) -> usize {
        self.directory.read().bytes()
    }
}

#[cfg(test)]
mod tests;
