//! A demo network: a few dozen people and what they said over the past days, made through the
//! domain's own commands on a clock that runs through those days.

mod cast;
mod dice;
mod plan;
mod play;

use std::fs::{File, remove_dir_all};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use petrel_model::clock::{Clock, ManualClock};
use petrel_store::{MadeIn, Open};

use crate::backup;
use crate::config::Config;
use crate::engine;
use crate::node::Node;
use crate::system::SystemClock;
use crate::views::Views;
use cast::Cast;
use dice::Dice;
use plan::Plan;

/// Whose eyes a visitor borrows.
const VISITOR: &str = "wren";
/// Everybody's password in the demo network, which listens on this machine alone.
const PASSWORD: &str = "puffins-at-dawn";
/// Says that a data folder was filled by us.
const MARKER: &str = "DEMO";

/// Fills the data folder with a demo network, unless that was done before. Built beside its
/// place and put there whole.
pub async fn fill(config: &Config, seed: u64) -> Result<()> {
    let data = &config.data;
    if data.join(MARKER).exists() {
        return Ok(());
    }
    if engine::has_store(data) {
        bail!(
            "{} holds other data; name a new folder for the demo network",
            data.display()
        );
    }
    let staging = backup::beside(data, "filling");
    if staging.exists() {
        remove_dir_all(&staging).with_context(|| staging.display().to_string())?;
    }
    let staged = Config {
        data: staging.clone(),
        ..config.clone()
    };
    make(&staged, seed)
        .await
        .context("making the demo network")?;
    File::create(staging.join(MARKER))?;
    backup::put_in_place(&staging, data).with_context(|| data.display().to_string())
}

async fn make(config: &Config, seed: u64) -> Result<()> {
    let cast = Cast::read()?;
    let now_ms = SystemClock::new().now_ms();
    let plan = Plan::draw(&cast, &Dice::new(seed), now_ms)?;
    let wall = Arc::new(ManualClock::at_ms(plan.begin_ms()));
    let views = Views::new(config);
    let node = Node::open_at(config, Open::OrMake(MadeIn::Dev), &views, wall.clone()).await?;
    play::play(&node, &wall, &cast, &plan).await
}

/// What a visitor must know to come in.
pub fn welcome(config: &Config) -> String {
    let url = config.url.as_ref().map_or("", |url| url.as_str());
    format!(
        "\n  A demo network, on this machine alone.\n\n    address    {url}\n    user name  {VISITOR}   (or {email})\n    password   {PASSWORD}\n\n",
        email = email(VISITOR)
    )
}

fn email(name: &str) -> String {
    format!("{name}@demo.example")
}
