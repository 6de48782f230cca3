//! Wiring: one data folder, opened, with the domain on top of it.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use petrel_jobs::{Handler, Reconciler, Wake};
use petrel_model::clock::{Clock, HybridClock, Node as NodeNumber};
use petrel_model::entropy::Entropy;
use petrel_social::accounts::password::PasswordCost;
use petrel_social::accounts::{AbandonedNames, ConfirmationMail, UnclaimedAccount};
use petrel_social::lists::{ChapterKeeper, Growth};
use petrel_social::mail::{MailSettings, Mailer};
use petrel_social::notifications::RemoveCleared;
use petrel_social::oauth::ClearEndedAccess;
use petrel_social::settings::Settings;
use petrel_social::statuses::{CleanUp, NotifyBells, NotifyEdited, NotifyMentions};
use petrel_social::{Ctx, Social};
use petrel_store::{Catalogue, Dropped, Engine, Store};
use petrel_store_embedded::{Embedded, MadeIn, Options};

use crate::config::{Config, Origin};
use crate::system::{SystemClock, SystemEntropy};
use crate::views::Views;

/// Where a server is thought to be as long as nobody says; commands without a server only.
const UNNAMED_URL: &str = "http://localhost:3000";
/// Where in the data folder the engine keeps its files.
pub const STORE_FOLDER: &str = "store";
/// Tables of the past: their ids and names are never given again.
const DROPPED: &[Dropped] = &[];
const MIB: u64 = 1024 * 1024;

/// An open data folder and the domain on top of it.
pub struct Node {
    pub store: Store,
    pub social: Arc<Social>,
    pub mailer: Mailer,
    /// Wakes the runner of jobs.
    pub wake: Arc<Wake>,
    /// Which lists grow.
    growth: Arc<Growth>,
    /// How the folder was made: as one of `serve --dev`, or not.
    pub made_in: MadeIn,
}

/// Which folder may be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Open {
    /// One that is there, however it was made.
    Existing,
    /// One that was made so; if there is none, it is made.
    OrMake(MadeIn),
    /// One that is there, however it was made; if there is none, it is made so.
    AnyOrMake(MadeIn),
}

impl Node {
    /// Opens the data folder that the configuration names. The views hear of every commit.
    pub async fn open(config: &Config, open: Open, views: &Views) -> Result<Node> {
        Node::open_at(config, open, views, Arc::new(SystemClock::new())).await
    }

    /// As [`Node::open`], at the time that `clock` tells.
    pub async fn open_at(
        config: &Config,
        open: Open,
        views: &Views,
        clock: Arc<dyn Clock>,
    ) -> Result<Node> {
        let engine = open_engine(config, open, clock.clone())?;
        let made_in = engine.made_in();
        let token = engine.boot();
        let engine: Arc<dyn Engine> = Arc::new(engine);
        let last = engine.last_stamp().await?;
        let clock = Arc::new(HybridClock::new(clock, NodeNumber::Single, last));
        let wake = Arc::new(Wake::default());
        let mut listeners = views.listeners();
        listeners.push(wake.clone());
        let growth = Arc::new(Growth::default());
        listeners.push(growth.clone());
        let store = Store::new(engine, clock.clone(), token, listeners);
        let settings = settings(config, made_in);
        let mailer = Mailer::new(&settings.mail)?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let social = Arc::new(Social {
            store: store.clone(),
            clock,
            entropy,
            settings,
            counts: views.counts.clone(),
            access: Default::default(),
        });
        Ok(Node {
            store,
            social,
            mailer,
            wake,
            growth,
            made_in,
        })
    }

    /// Acts as the server itself.
    pub fn ctx(&self) -> Ctx {
        Ctx::system(self.social.clone())
    }

    pub fn is_dev(&self) -> bool {
        self.made_in == MadeIn::Dev
    }

    /// What does the jobs.
    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        let social = || self.social.clone();
        vec![
            Arc::new(ConfirmationMail {
                social: social(),
                mailer: self.mailer.clone(),
            }),
            Arc::new(UnclaimedAccount { social: social() }),
            Arc::new(ClearEndedAccess { social: social() }),
            Arc::new(CleanUp(social())),
            Arc::new(RemoveCleared(social())),
            Arc::new(NotifyMentions(social())),
            Arc::new(NotifyBells(social())),
            Arc::new(NotifyEdited(social())),
        ]
    }

    pub fn reconcilers(&self) -> Vec<Arc<dyn Reconciler>> {
        let social = || self.social.clone();
        vec![
            Arc::new(AbandonedNames { social: social() }),
            Arc::new(ChapterKeeper::new(social(), self.growth.clone())),
        ]
    }
}

/// Whether there is a store in the folder.
pub fn has_store(data: &Path) -> bool {
    data.join(STORE_FOLDER).exists()
}

/// All tables that this version knows.
pub fn catalogue() -> Catalogue {
    let tables = petrel_social::catalogue::TABLES.iter();
    Catalogue::new(tables.copied(), DROPPED).expect("a test says that the tables go together")
}

fn open_engine(config: &Config, open: Open, clock: Arc<dyn Clock>) -> Result<Embedded> {
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
    Ok(Embedded::open(data, options)?)
}

/// A folder that only its owner reads: it holds everything that is said in private.
fn make_private(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    let made = builder.create(folder);
    made.with_context(|| format!("making {}", folder.display()))
}

fn settings(config: &Config, made_in: MadeIn) -> Settings {
    let dev = made_in == MadeIn::Dev;
    let url = url_of(config);
    Settings {
        domain: url.domain(),
        url: url.as_str().to_owned(),
        registrations_open: config.registrations.open,
        confirm_at_once: dev,
        password_grant: dev,
        literal_secrets: dev,
        password_cost: if dev {
            PasswordCost::CHEAP
        } else {
            PasswordCost::OWASP
        },
        mail: mail_settings(config, &url),
        chapter_rows: Settings::CHAPTER_ROWS,
    }
}

fn mail_settings(config: &Config, url: &Origin) -> MailSettings {
    let from = config.mail.from.clone();
    MailSettings {
        from: from.unwrap_or_else(|| format!("petrel@{}", url.host())),
        smtp_url: config
            .mail
            .smtp_url
            .as_ref()
            .map(|url| url.reveal().to_owned()),
        outbox: config.outbox(),
    }
}

fn url_of(config: &Config) -> Origin {
    let url = config.url.clone();
    url.unwrap_or_else(|| {
        Origin::try_from(UNNAMED_URL.to_owned()).expect("the constant is an origin")
    })
}

/// Checks what only its user can judge, before anything is opened.
pub fn check(config: &Config) -> Result<()> {
    Mailer::new(&mail_settings(config, &url_of(config)))?;
    let level = config.log.level.as_str();
    tracing::debug!(level, "the configuration is right");
    Ok(())
}

/// For errors: what was being done to which folder.
pub fn opening(config: &Config) -> String {
    format!("opening the data folder {}", config.data.display())
}

/// As [`Node::open`], with what was being done in the error.
pub async fn open(config: &Config, how: Open) -> Result<Node> {
    Node::open(config, how, &Views::new(config))
        .await
        .with_context(|| opening(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_go_together() {
        assert!(catalogue().tables().count() > petrel_jobs::TABLES.len());
    }
}
