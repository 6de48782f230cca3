use petrel_store::Listener;
use petrel_store::events::Happened;
use tokio::sync::Notify;

/// Wakes the runner: give it to the store as a listener and to the runner.
///
/// A commit that bears an event wakes it at once; a job row in a batch without an event is found
/// at the runner's next look, at most a second later.
#[derive(Default)]
pub struct Wake {
    notify: Notify,
}

impl Wake {
    pub fn wake(&self) {
        self.notify.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.notify.notified().await;
    }
}

impl Listener for Wake {
    fn happened(&self, _: &Happened) {
        self.wake();
    }
}
