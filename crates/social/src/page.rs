//! Cursor paging as Mastodon's clients know it.

use petrel_model::id::Id;
use petrel_model::limits::IDS_PER_REQUEST_MAX;
use petrel_model::paging::Cursor;

use crate::error::{Error, Result};

/// What page is asked for. `min_id` wins over `since_id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Entries below this.
    pub max_id: Option<Id>,
    /// Entries above this, the newest of them.
    pub since_id: Option<Id>,
    /// Entries above this, the oldest of them.
    pub min_id: Option<Id>,
    /// At most so many entries.
    pub limit: usize,
}

impl PageRequest {
    pub fn first(limit: usize) -> PageRequest {
        PageRequest {
            limit,
            ..PageRequest::default()
        }
    }

    pub fn cursor(&self) -> Cursor {
        Cursor {
            max_id: self.max_id,
            since_id: self.since_id,
            min_id: self.min_id,
        }
    }

    /// The greatest lower bound that the request names.
    pub fn above(&self) -> Option<Id> {
        self.min_id.or(self.since_id)
    }
}

/// Refuses to answer for more than [`IDS_PER_REQUEST_MAX`] things by their ids.
pub(crate) fn require_few<T>(ids: &[T]) -> Result<()> {
    if ids.len() > IDS_PER_REQUEST_MAX {
        return Err(Error::invalid(format!(
            "More than {IDS_PER_REQUEST_MAX} ids at once"
        )));
    }
    Ok(())
}

/// One page, newest first.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// `max_id` of the next, older page; none where the list surely ends.
    pub next_max_id: Option<Id>,
    /// `min_id` of the previous, newer page.
    pub prev_min_id: Option<Id>,
}

impl<T> Page<T> {
    pub fn empty() -> Page<T> {
        Page {
            items: Vec::new(),
            next_max_id: None,
            prev_min_id: None,
        }
    }

    /// A page of list entries whose ids run from new to old: where the next and the previous
    /// begin. There is a next one only if this one is full.
    pub fn of(items: Vec<T>, ids: &[Id], limit: usize) -> Page<T> {
        Page {
            items,
            next_max_id: ids
                .last()
                .copied()
                .filter(|_| ids.len() >= limit && limit > 0),
            prev_min_id: ids.first().copied(),
        }
    }

    /// The cursors stay, whatever is left out.
    pub fn filter_map<U>(self, f: impl FnMut(T) -> Option<U>) -> Page<U> {
        Page {
            items: self.items.into_iter().filter_map(f).collect(),
            next_max_id: self.next_max_id,
            prev_min_id: self.prev_min_id,
        }
    }

    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next_max_id: self.next_max_id,
            prev_min_id: self.prev_min_id,
        }
    }
}
