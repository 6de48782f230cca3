//! An engine over another that holds a batch back where a test says so: before any of it has
//! landed, when half of it has, or before the answer.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use petrel_store::engine::{Op, RawBatch};
use petrel_store::{Engine, Layer, Stamp, StoreError};
use tokio::sync::Notify;

pub struct Held {
    engine: Arc<dyn Engine>,
    next: Mutex<Option<Arc<Hold>>>,
}

/// One batch that waits.
pub struct Hold {
    lands_first: fn(&Op) -> bool,
    waits: Notify,
    may_go: Notify,
}

impl Held {
    pub fn over(engine: Arc<dyn Engine>) -> Arc<Held> {
        Arc::new(Held {
            engine,
            next: Mutex::default(),
        })
    }

    /// The next batch waits when those of its rows have landed that are named here.
    pub fn next_batch(&self, lands_first: fn(&Op) -> bool) -> Arc<Hold> {
        let hold = Arc::new(Hold {
            lands_first,
            waits: Notify::new(),
            may_go: Notify::new(),
        });
        *self.next.lock() = Some(hold.clone());
        hold
    }
}

impl Hold {
    /// Until the batch waits.
    pub async fn waits(&self) {
        self.waits.notified().await;
    }

    /// All of it lands, and is answered.
    pub fn let_go(&self) {
        self.may_go.notify_one();
    }
}

#[async_trait]
impl Layer for Held {
    fn below(&self) -> &dyn Engine {
        &*self.engine
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        let hold = self.next.lock().take();
        if let Some(hold) = hold {
            let mut first = batch.clone();
            first.ops.retain(|op| (hold.lands_first)(op));
            if !first.ops.is_empty() {
                self.engine.write(first).await?;
            }
            hold.waits.notify_one();
            hold.may_go.notified().await;
        }
        self.engine.write(batch).await
    }
}
