use std::hash::{BuildHasher, Hasher};

/// The fractional part of the golden ratio.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Spreads a number over all bits. For ids and hashes that nobody outside chooses.
pub(crate) fn mix(number: u64) -> u64 {
    let product = u128::from(number) * u128::from(FACTOR);
    (product >> 64) as u64 ^ product as u64
}

/// Hashes single numbers by [`mix`], which is several times as quick as the standard way.
#[derive(Clone, Copy, Default)]
pub(crate) struct Mixed;

#[derive(Default)]
pub(crate) struct MixedHasher(u64);

impl BuildHasher for Mixed {
    type Hasher = MixedHasher;

    fn build_hasher(&self) -> MixedHasher {
        MixedHasher::default()
    }
}

impl Hasher for MixedHasher {
    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0 ^ number);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte) + 1);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
