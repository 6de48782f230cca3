use petrel_model::clock::{STAMP_CLASSES, Stamp};

/// A moment of this node, between one catch-up and the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment(pub(crate) u64);

/// What holds since the last catch-up that succeeded.
pub(super) struct CaughtUp {
    /// Its place among all that began; 0 if none has succeeded.
    number: u64,
    /// When it began, by the boot-time clock in microseconds.
    began_us: u64,
    /// Up to where each class of nodes was heard of when it began: none of what they stamp
    /// afterwards is earlier.
    drawn: [Drawn; STAMP_CLASSES],
}

#[derive(Clone, Copy)]
enum Drawn {
    Unknown,
    UpTo(Stamp),
    /// Two nodes of one class: one has taken the place of the other, which may not know it yet.
    Disputed,
}

impl Default for CaughtUp {
    fn default() -> CaughtUp {
        CaughtUp {
            number: 0,
            began_us: 0,
            drawn: [Drawn::Unknown; STAMP_CLASSES],
        }
    }
}

impl CaughtUp {
    /// The one with this number begins, on this node, which knows all its own up to `own`.
    pub fn begin(number: u64, began_us: u64, node: u16, own: Stamp) -> CaughtUp {
        let mut begun = CaughtUp {
            number,
            began_us,
            ..CaughtUp::default()
        };
        begun.heard_of(node, own);
        begun
    }

    /// All of this node's events are known up to this stamp.
    pub fn heard_of(&mut self, node: u16, up_to: Stamp) {
        let drawn = &mut self.drawn[usize::from(node) % STAMP_CLASSES];
        *drawn = match drawn {
            Drawn::Unknown => Drawn::UpTo(up_to),
            Drawn::UpTo(_) | Drawn::Disputed => Drawn::Disputed,
        };
    }

    /// One that began later than this succeeded.
    pub fn is_after(&self, moment: Moment) -> bool {
        self.number > moment.0
    }

    /// One succeeded that did not begin before this, by the boot-time clock in microseconds.
    pub fn is_since(&self, not_before_us: u64) -> bool {
        self.number > 0 && self.began_us >= not_before_us
    }

    /// Whether this stamp had been drawn before it began, so that all is known that was
    /// acknowledged before what bears the stamp was written.
    pub fn covers(&self, stamp: Stamp) -> bool {
        let class = (stamp.0 % STAMP_CLASSES as u64) as usize;
        matches!(self.drawn[class], Drawn::UpTo(up_to) if stamp <= up_to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_covered_by_what_was_heard_of_its_own_node() {
        let mut caught_up = CaughtUp::begin(1, 5, 3, Stamp(64 + 3));
        caught_up.heard_of(64 + 7, Stamp(640 + 7));
        for (stamp, is_covered) in [
            (64 + 3, true),
            (128 + 3, false),
            (64 + 7, true),
            (640 + 7, true),
            (704 + 7, false),
            (5, false),
        ] {
            assert_eq!(caught_up.covers(Stamp(stamp)), is_covered, "{stamp}");
        }
        // Another node of the same class: which of the two drew a stamp is not known.
        caught_up.heard_of(7, Stamp(1_280 + 7));
        assert!(!caught_up.covers(Stamp(64 + 7)));
        assert!(!CaughtUp::default().covers(Stamp(0)));
    }

    #[test]
    fn a_moment_needs_one_that_began_later() {
        let none = CaughtUp::default();
        assert!(!none.is_since(0) && !none.is_after(Moment(0)));
        let second = CaughtUp::begin(2, 5, 0, Stamp::MIN);
        assert!(second.is_after(Moment(1)) && !second.is_after(Moment(2)));
        assert!(second.is_since(5) && !second.is_since(6));
    }
}
