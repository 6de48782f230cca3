use std::collections::{HashMap, VecDeque};

use petrel_model::clock::Stamp;

use crate::options::DONE_BATCHES_MAX;

/// Which batches were committed of late, under which stamp, so that a retry is answered for what
/// became of the first try. A batch was asked for under one stamp and may bear a later one.
pub(crate) struct Done {
    used: HashMap<Stamp, Stamp>,
    order: VecDeque<Stamp>,
    /// Of batches asked for at or below this stamp nothing is remembered.
    horizon: Stamp,
}

impl Done {
    /// `last` is the last stamp committed before this start.
    pub fn new(last: Stamp) -> Done {
        Done {
            used: HashMap::new(),
            order: VecDeque::new(),
            horizon: last,
        }
    }

    pub fn note(&mut self, asked: Stamp, used: Stamp) {
        self.insert(asked, used);
        if used != asked {
            self.insert(used, used);
        }
    }

    fn insert(&mut self, asked: Stamp, used: Stamp) {
        if self.used.insert(asked, used).is_some() {
            return;
        }
        self.order.push_back(asked);
        if self.order.len() > DONE_BATCHES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.used.remove(&oldest);
            self.horizon = self.horizon.max(oldest);
        }
    }

    /// The stamp under which a retried batch was committed, if it was. Beyond what is remembered
    /// it counts as committed: a writer that was refused tries again at once or not at all.
    pub fn find(&self, asked: Stamp) -> Option<Stamp> {
        self.used
            .get(&asked)
            .copied()
            .or_else(|| (asked <= self.horizon).then_some(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_known_by_both_stamps_and_an_unseen_one_is_not_taken_for_done() {
        let mut done = Done::new(Stamp(10));
        done.note(Stamp(11), Stamp(20));
        assert_eq!(done.find(Stamp(11)), Some(Stamp(20)));
        assert_eq!(done.find(Stamp(20)), Some(Stamp(20)));
        assert_eq!(done.find(Stamp(12)), None, "refused the first time");
        assert_eq!(done.find(Stamp(9)), Some(Stamp(9)), "before this start");
    }

    #[test]
    fn memory_is_bounded() {
        let mut done = Done::new(Stamp(0));
        for stamp in 1..=DONE_BATCHES_MAX as u64 + 5 {
            done.note(Stamp(stamp), Stamp(stamp));
        }
        assert_eq!(done.used.len(), DONE_BATCHES_MAX);
        assert_eq!(done.horizon, Stamp(5));
        assert_eq!(done.find(Stamp(3)), Some(Stamp(3)));
    }
}
