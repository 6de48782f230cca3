//! `petrel serve`: everything wired together, until a signal ends it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use petrel_jobs::{Limits, Runner};
use petrel_store::{MadeIn, Open};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::cluster::Loops;
use crate::config::Config;
use crate::control::Control;
use crate::front::Front;
use crate::http;
use crate::media::{self, Media};
use crate::node::{self, Node};
use crate::routes;
use crate::system::raise_open_files;
use crate::totals::Count;
use crate::version::VERSION;
use crate::views::Views;

/// How long requests and jobs may take to end once the server was told to stop.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
/// How often is looked whether open streams have ended.
const STREAMS_LOOK_PERIOD: Duration = Duration::from_millis(20);
/// Jobs are given up a little earlier, so that they can say so.
const JOBS_DRAIN_TIME_MAX: Duration = Duration::from_secs(8);

/// Serves until SIGTERM or SIGINT. `ready` is told once requests are taken.
pub async fn serve(config: &Config, made_in: MadeIn, ready: impl Fn(&Config)) -> Result<()> {
    raise_open_files();
    let mut signals = Signals::new()?;
    let mut listeners = Some(http::bind(config.listen.as_str()).await?);
    let (front, views) = (Arc::new(Front::default()), Views::new(config));
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let connections_max = config.http.connections_max;
    let mut listen = |tasks: &mut JoinSet<()>| {
        let app = front.router();
        if let Some(listeners) = listeners.take() {
            tasks.spawn(http::serve(
                listeners,
                app,
                connections_max,
                stopped.clone(),
            ));
        }
    };
    if config.is_cluster() {
        // Other nodes serve meanwhile: whoever comes here is told so at once.
        listen(&mut tasks);
    }
    let opening = Node::open(config, Open::OrMake(made_in), &views);
    let opened = tokio::select! {
        opened = opening => opened,
        () = signals.any() => return Ok(()),
    };
    let node = Arc::new(opened.with_context(|| node::opening(config))?);
    // In the data folder, which the store has made, for its owner alone.
    let media = media::open(config)?;
    let loops = node.take_part(Some(views.rates.clone()));
    let begun = tokio::select! {
        begun = begin(&node, &views) => begun.map(|()| true),
        why = node.lost() => Err(anyhow!(why)),
        () = signals.any() => Ok(false),
    };
    if !matches!(begun, Ok(true)) {
        end(loops).await;
        return begun.map(|_| ());
    }

    let count = Count::begin(&node.store, views.totals.clone()).await?;
    let count = tokio::spawn(count.run());
    let control = Control::listen(&config.data)?;
    let orders = tokio::spawn(control.serve(node.clone(), media.clone()));
    let app = routes::router(config, &node, &views, &media, stopped.clone());
    let asked = node.clone();
    front.open(app, Box::new(move || asked.store.unwritable()));
    listen(&mut tasks);
    tasks.spawn(runner(&node, &views, &media).run_until(http::told(stopped.clone())));
    node.serves();
    tracing::info!(version = VERSION, data = %config.data.display(), "petrel has started");
    ready(config);

    let ended = until_ended(&node, &mut tasks, &mut signals).await;
    tracing::info!("stopping");
    let _ = stop.send(true);
    drain(&mut tasks, &views, &mut signals).await;
    views.keep(&node).await;
    count.abort();
    orders.abort();
    // The socket goes with its task.
    let _ = orders.await;
    end(loops).await;
    tracing::info!("stopped");
    ended
}

/// What comes before the first request: the views, and that the other nodes know this one.
async fn begin(node: &Node, views: &Views) -> Result<()> {
    views.rebuild(node).await?;
    node.settle().await
}

/// Until it is told to end, or must. Whoever watches over a process that fails starts it again.
async fn until_ended(node: &Node, tasks: &mut JoinSet<()>, signals: &mut Signals) -> Result<()> {
    tokio::select! {
        () = signals.any() => Ok(()),
        why = node.lost() => Err(anyhow!(why)),
        _ = tasks.join_next() => Err(anyhow!("a part of the server ended by itself")),
    }
}

async fn end(loops: Option<Loops>) {
    if let Some(loops) = loops {
        loops.end().await;
    }
}

/// Waits for requests, jobs and streams to end, but not for ever, and not when told twice.
async fn drain(tasks: &mut JoinSet<()>, views: &Views, signals: &mut Signals) {
    let all_ended = async {
        while tasks.join_next().await.is_some() {}
        while views.streams.session_count() > 0 {
            sleep(STREAMS_LOOK_PERIOD).await;
        }
    };
    tokio::select! {
        drained = timeout(DRAIN_TIME_MAX, all_ended) => if drained.is_err() {
            tracing::warn!("some requests, jobs or streams did not end in time");
        },
        () = signals.any() => tracing::warn!("told twice to stop; not waiting any longer"),
    }
    tasks.shutdown().await;
}

fn runner(node: &Node, views: &Views, media: &Media) -> Runner {
    let mut handlers = node.handlers();
    handlers.extend(media.handlers(node));
    let mut reconcilers = node.reconcilers();
    reconcilers.extend(views.reconcilers(node));
    reconcilers.extend(media.reconcilers(node));
    Runner::new(
        node.store.clone(),
        node.social.entropy.clone(),
        node.wake.clone(),
        handlers,
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
