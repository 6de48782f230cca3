use std::sync::Arc;

use petrel_model::event::{About, StatusEvent};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;

use crate::log::chain::{Chain, Ordinal};
use crate::log::directory::Directory;
use crate::log::milestones::Milestone;
use crate::log::slot::{Kind, Slot, SlotBody, SlotHead};
use crate::log::{Log, Taken};

/// Segments kept whatever the settings say: one that is read and one that is filled.
const SEGMENTS_MIN: usize = 2;

/// What only the one who appends needs.
pub(super) struct Writer {
    directory: Arc<Directory>,
    segments_max: usize,
    /// Index of the next free slot. 0 is never used: it means none.
    next: u32,
    /// The greatest id so far.
    id_max: u64,
}

/// Where a new entry belongs in a chain.
struct Place {
    /// The entry just newer, if there is one; else the chain's head is it.
    newer: Option<u32>,
    older: u32,
}

impl Writer {
    pub(super) fn new(directory: Arc<Directory>, segments_max: usize) -> Writer {
        Writer {
            directory,
            segments_max: segments_max.max(SEGMENTS_MIN),
            next: 1,
            id_max: 0,
        }
    }

    pub(super) fn begin_at(&mut self, log: &Log, start: u64) {
        let mut directory = Directory::clone(&self.directory);
        directory.start = directory.start.max(start);
        self.publish(log, directory);
    }

    pub(super) fn append(&mut self, log: &Log, status: &StatusEvent) -> Taken {
        let id = status.id.0.0;
        if id < self.directory.start {
            return Taken::TooOld;
        }
        if is_deleted(log, status) {
            return Taken::Deleted;
        }
        let home_chain = match status.visibility {
            Visibility::Direct => Chain::Direct(status.account),
            _ => Chain::Account(status.account),
        };
        let Some(chain) = log.ordinals.get_or_make(home_chain) else {
            return Taken::TooOld;
        };
        let is_newest = id > self.id_max;
        let Some(place) = self.place(log, chain, id, is_newest) else {
            return Taken::Known;
        };
        let (kind, about) = about(status);
        let index = self.reserve(log, 1 + u32::from(about.is_some()));
        if id < self.directory.start {
            // Making room pushed the log's start beyond it.
            return Taken::TooOld;
        }
        if let Some((target, author)) = about {
            self.slot(index.wrapping_add(1)).set_about(target, author);
        }
        let language = log.languages.parse(&status.language);
        self.slot(index)
            .set_body(SlotBody::entry(status.visibility, kind, language));
        self.link(log, chain, &place, id, index);
        self.add_links(log, status, index, is_newest);
        Taken::Added
    }

    pub(super) fn edit(&mut self, log: &Log, status: &StatusEvent) {
        let home_chain = match status.visibility {
            Visibility::Direct => Chain::Direct(status.account),
            _ => Chain::Account(status.account),
        };
        let chain = log.ordinals.get(home_chain);
        let Some(index) = chain.and_then(|chain| self.find(log, chain, status.id.0.0)) else {
            // Its creation is told later, and is known then.
            self.append(log, status);
            return;
        };
        let slot = self.slot(index);
        let language = log.languages.parse(&status.language);
        let mut body = slot.body();
        body.language = language;
        slot.set_body(body);
        self.add_links(log, status, index, false);
    }

    /// Puts the entry at `index` into its further chains, where it is not in them yet.
    fn add_links(&mut self, log: &Log, status: &StatusEvent, index: u32, is_newest: bool) {
        if status.visibility == Visibility::Direct {
            for (place, named) in status.mentions.iter().enumerate() {
                let is_again = status.mentions[..place].contains(named);
                if *named != status.account && !is_again {
                    self.add_link(log, Chain::Direct(*named), status.id, index, is_newest);
                }
            }
        }
        let is_reblog = matches!(status.about, About::Reblog { .. });
        if status.visibility != Visibility::Public || is_reblog {
            return;
        }
        for (place, tag) in status.tags.iter().enumerate() {
            if !status.tags[..place].contains(tag) {
                self.add_link(log, Chain::tag(tag), status.id, index, is_newest);
            }
        }
        if is_for_public(status.account, &status.about) {
            self.add_link(log, Chain::Public, status.id, index, is_newest);
        }
    }

    fn add_link(&mut self, log: &Log, chain: Chain, status: StatusId, index: u32, is_newest: bool) {
        let Some(chain) = log.ordinals.get_or_make(chain) else {
            return;
        };
        let Some(place) = self.place(log, chain, status.0.0, is_newest) else {
            return;
        };
        let link = self.reserve(log, 1);
        if status.0.0 < self.directory.start {
            return;
        }
        self.slot(link).set_body(SlotBody::link(index));
        self.link(log, chain, &place, status.0.0, link);
    }

    /// Finds the neighbours of `id`; none if it is in the chain already. What is newer than all
    /// else needs no look at the chain.
    fn place(&self, log: &Log, chain: Ordinal, id: u64, is_newest: bool) -> Option<Place> {
        let mut place = Place {
            newer: None,
            older: log.ordinals.head(chain),
        };
        if is_newest {
            return Some(place);
        }
        if let Some((index, head)) = self.near(log, chain, id.saturating_add(1)) {
            place.newer = Some(index);
            place.older = head.previous;
        }
        while let Some(head) = self.believed(chain, place.older) {
            match head.id.cmp(&id) {
                std::cmp::Ordering::Equal => return None,
                std::cmp::Ordering::Less => break,
                std::cmp::Ordering::Greater => {
                    place.newer = Some(place.older);
                    place.older = head.previous;
                }
            }
        }
        Some(place)
    }

    fn find(&self, log: &Log, chain: Ordinal, id: u64) -> Option<u32> {
        let mut index = match self.near(log, chain, id) {
            Some((index, _)) => index,
            None => log.ordinals.head(chain),
        };
        loop {
            let head = self.believed(chain, index)?;
            if head.id == id {
                let body = self.slot(index).body();
                return Some(if body.is_link() { body.entry } else { index });
            }
            index = head.previous;
        }
    }

    /// An entry of the chain not far above `id`, or with it; none if there is no milestone.
    fn near(&self, log: &Log, chain: Ordinal, id: u64) -> Option<(u32, SlotHead)> {
        let milestone = log.milestones.from(chain, id, 0)?;
        let head = self.believed(chain, milestone.index)?;
        (head.id == milestone.id).then_some((milestone.index, head))
    }

    /// What is at `index`, if it is of this chain and not before the log's start.
    fn believed(&self, chain: Ordinal, index: u32) -> Option<SlotHead> {
        let head = self.directory.slot(index)?.head();
        (index != 0 && head.chain == chain.0 && head.id >= self.directory.start).then_some(head)
    }

    /// Readers see the entry from the moment on when the newer one, or the chain's head, names it.
    fn link(&mut self, log: &Log, chain: Ordinal, place: &Place, id: u64, index: u32) {
        self.slot(index).set_head(SlotHead {
            id,
            chain: chain.0,
            previous: place.older,
        });
        self.id_max = self.id_max.max(id);
        self.directory.note_id_max(index, self.id_max);
        match place.newer.and_then(|newer| self.directory.slot(newer)) {
            Some(newer) => newer.set_head(SlotHead {
                previous: index,
                ..newer.head()
            }),
            None => log.ordinals.set_head(chain, index),
        }
        let start = self.directory.start;
        log.milestones.note(chain, Milestone { id, index }, start);
    }

    /// Takes `count` slots one after the other.
    fn reserve(&mut self, log: &Log, count: u32) -> u32 {
        if self.next.checked_add(count).is_none() {
            // Indexes wrap around; 0 stays unused.
            self.next = 1;
        }
        let index = self.next;
        if self.directory.slot(index + count - 1).is_none() {
            self.grow(log, index, count);
        }
        self.next = index + count;
        index
    }

    fn grow(&mut self, log: &Log, index: u32, count: u32) {
        let grown = self.directory.grown(index, count, self.segments_max);
        self.publish(log, grown);
    }

    fn publish(&mut self, log: &Log, directory: Directory) {
        self.directory = Arc::new(directory);
        *log.directory.write() = self.directory.clone();
    }

    fn slot(&self, index: u32) -> &Slot {
        self.directory.slot(index).expect("reserved or found there")
    }
}

fn is_deleted(log: &Log, status: &StatusEvent) -> bool {
    let target = match status.about {
        About::Reblog { status, .. } => Some(status),
        _ => None,
    };
    log.is_deleted(status.id) || target.is_some_and(|target| log.is_deleted(target))
}

fn about(status: &StatusEvent) -> (Kind, Option<(u64, u64)>) {
    match status.about {
        About::Nothing => (Kind::Plain, None),
        About::Reply { status, account } => (Kind::Reply, Some((status.0.0, account.0.0))),
        About::Reblog { status, account } => (Kind::Reblog, Some((status.0.0, account.0.0))),
    }
}

/// The public timeline leaves out reblogs and replies to others.
pub(crate) fn is_for_public(author: AccountId, about: &About) -> bool {
    match about {
        About::Nothing => true,
        About::Reply { account, .. } => *account == author,
        About::Reblog { .. } => false,
    }
}

/// A status id as the log's words hold it.
pub(super) fn status_id(word: u64) -> StatusId {
    StatusId(Id(word))
}
