use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::log::slot::Slot;

/// A stretch of the log.
pub(crate) struct Segment {
    slots: Box<[Slot]>,
    /// The greatest id of an entry in it: when the segment goes, the log begins above it.
    id_max: AtomicU64,
}

impl Segment {
    fn new(bits: u32) -> Segment {
        Segment {
            slots: (0..1usize << bits).map(|_| Slot::default()).collect(),
            id_max: AtomicU64::new(0),
        }
    }

    pub(crate) fn note_id(&self, id: u64) {
        self.id_max.fetch_max(id, Ordering::Relaxed);
    }
}

/// The segments that there are at one moment. Readers hold one; the writer puts another in its place
/// when it adds or drops a segment. Indexes run on and wrap around after 4 billion slots.
#[derive(Clone)]
pub(crate) struct Directory {
    /// Slots of a segment: two to the power of this.
    bits: u32,
    /// Number of the first segment kept.
    first: u32,
    segments: Vec<Arc<Segment>>,
    /// All statuses from this id on are in the log; below it nothing is believed.
    pub(crate) start: u64,
}

impl Directory {
    pub(crate) fn new(bits: u32) -> Directory {
        Directory {
            bits,
            first: 0,
            segments: vec![Arc::new(Segment::new(bits))],
            start: 0,
        }
    }

    pub(crate) fn slot(&self, index: u32) -> Option<&Slot> {
        let place = index as usize & ((1 << self.bits) - 1);
        self.segment(index)?.slots.get(place)
    }

    pub(crate) fn segment(&self, index: u32) -> Option<&Segment> {
        let numbers = u32::MAX >> self.bits;
        let place = (index >> self.bits).wrapping_sub(self.first) & numbers;
        self.segments.get(place as usize).map(Arc::as_ref)
    }

    /// Whether the index lies beyond the newest segment: somebody has appended since.
    pub(crate) fn is_ahead(&self, index: u32) -> bool {
        let numbers = u32::MAX >> self.bits;
        let place = (index >> self.bits).wrapping_sub(self.first) & numbers;
        place as usize >= self.segments.len() && place <= numbers / 2
    }

    /// With segments for `count` slots from `index` on, and no more than `segments_max` of them
    /// unless that many are new.
    pub(crate) fn grown(&self, index: u32, count: u32, segments_max: usize) -> Directory {
        let mut grown = self.clone();
        let mut added = 0;
        while grown.segment(index.wrapping_add(count - 1)).is_none() {
            grown.segments.push(Arc::new(Segment::new(self.bits)));
            added += 1;
        }
        let keep = segments_max.max(added + 1);
        let excess = grown.segments.len().saturating_sub(keep);
        for dropped in grown.segments.drain(..excess) {
            let above = dropped.id_max.load(Ordering::Relaxed).saturating_add(1);
            grown.start = grown.start.max(above);
        }
        let numbers = u32::MAX >> self.bits;
        grown.first = grown.first.wrapping_add(excess as u32) & numbers;
        grown
    }

    pub(crate) fn bytes(&self) -> usize {
        (self.segments.len() * size_of::<Slot>()) << self.bits
    }
}
