use std::cmp::Ordering;
use std::collections::BinaryHeap;

use petrel_model::home::Entry;
use petrel_model::id::StatusId;

use crate::log::chain::Ordinal;
use crate::log::view::{Node, View};

/// Several chains as one, from new to old. Only the heads are gathered beforehand; a chain is
/// followed as far as it is read.
pub struct Newest<'a> {
    view: View<'a>,
    heads: BinaryHeap<ById>,
    last: Option<u64>,
}

struct ById(Node);

impl<'a> Newest<'a> {
    pub(super) fn new(
        mut view: View<'a>,
        chains: impl IntoIterator<Item = Ordinal>,
        below: Option<u64>,
    ) -> Newest<'a> {
        let mut heads: Vec<ById> = Vec::new();
        for chain in chains {
            let mut node = view.head(chain);
            if let (Some(head), Some(below)) = (node, below) {
                node = view.below(head, below);
            }
            heads.extend(node.map(ById));
        }
        Newest {
            view,
            heads: BinaryHeap::from(heads),
            last: None,
        }
    }

    /// All statuses from here on were in the log while it was read; below, the merge shows none.
    pub fn start(&self) -> StatusId {
        self.view.start()
    }
}

impl Iterator for Newest<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            let mut top = self.heads.peek_mut()?;
            let node = top.0;
            if node.id < self.view.start().0.0 {
                // The log has forgotten since: other chains may have ended above this one.
                return None;
            }
            match self.view.next(node) {
                Some(older) => *top = ById(older),
                None => {
                    std::collections::binary_heap::PeekMut::pop(top);
                }
            }
            // An entry lies in several chains: an author's and a tag's.
            if self.last == Some(node.id) {
                continue;
            }
            self.last = Some(node.id);
            if let Some(entry) = self.view.shown(node.index) {
                return Some(entry);
            }
        }
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &ById) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for ById {}

impl PartialOrd for ById {
    fn partial_cmp(&self, other: &ById) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ById {
    fn cmp(&self, other: &ById) -> Ordering {
        self.0.id.cmp(&other.0.id)
    }
}
