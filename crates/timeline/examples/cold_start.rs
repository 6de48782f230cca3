//! A start without the log's files: the scan of the store, and the first home after it.
//!
//! `cargo run --release -p petrel-timeline --example cold_start [STATUSES] [AUTHORS]`

use std::path::Path;
use std::sync::Arc;

use petrel_model::clock::{Clock, HybridClock, Node, Stamp};
use petrel_model::entropy::{Entropy, SeededEntropy};
use petrel_model::event::{About, MarkKind, RelationKind};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::accounts::table::{AccountCreated, AccountRow, AccountSort, Accounts};
use petrel_social::counts::Counts;
use petrel_social::marks::table::{self as marks, Mark, Marks};
use petrel_social::page::PageRequest;
use petrel_social::relations::table::{Relation, Relations};
use petrel_social::statuses::table::{
    StatusContent, StatusCreated, StatusRow, StatusSort, Statuses,
};
use petrel_social::testing;
use petrel_social::{Ctx, Social};
use petrel_store::engine::{FullRow, RawRow};
use petrel_store::{Engine, Key, Listener, Record, Store, Table};
use petrel_store_embedded::{Embedded, Options};
use petrel_timeline::Timelines;
use petrel_timeline::log::LogSettings;
use tokio::time::Instant;

const LOAD_ROWS: usize = 10_000;
const FOLLOWS: u64 = 400;
const BEGIN_MS: u64 = 1_780_000_000_000;
const TEXT: &str =
    "A status of about the length that people write, which is not long, but not one word.";

/// A clock that runs, from some moment of this century on.
struct Stopwatch(Instant);

impl Clock for Stopwatch {
    fn now_us(&self) -> u64 {
        (BEGIN_MS + 3_600_000_000) * 1_000 + self.monotonic_us()
    }

    fn monotonic_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse::<u64>().ok());
    let statuses = arguments.next().unwrap_or(500_000);
    let authors = arguments.next().unwrap_or(100_000);
    let folder = tempfile::tempdir()?;
    fill(folder.path(), statuses, authors).await?;
    println!("{statuses} statuses of {authors} authors");

    let begun = Instant::now();
    let (social, timelines) = open(folder.path())?;
    println!("opening the store  {:>6} ms", begun.elapsed().as_millis());
    let begun = Instant::now();
    let rebuilt = timelines.rebuild(&social.store).await?;
    println!(
        "filling the log    {:>6} ms  {rebuilt:?}",
        begun.elapsed().as_millis()
    );
    first_homes(&social, &timelines).await?;
    timelines.flush(social.clock.now_ms())?;
    drop((social, timelines));

    let begun = Instant::now();
    let (social, timelines) = open(folder.path())?;
    println!("opening the store  {:>6} ms", begun.elapsed().as_millis());
    let begun = Instant::now();
    let rebuilt = timelines.rebuild(&social.store).await?;
    println!(
        "reading the files  {:>6} ms  {rebuilt:?}",
        begun.elapsed().as_millis()
    );
    first_homes(&social, &timelines).await?;
    Ok(())
}

async fn first_homes(
    social: &Arc<Social>,
    timelines: &Timelines,
) -> Result<(), Box<dyn std::error::Error>> {
    let ctx = Ctx::acting_for(social.clone(), account(0));
    for which in ["first", "second", "third"] {
        let begun = Instant::now();
        let home = timelines.home(&ctx, PageRequest::first(20)).await?;
        let elapsed = begun.elapsed();
        println!(
            "the {which:<6} home    {:>6} us  {} statuses",
            elapsed.as_micros(),
            home.items.len()
        );
    }
    Ok(())
}

fn open(folder: &Path) -> Result<(Arc<Social>, Arc<Timelines>), Box<dyn std::error::Error>> {
    let wall: Arc<dyn Clock> = Arc::new(Stopwatch(Instant::now()));
    let engine = Arc::new(Embedded::open(
        &folder.join("store"),
        Options::new(wall.clone()),
    )?);
    let clock = Arc::new(HybridClock::new(wall, Node::Single, Stamp::MIN));
    let counts = Arc::new(Counts::default());
    let timelines = Timelines::new(LogSettings::default(), Some(&folder.join("timelines")));
    let timelines = Arc::new(timelines);
    let listeners: Vec<Arc<dyn Listener>> = vec![counts.clone(), timelines.clone()];
    let token = engine.boot();
    let store = Store::new(engine, clock, token, listeners);
    let social = testing::social(store, counts, 1, testing::settings());
    Ok((social, timelines))
}

async fn fill(
    folder: &Path,
    statuses: u64,
    authors: u64,
) -> Result<(), Box<dyn std::error::Error>> {
    let wall: Arc<dyn Clock> = Arc::new(Stopwatch(Instant::now()));
    let engine = Embedded::open(&folder.join("store"), Options::new(wall))?;
    let dice = SeededEntropy::new(1);
    let people = (0..authors).map(|number| {
        let created = AccountRow::Created(AccountCreated {
            username: format!("person{number}"),
            nonce: 1,
        });
        row::<Accounts>(&account(number), &AccountSort::Created, &created)
    });
    load::<Accounts>(&engine, people).await?;
    let follows = (1..=FOLLOWS).map(|number| {
        let other = account(number * (authors / (FOLLOWS + 1)));
        let follow = Relation {
            id: Id(number),
            on: true,
            ..Relation::default()
        };
        row::<Relations>(&account(0), &(other, RelationKind::Follow), &follow)
    });
    load::<Relations>(&engine, follows).await?;
    let mut reblogs = Vec::new();
    let written = (0..statuses).map(|number| {
        let created = created(number, authors, &dice);
        if let About::Reblog { status, account } = created.about {
            reblogs.push((id(number), created.account, status, account));
        }
        row::<Statuses>(
            &id(number),
            &StatusSort::Created,
            &StatusRow::Created(created),
        )
    });
    load::<Statuses>(&engine, written).await?;
    let marked = reblogs.into_iter().map(|(id, account, status, author)| {
        let mark = Mark {
            id: id.0,
            on: true,
            ..Mark::off(author)
        };
        row::<Marks>(
            &marks::partition(account, status),
            &(status, MarkKind::Reblog),
            &mark,
        )
    });
    load::<Marks>(&engine, marked).await?;
    Ok(())
}

fn created(number: u64, authors: u64, dice: &SeededEntropy) -> StatusCreated {
    let earlier = id(dice.next_u64() % (number + 1));
    let other = account(dice.next_u64() % authors);
    let about = match dice.next_u64() % 20 {
        0..5 if number > 0 => About::Reply {
            status: earlier,
            account: other,
        },
        5..8 if number > 0 => About::Reblog {
            status: earlier,
            account: other,
        },
        _ => About::Nothing,
    };
    let is_reblog = matches!(about, About::Reblog { .. });
    StatusCreated {
        account: account(dice.next_u64() % authors),
        visibility: Visibility::Public,
        about,
        thread: id(number),
        content: StatusContent {
            text: if is_reblog {
                String::new()
            } else {
                TEXT.to_owned()
            },
            language: Some("en".to_owned()),
            ..StatusContent::default()
        },
        app: None,
        account_chapter: Id::MIN,
        replies_chapter: Id::MIN,
    }
}

fn account(number: u64) -> AccountId {
    AccountId(Id::first_at(BEGIN_MS + number))
}

fn id(number: u64) -> StatusId {
    StatusId(Id::first_at(BEGIN_MS + 1_000_000_000 + number))
}

fn row<T: Table>(partition: &T::Partition, sort: &T::Sort, value: &T::Value) -> FullRow {
    FullRow {
        partition: partition.to_bytes().into(),
        row: RawRow {
            sort: sort.to_bytes().into(),
            value: value.to_value().into(),
            revision: Stamp(BEGIN_MS * 1_000),
            expires_at_s: None,
        },
    }
}

async fn load<T: Table>(
    engine: &Embedded,
    rows: impl Iterator<Item = FullRow>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let some: Vec<FullRow> = rows.by_ref().take(LOAD_ROWS).collect();
        engine.load(T::ID, some).await?;
    }
    Ok(())
}
