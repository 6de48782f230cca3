use parking_lot::RwLock;
use rustc_hash::FxHashMap;

use crate::log::chain::Ordinal;

/// Places in the chains to begin a walk at, so that what lies far back is found without passing
/// all that is newer. One entry in so many is a milestone, drawn by its id: no chain needs a count.
pub(super) struct Milestones {
    /// One in two to the power of this.
    bits: u32,
    of: RwLock<FxHashMap<u32, Vec<Milestone>>>,
}

/// An entry of a chain and where it is.
#[derive(Clone, Copy)]
pub(super) struct Milestone {
    pub(super) id: u64,
    pub(super) index: u32,
}

impl Milestones {
    /// `segment_bits` as in the settings: a small log has them close together.
    pub(super) fn new(segment_bits: u32) -> Milestones {
        Milestones {
            bits: segment_bits.saturating_sub(6).max(1),
            of: RwLock::default(),
        }
    }

    /// To be told of each entry once it is in its chain. Those below `start` are forgotten.
    pub(super) fn note(&self, chain: Ordinal, entry: Milestone, start: u64) {
        // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
        let drawn = entry.id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - self.bits);
        if drawn != 0 {
            return;
        }
        let mut of = self.of.write();
        let milestones = of.entry(chain.0).or_default();
        if milestones.first().is_some_and(|first| first.id < start) {
            milestones.retain(|milestone| milestone.id >= start);
        }
        let place = milestones.partition_point(|milestone| milestone.id < entry.id);
        milestones.insert(place, entry);
    }

    /// The milestone with the least id at or above `id`, or one `further` ones above that.
    pub(super) fn from(&self, chain: Ordinal, id: u64, further: usize) -> Option<Milestone> {
        let of = self.of.read();
        let milestones = of.get(&chain.0)?;
        let place = milestones.partition_point(|milestone| milestone.id < id);
        milestones.get(place.checked_add(further)?).copied()
    }
}
