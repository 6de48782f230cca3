//! Which options of a poll somebody chose.

use minicbor::{CborLen, Decode, Encode};

use crate::limits::POLL_OPTIONS_MAX;

/// A set of options, by their places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Encode, Decode, CborLen)]
#[cbor(transparent)]
pub struct Choices(#[n(0)] u8);

impl Choices {
    pub const NONE: Choices = Choices(0);

    /// Of each option whether it is chosen.
    pub const fn of(chosen: [bool; POLL_OPTIONS_MAX]) -> Choices {
        let (mut bits, mut place) = (0, 0);
        while place < POLL_OPTIONS_MAX {
            bits |= (chosen[place] as u8) << place;
            place += 1;
        }
        Choices(bits)
    }

    /// With one more; none if no poll has an option there.
    pub fn with(self, place: usize) -> Option<Choices> {
        (place < POLL_OPTIONS_MAX).then(|| Choices(self.0 | 1 << place))
    }

    pub fn contains(self, place: usize) -> bool {
        place < POLL_OPTIONS_MAX && self.0 & 1 << place != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The places, lowest first.
    pub fn places(self) -> impl Iterator<Item = usize> {
        (0..POLL_OPTIONS_MAX).filter(move |place| self.contains(*place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_into_it() {
        let choices = Choices::NONE.with(2).unwrap().with(0).unwrap();
        assert_eq!(choices.places().collect::<Vec<_>>(), [0, 2]);
        assert_eq!(choices.with(2), Some(choices));
        assert_eq!(choices.with(POLL_OPTIONS_MAX), None);
        assert!(!choices.contains(64) && !choices.is_empty() && Choices::NONE.is_empty());
    }
}
