//! Cursors: which part of a list that runs from new to old is asked for.
//!
//! As in Mastodon's API: `max_id` and `since_id` bound the page, which is the newest between them;
//! `min_id` asks for the oldest above it instead (and `since_id` then counts for nothing). The
//! bounds themselves are never in the page, and every page is given newest first.

use crate::id::Id;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cursor {
    /// Only what is older than this.
    pub max_id: Option<Id>,
    /// Only what is newer than this; the newest first.
    pub since_id: Option<Id>,
    /// Only what is newer than this; those next to it.
    pub min_id: Option<Id>,
}

impl Cursor {
    /// The newest there is.
    pub const NEWEST: Cursor = Cursor {
        max_id: None,
        since_id: None,
        min_id: None,
    };

    /// The page after the one that ended with `id`.
    pub fn older_than(id: impl Into<Id>) -> Cursor {
        Cursor {
            max_id: Some(id.into()),
            ..Cursor::NEWEST
        }
    }

    /// The page before the one that began with `id`.
    pub fn next_newer_than(id: impl Into<Id>) -> Cursor {
        Cursor {
            min_id: Some(id.into()),
            ..Cursor::NEWEST
        }
    }

    /// Whether the page is the oldest of its range and not the newest.
    pub fn is_from_below(&self) -> bool {
        self.min_id.is_some()
    }

    /// The bound below, exclusive.
    pub fn floor(&self) -> Option<Id> {
        self.min_id.or(self.since_id)
    }

    pub fn contains(&self, id: impl Into<Id>) -> bool {
        let id = id.into();
        self.max_id.is_none_or(|max_id| id < max_id) && self.floor().is_none_or(|floor| id > floor)
    }

    /// The page of at most `limit` items out of `items`, which run from new to old.
    pub fn select<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        id_of: impl Fn(&T) -> Id,
        limit: usize,
    ) -> Vec<T> {
        let above = self.max_id.unwrap_or(Id::MAX);
        let in_range = items
            .into_iter()
            .skip_while(|item| self.max_id.is_some() && id_of(item) >= above)
            .take_while(|item| self.floor().is_none_or(|floor| id_of(item) > floor));
        if !self.is_from_below() {
            return in_range.take(limit).collect();
        }
        let mut page =
            std::collections::VecDeque::with_capacity(limit.saturating_add(1).min(1_024));
        for item in in_range {
            page.push_back(item);
            if page.len() > limit {
                page.pop_front();
            }
        }
        page.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(cursor: Cursor, limit: usize) -> Vec<u64> {
        cursor.select((1..=9).rev(), |number| Id(*number), limit)
    }

    fn cursor(max_id: Option<u64>, since_id: Option<u64>, min_id: Option<u64>) -> Cursor {
        Cursor {
            max_id: max_id.map(Id),
            since_id: since_id.map(Id),
            min_id: min_id.map(Id),
        }
    }

    #[test]
    fn pages_are_cut_as_mastodon_cuts_them() {
        assert_eq!(page(Cursor::NEWEST, 3), [9, 8, 7]);
        assert_eq!(page(Cursor::older_than(Id(7)), 3), [6, 5, 4]);
        assert_eq!(page(cursor(None, Some(4), None), 3), [9, 8, 7]);
        assert_eq!(page(cursor(None, Some(7), None), 3), [9, 8]);
        assert_eq!(page(Cursor::next_newer_than(Id(4)), 3), [7, 6, 5]);
        assert_eq!(page(cursor(Some(7), None, Some(4)), 3), [6, 5]);
        assert_eq!(page(cursor(Some(9), Some(8), Some(4)), 2), [6, 5]);
        assert_eq!(page(cursor(Some(3), Some(5), None), 3), [0; 0]);
        assert_eq!(page(Cursor::next_newer_than(Id(4)), 0), [0; 0]);
        assert_eq!(page(Cursor::older_than(Id(0)), 3), [0; 0]);
        assert_eq!(page(Cursor::older_than(Id(100)), 2), [9, 8]);
    }

    #[test]
    fn what_a_cursor_contains_is_what_it_can_select() {
        for max in [None, Some(3), Some(9)] {
            for low in [None, Some(2), Some(8)] {
                for cursor in [cursor(max, low, None), cursor(max, None, low)] {
                    let within: Vec<u64> =
                        (1..=9).rev().filter(|n| cursor.contains(Id(*n))).collect();
                    assert_eq!(page(cursor, 100), within);
                }
            }
        }
    }
}
