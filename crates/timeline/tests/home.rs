//! Home, out of a log that may hold little or have been rebuilt, against the plain words of
//! `model::home` over all facts of the store.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Dice, TINY, World, draft, id, post};
use petrel_model::event::{About, RelationKind, StatusEvent};
use petrel_model::gate::{Known, Surface};
use petrel_model::home::{self, Entry, Follow, HomeFacts, TextFacts};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::text::language::Language;
use petrel_model::visibility::Visibility;
use petrel_social::eyes::Eyes;
use petrel_social::page::PageRequest;
use petrel_social::relations::{FollowOptions, MuteOptions};
use petrel_social::statuses::{Draft, Edit};
use petrel_social::{Ctx, accounts, marks, relations, statuses};
use petrel_timeline::Rebuilt;
use petrel_timeline::log::LogSettings;

const PEOPLE: usize = 6;

/// All that the store says, for one viewer.
struct Naive {
    viewer: AccountId,
    eyes: Eyes,
    events: Vec<StatusEvent>,
    existing: HashSet<StatusId>,
    follows: HashMap<AccountId, (bool, Vec<Language>)>,
    gone: HashSet<AccountId>,
    blockers: HashSet<AccountId>,
    /// What the gate lets the viewer see in a timeline.
    visible: HashSet<StatusId>,
}

impl Naive {
    async fn of(ctx: &Ctx, people: &[Ctx]) -> Naive {
        let events = all_events(ctx).await;
        let eyes = Eyes::of(ctx).await.unwrap();
        let everybody: Vec<AccountId> = people.iter().map(id).collect();
        let seen = eyes.accounts(ctx.store(), &everybody).await.unwrap();
        let ids: Vec<StatusId> = events.iter().map(|event| event.id).collect();
        let views = statuses::hydrate(ctx, &ids, Surface::Timeline)
            .await
            .unwrap();
        let blocks = |account: &AccountId| seen[account].gate.relation.blocked_by != Known::No;
        let gone = |account: &AccountId| seen[account].facts.suspended;
        let follows = |account: &AccountId| {
            let settings = eyes.follow_settings(*account);
            let languages = settings
                .languages
                .iter()
                .filter_map(|code| Language::parse(code));
            let follow = (settings.reblogs, languages.collect());
            let blocked = eyes.on(*account, RelationKind::Block).is_some();
            let counts = !blocked && !blocks(account) && !gone(account);
            let on = eyes.on(*account, RelationKind::Follow).is_some();
            (on && counts).then_some((*account, follow))
        };
        Naive {
            viewer: id(ctx),
            follows: everybody.iter().filter_map(follows).collect(),
            gone: everybody.iter().copied().filter(gone).collect(),
            blockers: everybody.iter().copied().filter(blocks).collect(),
            existing: ids.iter().copied().collect(),
            visible: views.iter().map(|view| view.id).collect(),
            eyes,
            events,
        }
    }

    fn world(&self) -> impl Iterator<Item = Entry> + '_ {
        self.events.iter().map(|event| Entry {
            id: event.id,
            account: event.account,
            about: event.about,
            language: Language::parse(&event.language),
            visibility: event.visibility,
        })
    }

    fn ids(&self, page: &PageRequest) -> Vec<StatusId> {
        let entries = home::page(self.world(), self, &page.cursor(), page.limit);
        entries.iter().map(|entry| entry.id).collect()
    }

    fn shown(&self, page: &PageRequest) -> Vec<StatusId> {
        let passes = |entry: &Entry| {
            let event = self
                .events
                .iter()
                .find(|event| event.id == entry.id)
                .unwrap();
            let text = TextFacts {
                mentions: &event.mentions,
                parent_is_gone: match event.about {
                    About::Reply { status, .. } => !self.existing.contains(&status),
                    _ => false,
                },
            };
            home::passes_with_text(entry, &text, self) && self.visible.contains(&entry.id)
        };
        let entries = home::page_with(self.world(), self, passes, &page.cursor(), page.limit);
        entries.iter().map(|entry| entry.id).collect()
    }
}

impl HomeFacts for Naive {
    fn viewer(&self) -> AccountId {
        self.viewer
    }
    fn follow(&self, account: AccountId) -> Option<Follow<'_>> {
        let (shows_reblogs, languages) = self.follows.get(&account)?;
        Some(Follow {
            shows_reblogs: *shows_reblogs,
            languages,
        })
    }
    fn hides(&self, account: AccountId) -> bool {
        let on = |kind| self.eyes.on(account, kind).is_some();
        on(RelationKind::Block) || on(RelationKind::Mute)
    }
    fn is_out_of_reach(&self, account: AccountId) -> bool {
        self.gone.contains(&account) || self.blockers.contains(&account)
    }
    fn names_viewer(&self, entry: &Entry) -> bool {
        let event = self.events.iter().find(|event| event.id == entry.id);
        event.unwrap().mentions.contains(&self.viewer)
    }
}

/// A plain scan of the store, newest first.
async fn all_events(ctx: &Ctx) -> Vec<StatusEvent> {
    let mut ids = Vec::new();
    let mut token = None;
    loop {
        let page = statuses::replay(ctx.store(), token, 50).await.unwrap();
        ids.extend(page.created.iter().map(|event| event.id));
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    ids.sort_unstable_by(|a, b| b.cmp(a));
    statuses::events_of(ctx.store(), &ids).await.unwrap()
}

/// One person does one thing; what they may not do, they do not.
async fn something_happens(world: &World, dice: &Dice, people: &[Ctx], known: &mut Vec<StatusId>) {
    let (actor, other) = (dice.one_of(people), dice.one_of(people));
    let status = (!known.is_empty()).then(|| *dice.one_of(known));
    match (dice.below(30), status) {
        (0..8, _) => known.extend(write(dice, actor, other, None).await),
        (8..12, Some(status)) => known.extend(write(dice, actor, other, Some(status)).await),
        (12..16, Some(status)) => {
            let reblog = marks::reblog(actor, status, None).await;
            known.extend(reblog.map(|view| view.id));
        }
        (16, Some(status)) => drop(marks::unreblog(actor, status).await),
        (17, Some(status)) => drop(statuses::delete(actor, status).await),
        (18, Some(status)) => {
            let edit = Edit {
                text: Some(text(dice, other)),
                language: Some((*dice.one_of(&["en", "de"])).to_owned()),
                ..Edit::default()
            };
            drop(statuses::edit(actor, status, edit).await);
        }
        (19..24, _) => {
            let options = FollowOptions {
                reblogs: Some(dice.below(3) > 0),
                notify: None,
                languages: (dice.below(4) == 0).then(|| vec!["en".to_owned()]),
            };
            drop(relations::follow(actor, id(other), options).await);
        }
        (24, _) => drop(relations::unfollow(actor, id(other)).await),
        (25, _) => drop(relations::remove_follower(actor, id(other)).await),
        (26, _) => match dice.below(2) {
            0 => drop(relations::block(actor, id(other)).await),
            _ => drop(relations::unblock(actor, id(other)).await),
        },
        (27, _) => {
            let options = MuteOptions {
                notifications: true,
                duration_s: *dice.one_of(&[0, 60]),
            };
            drop(relations::mute(actor, id(other), options).await);
        }
        (28, _) => drop(relations::unmute(actor, id(other)).await),
        _ => match dice.below(6) {
            0 => drop(accounts::suspend(&world.system(), id(other)).await),
            _ => drop(accounts::unsuspend(&world.system(), id(other)).await),
        },
    }
    world.tick();
}

fn text(dice: &Dice, other: &Ctx) -> String {
    let _ = other;
    match dice.below(3) {
        0 => format!("hello @p{} #one", dice.below(PEOPLE)),
        1 => "hello #one #two".to_owned(),
        _ => "hello".to_owned(),
    }
}

async fn write(dice: &Dice, actor: &Ctx, other: &Ctx, to: Option<StatusId>) -> Option<StatusId> {
    let draft = Draft {
        visibility: Some(*dice.one_of(&Visibility::ALL)),
        language: dice
            .one_of(&[None, Some("en"), Some("de")])
            .map(str::to_owned),
        in_reply_to: to,
        ..draft(&text(dice, other))
    };
    statuses::create(actor, draft)
        .await
        .ok()
        .map(|view| view.id)
}

fn some_page(dice: &Dice, known: &[StatusId]) -> PageRequest {
    let cursor = |sides| {
        let some = dice.below(sides) == 0 && !known.is_empty();
        some.then(|| dice.one_of(known).0)
    };
    PageRequest {
        max_id: cursor(2),
        since_id: cursor(4),
        min_id: cursor(3),
        limit: 1 + dice.below(9),
    }
}

async fn homes_are_right(
    what: &str,
    world: &World,
    people: &[Ctx],
    known: &[StatusId],
    dice: &Dice,
) {
    for person in people {
        let ctx = world.acting(id(person));
        let naive = Naive::of(&ctx, people).await;
        let mut pages = vec![PageRequest::first(20), PageRequest::first(1_000)];
        pages.extend((0..4).map(|_| some_page(dice, known)));
        for page in pages {
            let ids = world.timelines.home_ids(&ctx, page).await.unwrap().items;
            assert_eq!(
                ids,
                naive.ids(&page),
                "{what}: ids for {:?} at {page:?}",
                id(person)
            );
            let views = world.timelines.home(&ctx, page).await.unwrap().items;
            let shown: Vec<StatusId> = views.iter().map(|view| view.id).collect();
            assert_eq!(
                shown,
                naive.shown(&page),
                "{what}: page for {:?} at {page:?}",
                id(person)
            );
        }
    }
}

async fn a_random_life(seed: u64, settings: LogSettings) {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(settings, Some(folder.path().join("timeline")));
    world.timelines.rebuild(&world.social.store).await.unwrap();
    let dice = Dice::new(seed);
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(world.person(&format!("p{number}")).await);
        world.tick();
    }
    let mut known = Vec::new();
    for step in 0..160 {
        something_happens(&world, &dice, &people, &mut known).await;
        let what = format!("seed {seed}, step {step}");
        if step % 40 == 39 {
            homes_are_right(&what, &world, &people, &known, &dice).await;
        }
        if [60, 90, 120].contains(&step) {
            // In good order, by a crash, and after somebody deleted the log's files.
            match step {
                60 => world.flush(),
                120 => std::fs::remove_dir_all(folder.path()).unwrap(),
                _ => {}
            }
            let (next, rebuilt) = world.restarted(settings).await;
            assert_eq!(rebuilt == Rebuilt::FromStore, step == 120);
            world = next;
            people = people
                .iter()
                .map(|person| world.acting(id(person)))
                .collect();
            homes_are_right(
                &format!("{what}, restarted"),
                &world,
                &people,
                &known,
                &dice,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn home_is_what_the_model_says() {
    for seed in 0..12 {
        a_random_life(seed, LogSettings::default()).await;
    }
}

#[tokio::test]
async fn home_goes_on_out_of_the_store_where_the_log_ends() {
    for seed in 100..112 {
        a_random_life(seed, TINY).await;
    }
}

#[tokio::test]
async fn pages_joined_are_the_whole() {
    for settings in [LogSettings::default(), TINY] {
        let world = World::new(settings, None);
        let (ann, bob) = (world.person("ann").await, world.person("bob").await);
        relations::follow(&ann, id(&bob), FollowOptions::default())
            .await
            .unwrap();
        let mut posted = Vec::new();
        for number in 0..90 {
            posted.push(post(&bob, &format!("number {number}")).await);
            world.tick();
        }
        assert_eq!(
            world.timelines.log().start() > StatusId::MIN,
            settings.slots_max == 64
        );
        let mut down = Vec::new();
        let mut page = PageRequest::first(7);
        loop {
            let found = world.timelines.home(&ann, page).await.unwrap();
            down.extend(found.items.iter().map(|view| view.id));
            page.max_id = found.next_max_id;
            if page.max_id.is_none() {
                break;
            }
        }
        let mut up = Vec::new();
        let mut page = PageRequest::first(7);
        page.min_id = Some(Id::MIN);
        loop {
            let found = world.timelines.home(&ann, page).await.unwrap();
            if found.items.is_empty() {
                break;
            }
            up.extend(found.items.iter().rev().map(|view| view.id));
            page.min_id = found.prev_min_id;
        }
        assert_eq!(up, posted);
        posted.reverse();
        assert_eq!(down, posted);
    }
}

#[tokio::test]
async fn a_page_looks_at_a_thousand_rows_and_says_where_to_go_on() {
    let world = World::new(LogSettings::default(), None);
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    relations::follow(&ann, id(&bob), FollowOptions::default())
        .await
        .unwrap();
    let first = post(&bob, "at the bottom").await;
    world.tick();
    relations::follow(
        &ann,
        id(&bob),
        FollowOptions {
            languages: Some(vec!["de".to_owned()]),
            ..FollowOptions::default()
        },
    )
    .await
    .unwrap();
    for _ in 0..1_100 {
        let english = Draft {
            language: Some("en".to_owned()),
            ..draft("hello")
        };
        statuses::create(&bob, english).await.unwrap();
    }
    let page = world
        .timelines
        .home(&ann, PageRequest::first(5))
        .await
        .unwrap();
    assert!(page.items.is_empty());
    let next = PageRequest {
        max_id: Some(page.next_max_id.expect("there is more")),
        ..PageRequest::first(5)
    };
    let page = world.timelines.home(&ann, next).await.unwrap();
    assert_eq!(
        page.items.iter().map(|view| view.id).collect::<Vec<_>>(),
        [first]
    );
    assert_eq!(page.next_max_id, None);
}

#[tokio::test]
async fn the_log_comes_back_from_its_files_and_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timeline");
    let world = World::new(LogSettings::default(), Some(path.clone()));
    assert_eq!(
        world.timelines.rebuild(&world.social.store).await.unwrap(),
        Rebuilt::FromStore
    );
    let ann = world.person("ann").await;
    let mut posted = vec![post(&ann, "one").await];
    world.flush();
    posted.push(post(&ann, "two, after the last flush").await);
    statuses::delete(&ann, posted.remove(0)).await.unwrap();
    let (world, rebuilt) = world.restarted(LogSettings::default()).await;
    assert!(
        matches!(rebuilt, Rebuilt::FromFiles { events } if events >= 2),
        "{rebuilt:?}"
    );
    let ann = world.acting(id(&ann));
    let home = world
        .timelines
        .home(&ann, PageRequest::first(9))
        .await
        .unwrap();
    assert_eq!(
        home.items.iter().map(|view| view.id).collect::<Vec<_>>(),
        posted
    );
    world.flush();
    let file = std::fs::read_dir(&path)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (world, rebuilt) = world.restarted(LogSettings::default()).await;
    assert_eq!(rebuilt, Rebuilt::FromStore);
    let ann = world.acting(id(&ann));
    let home = world
        .timelines
        .home(&ann, PageRequest::first(9))
        .await
        .unwrap();
    assert_eq!(
        home.items.iter().map(|view| view.id).collect::<Vec<_>>(),
        posted
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_seen_by_the_next_reading_however_many_read() {
    let world = std::sync::Arc::new(World::new(LogSettings::default(), None));
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let status = post(&bob, "here or not").await;
    let done = std::sync::Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (world, ann, done) = (world.clone(), ann.clone(), done.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Acquire) {
                    let page = PageRequest::first(5);
                    world.timelines.home(&ann, page).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for round in 0..300 {
        let expected = match round % 4 {
            0 => {
                let follow = FollowOptions::default();
                relations::follow(&ann, id(&bob), follow).await.unwrap();
                vec![status]
            }
            1 => {
                relations::block(&bob, id(&ann)).await.unwrap();
                Vec::new()
            }
            2 => {
                relations::unblock(&bob, id(&ann)).await.unwrap();
                let follow = FollowOptions::default();
                relations::follow(&ann, id(&bob), follow).await.unwrap();
                vec![status]
            }
            _ => {
                relations::unfollow(&ann, id(&bob)).await.unwrap();
                Vec::new()
            }
        };
        let page = PageRequest::first(5);
        let home = world.timelines.home_ids(&ann, page).await.unwrap();
        assert_eq!(home.items, expected, "round {round}");
        world.tick();
    }
    done.store(true, Ordering::Release);
    for reader in readers {
        reader.await.unwrap();
    }
}
