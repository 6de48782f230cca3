//! The wall clock as a trait, and the hybrid clock that ids and stamps come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minicbor::{CborLen, Decode, Encode};
use parking_lot::Mutex;

use crate::id::Id;

/// A stamp from elsewhere lifts the clock at most this far beyond the wall, in microseconds.
pub const LIFT_MAX_US: u64 = 1_000_000;
/// Two nodes that take writes are each a second at most off their median, in microseconds.
const APART_MAX_US: u64 = 2 * LIFT_MAX_US;
const SEQUENCES_PER_MS: u8 = 64;

/// When a write was made: Unix microseconds, strictly increasing on a node.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, CborLen,
)]
#[cbor(transparent)]
pub struct Stamp(pub u64);

impl Stamp {
    pub const MIN: Stamp = Stamp(0);
}

/// Nodes whose numbers differ by a multiple of this mark their stamps alike.
pub const STAMP_CLASSES: usize = 64;

/// What time it is. `now_us` may jump; `monotonic_us` may not.
pub trait Clock: Send + Sync + 'static {
    /// Unix microseconds by the wall clock.
    fn now_us(&self) -> u64;
    /// Microseconds since some fixed moment of this boot.
    fn monotonic_us(&self) -> u64;

    fn now_ms(&self) -> u64 {
        self.now_us() / 1_000
    }
}

/// A clock that a test sets by hand.
pub struct ManualClock {
    now_us: AtomicU64,
}

impl ManualClock {
    pub fn at_ms(now_ms: u64) -> ManualClock {
        ManualClock {
            now_us: AtomicU64::new(now_ms * 1_000),
        }
    }

    pub fn advance_ms(&self, by_ms: u64) {
        self.now_us.fetch_add(by_ms * 1_000, Ordering::SeqCst);
    }

    pub fn set_ms(&self, now_ms: u64) {
        self.now_us.store(now_ms * 1_000, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_us(&self) -> u64 {
        self.now_us.load(Ordering::SeqCst)
    }

    fn monotonic_us(&self) -> u64 {
        self.now_us()
    }
}

/// Which number this node bears, and whether stamps carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// One machine, one writer: stamps are plain microseconds.
    Single,
    /// One of several: the low 6 bits of a stamp are the number modulo 64, so that nodes do not tie.
    Member(u16),
}

impl Node {
    pub fn number(self) -> u16 {
        match self {
            Node::Single => 0,
            Node::Member(number) => number,
        }
    }
}

/// The source of ids and stamps: each is later than this node's last and than every stamp that
/// it was shown, though one from elsewhere lifts it at most [`LIFT_MAX_US`] beyond the wall.
pub struct HybridClock {
    wall: Arc<dyn Clock>,
    node: Node,
    state: Mutex<State>,
}

struct State {
    last_us: u64,
    last_id_ms: u64,
    sequence: u8,
}

impl HybridClock {
    /// `above` is the greatest stamp that this node has used or must be later than.
    pub fn new(wall: Arc<dyn Clock>, node: Node, above: Stamp) -> HybridClock {
        HybridClock {
            wall,
            node,
            state: Mutex::new(State {
                last_us: above.0,
                // An id of the last millisecond may exist already.
                last_id_ms: above.0 / 1_000 + 1,
                sequence: SEQUENCES_PER_MS,
            }),
        }
    }

    pub fn wall(&self) -> &Arc<dyn Clock> {
        &self.wall
    }

    pub fn node(&self) -> Node {
        self.node
    }

    /// Unix milliseconds by the wall clock.
    pub fn now_ms(&self) -> u64 {
        self.wall.now_ms()
    }

    /// Unix seconds by the wall clock.
    pub fn now_s(&self) -> u64 {
        self.wall.now_ms() / 1_000
    }

    pub fn next_id(&self) -> Id {
        let mut state = self.state.lock();
        let now_ms = self.wall.now_ms().max(state.last_us / 1_000);
        if now_ms > state.last_id_ms {
            state.last_id_ms = now_ms;
            state.sequence = 0;
        } else if state.sequence >= SEQUENCES_PER_MS {
            state.last_id_ms += 1;
            state.sequence = 0;
        }
        let id = Id::from_parts(state.last_id_ms, self.node.number(), state.sequence);
        state.sequence += 1;
        id
    }

    /// A stamp later than every earlier one of this node and than `above`.
    pub fn next_stamp(&self, above: Stamp) -> Stamp {
        self.draw(above).0
    }

    /// As `next_stamp`; also says whether the stamp is raised above the clock to beat `above`, so
    /// that those after it may be earlier.
    pub fn draw(&self, above: Stamp) -> (Stamp, bool) {
        let mut state = self.state.lock();
        let floor = state.last_us.max(above.0) + 1;
        let candidate = self.wall.now_us().max(floor);
        let stamp = match self.node {
            Node::Single => candidate,
            Node::Member(number) => {
                let classes = STAMP_CLASSES as u64;
                let aligned = candidate - candidate % classes + u64::from(number) % classes;
                if aligned < floor {
                    aligned + classes
                } else {
                    aligned
                }
            }
        };
        // A stamp far ahead of the wall is used for this one batch but does not drag the clock along.
        let is_raised =
            stamp > self.wall.now_us().saturating_add(LIFT_MAX_US) && state.last_us < above.0;
        state.last_us = match is_raised {
            true => state.last_us.max(self.wall.now_us()),
            false => stamp,
        };
        (Stamp(stamp), is_raised)
    }

    /// Notes a stamp that another node has used.
    pub fn observe(&self, stamp: Stamp) {
        let ceiling = self.wall.now_us().saturating_add(LIFT_MAX_US);
        let mut state = self.state.lock();
        state.last_us = state.last_us.max(stamp.0.min(ceiling));
    }

    /// Notes a stamp that no command bears, as [`HybridClock::observe`] does, unless it comes from a
    /// clock that is far off: such a node takes no writes, and nothing needs to be later than what
    /// it says of itself.
    pub fn follow(&self, stamp: Stamp) {
        if stamp.0 <= self.wall.now_us().saturating_add(APART_MAX_US) {
            self.observe(stamp);
        }
    }

    /// The greatest stamp used or observed so far.
    pub fn last_stamp(&self) -> Stamp {
        Stamp(self.state.lock().last_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_stamps_rise_although_the_wall_goes_back() {
        let wall = Arc::new(ManualClock::at_ms(1_700_000_000_000));
        let clock = HybridClock::new(wall.clone(), Node::Member(70), Stamp::MIN);
        let mut last_id = clock.next_id();
        let mut last_stamp = clock.next_stamp(Stamp::MIN);
        for round in 0..500 {
            if round == 250 {
                wall.set_ms(1_699_999_000_000);
            }
            let (id, stamp) = (clock.next_id(), clock.next_stamp(Stamp::MIN));
            assert!(id > last_id && stamp > last_stamp);
            assert_eq!(stamp.0 % 64, 6);
            (last_id, last_stamp) = (id, stamp);
        }
    }

    #[test]
    fn a_stamp_from_far_ahead_is_beaten_once_and_does_not_drag_the_clock() {
        let wall = Arc::new(ManualClock::at_ms(1_700_000_000_000));
        let clock = HybridClock::new(wall.clone(), Node::Single, Stamp::MIN);
        let far = Stamp(wall.now_us() + 3_600_000_000);
        let (stamp, is_raised) = clock.draw(far);
        assert!(stamp > far && is_raised);
        assert!(!clock.draw(Stamp(wall.now_us() + LIFT_MAX_US / 2)).1);
        clock.observe(far);
        assert!(clock.next_stamp(Stamp::MIN).0 <= wall.now_us() + LIFT_MAX_US + 1);
    }

    #[test]
    fn a_node_starts_above_its_last_stamp() {
        let wall = Arc::new(ManualClock::at_ms(1_700_000_000_000));
        let above = Stamp(wall.now_us() + 3_600_000_000);
        let clock = HybridClock::new(wall, Node::Single, above);
        assert!(clock.next_stamp(Stamp::MIN) > above);
        assert!(clock.next_id().time_ms() > above.0 / 1_000);
    }
}
