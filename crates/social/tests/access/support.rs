//! A domain over a simulated engine, and short ways to what most tests need.

use std::sync::Arc;

use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_model::id::AccountId;
use petrel_model::scope::Scopes;
use petrel_social::access::Access;
use petrel_social::accounts::{self, CreateOptions, NewAccount};
use petrel_social::counts::Counts;
use petrel_social::oauth::{self, App, NewApp};
use petrel_social::settings::Settings;
use petrel_social::testing;
use petrel_social::{Caller, Ctx, Error, Social};
use petrel_store::sim::{BEGIN_MS, Hostility, SimEngine};
use petrel_store::{Store, Table};

pub const PASSWORD: &str = "correct horse";
pub const REDIRECT_URI: &str = "https://app.example/callback";

pub struct World {
    pub social: Arc<Social>,
    pub engine: Arc<SimEngine>,
    pub wall: Arc<ManualClock>,
}

pub fn settings() -> Settings {
    Settings {
        chapter_rows: 10,
        ..testing::settings()
    }
}

pub fn calm() -> World {
    world(1, Hostility::CALM, settings())
}

pub fn world(seed: u64, hostility: Hostility, settings: Settings) -> World {
    let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
    let engine = SimEngine::new(wall.clone(), seed, hostility);
    let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, Stamp::MIN));
    let counts = Arc::new(Counts::default());
    let store = Store::new(engine.clone(), clock.clone(), 1, vec![counts.clone()]);
    let social = testing::social(store, counts, seed, settings);
    World {
        social,
        engine,
        wall,
    }
}

pub fn person(username: &str, email: &str) -> NewAccount {
    NewAccount {
        username: username.to_owned(),
        email: email.to_owned(),
        password: PASSWORD.to_owned(),
        agreement: true,
        locale: None,
        reason: None,
    }
}

impl World {
    pub fn anyone(&self) -> Ctx {
        Ctx {
            caller: Caller::Anonymous,
            ..self.system()
        }
    }

    pub fn system(&self) -> Ctx {
        Ctx::system(self.social.clone())
    }

    /// As a browser session of the account, or an operator acting for it.
    pub fn acting(&self, account: AccountId) -> Ctx {
        Ctx::acting_for(self.social.clone(), account)
    }

    /// An account with an e-mail of its own, confirmed.
    pub async fn account(&self, username: &str) -> AccountId {
        self.account_with(username, CreateOptions::default()).await
    }

    pub async fn account_with(&self, username: &str, options: CreateOptions) -> AccountId {
        let new = person(username, &format!("{username}@example.org"));
        let options = CreateOptions {
            confirmed: true,
            ..options
        };
        accounts::create(&self.system(), new, options)
            .await
            .unwrap()
    }

    pub async fn app(&self, scopes: &str) -> App {
        let new = NewApp {
            name: "A client".to_owned(),
            redirect_uris: vec![REDIRECT_URI.to_owned(), oauth::OUT_OF_BAND.to_owned()],
            scopes: Scopes::parse(scopes).unwrap(),
            website: None,
            fixed: None,
        };
        oauth::create_app(&self.anyone(), new).await.unwrap()
    }

    /// The partitions and sort keys of all rows of a table.
    pub async fn rows<T: Table>(&self) -> Vec<(T::Partition, petrel_store::Row<T>)> {
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            let (rows, next) = self
                .social
                .store
                .scan_table::<T>(token, 1_000)
                .await
                .unwrap();
            all.extend(rows);
            match next {
                None => return all,
                next => token = next,
            }
        }
    }
}

/// Field and code of each error.
pub fn codes<T: std::fmt::Debug>(answer: Result<T, Error>) -> Vec<(&'static str, &'static str)> {
    match answer {
        Err(Error::InvalidFields(fields)) => {
            let fields = fields.into_iter();
            fields.map(|field| (field.field, field.code)).collect()
        }
        other => panic!("not refused field by field: {other:?}"),
    }
}

/// The same store after a restart: nothing is cached.
pub fn reopened(world: &World) -> World {
    let social = &world.social;
    let last = social.clock.last_stamp();
    let clock = Arc::new(HybridClock::new(world.wall.clone(), Node::Single, last));
    let counts = Arc::new(Counts::default());
    let token = social.store.token() + 1;
    let store = Store::new(
        world.engine.clone(),
        clock.clone(),
        token,
        vec![counts.clone()],
    );
    World {
        social: Arc::new(Social {
            store,
            clock,
            entropy: social.entropy.clone(),
            settings: social.settings.clone(),
            counts,
            access: Access::default(),
        }),
        engine: world.engine.clone(),
        wall: world.wall.clone(),
    }
}
