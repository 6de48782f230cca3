use std::collections::HashMap;

use petrel_model::clock::Stamp;
use petrel_model::id::Id;

/// One count: who → (stamp, on), where the latest stamp wins, and a plain number for the rest of
/// a long list.
#[derive(Default)]
pub struct Tally {
    known: HashMap<Id, (Stamp, bool)>,
    /// How many of `known` are on.
    on: u64,
    /// Rows beyond those in `known`; nothing is known of them until the list is loaded.
    rest: Option<u64>,
    /// The greatest of those that are on.
    newest: Option<Id>,
    /// The newest revision that the list had when it was read. Who is not in `known` and is told
    /// of at an older one is one of the rest, or is in it no more: counted so already.
    loaded_at: Stamp,
}

impl Tally {
    pub fn count(&self) -> u64 {
        self.on + self.rest.unwrap_or(0)
    }

    pub fn newest(&self) -> Option<Id> {
        self.newest
    }

    /// Takes in what was found in the list; what events have told since is newer.
    pub fn load(&mut self, rows: Vec<(Id, Stamp)>, rest: u64) {
        if self.rest.is_some() {
            return;
        }
        for (who, stamp) in rows {
            self.set(who, stamp, true);
            self.loaded_at = self.loaded_at.max(stamp);
        }
        self.rest = Some(rest);
    }

    pub fn set(&mut self, who: Id, stamp: Stamp, on: bool) {
        let before = self.known.get(&who).copied();
        if before.is_some_and(|(known, _)| known >= stamp) {
            return;
        }
        let is_long = self.rest.is_some_and(|rest| rest > 0);
        if before.is_none() && is_long && stamp <= self.loaded_at {
            return;
        }
        self.known.insert(who, (stamp, on));
        match (before.is_some_and(|(_, on)| on), on) {
            (false, true) => self.on += 1,
            (true, false) => self.on -= 1,
            // It was one of the rest.
            (false, false) if before.is_none() => {
                self.rest = self.rest.map(|rest| rest.saturating_sub(1));
            }
            _ => {}
        }
        if on {
            self.newest = self.newest.max(Some(who));
        } else if self.newest == Some(who) {
            let rest = self.known.iter().filter(|(_, (_, on))| *on);
            self.newest = rest.map(|(id, _)| *id).max();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Tally {
        let mut tally = Tally::default();
        tally.load(Vec::new(), 0);
        tally
    }

    #[test]
    fn the_latest_stamp_wins_in_any_order_and_twice_is_once() {
        let events = [(Stamp(1), true), (Stamp(2), false), (Stamp(3), true)];
        for order in [
            [0, 1, 2],
            [2, 1, 0],
            [1, 2, 0],
            [0, 2, 1],
            [2, 0, 1],
            [1, 0, 2],
        ] {
            let mut tally = empty();
            for place in order.into_iter().chain(order) {
                let (stamp, on) = events[place];
                tally.set(Id(7), stamp, on);
            }
            assert_eq!(
                (tally.count(), tally.newest()),
                (1, Some(Id(7))),
                "{order:?}"
            );
        }
    }

    #[test]
    fn an_event_that_comes_before_the_list_is_loaded_is_kept() {
        let mut tally = Tally::default();
        tally.set(Id(7), Stamp(5), false);
        tally.load(vec![(Id(7), Stamp(4)), (Id(8), Stamp(4))], 0);
        assert_eq!(tally.count(), 1);
        tally.load(vec![(Id(9), Stamp(4))], 0);
        assert_eq!(tally.count(), 1, "loaded once");
    }

    #[test]
    fn what_leaves_the_rest_of_a_long_list_is_taken_off() {
        let mut tally = Tally::default();
        tally.load(vec![(Id(9), Stamp(1))], 10);
        tally.set(Id(3), Stamp(2), false);
        tally.set(Id(3), Stamp(2), false);
        assert_eq!(tally.count(), 10);
    }

    #[test]
    fn what_is_told_again_of_a_long_list_changes_nothing() {
        let mut tally = Tally::default();
        tally.load(vec![(Id(9), Stamp(5)), (Id(8), Stamp(4))], 10);
        for (who, on) in [(9, true), (8, true), (3, true), (4, false)] {
            tally.set(Id(who), Stamp(4), on);
        }
        assert_eq!(tally.count(), 12);
        tally.set(Id(3), Stamp(6), false);
        assert_eq!(tally.count(), 11);
    }
}
