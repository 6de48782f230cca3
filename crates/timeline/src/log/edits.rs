use std::collections::HashMap;

use petrel_model::clock::Stamp;
use petrel_model::id::StatusId;

use crate::log::mixed::Mixed;

/// Edits remembered in each of two generations. What is forgotten is hours old by then: events that
/// overtake each other do so within seconds.
const GENERATION_MAX: usize = 100_000;

/// When statuses were last edited, as far as was told lately. Edits of one status may come from
/// several nodes, so an earlier one may be told after a later one.
#[derive(Default)]
pub(super) struct Edits {
    young: Generation,
    old: Generation,
}

type Generation = HashMap<u64, Stamp, Mixed>;

impl Edits {
    /// True if no edit as late as this one was taken in before. One whose stamp is not known
    /// ([`Stamp::MIN`]) is news only where nothing else is known.
    pub(super) fn is_news(&mut self, status: StatusId, stamp: Stamp) -> bool {
        let id = status.0.0;
        let latest = self.young.get(&id).max(self.old.get(&id));
        if latest.is_some_and(|latest| *latest >= stamp) {
            return false;
        }
        if stamp == Stamp::MIN {
            return true;
        }
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, stamp);
        true
    }
}

#[cfg(test)]
mod tests {
    use petrel_model::id::Id;

    use super::*;

    #[test]
    fn an_edit_counts_once_and_never_after_a_later_one() {
        let mut edits = Edits::default();
        let one = StatusId(Id(1));
        assert!(edits.is_news(one, Stamp::MIN));
        assert!(edits.is_news(one, Stamp(5)));
        assert!(!edits.is_news(one, Stamp(5)) && !edits.is_news(one, Stamp(4)));
        assert!(!edits.is_news(one, Stamp::MIN));
        for other in 2..2 + GENERATION_MAX as u64 {
            assert!(edits.is_news(StatusId(Id(other)), Stamp(1)));
        }
        assert!(!edits.is_news(one, Stamp(5)) && edits.is_news(one, Stamp(6)));
        assert!(edits.young.len() + edits.old.len() <= 2 * GENERATION_MAX);
    }
}
