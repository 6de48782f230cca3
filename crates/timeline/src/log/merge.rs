use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use petrel_model::home::Entry;
use petrel_model::id::StatusId;

use crate::log::chain::Ordinal;
use crate::log::view::{Node, View};

/// Chains whose heads are put in order at first; then twice as many each time.
const FIRST_HEADS: usize = 64;

/// Several chains as one, from new to old. Of all chains only the index of the head is gathered;
/// a chain is looked into once its head may be the newest entry left, and followed as far as it is
/// read.
pub struct Newest<'a> {
    view: View<'a>,
    below: Option<u64>,
    /// The index that offsets are counted from.
    first: u32,
    waiting: Waiting,
    heads: BinaryHeap<ById>,
    last: Option<u64>,
}

struct ById(Node);

/// The chains not looked into yet, by the offsets of their heads.
struct Waiting {
    /// The last `sorted` in ascending order, and none of the others above them.
    heads: Vec<(u32, Ordinal)>,
    sorted: usize,
    step: usize,
}

impl<'a> Newest<'a> {
    pub(super) fn new(
        view: View<'a>,
        chains: impl IntoIterator<Item = Ordinal>,
        below: Option<u64>,
    ) -> Newest<'a> {
        let first = view.first();
        let heads = chains.into_iter();
        let heads = heads.filter_map(|chain| Some((view.head_offset(chain, first)?, chain)));
        Newest {
            first,
            waiting: Waiting::new(heads.collect()),
            view,
            below,
            heads: BinaryHeap::new(),
            last: None,
        }
    }

    /// All statuses from here on were in the log while it was read; below, the merge shows none.
    pub fn start(&self) -> StatusId {
        self.view.start()
    }

    /// Looks into the chains whose heads may be newer than all that were looked into.
    fn admit(&mut self) {
        while let Some((offset, chain)) = self.waiting.newest() {
            let index = self.first.wrapping_add(offset);
            let newest = self.heads.peek().map(|head| head.0.id);
            if newest.is_some_and(|newest| self.view.id_max(index) < newest) {
                return;
            }
            self.waiting.drop_newest();
            // What was appended to the chain since its head was gathered is left to the next page.
            let head = self.view.at(chain, index);
            let node = match self.below {
                Some(below) => head.and_then(|head| self.view.below(head, below)),
                None => head,
            };
            self.heads.extend(node.map(ById));
        }
    }
}

impl Waiting {
    fn new(heads: Vec<(u32, Ordinal)>) -> Waiting {
        Waiting {
            heads,
            sorted: 0,
            step: FIRST_HEADS,
        }
    }

    fn newest(&mut self) -> Option<(u32, Ordinal)> {
        if self.sorted == 0 && !self.heads.is_empty() {
            let rest = self.heads.len().saturating_sub(self.step);
            if rest > 0 {
                self.heads.select_nth_unstable(rest);
            }
            self.heads[rest..].sort_unstable();
            self.sorted = self.heads.len() - rest;
            self.step *= 2;
        }
        self.heads.last().copied()
    }

    fn drop_newest(&mut self) {
        self.heads.pop();
        self.sorted -= 1;
    }
}

impl Iterator for Newest<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            self.admit();
            let mut top = self.heads.peek_mut()?;
            let node = top.0;
            if node.id < self.view.start().0.0 {
                // The log has forgotten since: other chains may have ended above this one.
                return None;
            }
            match self.view.next(node) {
                Some(older) => *top = ById(older),
                None => {
                    PeekMut::pop(top);
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
