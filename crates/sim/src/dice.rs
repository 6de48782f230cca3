//! All chance of a seed.

use petrel_model::entropy::{Entropy, SeededEntropy};

pub struct Dice(SeededEntropy);

impl Dice {
    /// `about` keeps what is drawn for different things apart.
    pub fn new(seed: u64, about: u64) -> Dice {
        let mixed = SeededEntropy::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ about).next_u64();
        Dice(SeededEntropy::new(mixed))
    }

    pub fn draw(&self) -> u64 {
        self.0.next_u64()
    }

    /// Below the bound, which is at least 1.
    pub fn below(&self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }

    pub fn index(&self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// From and to, both of them too.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// Chance in thousandths.
    pub fn happens(&self, thousandths: u64) -> bool {
        self.below(1_000) < thousandths
    }

    pub fn one_of<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.index(all.len())]
    }

    /// Among so many, the first ones far more often than the last.
    pub fn skewed(&self, length: usize) -> usize {
        let first = self.index(length);
        self.index(first + 1)
    }
}
