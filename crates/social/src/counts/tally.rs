use std::collections::{HashMap, HashSet};

use petrel_model::choices::Choices;
use petrel_model::clock::Stamp;
use petrel_model::id::Id;
use petrel_model::limits::POLL_OPTIONS_MAX;

use super::load::EXACT_ROWS_MAX;

/// What is told so long after it was done, in microseconds, may have been undone before the list
/// was read, and what undid it forgotten. Clocks are not further apart, and a node that starts
/// takes longer until it is asked: what it has not heard in its life before is older.
const LATE_US: u64 = 2_000_000;

/// How much is kept at least of what was told of a list that was not read.
const UNREAD_MAX: usize = 1_000;

/// Of a list that was read, who is known by name: the newest so many, and up to twice as many, or
/// as many again as were read. Whoever is older is one of the rest.
const NAMED_MIN: usize = EXACT_ROWS_MAX;

/// What is told of somebody: that they are there, or what they chose.
pub trait Said: Copy + PartialEq {
    type Sum: Copy + Default + PartialEq;
    /// That they are not there, or left.
    const GONE: Self;

    fn add_to(self, sum: &mut Self::Sum);
    fn take_from(self, sum: &mut Self::Sum);
    fn join(one: Self::Sum, other: Self::Sum) -> Self::Sum;
    /// Somebody left of whom nothing more is known than that they were counted.
    fn one_less(sum: &mut Self::Sum);
}

impl Said for bool {
    type Sum = u64;
    const GONE: bool = false;

    fn add_to(self, sum: &mut u64) {
        *sum += u64::from(self);
    }
    fn take_from(self, sum: &mut u64) {
        *sum -= u64::from(self);
    }
    fn join(one: u64, other: u64) -> u64 {
        one + other
    }
    fn one_less(sum: &mut u64) {
        *sum = sum.saturating_sub(1);
    }
}

/// The figures of a poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PollFigures {
    pub voters: u64,
    /// Votes for each option.
    pub options: [u64; POLL_OPTIONS_MAX],
}

impl Said for Choices {
    type Sum = PollFigures;
    const GONE: Choices = Choices::NONE;

    fn add_to(self, sum: &mut PollFigures) {
        sum.voters += u64::from(!self.is_empty());
        self.places().for_each(|place| sum.options[place] += 1);
    }
    fn take_from(self, sum: &mut PollFigures) {
        sum.voters -= u64::from(!self.is_empty());
        self.places().for_each(|place| sum.options[place] -= 1);
    }
    fn join(one: PollFigures, other: PollFigures) -> PollFigures {
        PollFigures {
            voters: one.voters + other.voters,
            options: std::array::from_fn(|place| one.options[place] + other.options[place]),
        }
    }
    /// Nobody takes a vote back.
    fn one_less(_: &mut PollFigures) {}
}

/// One count: who → (stamp, what is said of them), where the latest stamp wins, and a plain sum
/// for the rest of a long list.
pub struct Tally<S: Said = bool> {
    known: HashMap<Id, (Stamp, S)>,
    /// Of those in `known`.
    sum: S::Sum,
    /// Of the rows beyond those in `known`; nothing is known of them until the list is loaded.
    rest: Option<S::Sum>,
    /// The greatest of those that are on.
    newest: Option<Id>,
    /// The newest revision that the list had when it was read. Who is not in `known` and is told
    /// of at an older one is one of the rest, or is in it no more: counted so already.
    newest_read: Stamp,
    /// When the list was read.
    read_at: Stamp,
    /// As many in `known` are looked through for old ones.
    looked_through: usize,
}

impl<S: Said> Default for Tally<S> {
    fn default() -> Tally<S> {
        Tally {
            known: HashMap::new(),
            sum: S::Sum::default(),
            rest: None,
            newest: None,
            newest_read: Stamp::MIN,
            read_at: Stamp::MIN,
            looked_through: 0,
        }
    }
}

/// What became of a telling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    TakenIn,
    /// It says that somebody came to the list long before it was read, who was not there: they may
    /// have left again. The list has to be read anew.
    Unclear,
}

impl Tally {
    /// Takes in who was found in a list where one is or is not.
    pub fn load_all(&mut self, rows: Vec<(Id, Stamp)>, rest: u64, now: Stamp) {
        let rows = rows.into_iter().map(|(who, stamp)| (who, stamp, true));
        self.load(rows, rest, now);
    }
}

impl<S: Said> Tally<S> {
    pub fn count(&self) -> S::Sum {
        S::join(self.sum, self.rest.unwrap_or_default())
    }

    pub fn newest(&self) -> Option<Id> {
        self.newest
    }

    /// Takes in what was found in the list, `now`; what events have told since is newer.
    pub fn load(
        &mut self,
        rows: impl IntoIterator<Item = (Id, Stamp, S)>,
        rest: S::Sum,
        now: Stamp,
    ) {
        if self.rest.is_some() {
            return;
        }
        let mut listed = HashSet::new();
        for (who, stamp, said) in rows {
            listed.insert(who);
            self.set(who, stamp, said);
            self.newest_read = self.newest_read.max(stamp);
        }
        self.forget_unlisted(&listed, now);
        self.read_at = now;
        self.rest = Some(rest);
        self.looked_through = 2 * self.known.len();
    }

    /// Who is said to have come long before the list was read, and is not in what was read of it,
    /// has left again, which was told in an earlier life of this node; or is one of the rest.
    fn forget_unlisted(&mut self, listed: &HashSet<Id>, now: Stamp) {
        self.known.retain(|who, (stamp, said)| {
            let is_gone = *said != S::GONE && stamp.0 + LATE_US < now.0 && !listed.contains(who);
            if is_gone {
                said.take_from(&mut self.sum);
            }
            !is_gone
        });
        if !self
            .newest
            .is_some_and(|newest| self.known.contains_key(&newest))
        {
            self.find_newest();
        }
    }

    fn find_newest(&mut self) {
        let on = self.known.iter().filter(|(_, (_, said))| *said != S::GONE);
        self.newest = on.map(|(id, _)| *id).max();
    }

    /// Of a list that nobody has asked for, only what was told lately is worth the room.
    fn make_room(&mut self, now: Stamp) {
        if self.known.len() < self.looked_through.max(UNREAD_MAX) {
            return;
        }
        self.known
            .retain(|_, (stamp, _)| stamp.0 + LATE_US >= now.0);
        self.looked_through = 2 * self.known.len();
        self.sum = S::Sum::default();
        for (_, said) in self.known.values() {
            said.add_to(&mut self.sum);
        }
    }

    /// Of a list in which much happens, those who came longest ago become part of the rest: what was
    /// told of them is not told anew as news.
    fn fold_oldest(&mut self, now: Stamp) {
        let Some(rest) = &mut self.rest else {
            return;
        };
        if self.known.len() < self.looked_through.max(2 * NAMED_MIN) {
            return;
        }
        let mut stamps: Vec<Stamp> = self.known.values().map(|(stamp, _)| *stamp).collect();
        let place = stamps.len() - NAMED_MIN;
        let (_, from, _) = stamps.select_nth_unstable(place);
        let from = (*from).min(Stamp(now.0.saturating_sub(LATE_US)));
        for (stamp, said) in self.known.values().filter(|(stamp, _)| *stamp < from) {
            said.take_from(&mut self.sum);
            said.add_to(rest);
            self.newest_read = self.newest_read.max(*stamp);
        }
        self.known.retain(|_, (stamp, _)| *stamp >= from);
        self.looked_through = 2 * self.known.len();
    }

    /// Takes in what an event tells, in whatever order, and however often.
    pub fn set(&mut self, who: Id, stamp: Stamp, said: S) -> Told {
        self.take_in(who, stamp, said, true)
    }

    /// They left without having been seen in the list: should it have been in doubt whether they
    /// had come to it, they are there no longer.
    pub fn leave_unseen(&mut self, who: Id, stamp: Stamp) -> Told {
        self.take_in(who, stamp, S::GONE, false)
    }

    fn take_in(&mut self, who: Id, stamp: Stamp, said: S, was_seen: bool) -> Told {
        let on = said != S::GONE;
        let before = self.known.get(&who).copied();
        if before.is_some_and(|(known, _)| known >= stamp) {
            return Told::TakenIn;
        }
        if before.is_none() {
            let is_long = self.rest.is_some_and(|rest| rest != S::Sum::default());
            if is_long && stamp <= self.newest_read {
                return Told::TakenIn;
            }
        }
        // Though it be known that they had left before: the list would show it.
        let is_news = before.is_none_or(|(_, known)| known != said);
        if on && is_news && stamp.0 + LATE_US < self.read_at.0 {
            return Told::Unclear;
        }
        match self.rest {
            None => self.make_room(stamp),
            Some(_) => self.fold_oldest(stamp),
        }
        self.known.insert(who, (stamp, said));
        match before {
            Some((_, before)) => before.take_from(&mut self.sum),
            // It was one of the rest.
            None if !on && was_seen => self.rest.iter_mut().for_each(S::one_less),
            None => {}
        }
        said.add_to(&mut self.sum);
        if on {
            self.newest = self.newest.max(Some(who));
        } else if self.newest == Some(who) {
            self.find_newest();
        }
        Told::TakenIn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Tally {
        let mut tally = Tally::<bool>::default();
        tally.load_all(Vec::new(), 0, Stamp::MIN);
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
        let mut tally = Tally::<bool>::default();
        tally.set(Id(7), Stamp(5), false);
        tally.load_all(vec![(Id(7), Stamp(4)), (Id(8), Stamp(4))], 0, Stamp(5));
        assert_eq!(tally.count(), 1);
        tally.load_all(vec![(Id(9), Stamp(4))], 0, Stamp(6));
        assert_eq!(tally.count(), 1, "loaded once");
    }

    /// A node that has just started is told anew that somebody came, and not that they left: of that
    /// it heard in its life before.
    #[test]
    fn who_is_told_to_have_come_long_ago_and_is_not_listed_has_left() {
        let (long_ago, lately) = (Stamp(5), Stamp(8 * LATE_US));
        let mut tally = Tally::<bool>::default();
        tally.set(Id(9), long_ago, true);
        tally.set(Id(8), lately, true);
        tally.load_all(vec![(Id(7), long_ago)], 0, Stamp(8 * LATE_US + 1));
        assert_eq!((tally.count(), tally.newest()), (2, Some(Id(8))));
        assert_eq!(tally.set(Id(9), long_ago, true), Told::Unclear);
    }

    /// The same node may be told anew that they left before they came, too.
    #[test]
    fn who_is_told_to_have_left_and_come_again_long_ago_and_is_not_listed_has_left() {
        let mut tally = Tally::<bool>::default();
        tally.load_all(Vec::new(), 0, Stamp(8 * LATE_US));
        tally.set(Id(9), Stamp(4), false);
        assert_eq!(tally.set(Id(9), Stamp(5), true), Told::Unclear);
        assert_eq!(tally.count(), 0);
    }

    #[test]
    fn what_leaves_the_rest_of_a_long_list_is_taken_off() {
        let mut tally = Tally::<bool>::default();
        tally.load_all(vec![(Id(9), Stamp(1))], 10, Stamp(1));
        tally.set(Id(3), Stamp(2), false);
        tally.set(Id(3), Stamp(2), false);
        assert_eq!(tally.count(), 10);
    }

    #[test]
    fn who_leaves_without_having_been_seen_is_taken_off_only_if_they_were_there() {
        let mut tally = Tally::<bool>::default();
        tally.load_all(vec![(Id(9), Stamp(1))], 10, Stamp(1));
        tally.leave_unseen(Id(3), Stamp(5));
        assert_eq!(tally.count(), 11);
        // What was in doubt when they left comes to light.
        tally.set(Id(3), Stamp(4), true);
        assert_eq!(tally.count(), 11);
        tally.leave_unseen(Id(9), Stamp(6));
        assert_eq!(tally.count(), 10);
    }

    #[test]
    fn what_is_told_again_of_a_long_list_changes_nothing() {
        let mut tally = Tally::<bool>::default();
        tally.load_all(vec![(Id(9), Stamp(5)), (Id(8), Stamp(4))], 10, Stamp(5));
        for (who, on) in [(9, true), (8, true), (3, true), (4, false)] {
            tally.set(Id(who), Stamp(4), on);
        }
        assert_eq!(tally.count(), 12);
        tally.set(Id(3), Stamp(6), false);
        assert_eq!(tally.count(), 11);
    }

    #[test]
    fn a_list_that_nobody_asks_for_takes_little_room() {
        let mut tally = Tally::<bool>::default();
        for number in 1..50_000 {
            tally.set(Id(number), Stamp(number * 10_000), true);
        }
        assert!(tally.known.len() <= 2 * UNREAD_MAX, "{}", tally.known.len());
        let last = (Id(49_999), Stamp(499_990_000));
        tally.load_all(vec![last], 0, last.1);
        let known_lately = tally.known.len() as u64;
        assert_eq!(tally.count(), known_lately);
    }

    #[test]
    fn a_list_in_which_much_happens_takes_little_room_and_is_counted_right() {
        let mut tally = empty();
        let at = |number: u64| Stamp(LATE_US + number * 100_000);
        for number in 1..=50_000 {
            tally.set(Id(number), at(number), true);
        }
        assert!(
            tally.known.len() <= 2 * NAMED_MIN + 20,
            "{}",
            tally.known.len()
        );
        assert_eq!(tally.count(), 50_000);
        // Told again, or undone, whether known by name or not.
        for number in [1, 25_000, 50_000] {
            tally.set(Id(number), at(number), true);
        }
        assert_eq!(tally.count(), 50_000);
        for number in [1, 25_000, 50_000] {
            tally.set(Id(number), at(50_000 + number), false);
            tally.set(Id(number), at(50_000 + number), false);
        }
        assert_eq!(tally.count(), 49_997);
        assert_eq!(tally.newest(), Some(Id(49_999)));
    }

    /// One account voted on two nodes at once.
    #[test]
    fn of_two_votes_the_later_counts_and_only_that() {
        let choices = |place| Choices::NONE.with(place).unwrap();
        let votes = [(Stamp(1), choices(0)), (Stamp(2), choices(2))];
        for order in [[0, 1, 0, 1], [1, 0, 0, 1]] {
            let mut tally = Tally::<Choices>::default();
            tally.load(
                [(Id(9), Stamp(1), choices(2))],
                PollFigures::default(),
                Stamp(1),
            );
            for place in order {
                tally.set(Id(7), votes[place].0, votes[place].1);
            }
            let figures = PollFigures {
                voters: 2,
                options: [0, 0, 2, 0],
            };
            assert_eq!(tally.count(), figures, "{order:?}");
        }
    }

    /// Somebody comes and goes; what is done is told late, out of order and again, and the list is
    /// read in between. When all has been told, the count is that of the list.
    #[test]
    fn whenever_it_is_read_and_however_it_is_told_the_count_comes_out() {
        use petrel_model::entropy::{Entropy, SeededEntropy};
        for seed in 0..2_000 {
            let dice = SeededEntropy::new(seed);
            let below = |bound: u64| dice.next_u64() % bound;
            let (mut tally, mut list) = (Tally::<bool>::default(), HashMap::new());
            let (mut untold, mut told) = (Vec::new(), Vec::new());
            let mut is_read = false;
            for moment in 1..60 {
                let now = Stamp(moment * 100_000);
                let who = Id(below(3));
                let on = below(2) == 0;
                match on {
                    true => list.insert(who, now),
                    false => list.remove(&who),
                };
                untold.push((who, now, on));
                for _ in 0..below(4) {
                    let again = !told.is_empty() && below(3) == 0;
                    let event = match again {
                        true => told[below(told.len() as u64) as usize],
                        false if untold.is_empty() => continue,
                        false => untold.swap_remove(below(untold.len() as u64) as usize),
                    };
                    told.push(event);
                    if tally.set(event.0, event.1, event.2) == Told::Unclear {
                        (tally, is_read) = (Tally::default(), false);
                    }
                }
                if !is_read && below(10) == 0 {
                    let rows = list.iter().map(|(who, stamp)| (*who, *stamp));
                    tally.load_all(rows.collect(), 0, now);
                    is_read = true;
                }
            }
            for (who, stamp, on) in untold {
                if tally.set(who, stamp, on) == Told::Unclear {
                    (tally, is_read) = (Tally::default(), false);
                }
            }
            if !is_read {
                let rows = list.iter().map(|(who, stamp)| (*who, *stamp));
                tally.load_all(rows.collect(), 0, Stamp(6_000_000));
            }
            assert_eq!(tally.count(), list.len() as u64, "seed {seed}");
        }
    }
}
