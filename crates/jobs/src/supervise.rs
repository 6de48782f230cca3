//! Tasks that must not end by accident.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

const RESTART_PAUSE_MIN: Duration = Duration::from_millis(100);
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(30);

/// Runs the task that `start` makes until `stop` becomes true. A task that panics, or ends before
/// it was told to, is started again after a pause that doubles, with an alarm in the log; on
/// `stop` it is left to end by itself (it is given the same signal).
pub async fn supervise<F, T>(name: &'static str, mut stop: watch::Receiver<bool>, start: F)
where
    F: Fn() -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let mut pause = RESTART_PAUSE_MIN;
    while !*stop.borrow() {
        // In a set of one: who drops this ends the task.
        let mut task = JoinSet::new();
        task.spawn(start());
        let ended = task.join_next().await;
        if *stop.borrow() {
            return;
        }
        match ended.unwrap_or(Ok(())) {
            Ok(()) => tracing::error!(task = name, "a task ended by itself; starting it again"),
            Err(error) => tracing::error!(task = name, %error, "a task died; starting it again"),
        }
        tokio::select! {
            biased;
            () = sleep(pause) => {}
            _ = stop.wait_for(|stopped| *stopped) => return,
        }
        pause = (pause * 2).min(RESTART_PAUSE_MAX);
    }
}

/// Lets something small come to its end although whoever began it is being dropped and cannot wait
/// for it. Nothing may depend on it: if the process ends first, it does not happen.
pub fn see_off(rest: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        drop(runtime.spawn(rest));
    }
}
