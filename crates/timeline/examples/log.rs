//! What the log costs: taking in a status, and the newest 20 of a home.
//!
//! `cargo run --release -p petrel-timeline --example log [STATUSES] [AUTHORS]`

use std::hint::black_box;

use petrel_model::entropy::{Entropy, SeededEntropy};
use petrel_model::event::{About, StatusEvent};
use petrel_model::home::{self, Entry, Follow, HomeFacts};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_timeline::log::{Chain, Log, LogSettings, Ordinal};
use tokio::time::Instant;

const PAGE: usize = 20;
const VIEWERS: usize = 1_000;
const ROUNDS: usize = 20;

struct Viewer {
    /// Sorted.
    follows: Vec<AccountId>,
    chains: Vec<Ordinal>,
}

impl HomeFacts for Viewer {
    fn viewer(&self) -> AccountId {
        AccountId(Id(u64::MAX))
    }
    fn follow(&self, account: AccountId) -> Option<Follow<'_>> {
        self.follows.binary_search(&account).ok()?;
        Some(Follow {
            shows_reblogs: true,
            languages: &[],
        })
    }
    fn hides(&self, _: AccountId) -> bool {
        false
    }
    fn is_out_of_reach(&self, _: AccountId) -> bool {
        false
    }
    fn names_viewer(&self, _: &Entry) -> bool {
        true
    }
}

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse::<u64>().ok());
    let statuses = arguments.next().unwrap_or(2_000_000);
    let authors = arguments.next().unwrap_or(100_000);
    let dice = SeededEntropy::new(1);
    let world: Vec<StatusEvent> = (1..=statuses)
        .map(|id| status(id, authors, &dice))
        .collect();

    let log = Log::new(LogSettings {
        slots_max: statuses as usize * 4,
        ..LogSettings::default()
    });
    let begun = Instant::now();
    for status in &world {
        log.append(status);
    }
    let each_ns = begun.elapsed().as_nanos() as u64 / statuses;
    println!("{statuses} statuses of {authors} authors");
    println!("taking in a status   {each_ns:>8} ns, new authors and hashtags included");
    println!("memory of the log    {:>8} KB", log.bytes() / 1_024);

    for follows in [400, 5_000] {
        let viewers: Vec<Viewer> = (0..VIEWERS)
            .map(|_| viewer(&log, follows, authors, &dice))
            .collect();
        let merged = measure(&viewers, |viewer| {
            log.newest(viewer.chains.iter().copied(), None)
                .take(PAGE)
                .count()
        });
        let judged = measure(&viewers, |viewer| {
            let entries = log.newest(viewer.chains.iter().copied(), None);
            home::entries(entries, viewer).take(PAGE).count()
        });
        println!(
            "newest {PAGE} of {follows:>5}  {merged:>8} ns merged, {judged} ns judged by home's rules"
        );
    }
}

fn status(id: u64, authors: u64, dice: &SeededEntropy) -> StatusEvent {
    let earlier = StatusId(Id(dice.next_u64() % id));
    let account = AccountId(Id(1 + dice.next_u64() % authors));
    let other = AccountId(Id(1 + dice.next_u64() % authors));
    let about = match dice.next_u64() % 20 {
        0..5 => About::Reply {
            status: earlier,
            account: other,
        },
        5..8 => About::Reblog {
            status: earlier,
            account: other,
        },
        _ => About::Nothing,
    };
    let tagged = dice.next_u64().is_multiple_of(10);
    StatusEvent {
        id: StatusId(Id(id)),
        account,
        visibility: Visibility::Public,
        about,
        language: "en".to_owned(),
        mentions: Vec::new(),
        tags: tagged
            .then(|| format!("tag{}", dice.next_u64() % 1_000))
            .into_iter()
            .collect(),
        has_media: false,
    }
}

fn viewer(log: &Log, follows: usize, authors: u64, dice: &SeededEntropy) -> Viewer {
    let mut follows: Vec<AccountId> = (0..follows)
        .map(|_| AccountId(Id(1 + dice.next_u64() % authors)))
        .collect();
    follows.sort_unstable();
    follows.dedup();
    let chains = follows
        .iter()
        .filter_map(|account| log.ordinal(Chain::Account(*account)));
    Viewer {
        chains: chains.collect(),
        follows,
    }
}

/// Nanoseconds for one viewer.
fn measure(viewers: &[Viewer], read: impl Fn(&Viewer) -> usize) -> u64 {
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        for viewer in viewers {
            black_box(read(viewer));
        }
    }
    (begun.elapsed().as_nanos() / (ROUNDS * viewers.len()) as u128) as u64
}
