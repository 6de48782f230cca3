use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::log::slot::Slot;

/// Slots whose greatest id is known together: two to the power of this, or a whole segment if that
/// is less.
const BLOCK_BITS: u32 = 8;

/// The segments that there are at one moment. Readers hold one; the writer puts another in its place
/// when it adds or drops a segment. Indexes run on and wrap around after 4 billion slots.
#[derive(Clone)]
pub(crate) struct Directory {
    /// Slots of a segment: two to the power of this.
    bits: u32,
    /// Index of the first slot kept.
    pub(crate) first: u32,
    segments: Vec<Arc<[Slot]>>,
    /// By segment and block: the greatest id of this and all earlier blocks. Indexes hardly say
    /// less than ids about what is newer; this says how much.
    maxima: Vec<Arc<[AtomicU64]>>,
    /// All statuses from this id on are in the log; below it nothing is believed.
    pub(crate) start: u64,
}

impl Directory {
    pub(crate) fn new(bits: u32) -> Directory {
        let mut directory = Directory {
            bits,
            first: 0,
            segments: Vec::new(),
            maxima: Vec::new(),
            start: 0,
        };
        directory.push();
        directory
    }

    fn push(&mut self) {
        let blocks = 1usize << self.bits.saturating_sub(BLOCK_BITS);
        self.segments
            .push((0..1usize << self.bits).map(|_| Slot::default()).collect());
        self.maxima
            .push((0..blocks).map(|_| AtomicU64::new(0)).collect());
    }

    /// How far behind the first slot an index lies; none for one that was dropped. Beyond the end
    /// lies what was appended since.
    pub(crate) fn offset(&self, index: u32) -> Option<u32> {
        let offset = index.wrapping_sub(self.first);
        (offset <= u32::MAX / 2).then_some(offset)
    }

    pub(crate) fn slot(&self, index: u32) -> Option<&Slot> {
        let offset = index.wrapping_sub(self.first) as usize;
        let segment = self.segments.get(offset >> self.bits)?;
        segment.get(offset & ((1 << self.bits) - 1))
    }

    /// Whether the index lies beyond the newest segment: somebody has appended since.
    pub(crate) fn is_ahead(&self, index: u32) -> bool {
        let offset = self.offset(index);
        offset.is_some_and(|offset| (offset as usize) >> self.bits >= self.segments.len())
    }

    /// No entry or link at this index, or before it, has a greater id.
    pub(crate) fn id_max(&self, index: u32) -> u64 {
        match self.offset(index) {
            // What was dropped is below the start.
            None => self.start,
            Some(offset) => {
                let maximum = self.maximum(offset as usize);
                maximum.map_or(u64::MAX, |maximum| maximum.load(Ordering::Acquire))
            }
        }
    }

    /// Notes the greatest id so far, the one now written at `index` included.
    pub(crate) fn note_id_max(&self, index: u32, id_max: u64) {
        if let Some(maximum) = self.maximum(index.wrapping_sub(self.first) as usize) {
            maximum.store(id_max, Ordering::Release);
        }
    }

    fn maximum(&self, offset: usize) -> Option<&AtomicU64> {
        let block = (offset & ((1 << self.bits) - 1)) >> BLOCK_BITS;
        self.maxima.get(offset >> self.bits)?.get(block)
    }

    /// With segments for `count` slots from `index` on, and no more than `segments_max` of them
    /// unless that many are new.
    pub(crate) fn grown(&self, index: u32, count: u32, segments_max: usize) -> Directory {
        let mut grown = self.clone();
        let mut added = 0;
        while grown.slot(index.wrapping_add(count - 1)).is_none() {
            grown.push();
            added += 1;
        }
        let keep = segments_max.max(added + 1);
        let excess = grown.segments.len().saturating_sub(keep);
        if let Some(last) = excess.checked_sub(1) {
            let of_last = grown.maxima[last].iter();
            let id_max = of_last.map(|maximum| maximum.load(Ordering::Acquire)).max();
            let above = id_max.unwrap_or(0).saturating_add(1);
            grown.start = grown.start.max(above);
            grown.segments.drain(..excess);
            grown.maxima.drain(..excess);
            grown.first = grown.first.wrapping_add((excess as u32) << self.bits);
        }
        grown
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.segments.len() * size_of::<Slot>()) << self.bits
    }
}
