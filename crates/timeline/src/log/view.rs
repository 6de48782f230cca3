use std::collections::BTreeMap;
use std::sync::Arc;

use petrel_model::event::About;
use petrel_model::home::Entry;
use petrel_model::id::StatusId;

use crate::log::Log;
use crate::log::chain::Ordinal;
use crate::log::directory::Directory;
use crate::log::merge::Newest;
use crate::log::slot::Kind;
use crate::log::writer::status_id;

/// The log as it is being read: its segments stay for as long as the view is held.
pub struct View<'a> {
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

impl<'a> View<'a> {
    pub(super) fn new(log: &'a Log) -> View<'a> {
        View {
            log,
            directory: log.directory.read().clone(),
        }
    }

    /// Below this id the view shows nothing.
    pub fn start(&self) -> StatusId {
        status_id(self.directory.start)
    }

    /// The statuses of these chains below `below` from new to old, each once, deleted ones left out.
    pub fn newest(
        self,
        chains: impl IntoIterator<Item = Ordinal>,
        below: Option<StatusId>,
    ) -> Newest<'a> {
        Newest::new(self, chains, below.map(|below| below.0.0))
    }

    /// The oldest `limit` statuses of these chains above `above` and below `below`, from old to new,
    /// each once, deleted ones left out.
    pub fn oldest(
        &self,
        chains: impl IntoIterator<Item = Ordinal>,
        above: StatusId,
        below: Option<StatusId>,
        limit: usize,
    ) -> Vec<Entry> {
        let below = below.map_or(u64::MAX, |below| below.0.0);
        let mut oldest = BTreeMap::new();
        for chain in chains {
            let mut at = self.below(chain, self.log.ordinals.head(chain), below);
            while let Some(node) = at.filter(|node| node.id > above.0.0) {
                if self.shown(node.index).is_some() {
                    oldest.insert(node.id, node.index);
                }
                if oldest.len() > limit {
                    oldest.pop_last();
                }
                at = self.next(node);
            }
        }
        let entries = oldest.into_values();
        entries.filter_map(|index| self.shown(index)).collect()
    }

    pub(super) fn head(&self, chain: Ordinal) -> Option<Node> {
        self.at(chain, self.log.ordinals.head(chain))
    }

    /// The first node from `index` on whose id is below `below`.
    pub(super) fn below(&self, chain: Ordinal, index: u32, below: u64) -> Option<Node> {
        let mut node = self.at(chain, index)?;
        while node.id >= below {
            node = self.next(node)?;
        }
        Some(node)
    }

    pub(super) fn next(&self, node: Node) -> Option<Node> {
        let older = self.at(node.chain, node.previous)?;
        (older.id < node.id).then_some(older)
    }

    /// The entry at `index`, unless it is deleted.
    pub(super) fn shown(&self, index: u32) -> Option<Entry> {
        let entry = self.entry(index)?;
        let is_gone = match entry.about {
            About::Reblog { status, .. } => self.log.is_deleted(status),
            _ => false,
        };
        (!is_gone && !self.log.is_deleted(entry.id)).then_some(entry)
    }

    fn entry(&self, index: u32) -> Option<Entry> {
        let slot = self.directory.slot(index)?;
        let body = slot.body();
        if body.is_link() {
            let id = slot.head().id;
            let entry = self.directory.slot(body.entry)?;
            let is_it = entry.head().id == id && !entry.body().is_link();
            return is_it.then(|| self.entry(body.entry))?;
        }
        let head = slot.head();
        let about = match body.kind() {
            Kind::Plain => About::Nothing,
            kind => {
                let (status, author) = self.directory.slot(index.wrapping_add(1))?.about();
                let (status, account) = (
                    status_id(status),
                    self.log.ordinals.account(Ordinal(author)),
                );
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
    fn at(&self, chain: Ordinal, index: u32) -> Option<Node> {
        let head = self.directory.slot(index)?.head();
        let believed = index != 0 && head.chain == chain.0 && head.id >= self.directory.start;
        believed.then_some(Node {
            id: head.id,
            index,
            chain,
            previous: head.previous,
        })
    }
}
