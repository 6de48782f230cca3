//! From a backup to a store that can be served. It serves nobody before it was found sound.

use std::fs::remove_dir_all;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use petrel_social::accounts::free_pending;
use petrel_social::check::{Difference, Repair, What};
use petrel_store::MadeIn;
use petrel_store::dump::{self, Summary};
use petrel_store::{Engine, Open};
use tokio::time::sleep;

use super::{beside, check, file, put_in_place};
use crate::config::Config;
use crate::engine;
use crate::node::{self, Node};
use crate::system::SystemClock;

/// Facts younger than a minute are not mended: they are looked at again ...
const LOOK_PERIOD: Duration = Duration::from_secs(20);
/// ... so often in all.
const LOOKS_MAX: u32 = 5;

/// Built beside its place and put there whole, so a restore that fails or is cut off leaves no
/// folder that looks like one. Gives the folder's name.
pub async fn into_folder(
    config: &Config,
    made_in: MadeIn,
    mut input: file::Rest,
) -> Result<(String, Summary)> {
    let data = &config.data;
    if engine::has_store(data) {
        bail!(
            "{} holds data already; restore into a new folder",
            data.display()
        );
    }
    let staging = beside(data, "restoring");
    if staging.exists() {
        remove_dir_all(&staging).with_context(|| staging.display().to_string())?;
    }
    let staged = Config {
        data: staging.clone(),
        ..config.clone()
    };
    let loaded = async {
        let node = node::open(&staged, Open::OrMake(made_in)).await?;
        let summary = load(&**node.store.engine(), &mut input).await?;
        let different = make_ready(&node).await?;
        Ok((summary, different))
    };
    let loaded: Result<_> = loaded.await;
    let (summary, different) = loaded.inspect_err(|_| {
        // Whatever is left of it is removed by the next restore.
        let _ = remove_dir_all(&staging);
    })?;
    require_sound(different, &staging.display().to_string())?;
    put_in_place(&staging, data)?;
    Ok((data.display().to_string(), summary))
}

/// Into a keyspace that is not there yet, or empty. What fails leaves a part of it behind, for the
/// operator to drop. Gives the keyspace's name.
pub async fn into_cluster(
    config: &Config,
    made_in: MadeIn,
    mut input: file::Rest,
) -> Result<(String, Summary)> {
    let clock = Arc::new(SystemClock::new());
    let opened = engine::open_cql(config, Open::OrMake(made_in), clock).await?;
    let keyspace = opened.keyspace;
    // As long as nothing but the engine is there, no node is among the rows.
    let loaded = load(&*opened.engine, &mut input).await;
    let summary = loaded.with_context(|| keyspace_is_partial(&keyspace))?;
    let different = node::briefly(config, Open::Existing, make_ready).await;
    let different = different.with_context(|| keyspace_is_partial(&keyspace))?;
    require_sound(different, &format!("the keyspace {keyspace}"))?;
    Ok((format!("the keyspace {keyspace}"), summary))
}

fn keyspace_is_partial(keyspace: &str) -> String {
    format!(
        "the keyspace {keyspace} may hold a part of it: drop it and {keyspace}_cas before another try"
    )
}

async fn load(engine: &dyn Engine, input: &mut file::Rest) -> Result<Summary> {
    Ok(dump::restore(engine, &node::catalogue(), input, &mut |_| {}).await?)
}

/// Brings what was restored in order. Says what does not agree even then.
async fn make_ready(node: &Node) -> Result<Option<String>> {
    free_pending(&node.social).await?;
    for reconciler in node.reconcilers() {
        if let Some(why) = reconciler.run().await.failed {
            bail!("{} could not finish: {why}", reconciler.name());
        }
    }
    let mut looks = 1;
    loop {
        let report = check::report(node, true).await?;
        let wrong = report.differences.iter().find(|found| is_wrong(found));
        match wrong {
            None => return Ok(None),
            Some(found) if found.repair == Repair::Later && looks < LOOKS_MAX => {}
            Some(found) => return Ok(Some(found.text.clone())),
        }
        looks += 1;
        sleep(LOOK_PERIOD).await;
    }
}

/// A row that is left over counts for nothing, and goes when no batch can land any more.
fn is_wrong(found: &Difference) -> bool {
    match found.repair {
        Repair::Done => false,
        Repair::Later => found.what != What::Orphan,
        Repair::Never | Repair::NotAsked => true,
    }
}

fn require_sound(different: Option<String>, place: &str) -> Result<()> {
    match different {
        None => Ok(()),
        Some(first) => bail!(
            "what was restored is not sound: {first}; it is in {place}, look at it with `petrel check`"
        ),
    }
}
