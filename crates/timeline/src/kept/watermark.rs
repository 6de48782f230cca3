use std::collections::BTreeSet;

/// Events that may lie beyond a place that nothing was heard of. A write under way does not let so
/// many others pass it, so the place stays empty: its batch failed.
const AHEAD_MAX: usize = 10_000;

/// Up to where a sequence was heard without a gap. Events of concurrent commits come in any order.
#[derive(Debug, Default)]
pub(crate) struct Watermark {
    next: u64,
    ahead: BTreeSet<u64>,
}

impl Watermark {
    /// All below this were heard.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// True if it was not heard before.
    pub(crate) fn hear(&mut self, sequence: u64) -> bool {
        if sequence < self.next || !self.ahead.insert(sequence) {
            return false;
        }
        if self.ahead.len() > AHEAD_MAX {
            self.next = self.ahead.first().copied().unwrap_or(self.next);
        }
        while self.ahead.remove(&self.next) {
            self.next += 1;
        }
        true
    }

    /// The places below `drawn`, but for those long past, that nothing was heard of.
    pub(crate) fn gaps(&self, drawn: u64) -> Vec<u64> {
        let from = drawn.saturating_sub(AHEAD_MAX as u64).max(self.next);
        (from..drawn)
            .filter(|place| !self.ahead.contains(place))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_waits_for_gaps_but_not_for_ever() {
        let mut mark = Watermark::default();
        for sequence in [1, 3, 0] {
            assert!(mark.hear(sequence));
        }
        assert!(!mark.hear(1) && !mark.hear(3));
        assert_eq!((mark.next(), mark.gaps(4)), (2, vec![2]));
        assert_eq!(mark.gaps(5), [2, 4], "the last place may be one");
        mark.hear(2);
        assert_eq!((mark.next(), mark.gaps(4)), (4, vec![]));
        for sequence in 5..5 + AHEAD_MAX as u64 + 1 {
            mark.hear(sequence);
        }
        assert_eq!(mark.next(), 5 + AHEAD_MAX as u64 + 1);
    }
}
