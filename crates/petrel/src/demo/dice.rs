use petrel_model::entropy::{Entropy, SeededEntropy};

/// Chance that falls the same way for the same seed.
pub struct Dice(SeededEntropy);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(SeededEntropy::new(seed))
    }

    /// From 0 to below `end`.
    pub fn below(&self, end: u64) -> u64 {
        self.0.next_u64() % end.max(1)
    }

    /// From `begin` to below `end`.
    pub fn between(&self, begin: u64, end: u64) -> u64 {
        begin + self.below(end.saturating_sub(begin))
    }

    pub fn percent(&self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// Fisher and Yates.
    pub fn shuffle<T>(&self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}
