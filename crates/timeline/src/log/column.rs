use std::sync::OnceLock;

const SEGMENT_BITS: u32 = 14;
const SEGMENT_LEN: u32 = 1 << SEGMENT_BITS;
const SEGMENTS_MAX: usize = 1 << 13;

/// One cell for each ordinal. It grows by whole segments, so nothing is ever moved or resized while
/// others read.
pub(crate) struct Column<T> {
    segments: Box<[OnceLock<Box<[T]>>]>,
}

impl<T: Default> Column<T> {
    /// Cells that a column can have: 134 million.
    pub(crate) const LEN_MAX: u32 = SEGMENT_LEN * SEGMENTS_MAX as u32;

    pub(crate) fn new() -> Column<T> {
        Column {
            segments: (0..SEGMENTS_MAX).map(|_| OnceLock::new()).collect(),
        }
    }

    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        let segment = self.segments.get((index >> SEGMENT_BITS) as usize)?;
        segment.get()?.get((index & (SEGMENT_LEN - 1)) as usize)
    }

    /// The cell, its segment made if it is not there yet; none beyond [`Column::LEN_MAX`].
    pub(crate) fn get_or_make(&self, index: u32) -> Option<&T> {
        let segment = self.segments.get((index >> SEGMENT_BITS) as usize)?;
        segment
            .get_or_init(|| (0..SEGMENT_LEN).map(|_| T::default()).collect())
            .get((index & (SEGMENT_LEN - 1)) as usize)
    }
}
