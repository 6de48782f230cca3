//! How long the log takes to come back from its files.
//!
//! `cargo run --release -p petrel-timeline --example start [STATUSES] [AUTHORS]`

use std::sync::Arc;

use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_model::entropy::{Entropy, SeededEntropy};
use petrel_model::event::{About, Event, StatusEvent};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::events::Happened;
use petrel_store::sim::{BEGIN_MS, SimEngine};
use petrel_store::{Listener, Store};
use petrel_timeline::Timelines;
use petrel_timeline::log::LogSettings;
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse::<u64>().ok());
    let statuses = arguments.next().unwrap_or(2_000_000);
    let authors = arguments.next().unwrap_or(100_000);
    let folder = tempfile::tempdir()?;
    let settings = LogSettings::default();
    let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
    let engine = SimEngine::calm(wall.clone(), 1);
    let start = |token| {
        let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, Stamp::MIN));
        let store = Store::new(engine.clone(), clock, token, Vec::new());
        (Timelines::new(settings, Some(folder.path())), store)
    };

    let (before, store) = start(1);
    before.rebuild(&store).await?;
    let dice = SeededEntropy::new(1);
    for sequence in 0..statuses {
        before.happened(&Happened {
            node: 0,
            token: 1,
            sequence,
            stamp: Stamp(sequence),
            event: Event::StatusCreated(status(sequence + 1, authors, &dice)),
            settled: true,
        });
    }
    let begun = Instant::now();
    before.flush(BEGIN_MS)?;
    println!("{statuses} statuses of {authors} authors");
    println!("writing the files  {:>6} ms", begun.elapsed().as_millis());

    let (after, store) = start(2);
    let begun = Instant::now();
    let rebuilt = after.rebuild(&store).await?;
    let elapsed = begun.elapsed();
    println!(
        "reading the files  {:>6} ms  {rebuilt:?}",
        elapsed.as_millis()
    );
    assert_eq!(after.log().bytes(), before.log().bytes());
    Ok(())
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
