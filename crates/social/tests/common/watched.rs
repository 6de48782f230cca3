//! An engine over another that notes how large batches are, and lets a test step in
//! between a decision and its repair.
#![allow(dead_code)]

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use petrel_store::engine::{Op, RawBatch, RawConditional, RawMend, RawOutcome};
use petrel_store::limits::ROW_OVERHEAD_BYTES;
use petrel_store::{Engine, Layer, Stamp, StoreError};

/// The rows and bytes of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Size {
    pub rows: usize,
    pub bytes: usize,
}

pub struct Watched {
    engine: Arc<dyn Engine>,
    largest: Mutex<Size>,
    /// Written just before the next mend.
    pub before_mend: Mutex<Option<RawBatch>>,
    pub mends: Mutex<Vec<RawMend>>,
}

impl Watched {
    pub fn new(engine: Arc<dyn Engine>) -> Arc<Watched> {
        Arc::new(Watched {
            engine,
            largest: Mutex::default(),
            before_mend: Mutex::default(),
            mends: Mutex::default(),
        })
    }

    /// The most rows and the most bytes of a batch since the last time this was asked.
    pub fn take_largest(&self) -> Size {
        std::mem::take(&mut *self.largest.lock())
    }

    fn note(&self, ops: &[Op]) {
        let bytes = ops.iter().map(|op| {
            let value = match op {
                Op::Put { value, .. } => value.len(),
                Op::Delete { .. } => 0,
            };
            op.key().partition.len() + op.key().sort.len() + value + ROW_OVERHEAD_BYTES
        });
        let mut largest = self.largest.lock();
        largest.rows = largest.rows.max(ops.len());
        largest.bytes = largest.bytes.max(bytes.sum());
    }
}

#[async_trait]
impl Layer for Watched {
    fn below(&self) -> &dyn Engine {
        &*self.engine
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        self.note(&batch.ops);
        self.engine.write(batch).await
    }

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome, StoreError> {
        self.note(&write.ops);
        self.engine.write_if(write).await
    }

    async fn mend(&self, mend: RawMend) -> Result<bool, StoreError> {
        let before = self.before_mend.lock().take();
        if let Some(batch) = before {
            self.engine.write(batch).await?;
        }
        self.mends.lock().push(mend.clone());
        self.engine.mend(mend).await
    }
}
