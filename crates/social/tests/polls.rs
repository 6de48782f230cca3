//! Polls from their beginning to their end.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::{World, draft, id, post};
use petrel_model::clock::ManualClock;
use petrel_model::entropy::SeededEntropy;
use petrel_model::id::StatusId;
use petrel_model::visibility::Visibility;
use petrel_social::counts::Counts;
use petrel_social::lists::{List, Lists};
use petrel_social::notifications::NotificationFilter;
use petrel_social::page::PageRequest;
use petrel_social::polls::{self, EndPoll, NewPoll};
use petrel_social::round_trips::Counting;
use petrel_social::statuses::{self, CleanUp, Draft, Edit, NotifyEdited};
use petrel_social::views::{NotificationKind, PollView};
use petrel_social::{Ctx, Error, Result, notifications, relations};
use petrel_store::engine::{RawRow, RawScan};
use petrel_store::sim::{BEGIN_MS, SimEngine};
use petrel_store::{Engine, Layer, StoreError, Table};
use tokio::task::JoinSet;

/// How long the polls here are open, in seconds.
const OPEN_S: u64 = 600;

fn world() -> World {
    let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
    World::over(SimEngine::calm(wall.clone(), 1), wall, 1_000)
}

fn poll(options: &[&str]) -> NewPoll {
    NewPoll {
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        expires_in_s: Some(OPEN_S),
        ..NewPoll::default()
    }
}

async fn ask(ctx: &Ctx, poll: NewPoll) -> StatusId {
    let draft = Draft {
        poll: Some(poll),
        ..draft("Which one?")
    };
    let view = statuses::create(ctx, draft).await.unwrap();
    assert_eq!(view.poll.unwrap().id, view.id);
    view.id
}

fn totals(poll: &PollView) -> Vec<Option<u64>> {
    let options = poll.options.iter();
    options.map(|option| option.votes_count).collect()
}

fn refusal(answer: Result<PollView>) -> String {
    match answer {
        Err(Error::Invalid(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

async fn run_jobs(world: &World) {
    let social = &world.social;
    let handlers: Vec<Arc<dyn petrel_jobs::Handler>> = vec![
        Arc::new(EndPoll(social.clone())),
        Arc::new(CleanUp(social.clone())),
        Arc::new(NotifyEdited(social.clone())),
    ];
    let entropy = Arc::new(SeededEntropy::new(1));
    // What is left over is another job.
    for _ in 0..4 {
        let entropy = entropy.clone();
        petrel_jobs::run_due(&social.store, entropy, handlers.clone())
            .await
            .unwrap();
    }
    let dead = petrel_jobs::dead_letters(&social.store, 10).await.unwrap();
    assert_eq!(dead, []);
}

async fn told(ctx: &Ctx) -> usize {
    let filter = NotificationFilter {
        types: vec![NotificationKind::Poll],
        ..NotificationFilter::default()
    };
    let page = notifications::list(ctx, filter, PageRequest::first(40)).await;
    page.unwrap().items.len()
}

fn after_the_end(world: &World) {
    world.wall.advance_ms(OPEN_S * 1_000);
}

#[tokio::test]
async fn a_vote_counts_once_and_for_good() {
    let world = world();
    let (ann, bob, cy) = (
        world.person("ann").await,
        world.person("bob").await,
        world.person("cy").await,
    );
    let id = ask(&ann, poll(&["gull", "tern"])).await;
    let shown = polls::get(&world.anonymous(), id).await.unwrap();
    assert_eq!((totals(&shown), shown.viewer), (vec![Some(0); 2], None));
    assert!(!polls::get(&bob, id).await.unwrap().viewer.unwrap().voted);
    let own = polls::get(&ann, id).await.unwrap().viewer.unwrap();
    assert!(own.voted && own.own_votes.is_empty());

    let missing = "The chosen vote option does not exist";
    for places in [&[2][..], &[usize::MAX], &[0, 9]] {
        assert_eq!(refusal(polls::vote(&bob, id, places).await), missing);
    }
    let twice = "You have already voted on this poll";
    assert_eq!(refusal(polls::vote(&bob, id, &[0, 1]).await), twice);
    let own = refusal(polls::vote(&ann, id, &[0]).await);
    assert_eq!(own, "You cannot vote in your own polls");
    let nothing = polls::vote(&bob, id, &[]).await.unwrap();
    assert_eq!(nothing.votes_count, 0);

    let shown = polls::vote(&bob, id, &[1]).await.unwrap();
    assert_eq!(totals(&shown), [Some(0), Some(1)]);
    assert_eq!((shown.votes_count, shown.voters_count), (1, 1));
    let own = shown.viewer.unwrap();
    assert!(own.voted && own.own_votes.places().eq([1]));
    for places in [[0], [1]] {
        assert_eq!(refusal(polls::vote(&bob, id, &places).await), twice);
    }
    // Counted out of the list, it is the same.
    let status = statuses::get(&cy, id).await.unwrap().poll.unwrap();
    let counted = Counts::default().poll(cy.store(), id, id.0).await.unwrap();
    assert_eq!((counted.voters, counted.options), (1, [0, 1, 0, 0]));
    assert_eq!(totals(&status), [Some(0), Some(1)]);

    after_the_end(&world);
    let late = refusal(polls::vote(&cy, id, &[0]).await);
    assert_eq!(late, "The poll has already ended");
    assert!(polls::get(&cy, id).await.unwrap().expired);
}

#[tokio::test]
async fn several_may_be_chosen_where_the_poll_says_so() {
    let world = world();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let several = NewPoll {
        multiple: true,
        hide_totals: true,
        ..poll(&["gull", "tern", "skua"])
    };
    let id = ask(&ann, several).await;
    let again = refusal(polls::vote(&bob, id, &[2, 2]).await);
    assert_eq!(again, "You have already voted on this poll");
    let shown = polls::vote(&bob, id, &[2, 0]).await.unwrap();
    assert_eq!((shown.votes_count, shown.voters_count), (2, 1));
    assert!(shown.viewer.unwrap().own_votes.places().eq([0, 2]));
    for ctx in [&ann, &bob, &world.anonymous()] {
        let hidden = polls::get(ctx, id).await.unwrap();
        assert_eq!(totals(&hidden), [None; 3]);
    }
    after_the_end(&world);
    let shown = polls::get(&world.anonymous(), id).await.unwrap();
    assert_eq!(totals(&shown), [Some(1), Some(0), Some(1)]);
}

#[tokio::test]
async fn whoever_may_not_see_a_poll_does_not_vote_in_it() {
    let world = world();
    let (ann, bob, eve) = (
        world.person("ann").await,
        world.person("bob").await,
        world.person("eve").await,
    );
    let draft = Draft {
        poll: Some(poll(&["a", "b"])),
        visibility: Some(Visibility::Private),
        ..draft("Among us")
    };
    let private = statuses::create(&ann, draft).await.unwrap().id;
    let open = ask(&ann, poll(&["a", "b"])).await;
    relations::block(&ann, id(&eve)).await.unwrap();
    let plain = post(&ann, "no poll").await.id;
    for (ctx, status) in [(&bob, private), (&eve, open), (&bob, plain)] {
        let shown = polls::get(ctx, status).await;
        assert!(matches!(shown, Err(Error::NotFound)), "{shown:?}");
        let voted = polls::vote(ctx, status, &[0]).await;
        assert!(matches!(voted, Err(Error::NotFound)), "{voted:?}");
    }
    let nobody = polls::vote(&world.anonymous(), open, &[0]).await;
    assert!(matches!(nobody, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn an_edit_that_changes_what_can_be_chosen_begins_anew() {
    let world = world();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let id = ask(&ann, poll(&["gull", "tern"])).await;
    polls::vote(&bob, id, &[1]).await.unwrap();
    let edit = |text: &str, poll: Option<Option<NewPoll>>| Edit {
        text: Some(text.to_owned()),
        poll,
        ..Edit::default()
    };
    let same = Some(Some(poll(&["gull", "tern"])));
    for edit in [edit("Other words", None), edit("And others", same)] {
        let shown = statuses::edit(&ann, id, edit).await.unwrap();
        assert_eq!(shown.poll.unwrap().votes_count, 1);
    }
    let other = Some(Some(poll(&["gull", "skua"])));
    let shown = statuses::edit(&ann, id, edit("Other birds", other)).await;
    assert_eq!(shown.unwrap().poll.unwrap().votes_count, 0);
    let anew = polls::get(&bob, id).await.unwrap();
    assert!(!anew.viewer.unwrap().voted);
    let shown = polls::vote(&bob, id, &[0]).await.unwrap();
    assert_eq!(totals(&shown), [Some(1), Some(0)]);
    let history = statuses::history(&bob, id).await.unwrap();
    assert_eq!(history[0].poll_options.as_ref().unwrap()[1], "tern");
    assert_eq!(history[3].poll_options.as_ref().unwrap()[1], "skua");
    let rows = votes(&world).await;
    assert_eq!(
        rows, 1,
        "the vote in the version before has no row any more"
    );
    let without = statuses::edit(&ann, id, edit("No birds", Some(None))).await;
    assert_eq!(without.unwrap().poll, None);
    let gone = polls::get(&bob, id).await;
    assert!(matches!(gone, Err(Error::NotFound)));
}

async fn votes(world: &World) -> usize {
    let store = &world.social.store;
    let (rows, _) = store.scan_table::<Lists>(None, 1_000).await.unwrap();
    let of_polls = rows
        .iter()
        .filter(|((list, ..), _)| *list == List::VotesByStatus);
    of_polls.count()
}

#[tokio::test]
async fn the_end_is_told_once_to_its_author_and_to_all_who_voted() {
    let world = world();
    let ann = world.person("ann").await;
    let status = ask(&ann, poll(&["gull", "tern"])).await;
    let mut voters = Vec::new();
    // More than one run of the job takes.
    for number in 0..203 {
        let voter = world.person(&format!("v{number}")).await;
        polls::vote(&voter, status, &[number % 2]).await.unwrap();
        voters.push(voter);
    }
    let silent = world.person("silent").await;
    relations::block(&voters[3], id(&ann)).await.unwrap();
    run_jobs(&world).await;
    assert_eq!(told(&ann).await, 0, "not before the end");
    after_the_end(&world);
    for _again in 0..2 {
        run_jobs(&world).await;
        assert_eq!(told(&ann).await, 1);
        for (number, voter) in voters.iter().enumerate() {
            assert_eq!(told(voter).await, usize::from(number != 3), "{number}");
        }
        assert_eq!(told(&silent).await, 0);
    }
    let shown = polls::get(&ann, status).await.unwrap();
    assert_eq!(totals(&shown), [Some(102), Some(101)]);
}

#[tokio::test]
async fn an_end_that_was_put_off_is_not_told_early() {
    let world = world();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let id = ask(&ann, poll(&["gull", "tern"])).await;
    polls::vote(&bob, id, &[1]).await.unwrap();
    let longer = NewPoll {
        expires_in_s: Some(2 * OPEN_S),
        ..poll(&["gull", "tern"])
    };
    let edit = Edit {
        poll: Some(Some(longer)),
        ..Edit::default()
    };
    statuses::edit(&ann, id, edit).await.unwrap();
    for (is_over, wanted) in [(false, 0), (true, 1)] {
        after_the_end(&world);
        run_jobs(&world).await;
        assert_eq!(polls::get(&bob, id).await.unwrap().expired, is_over);
        assert_eq!((told(&ann).await, told(&bob).await), (wanted, wanted));
    }
}

#[tokio::test]
async fn a_deleted_status_takes_its_votes_along() {
    let world = world();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let id = ask(&ann, poll(&["gull", "tern"])).await;
    polls::vote(&bob, id, &[1]).await.unwrap();
    assert_eq!(votes(&world).await, 1);
    statuses::delete(&ann, id).await.unwrap();
    run_jobs(&world).await;
    assert_eq!(votes(&world).await, 0);
    after_the_end(&world);
    run_jobs(&world).await;
    assert_eq!((told(&ann).await, told(&bob).await), (0, 0));
}

#[tokio::test]
async fn a_key_stands_for_one_poll() {
    let world = world();
    let ann = world.person("ann").await;
    let keyed = |poll: Option<NewPoll>| Draft {
        poll,
        idempotency_key: Some("key".to_owned()),
        ..draft("Which one?")
    };
    let first = statuses::create(&ann, keyed(Some(poll(&["a", "b"])))).await;
    let again = statuses::create(&ann, keyed(Some(poll(&["a", "b"])))).await;
    assert_eq!(first.unwrap().id, again.unwrap().id);
    for other in [None, Some(poll(&["a", "c"]))] {
        let refused = statuses::create(&ann, keyed(other)).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}

/// As an engine far away: whoever asks it waits, so that others come in between.
struct Far(Arc<Counting>);

#[async_trait::async_trait]
impl Layer for Far {
    fn below(&self) -> &dyn Engine {
        &*self.0
    }

    async fn scan_many(
        &self,
        scans: &[RawScan],
    ) -> std::result::Result<Vec<Vec<RawRow>>, StoreError> {
        tokio::task::yield_now().await;
        Engine::scan_many(&*self.0, scans).await
    }
}

#[tokio::test]
async fn many_who_look_at_once_count_once() {
    let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
    let counting = Counting::over(SimEngine::calm(wall.clone(), 1));
    let world = World::over(Arc::new(Far(counting.clone())), wall, 1_000);
    let ann = world.person("ann").await;
    let bob = world.person("bob").await;
    let id = ask(&ann, poll(&["gull", "tern"])).await;
    polls::vote(&bob, id, &[1]).await.unwrap();
    let store = &world.social.store;
    let reads = async |viewers: usize| {
        // As after a restart: nothing is counted, all else is known.
        let counts = Arc::new(Counts::default());
        counting.take();
        let mut looks = JoinSet::new();
        for _ in 0..viewers {
            let (counts, store) = (counts.clone(), store.clone());
            looks.spawn(async move { counts.poll(&store, id, id.0).await.unwrap().voters });
        }
        assert_eq!(looks.join_all().await, vec![1; viewers]);
        let of_polls = counting.take().reads.len();
        let mut looks = JoinSet::new();
        for _ in 0..viewers {
            let (counts, store) = (counts.clone(), store.clone());
            looks.spawn(async move { counts.status(&store, id).await.unwrap().favourites });
        }
        assert_eq!(looks.join_all().await, vec![0; viewers]);
        (of_polls, counting.take().reads.len())
    };
    let one = reads(1).await;
    assert!(one.0 > 0 && one.1 > 0);
    assert_eq!(reads(50).await, one);
}

#[tokio::test]
async fn an_end_that_is_told_twice_leaves_nothing_to_do() {
    let world = world();
    let ann = world.person("ann").await;
    let status = ask(&ann, poll(&["gull", "tern"])).await;
    for number in 0..201 {
        let voter = world.person(&format!("v{number}")).await;
        polls::vote(&voter, status, &[0]).await.unwrap();
    }
    after_the_end(&world);
    let store = &world.social.store;
    let twice = Arc::new(Twice(EndPoll(world.social.clone()), AtomicUsize::new(0)));
    for _ in 0..4 {
        petrel_jobs::run_due(store, Arc::new(SeededEntropy::new(1)), vec![twice.clone()])
            .await
            .unwrap();
    }
    assert_eq!(twice.1.load(Ordering::Relaxed), 1);
    assert_eq!(told(&ann).await, 1);
}

/// As an engine so slow that each read of a list takes a minute, once that is asked for.
struct Slow {
    engine: Arc<dyn Engine>,
    wall: Arc<ManualClock>,
    is_slow: AtomicBool,
}

#[async_trait::async_trait]
impl Layer for Slow {
    fn below(&self) -> &dyn Engine {
        &*self.engine
    }

    async fn scan(&self, scan: &RawScan) -> std::result::Result<Vec<RawRow>, StoreError> {
        if self.is_slow.load(Ordering::Relaxed) && scan.table == Lists::ID {
            self.wall.advance_ms(60_000);
        }
        self.engine.scan(scan).await
    }
}

#[tokio::test]
async fn an_end_that_takes_long_goes_on_where_it_was() {
    let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
    let slow = Arc::new(Slow {
        engine: SimEngine::calm(wall.clone(), 1),
        wall: wall.clone(),
        is_slow: AtomicBool::new(false),
    });
    let world = World::over(slow.clone(), wall, 1_000);
    let ann = world.person("ann").await;
    let status = ask(&ann, poll(&["gull", "tern"])).await;
    let mut voters = Vec::new();
    for number in 0..401 {
        let voter = world.person(&format!("v{number}")).await;
        polls::vote(&voter, status, &[0]).await.unwrap();
        voters.push(voter);
    }
    after_the_end(&world);
    slow.is_slow.store(true, Ordering::Relaxed);
    let store = &world.social.store;
    let pending = petrel_jobs::pending(store).await.unwrap();
    let counted = Arc::new(Counted(EndPoll(world.social.clone()), AtomicUsize::new(0)));
    for _ in 0..5 {
        petrel_jobs::run_due(
            store,
            Arc::new(SeededEntropy::new(1)),
            vec![counted.clone()],
        )
        .await
        .unwrap();
    }
    slow.is_slow.store(false, Ordering::Relaxed);
    assert_eq!(counted.1.load(Ordering::Relaxed), 3);
    assert_eq!(petrel_jobs::pending(store).await.unwrap(), pending - 1);
    for voter in &voters {
        assert_eq!(told(voter).await, 1);
    }
    assert_eq!(told(&ann).await, 1);
}

/// Says how often the job ran.
struct Counted(EndPoll, AtomicUsize);

#[async_trait::async_trait]
impl petrel_jobs::Handler for Counted {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    async fn run(&self, job: &petrel_jobs::Job) -> std::result::Result<(), petrel_jobs::JobError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.run(job).await
    }
}

/// A job whose first run was not heard to have ended.
struct Twice(EndPoll, AtomicUsize);

#[async_trait::async_trait]
impl petrel_jobs::Handler for Twice {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    async fn run(&self, job: &petrel_jobs::Job) -> std::result::Result<(), petrel_jobs::JobError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.run(job).await?;
        self.0.run(job).await
    }
}
