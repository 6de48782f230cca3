use std::collections::BTreeMap;
use std::sync::Arc;

use petrel_model::event::About;
use petrel_model::home::Entry;
use petrel_model::id::{AccountId, Id, StatusId};

use crate::log::Log;
use crate::log::chain::Ordinal;
use crate::log::directory::Directory;
use crate::log::slot::{Kind, Slot};
use crate::log::writer::status_id;

/// The log as it is being read. Its segments stay for as long as the view is held; newer ones join
/// when a chain leads there.
pub(super) struct View<'a> {
    log: &'a Log,
    directory: Arc<Directory>,
}

/// A place in a chain.
#[derive(Clone, Copy)]
pub(super) struct Node {
    pub(super) id: u64,
    pub(super) index: u32,
    pub(super) chain: Ordinal,
    pub(super) previous: u32,
}

/// The oldest statuses above an id.
pub struct Oldest {
    /// From old to new.
    pub entries: Vec<Entry>,
    /// All statuses from here on were in the log while it was read.
    pub start: StatusId,
}

impl<'a> View<'a> {
    pub(super) fn new(log: &'a Log) -> View<'a> {
        View {
            log,
            directory: log.directory.read().clone(),
        }
    }

    /// Below this id the view shows nothing.
    pub(super) fn start(&self) -> StatusId {
        status_id(self.directory.start)
    }

    pub(super) fn oldest(
        mut self,
        chains: impl IntoIterator<Item = Ordinal>,
        above: StatusId,
        below: Option<StatusId>,
        limit: usize,
    ) -> Oldest {
        let below = below.map_or(u64::MAX, |below| below.0.0);
        let mut oldest = BTreeMap::new();
        for chain in chains {
            let index = self.log.ordinals.head(chain);
            if self.id_max(index) <= above.0.0 {
                continue;
            }
            oldest.extend(self.oldest_of(chain, above.0.0, below, limit));
            while oldest.len() > limit {
                oldest.pop_last();
            }
        }
        Oldest {
            entries: oldest.into_values().collect(),
            start: self.start(),
        }
    }

    /// Those of one chain. The walk begins at a milestone not far above; if too little is found
    /// from there on, because much is deleted, at one further up, and at the head at last.
    fn oldest_of(
        &mut self,
        chain: Ordinal,
        above: u64,
        below: u64,
        limit: usize,
    ) -> BTreeMap<u64, Entry> {
        let mut further = 1;
        loop {
            let near = self.near(chain, above.saturating_add(1), further);
            let begin = near.filter(|near| near.id < below);
            let is_whole = begin.is_none();
            let mut at = match begin {
                Some(near) => Some(near),
                None => {
                    let head = self.at(chain, self.log.ordinals.head(chain));
                    head.and_then(|head| self.below(head, below))
                }
            };
            let mut oldest = BTreeMap::new();
            while let Some(node) = at.filter(|node| node.id > above) {
                if let Some(entry) = self.shown(node.index) {
                    oldest.insert(node.id, entry);
                }
                if oldest.len() > limit {
                    oldest.pop_last();
                }
                at = self.next(node);
            }
            if is_whole || oldest.len() >= limit {
                return oldest;
            }
            further *= 4;
        }
    }

    /// A node of the chain with this id or above it, at a milestone.
    fn near(&mut self, chain: Ordinal, id: u64, further: usize) -> Option<Node> {
        let milestone = self.log.milestones.from(chain, id, further)?;
        let node = self.at(chain, milestone.index)?;
        (node.id == milestone.id).then_some(node)
    }

    /// How far the index of a chain's head lies behind `from`; none if there is no head or it was
    /// dropped.
    pub(super) fn head_offset(&self, chain: Ordinal, from: u32) -> Option<u32> {
        let index = self.log.ordinals.head(chain);
        self.directory.offset(index).filter(|_| index != 0)?;
        Some(index.wrapping_sub(from))
    }

    /// Index of the first slot.
    pub(super) fn first(&self) -> u32 {
        self.directory.first
    }

    /// No entry at this index, or before it, has a greater id.
    pub(super) fn id_max(&self, index: u32) -> u64 {
        self.directory.id_max(index)
    }

    /// The first node from `node` on whose id is below `below`.
    pub(super) fn below(&mut self, mut node: Node, below: u64) -> Option<Node> {
        if node.id >= below
            && let Some(near) = self.near(node.chain, below, 0)
            && near.id < node.id
        {
            node = near;
        }
        while node.id >= below {
            node = self.next(node)?;
        }
        Some(node)
    }

    pub(super) fn next(&mut self, node: Node) -> Option<Node> {
        let older = self.at(node.chain, node.previous)?;
        (older.id < node.id).then_some(older)
    }

    /// The entry at `index`, unless it is deleted.
    pub(super) fn shown(&mut self, index: u32) -> Option<Entry> {
        let entry = self.entry(index)?;
        let is_gone = match entry.about {
            About::Reblog { status, .. } => self.log.is_deleted(status),
            _ => false,
        };
        (!is_gone && !self.log.is_deleted(entry.id)).then_some(entry)
    }

    fn entry(&mut self, index: u32) -> Option<Entry> {
        let slot = self.slot(index)?;
        let (head, body) = (slot.head(), slot.body());
        if body.is_link() {
            let entry = self.slot(body.entry)?;
            let is_it = entry.head().id == head.id && !entry.body().is_link();
            return is_it.then(|| self.entry(body.entry))?;
        }
        let about = match body.kind() {
            Kind::Plain => About::Nothing,
            kind => {
                let (status, author) = self.slot(index.wrapping_add(1))?.about();
                let (status, account) = (status_id(status), AccountId(Id(author)));
                match kind {
                    Kind::Reblog => About::Reblog { status, account },
                    _ => About::Reply { status, account },
                }
            }
        };
        Some(Entry {
            id: status_id(head.id),
            account: self.log.ordinals.account(Ordinal(head.chain)),
            about,
            language: body.language,
            visibility: body.visibility(),
        })
    }

    /// An index is believed only if what is there is of this chain.
    pub(super) fn at(&mut self, chain: Ordinal, index: u32) -> Option<Node> {
        if index == 0 {
            return None;
        }
        let head = self.slot(index)?.head();
        let believed = head.chain == chain.0 && head.id >= self.directory.start;
        believed.then_some(Node {
            id: head.id,
            index,
            chain,
            previous: head.previous,
        })
    }

    fn slot(&mut self, index: u32) -> Option<&Slot> {
        if self.directory.is_ahead(index) {
            // The chain was appended to after the view was taken.
            self.directory = self.log.directory.read().clone();
        }
        self.directory.slot(index)
    }
}
