//! Whether this node's wall clock agrees with that of the engine's nodes. One that is more than a
//! second off takes no writes: its stamps would win over what others write later, or lose to what
//! they wrote before.

use std::sync::Arc;

use petrel_model::clock::Clock;
use petrel_store::{Engine, StoreError};

/// How far the wall clock may be from the others', in microseconds.
const OFF_US_MAX: u64 = 1_000_000;
/// A clock that was off is believed again when it is nearer than this, in microseconds, so that
/// one at the edge does not change its mind with each look.
const BELIEVED_US_MAX: u64 = 950_000;
/// One look may be wrong when a node of the engine is slow to answer.
const LOOKS_NEEDED: u32 = 2;

/// What the looks so far came to.
#[derive(Default)]
pub struct Agreement {
    /// Looks in a row that contradict what is held now.
    against: u32,
    is_off: bool,
    begun: bool,
}

impl Agreement {
    pub fn is_off(&self) -> bool {
        self.is_off
    }

    /// Takes in how far this clock is ahead, in microseconds. True if it is off.
    pub fn judge(&mut self, ahead_us: i64) -> bool {
        let far_us = ahead_us.unsigned_abs();
        let seems_off = match self.is_off {
            true => far_us > BELIEVED_US_MAX,
            false => far_us > OFF_US_MAX,
        };
        self.against = match seems_off == self.is_off {
            true => 0,
            false => self.against + 1,
        };
        if self.against >= LOOKS_NEEDED || !self.begun {
            self.is_off = seems_off;
            self.against = 0;
        }
        self.begun = true;
        self.is_off
    }
}

/// What this node's clocks said at one moment, in microseconds.
#[derive(Clone, Copy)]
pub struct Both {
    pub wall_us: u64,
    pub monotonic_us: u64,
}

impl Both {
    pub fn now(clock: &dyn Clock) -> Both {
        Both {
            wall_us: clock.now_us(),
            monotonic_us: clock.monotonic_us(),
        }
    }

    /// Whether the wall clock was set to another time since, by more than it may be off.
    pub fn has_jumped(self, now: Both) -> bool {
        let passed_us = now.monotonic_us.saturating_sub(self.monotonic_us);
        let expected_us = self.wall_us.saturating_add(passed_us);
        now.wall_us.abs_diff(expected_us) > OFF_US_MAX
    }
}

/// Whether a look that came to this found the clock to be right.
pub fn is_right(ahead_us: i64) -> bool {
    ahead_us.unsigned_abs() <= OFF_US_MAX
}

/// How far this node's wall clock is ahead of the median of the engine's nodes, in microseconds;
/// none if the engine cannot tell.
pub async fn ahead_us(engine: &dyn Engine) -> Result<Option<i64>, StoreError> {
    let mut offsets = engine.clock_offsets_us().await?;
    offsets.sort_unstable();
    Ok(offsets.get(offsets.len() / 2).map(|theirs| -theirs))
}

/// In words for clients and operators.
pub fn refusal(ahead_us: i64) -> String {
    let off_s = ahead_us.unsigned_abs() as f64 / 1_000_000.0;
    let way = if ahead_us < 0 { "behind" } else { "ahead" };
    format!("this node's clock is {off_s:.1} s {way}")
}

/// The wall clock as the engine's nodes have it: for what must be right before anybody has looked
/// after this machine's own.
pub struct Corrected {
    pub wall: Arc<dyn Clock>,
    pub ahead_us: i64,
}

impl Clock for Corrected {
    fn now_us(&self) -> u64 {
        self.wall.now_us().saturating_add_signed(-self.ahead_us)
    }

    fn monotonic_us(&self) -> u64 {
        self.wall.monotonic_us()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_answer_changes_nothing_and_the_edge_does_not_flap() {
        let mut agreement = Agreement::default();
        let mut looks =
            |looks: &[i64]| -> Vec<bool> { looks.iter().map(|us| agreement.judge(*us)).collect() };
        assert_eq!(looks(&[900_000, -900_000, 5_000_000]), [false; 3]);
        assert_eq!(looks(&[900_000, 5_000_000]), [false; 2]);
        assert_eq!(looks(&[-1_100_000]), [true]);
        assert_eq!(looks(&[990_000, 960_000, 0, 960_000]), [true; 4]);
        assert_eq!(looks(&[0, 0]), [true, false]);
    }

    #[test]
    fn a_jump_is_seen_before_anybody_is_asked() {
        let at = |wall_us, monotonic_us| Both {
            wall_us,
            monotonic_us,
        };
        let before = at(50_000_000, 1_000_000);
        assert!(!before.has_jumped(at(60_000_000, 11_000_000)));
        assert!(!before.has_jumped(at(60_900_000, 11_000_000)));
        assert!(before.has_jumped(at(80_000_000, 1_500_000)));
        assert!(before.has_jumped(at(40_000_000, 1_500_000)));
        assert!(is_right(-900_000) && !is_right(i64::MIN));
    }

    #[test]
    fn a_clock_that_is_off_at_the_start_is_off_at_once() {
        assert!(Agreement::default().judge(-10_000_000));
        assert_eq!(refusal(-10_000_000), "this node's clock is 10.0 s behind");
    }
}
