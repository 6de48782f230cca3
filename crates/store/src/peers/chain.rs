use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};

use super::inner::Core;
use crate::StoreError;

type CatchUp = BoxFuture<'static, Result<(), StoreError>>;

/// The catch-up under way and the one that waits for it to end. Whoever waits drives them, and
/// whoever goes away leaves them to the others.
#[derive(Default)]
pub(super) struct Chain {
    running: Option<WeakShared<CatchUp>>,
    waiting: Option<WeakShared<CatchUp>>,
}

impl Core {
    /// Joins the catch-up that has not begun yet, or begins one: one under way may have read
    /// before the caller came.
    pub async fn catch_up(self: &Arc<Core>) -> Result<(), StoreError> {
        let joined = self.join_or_begin();
        joined.await
    }

    fn join_or_begin(self: &Arc<Core>) -> Shared<CatchUp> {
        let mut chain = self.chain.lock();
        if let Some(waiting) = chain.waiting.as_ref().and_then(WeakShared::upgrade) {
            return waiting;
        }
        let before = chain.running.as_ref().and_then(WeakShared::upgrade);
        let core = self.clone();
        let catch_up = async move {
            if let Some(before) = before {
                // Its failure is its callers' own.
                let _ = before.await;
            }
            {
                // From here on whoever comes waits for the next one.
                let mut chain = core.chain.lock();
                chain.running = chain.waiting.take();
            }
            core.catch_up_once().await
        };
        let catch_up = catch_up.boxed().shared();
        chain.waiting = catch_up.downgrade();
        catch_up
    }
}
