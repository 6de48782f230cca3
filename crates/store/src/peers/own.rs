use std::collections::{BTreeMap, BTreeSet};

use petrel_model::clock::{HybridClock, Stamp};

use crate::StoreError;
use crate::events::BLOCK_EVENTS;

/// Places whose outcome may be unknown at one time. Less than a block has, so that of a block in
/// which nothing was written some place is known to be empty.
const OPEN_MAX: usize = 900;
/// Blocks without a row that an ordinary batch may have to bridge.
pub(crate) const BRIDGES_MAX: usize = 2;
/// Those that a batch with nothing else in it may bridge.
pub(super) const BRIDGES_ALONE_MAX: usize = 100;

/// The places of this process's own sequence. No clock, no I/O.
#[derive(Default)]
pub(super) struct Own {
    next: u64,
    /// Drawn, under way or in doubt, and their stamps.
    open: BTreeMap<u64, Stamp>,
    /// Drawn, and the engine said that nothing was written; those above `rows_below` only.
    nothing: BTreeSet<u64>,
    /// The end of the last block in which a row is known to be.
    rows_below: u64,
    /// When the last places were drawn, by the boot-time clock in microseconds.
    pub drew_us: u64,
}

/// Places drawn for a batch, together with its stamp.
pub(super) struct Drawn {
    pub first: u64,
    pub stamp: Stamp,
    pub raised: bool,
    pub settled_below: u64,
    /// Empty places that the batch fills, one in each block before its own that has no row: who
    /// follows the sequence stops at the first empty block.
    pub bridges: Vec<u64>,
}

impl Own {
    pub fn drawn(&self) -> u64 {
        self.next
    }

    /// The lowest place whose outcome is not known.
    pub fn settled_below(&self) -> u64 {
        let first = self.open.first_key_value();
        first.map_or(self.next, |(place, _)| *place)
    }

    /// No event of this node that listeners have not been told of is stamped earlier.
    pub fn watermark(&self, clock: &HybridClock) -> Stamp {
        let first = self.open.values().min();
        first.map_or_else(|| clock.last_stamp(), |stamp| Stamp(stamp.0 - 1))
    }

    /// Draws `count` places and a stamp later than `above`, both at once, so that the sequence is
    /// in the order of stamps.
    ///
    /// # Errors
    /// `Unwritable` if too many outcomes are not known.
    pub fn draw(
        &mut self,
        count: u64,
        clock: &HybridClock,
        above: Stamp,
        bridges_max: usize,
    ) -> Result<Drawn, StoreError> {
        let bridges = self.bridges(bridges_max);
        let Some(bridges) = bridges.filter(|_| self.open.len() + count as usize <= OPEN_MAX) else {
            return Err(StoreError::Unwritable(
                "too many of its writes have no answer".to_owned(),
            ));
        };
        let first = self.next;
        let settled_below = self.settled_below();
        self.next += count;
        self.drew_us = clock.wall().monotonic_us();
        let (stamp, raised) = clock.draw(above);
        self.open
            .extend((first..self.next).map(|place| (place, stamp)));
        Ok(Drawn {
            first,
            stamp,
            raised,
            settled_below,
            bridges,
        })
    }

    fn bridges(&self, bridges_max: usize) -> Option<Vec<u64>> {
        let mut bridges = Vec::new();
        let mut block = self.rows_below;
        while block + BLOCK_EVENTS <= self.next {
            if bridges.len() == bridges_max {
                return None;
            }
            bridges.push(*self.nothing.range(block..block + BLOCK_EVENTS).next()?);
            block += BLOCK_EVENTS;
        }
        Some(bridges)
    }

    /// The batch with these places is written.
    pub fn written(&mut self, first: u64, count: u64) {
        self.open
            .retain(|place, _| !(first..first + count).contains(place));
        let end = (first + count).next_multiple_of(BLOCK_EVENTS);
        if end > self.rows_below {
            self.rows_below = end;
            self.nothing = self.nothing.split_off(&end);
        }
    }

    /// Nothing was written at these places, and nothing will be. If they are the last ones they
    /// are drawn again; nobody was told yet that they are settled.
    pub fn nothing(&mut self, first: u64, count: u64) {
        self.open
            .retain(|place, _| !(first..first + count).contains(place));
        if first + count == self.next {
            self.next = first;
        } else {
            let kept = (first..first + count).filter(|place| *place >= self.rows_below);
            self.nothing.extend(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use petrel_model::clock::{ManualClock, Node};

    use super::*;

    fn draw(own: &mut Own, clock: &HybridClock, count: u64) -> Drawn {
        own.draw(count, clock, Stamp::MIN, BRIDGES_MAX).unwrap()
    }

    #[test]
    fn what_is_settled_ends_at_the_first_place_without_an_answer() {
        let clock = HybridClock::new(Arc::new(ManualClock::at_ms(1)), Node::Single, Stamp::MIN);
        let mut own = Own::default();
        let [a, b, c] = [1, 2, 1].map(|count| draw(&mut own, &clock, count));
        assert_eq!((a.first, b.first, c.first, own.drawn()), (0, 1, 3, 4));
        assert!(a.stamp < b.stamp && b.stamp < c.stamp);
        own.written(b.first, 2);
        assert_eq!(own.settled_below(), 0);
        own.nothing(a.first, 1);
        assert_eq!(own.settled_below(), 3);
        // The last place is drawn again, those before it never: others may hold them for settled.
        own.nothing(c.first, 1);
        assert_eq!((own.drawn(), own.settled_below()), (3, 3));
        assert_eq!(draw(&mut own, &clock, 1).first, 3);
    }

    #[test]
    fn a_block_without_a_row_is_bridged() {
        let clock = HybridClock::new(Arc::new(ManualClock::at_ms(1)), Node::Single, Stamp::MIN);
        let mut own = Own::default();
        let stays = draw(&mut own, &clock, 1);
        let mut last = draw(&mut own, &clock, 1);
        while own.drawn() < 2 * BLOCK_EVENTS + 10 {
            let next = own.draw(1, &clock, Stamp::MIN, BRIDGES_MAX).unwrap();
            own.nothing(last.first, 1);
            last = next;
        }
        assert_eq!(last.bridges, [1, BLOCK_EVENTS]);
        own.written(last.first, 1);
        assert!(draw(&mut own, &clock, 1).bridges.is_empty());
        assert_eq!(own.settled_below(), stays.first);
        let more = (0..OPEN_MAX).map(|_| own.draw(1, &clock, Stamp::MIN, BRIDGES_MAX));
        assert_eq!(more.filter(Result::is_err).count(), 2);
    }
}
