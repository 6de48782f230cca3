//! `petrel serve`: everything wired together, until a signal ends it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use petrel_jobs::{Limits, Runner};
use petrel_store_embedded::MadeIn;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::Config;
use crate::control::Control;
use crate::http;
use crate::node::{self, Node, Open};
use crate::routes;
use crate::totals::Count;
use crate::version::VERSION;
use crate::views::Views;

/// How long requests and jobs may take to end once the server was told to stop.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
/// Jobs are given up a little earlier, so that they can say so.
const JOBS_DRAIN_TIME_MAX: Duration = Duration::from_secs(8);

/// Serves until SIGTERM or SIGINT. `ready` is told once requests are taken.
pub async fn serve(config: &Config, made_in: MadeIn, ready: impl Fn(&Config)) -> Result<()> {
    let mut signals = Signals::new()?;
    let listeners = http::bind(config.listen.as_str()).await?;
    let views = Views::new(config);
    let node = Node::open(config, Open::OrMake(made_in), &views);
    let node = Arc::new(node.await.with_context(|| node::opening(config))?);
    views.rebuild(&node).await?;

    let count = Count::begin(&node.store, views.totals.clone()).await?;
    let count = tokio::spawn(count.run());
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(runner(&node, &views).run_until(http::told(stopped.clone())));
    let control = Control::listen(&config.data)?;
    let orders = tokio::spawn(control.serve(node.clone()));
    let app = routes::router(config, &node, &views, stopped.clone());
    let connections_max = config.http.connections_max;
    tasks.spawn(http::serve(
        listeners,
        app,
        connections_max,
        stopped.clone(),
    ));
    tracing::info!(version = VERSION, data = %config.data.display(), "petrel has started");
    ready(config);

    signals.any().await;
    tracing::info!("stopping");
    let _ = stop.send(true);
    let drained = timeout(DRAIN_TIME_MAX, async {
        while tasks.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!("some requests or jobs did not end in time");
    }
    tasks.shutdown().await;
    views.keep(&node).await;
    count.abort();
    orders.abort();
    // The socket goes with its task.
    let _ = orders.await;
    tracing::info!("stopped");
    Ok(())
}

fn runner(node: &Node, views: &Views) -> Runner {
    let mut reconcilers = node.reconcilers();
    reconcilers.extend(views.reconcilers(node));
    Runner::new(
        node.store.clone(),
        node.social.entropy.clone(),
        node.wake.clone(),
        node.handlers(),
        reconcilers,
        Limits {
            drain: JOBS_DRAIN_TIME_MAX,
            ..Limits::default()
        },
    )
}

/// The one line that says that requests are taken.
pub fn ready_line(config: &Config) -> String {
    let listen = config.listen.as_str();
    let url = config.url.as_ref().map_or(listen, |url| url.as_str());
    format!("petrel {VERSION} is ready at {url} (listening on {listen})")
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
