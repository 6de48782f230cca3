//! Wiring: one store, opened, with the domain on top of it.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use petrel_api::RateLimits;
use petrel_jobs::{Handler, Reconciler, Wake};
use petrel_model::clock::Clock;
use petrel_outgoing::{Outgoing, Permits};
use petrel_social::accounts::password::PasswordCost;
use petrel_social::lists::Growth;
use petrel_social::mail::{MailSettings, Mailer};
use petrel_social::settings::Settings;
use petrel_social::{Ctx, Social, work};
use petrel_store::MadeIn;
use petrel_store::{Catalogue, Dropped, Open, Store};

use crate::cluster::{Loops, Member};
use crate::config::{Config, Origin};
use crate::engine;
use crate::folder::Folder;
use crate::ground::Ground;
use crate::system::{SystemClock, SystemEntropy};
use crate::version;
use crate::views::Views;

/// Where a server is thought to be as long as nobody says; commands without a server only.
const UNNAMED_URL: &str = "http://localhost:3000";
/// Tables of the past: their ids and names are never given again.
const DROPPED: &[Dropped] = &[];

/// An open store and the domain on top of it.
pub struct Node {
    pub store: Store,
    pub social: Arc<Social>,
    pub mailer: Mailer,
    /// Asks servers that strangers name.
    pub outgoing: Outgoing,
    /// Wakes the runner of jobs.
    pub wake: Arc<Wake>,
    /// Which lists grow.
    growth: Arc<Growth>,
    /// How the store was made: as one of `serve --dev`, or not.
    pub made_in: MadeIn,
    /// What it is to other nodes on the same store; none on one machine.
    pub member: Option<Arc<Member>>,
    /// Nobody else has the data folder; the embedded engine sees to that itself.
    _folder: Option<Folder>,
}

impl Node {
    /// Opens the store that the configuration names. The views hear of every commit.
    pub async fn open(config: &Config, open: Open, views: &Views) -> Result<Node> {
        let clock = SystemClock::off_by_ms(config.test_clock_offset_ms);
        Node::open_at(config, open, views, Arc::new(clock)).await
    }

    /// As [`Node::open`], at the time that `wall` tells.
    pub async fn open_at(
        config: &Config,
        open: Open,
        views: &Views,
        wall: Arc<dyn Clock>,
    ) -> Result<Node> {
        engine::check(config)?;
        let wake = Arc::new(Wake::default());
        let growth = Arc::new(Growth::default());
        let mut listeners = views.listeners();
        listeners.push(wake.clone());
        listeners.push(growth.clone());
        let ground = match config.is_cluster() {
            false => Ground::on_one_machine(config, open, listeners, wall).await?,
            true => Ground::on_a_cluster(config, open, listeners, wall).await?,
        };
        let settings = settings(config, ground.made_in);
        let mailer = Mailer::new(&settings.mail)?;
        let user_agent = format!("Petrel/{} (+{}/)", version::NUMBER, settings.url);
        let permits = Permits {
            loopback_ports: config.test_loopback_ports.clone(),
        };
        let outgoing = Outgoing::new(&user_agent, permits);
        let social = Arc::new(Social {
            clock: ground.store.clock().clone(),
            store: ground.store.clone(),
            entropy: Arc::new(SystemEntropy),
            settings,
            counts: views.counts.clone(),
            access: Default::default(),
        });
        Ok(Node {
            store: ground.store,
            social,
            mailer,
            outgoing,
            wake,
            growth,
            made_in: ground.made_in,
            member: ground.member,
            _folder: ground.folder,
        })
    }

    /// Does what the other nodes expect of this one, until [`Loops::end`]; nothing on one machine.
    pub fn take_part(&self, rates: Option<Arc<RateLimits>>) -> Option<Loops> {
        let member = self.member.clone()?;
        Some(Loops::start(member, rates))
    }

    /// Waits until this node may write.
    pub async fn settle(&self) -> Result<()> {
        match &self.member {
            Some(member) => member.settle().await,
            None => Ok(()),
        }
    }

    /// Says to other nodes that this one serves clients.
    pub fn serves(&self) {
        if let Some(member) = &self.member {
            member.serve();
        }
    }

    /// Ends when this process must, and says why: never on one machine.
    pub async fn lost(&self) -> String {
        match &self.member {
            Some(member) => member.lost().await,
            None => std::future::pending().await,
        }
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
        work::handlers(&self.social, &self.mailer, &self.outgoing)
    }

    pub fn reconcilers(&self) -> Vec<Arc<dyn Reconciler>> {
        work::reconcilers(&self.social, &self.growth)
    }
}

/// All tables that this version knows.
pub fn catalogue() -> Catalogue {
    let tables = petrel_social::catalogue::TABLES.iter();
    Catalogue::new(tables.copied(), DROPPED).expect("a test says that the tables go together")
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
    engine::check(config)?;
    crate::media::check(config)?;
    let level = config.log.level.as_str();
    tracing::debug!(level, "the configuration is right");
    Ok(())
}

/// For errors: what was being done to which store. Its URL may hold a password.
pub fn opening(config: &Config) -> String {
    match config.is_cluster() {
        true => "opening the store of the cluster".to_owned(),
        false => format!("opening the data folder {}", config.data.display()),
    }
}

/// As [`Node::open`], with what was being done in the error.
pub async fn open(config: &Config, how: Open) -> Result<Node> {
    Node::open(config, how, &Views::new(config))
        .await
        .with_context(|| opening(config))
}

/// For commands without a server: opens the node, does its part in the cluster if it has one,
/// works, and ends that part again.
pub async fn briefly<T>(
    config: &Config,
    how: Open,
    work: impl AsyncFnOnce(&Node) -> Result<T>,
) -> Result<T> {
    let node = open(config, how).await?;
    let loops = node.take_part(None);
    let done = match node.settle().await {
        Ok(()) => tokio::select! {
            done = work(&node) => done,
            why = node.lost() => Err(anyhow!(why)),
        },
        Err(error) => Err(error),
    };
    if let Some(loops) = loops {
        loops.end().await;
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_go_together() {
        assert!(catalogue().tables().count() > petrel_jobs::TABLES.len());
    }

    /// A restored store is nobody's yet: a lease of another life would hold its queues up.
    #[test]
    fn a_restore_brings_back_all_but_who_served() {
        let catalogue = catalogue();
        let left_out = catalogue.tables().filter(|spec| !spec.is_restored);
        let names: Vec<_> = left_out.map(|spec| spec.name).collect();
        assert_eq!(names, ["events", "latest", "nodes", "leases"]);
    }
}
