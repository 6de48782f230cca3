//! Cursor paging as Mastodon's clients know it.

use petrel_model::id::Id;
use petrel_model::limits::{IDS_PER_REQUEST_MAX, PAGE_ROWS_MAX};
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

/// A page that is filled step by step, because not every row of its list is shown: until it is full,
/// the list ends, or [`PAGE_ROWS_MAX`] rows were looked at.
pub(crate) struct Filling<T> {
    page: PageRequest,
    next: Option<PageRequest>,
    looked_at: usize,
    /// The oldest row looked at, unless the list ends there.
    last_row: Option<Id>,
    found: Vec<(Id, T)>,
}

impl<T> Filling<T> {
    pub(crate) fn of(page: PageRequest) -> Filling<T> {
        Filling {
            page,
            next: Some(page),
            looked_at: 0,
            last_row: None,
            found: Vec::new(),
        }
    }

    /// What to read next; none when there is enough.
    pub(crate) fn next(&self) -> Option<PageRequest> {
        let is_enough = self.found.len() >= self.page.limit || self.looked_at >= PAGE_ROWS_MAX;
        self.next.filter(|_| !is_enough)
    }

    /// Takes in what was read, newest first, and what of it is shown.
    pub(crate) fn add(&mut self, rows: &[Id], shown: Vec<(Id, T)>) {
        self.looked_at += rows.len();
        if self.page.min_id.is_some() {
            self.found.splice(0..0, shown);
        } else {
            self.found.extend(shown);
            self.last_row = rows.last().copied().or(self.last_row);
        }
        let is_end = rows.is_empty() || rows.len() < self.page.limit;
        if is_end {
            (self.next, self.last_row) = (None, None);
        } else if let Some(next) = &mut self.next {
            match self.page.min_id {
                Some(_) => next.min_id = rows.first().copied(),
                None => next.max_id = rows.last().copied(),
            }
        }
    }

    pub(crate) fn page(self) -> Page<T> {
        let Filling {
            page, mut found, ..
        } = self;
        if page.min_id.is_some() {
            let surplus = found.len().saturating_sub(page.limit);
            found.drain(..surplus);
        } else {
            found.truncate(page.limit);
        }
        let oldest = found.last().map(|(row, _)| *row);
        let is_full = found.len() >= page.limit;
        Page {
            next_max_id: if is_full { oldest } else { self.last_row },
            prev_min_id: found.first().map(|(row, _)| *row),
            items: found.into_iter().map(|(_, item)| item).collect(),
        }
    }
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
