//! Opens the engine that the configuration names: one in the data folder, or a cluster's.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use petrel_bus::NatsBus;
use petrel_model::clock::Clock;
use petrel_store::{Engine, MadeIn, Open};
use petrel_store_cql::{Cql, Options as CqlOptions};
use petrel_store_embedded::{Embedded, Options};

use crate::config::Config;
use crate::node;
use crate::system::SystemClock;

/// Where in the data folder the embedded engine keeps its files.
pub const STORE_FOLDER: &str = "store";
const MIB: u64 = 1024 * 1024;

/// An open data folder.
pub struct OpenedEmbedded {
    pub engine: Arc<dyn Engine>,
    /// How the store was made: as one of `serve --dev`, or not.
    pub made_in: MadeIn,
    /// A number that no earlier start of this store had.
    pub token: u64,
}

/// A connection to a cluster's store.
pub struct OpenedCql {
    pub engine: Arc<dyn Engine>,
    pub made_in: MadeIn,
    /// Which store it is, of those on the same engine.
    pub keyspace: String,
}

/// Checks what the configuration says of store and bus, before anything is opened.
pub fn check(config: &Config) -> Result<()> {
    match (&config.store.url, &config.bus.url) {
        (None, None) => return Ok(()),
        (None, Some(_)) => bail!(
            "bus.url is set, but the data is in the data folder, where no other node is: set store.url (--store cql://…) as well, or leave the bus out"
        ),
        (Some(_), _) => {}
    }
    let clock = Arc::new(SystemClock::new());
    cql_options(config, Open::Existing, clock)?;
    if let Some(url) = &config.bus.url {
        NatsBus::check(url.reveal()).context("bus.url")?;
    }
    Ok(())
}

/// Connects to the cluster's store, and makes it where it may and must.
pub async fn open_cql(config: &Config, open: Open, clock: Arc<dyn Clock>) -> Result<OpenedCql> {
    let options = cql_options(config, open, clock)?;
    let keyspace = options.keyspace.clone();
    let engine = Cql::open(options).await?;
    Ok(OpenedCql {
        made_in: engine.made_in(),
        engine: Arc::new(engine),
        keyspace,
    })
}

fn cql_options(config: &Config, open: Open, clock: Arc<dyn Clock>) -> Result<CqlOptions> {
    let url = config.store.url.as_ref().context("store.url is not set")?;
    let tables = node::catalogue().tables().copied().collect();
    let mut options = CqlOptions::parse(url.reveal(), clock, tables).context("store.url")?;
    options.open = open;
    Ok(options)
}

/// Whether there is a store in the folder.
pub fn has_store(data: &Path) -> bool {
    data.join(STORE_FOLDER).exists()
}

pub fn open_embedded(config: &Config, open: Open, clock: Arc<dyn Clock>) -> Result<OpenedEmbedded> {
    let data = &config.data;
    let exists = has_store(data);
    let mut options = Options::new(clock);
    options.made_in = match open {
        Open::Existing if !exists => {
            bail!(
                "{} holds no data of Petrel; name a data folder by --data",
                data.display()
            )
        }
        Open::OrMake(mode) => Some(mode),
        Open::AnyOrMake(mode) if !exists => Some(mode),
        Open::Existing | Open::AnyOrMake(_) => None,
    };
    if !data.exists() {
        make_private(data)?;
    }
    options.cache_bytes = u64::from(config.store.cache_mb) * MIB;
    options.reserve_bytes = config.store.reserve_mb.map(|mib| u64::from(mib) * MIB);
    let engine = Embedded::open(data, options)?;
    Ok(OpenedEmbedded {
        made_in: engine.made_in(),
        token: engine.boot(),
        engine: Arc::new(engine),
    })
}

/// A folder that only its owner reads: it holds everything that is said in private.
pub fn make_private(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    let made = builder.create(folder);
    made.with_context(|| format!("making {}", folder.display()))
}
