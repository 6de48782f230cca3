//! A load generator for any server that speaks Mastodon's client API. Point it only at servers of
//! your own: it talks to loopback addresses and nowhere else.

mod client;
mod creates;
mod home;
mod load;
mod memory;
mod streams;
mod uploads;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, Parser, Subcommand};
use tokio::sync::watch;

use crate::world::{World, WorldArgs};

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// The server, on loopback.
    #[arg(long, global = true, default_value = "127.0.0.1:3000")]
    address: SocketAddr,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fills a development server over its own API.
    World(WorldArgs),
    /// Durable creates a second, each with an Idempotency-Key.
    Creates {
        #[command(flatten)]
        load: LoadArgs,
        #[arg(long, default_value_t = 64)]
        connections: usize,
    },
    /// Home of 20 while others write, in turn with a server that answers the same bytes from memory.
    Home {
        #[command(flatten)]
        load: LoadArgs,
        #[arg(long, default_value_t = 32)]
        connections: usize,
        /// Creates, deletes and blocks a second, in all.
        #[arg(long, default_value_t = 50)]
        churn: u64,
    },
    /// Memory of many open streams, and how soon all have heard of a status.
    Streams {
        #[command(flatten)]
        server: ServerArgs,
        #[arg(long, default_value_t = 1_000)]
        count: usize,
    },
    /// How soon uploads are ready, and the server's memory meanwhile.
    Uploads {
        #[command(flatten)]
        server: ServerArgs,
        /// A picture, say.
        file: PathBuf,
        #[arg(long, default_value_t = 20)]
        count: usize,
    },
}

#[derive(Args)]
struct ServerArgs {
    /// What `world` wrote.
    #[arg(long, default_value = "bench-world.json")]
    world: PathBuf,
    /// The server's process, whose memory is looked at.
    #[arg(long)]
    pid: u32,
}

#[derive(Args)]
struct LoadArgs {
    /// What `world` wrote.
    #[arg(long, default_value = "bench-world.json")]
    world: PathBuf,
    /// Seconds of each run.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    ensure!(
        cli.address.ip().is_loopback(),
        "{} is not a loopback address",
        cli.address
    );
    match cli.command {
        Command::World(args) => world::make(cli.address, args).await,
        Command::Creates { load, connections } => {
            measure_creates(cli.address, load, connections).await
        }
        Command::Home {
            load,
            connections,
            churn,
        } => measure_home(cli.address, load, connections, churn).await,
        Command::Streams { server, count } => {
            let world = World::read(&server.world)?;
            streams::measure(cli.address, &world, count, server.pid).await
        }
        Command::Uploads {
            server,
            file,
            count,
        } => {
            let world = World::read(&server.world)?;
            uploads::measure(cli.address, &world, &file, count, server.pid).await
        }
    }
}

async fn measure_creates(address: SocketAddr, load: LoadArgs, connections: usize) -> Result<()> {
    let world = Arc::new(World::read(&load.world)?);
    let time = Duration::from_secs(load.seconds);
    let mut rates = Vec::new();
    for _ in 0..load.runs {
        let mut measured = creates::measure(address, world.clone(), connections, time).await?;
        measured.print("creates");
        rates.push(measured.per_second());
    }
    println!("median: {:.0} creates a second", median(rates));
    Ok(())
}

async fn measure_home(
    address: SocketAddr,
    load: LoadArgs,
    connections: usize,
    churn: u64,
) -> Result<()> {
    let world = Arc::new(World::read(&load.world)?);
    let time = Duration::from_secs(load.seconds);
    let body = home::sample(address, &world).await?;
    println!("a home of 20 is {} bytes", body.len());
    let baseline = home::baseline(body).await?;
    // Caches are warm before anything is measured.
    home::measure(address, world.clone(), connections, time).await?;
    let mut ratios = Vec::new();
    for _ in 0..load.runs {
        let (stop, stopped) = watch::channel(false);
        let writing = tokio::spawn(home::churn(address, world.clone(), churn, stopped));
        let mut ours = home::measure(address, world.clone(), connections, time).await?;
        stop.send_replace(true);
        let writes = writing.await??;
        let mut bare = home::measure(baseline, world.clone(), connections, time).await?;
        ours.print(&format!("home, beside {writes} writes"));
        bare.print("the same bytes out of memory");
        ratios.push(ours.per_second() / bare.per_second());
    }
    println!("median ratio: {:.2}", median(ratios));
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
