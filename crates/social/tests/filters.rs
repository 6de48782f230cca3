//! Filters: what their owners may do with them, and what they say of statuses.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{World, id, post, post_for};
use petrel_model::entropy::SeededEntropy;
use petrel_model::gate::Surface;
use petrel_model::id::{Id, StatusId};
use petrel_model::limits::{FILTER_KEYWORDS_MAX, FILTERS_MAX};
use petrel_model::visibility::Visibility;
use petrel_social::filters::table::Filters;
use petrel_social::filters::{CleanUpFilters, FilterChange, KeywordChange, V1Change};
use petrel_social::views::{FilterAction, FilterView, StatusView};
use petrel_social::{Ctx, Error, filters, marks, relations, statuses};

fn keyword(text: &str, whole_word: bool) -> KeywordChange {
    KeywordChange {
        keyword: Some(text.to_owned()),
        whole_word: Some(whole_word),
        ..KeywordChange::default()
    }
}

fn change(title: &str, keywords: &[&str]) -> FilterChange {
    FilterChange {
        title: Some(title.to_owned()),
        contexts: Some(vec!["home".to_owned()]),
        keywords: keywords.iter().map(|text| keyword(text, true)).collect(),
        ..FilterChange::default()
    }
}

async fn filter(ctx: &Ctx, title: &str, keywords: &[&str]) -> Arc<FilterView> {
    filters::create(ctx, change(title, keywords)).await.unwrap()
}

async fn seen(ctx: &Ctx, status: StatusId) -> StatusView {
    statuses::get(ctx, status).await.unwrap()
}

/// The titles of the filters that match, and what of the text.
async fn matches(ctx: &Ctx, status: StatusId) -> Vec<(String, Option<String>)> {
    let view = seen(ctx, status).await;
    let results = view.filtered.iter();
    results
        .map(|result| {
            let title = result.filter.settings.title.clone();
            (title, result.keyword.clone())
        })
        .collect()
}

fn says(answer: Result<impl Sized, Error>, what: &str) {
    match answer {
        Err(Error::Invalid(text) | Error::Conflict(text)) => assert_eq!(text, what),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was not refused: {what}"),
    }
}

#[tokio::test]
async fn what_matches_is_said_of_each_status_whoever_wrote_it() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    filter(&ann, "birds", &["Gull", "tern"]).await;
    filter(&ann, "sea", &["salt water"]).await;
    let gull = post(&bob, "A GULL over salt  water").await.id;
    assert_eq!(
        matches(&ann, gull).await,
        [("birds".to_owned(), Some("GULL".to_owned()))]
    );
    // Nobody else's filters count, and nobody's own words are filtered.
    assert_eq!(matches(&bob, gull).await, []);
    let own = post(&ann, "my gull").await.id;
    assert_eq!(matches(&ann, own).await, []);
    let both = post(&bob, "salt water and a tern").await.id;
    let titles: Vec<_> = matches(&ann, both)
        .await
        .into_iter()
        .map(|one| one.0)
        .collect();
    assert_eq!(titles, ["birds", "sea"]);
    assert_eq!(matches(&ann, post(&bob, "gulls").await.id).await, []);
}

#[tokio::test]
async fn a_warning_is_searched_too_and_a_reblog_is_what_it_reblogs() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let cy = world.person("cy").await;
    filter(&ann, "birds", &["gull"]).await;
    let draft = statuses::Draft {
        spoiler_text: "of a gull".to_owned(),
        ..common::draft("hidden")
    };
    let warned = statuses::create(&bob, draft).await.unwrap().id;
    assert_eq!(matches(&ann, warned).await.len(), 1);
    let reblog = marks::reblog(&cy, warned, None).await.unwrap();
    let shown = seen(&ann, reblog.id).await;
    assert_eq!(shown.filtered.len(), 1);
    assert_eq!(shown.reblog.unwrap().filtered, shown.filtered);
    // My own reblog of it is filtered, somebody's reblog of mine is not.
    let mine = marks::reblog(&ann, warned, None).await.unwrap();
    assert_eq!(mine.filtered.len(), 1);
    let own = post(&ann, "gull").await.id;
    let reblog = marks::reblog(&cy, own, None).await.unwrap();
    assert_eq!(matches(&ann, reblog.id).await, []);
}

#[tokio::test]
async fn single_statuses_are_filtered_by_id() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let words = filter(&ann, "words", &["gull"]).await;
    let (one, other) = (post(&bob, "one").await.id, post(&bob, "a gull").await.id);
    let added = filters::add_status(&ann, words.id, Some(one))
        .await
        .unwrap();
    assert_eq!(added.status, one);
    let [result] = &seen(&ann, one).await.filtered[..] else {
        panic!("it is filtered");
    };
    assert_eq!(
        (&result.keyword, &result.statuses),
        (&None, &Some(vec![one]))
    );
    let [result] = &seen(&ann, other).await.filtered[..] else {
        panic!("it is filtered");
    };
    assert_eq!(result.statuses, Some(Vec::new()));
    let reblog = marks::reblog(&ann, one, None).await.unwrap();
    assert_eq!(reblog.filtered[0].statuses, Some(vec![one]));
    says(
        filters::add_status(&ann, words.id, Some(one)).await,
        "Status has already been taken",
    );
    filters::remove_status(&ann, added.id).await.unwrap();
    assert!(seen(&ann, one).await.filtered.is_empty());
    let again = filters::remove_status(&ann, added.id).await;
    assert!(matches!(again, Err(Error::NotFound)));
}

#[tokio::test]
async fn nothing_is_learnt_of_a_status_that_one_may_not_see() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let filter = filter(&ann, "x", &[]).await;
    let private = post_for(&bob, "psst", Visibility::Private).await.id;
    for status in [Some(private), Some(StatusId(Id(77))), None] {
        says(
            filters::add_status(&ann, filter.id, status).await,
            "Status must exist",
        );
    }
}

#[tokio::test]
async fn an_expired_filter_stays_and_does_not_count() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let for_a_minute = FilterChange {
        expires_in_s: Some(Some(60)),
        ..change("soon over", &["gull"])
    };
    let made = filters::create(&ann, for_a_minute).await.unwrap();
    let gull = post(&bob, "gull").await.id;
    assert_eq!(matches(&ann, gull).await.len(), 1);
    world.wall.advance_ms(61_000);
    assert_eq!(matches(&ann, gull).await, []);
    assert_eq!(filters::list(&ann).await.unwrap().len(), 1);
    let for_ever = FilterChange {
        expires_in_s: Some(None),
        ..FilterChange::default()
    };
    filters::update(&ann, made.id, for_ever).await.unwrap();
    assert_eq!(matches(&ann, gull).await.len(), 1);
}

#[tokio::test]
async fn keywords_are_changed_with_their_filter_and_alone() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let made = filter(&ann, "birds", &["gull", "tern"]).await;
    let [gull, tern] = &made.keywords[..] else {
        panic!("two keywords");
    };
    let changes = FilterChange {
        title: Some("fowl".to_owned()),
        keywords: vec![
            KeywordChange {
                id: Some(gull.id),
                remove: true,
                ..KeywordChange::default()
            },
            KeywordChange {
                id: Some(tern.id),
                whole_word: Some(false),
                ..KeywordChange::default()
            },
            keyword("auk", true),
            KeywordChange::default(),
        ],
        ..FilterChange::default()
    };
    let changed = filters::update(&ann, made.id, changes).await.unwrap();
    let names: Vec<_> = changed
        .keywords
        .iter()
        .map(|one| one.keyword.as_str())
        .collect();
    assert_eq!(
        (changed.settings.title.as_str(), &names[..]),
        ("fowl", &["tern", "auk"][..])
    );
    assert_eq!(matches(&ann, post(&bob, "terns").await.id).await.len(), 1);
    let auk = changed.keywords[1].id;
    let razorbill = filters::change_keyword(&ann, auk, keyword("razorbill", true)).await;
    assert_eq!(razorbill.unwrap().keyword, "razorbill");
    filters::remove_keyword(&ann, auk).await.unwrap();
    assert!(matches!(
        filters::get_keyword(&ann, auk).await,
        Err(Error::NotFound)
    ));
    // What is another's is not there.
    assert!(matches!(
        filters::get(&bob, made.id).await,
        Err(Error::NotFound)
    ));
    let theirs = filters::change_keyword(&bob, tern.id, keyword("x", true)).await;
    assert!(matches!(theirs, Err(Error::NotFound)));
}

#[tokio::test]
async fn what_is_wrong_is_said_as_mastodon_says_it() {
    let world = World::new();
    let ann = world.person("ann").await;
    says(
        filters::create(&ann, FilterChange::default()).await,
        "Title can't be blank, Context can't be blank, Context None or invalid context supplied",
    );
    let mut wrong = change("t", &[]);
    wrong.contexts = Some(vec!["shaolin".to_owned()]);
    wrong.action = Some("dance".to_owned());
    says(
        filters::create(&ann, wrong).await,
        "Action is not included in the list, Context None or invalid context supplied",
    );
    says(
        filters::create(&ann, change(&"x".repeat(257), &[])).await,
        "Title is too long (maximum is 256 characters)",
    );
    says(
        filters::create(&ann, change("t", &[" "])).await,
        "Keywords keyword can't be blank",
    );
    let made = filter(&ann, "t", &[]).await;
    says(
        filters::add_keyword(&ann, made.id, KeywordChange::default()).await,
        "Keyword can't be blank",
    );
    let long = keyword(&"é".repeat(513), true);
    says(
        filters::add_keyword(&ann, made.id, long).await,
        "Keyword is too long (maximum is 512 characters)",
    );
    assert_eq!(filters::list(&ann).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_caps_hold() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let first = filter(&ann, "first", &[]).await;
    for number in 0..FILTER_KEYWORDS_MAX / 40 {
        let words: Vec<String> = (0..40).map(|word| format!("w{number}x{word}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let more = FilterChange {
            keywords: words.iter().map(|text| keyword(text, true)).collect(),
            ..FilterChange::default()
        };
        filters::update(&ann, first.id, more).await.unwrap();
    }
    says(
        filters::add_keyword(&ann, first.id, keyword("one more", true)).await,
        &format!("You cannot have more than {FILTER_KEYWORDS_MAX} keywords"),
    );
    for _ in 1..FILTERS_MAX {
        filter(&ann, "another", &[]).await;
    }
    says(
        filters::create(&ann, change("one more", &[])).await,
        &format!("You cannot have more than {FILTERS_MAX} filters"),
    );
    let heavy = filter(&bob, "heavy", &[]).await;
    let mut refused = 0;
    for letter in 'a'..='z' {
        let text = format!("{}{letter}", "😀".repeat(511));
        let added = filters::add_keyword(&bob, heavy.id, keyword(&text, false)).await;
        refused += usize::from(added.is_err());
    }
    assert_eq!(refused, 26 - 32 * 1_024 / (511 * 4 + 1));
}

#[tokio::test]
async fn keywords_that_are_sent_as_they_are_count_for_nothing() {
    let world = World::new();
    let ann = world.person("ann").await;
    let made = filter(&ann, "large", &[]).await;
    // More than one request may change, and nearly all the bytes that there may be.
    let words: Vec<String> = (0..45)
        .map(|word| format!("{word:02}{}", "😀".repeat(175)))
        .collect();
    for few in words.chunks(9) {
        let more = FilterChange {
            keywords: few.iter().map(|text| keyword(text, true)).collect(),
            ..FilterChange::default()
        };
        filters::update(&ann, made.id, more).await.unwrap();
    }
    let whole = filters::get(&ann, made.id).await.unwrap();
    let mut all: Vec<KeywordChange> = whole
        .keywords
        .iter()
        .map(|known| KeywordChange {
            id: Some(known.id),
            ..keyword(&known.keyword, known.whole_word)
        })
        .collect();
    all[7].whole_word = Some(false);
    all[8].keyword = Some("gull".to_owned());
    let form = FilterChange {
        title: Some("renamed".to_owned()),
        keywords: all,
        ..FilterChange::default()
    };
    let changed = filters::update(&ann, made.id, form).await.unwrap();
    assert_eq!(changed.settings.title, "renamed");
    assert_eq!(changed.keywords.len(), 45);
    assert!(!changed.keywords[7].whole_word);
    assert_eq!(changed.keywords[8].keyword, "gull");
    let untouched = |at: usize| changed.keywords[at] == whole.keywords[at];
    assert!((0..45).all(|at| at == 7 || at == 8 || untouched(at)));
}

/// More than go with their filter at once: they count for nothing from that moment, and a job
/// removes them.
#[tokio::test]
async fn a_large_filter_leaves_nothing_behind() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let kept = filter(&ann, "kept", &["kept"]).await;
    let large = filter(&ann, "large", &["gull"]).await;
    let words: Vec<String> = (0..40).map(|word| format!("w{word}")).collect();
    let more = FilterChange {
        keywords: words.iter().map(|text| keyword(text, true)).collect(),
        ..FilterChange::default()
    };
    filters::update(&ann, large.id, more).await.unwrap();
    let gull = post(&bob, "gull").await.id;
    filters::add_status(&ann, large.id, Some(gull))
        .await
        .unwrap();
    filters::delete(&ann, large.id).await.unwrap();
    assert_eq!(matches(&ann, gull).await, []);
    let rows = world
        .social
        .store
        .partition::<Filters>(&id(&ann))
        .await
        .unwrap();
    assert!(rows.len() > 4, "a job has something to do");
    let handler = Arc::new(CleanUpFilters(world.social.clone()));
    let store = &world.social.store;
    petrel_jobs::run_due(store, Arc::new(SeededEntropy::new(1)), vec![handler])
        .await
        .unwrap();
    let rows = store.partition::<Filters>(&id(&ann)).await.unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(filters::list(&ann).await.unwrap(), [kept]);
}

#[tokio::test]
async fn the_first_version_has_a_filter_for_each_keyword() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let asked = V1Change {
        phrase: Some("gull".to_owned()),
        contexts: Some(vec!["home".to_owned(), "thread".to_owned()]),
        irreversible: Some(true),
        ..V1Change::default()
    };
    let made = filters::create_v1(&ann, asked).await.unwrap();
    assert!(made.keyword.whole_word);
    let [second] = &filters::list(&ann).await.unwrap()[..] else {
        panic!("one filter");
    };
    assert_eq!(second.settings.action, FilterAction::Hide);
    assert_eq!(second.keywords[0].id, made.keyword.id);
    let gull = post(&bob, "gull").await.id;
    assert_eq!(matches(&ann, gull).await.len(), 1);
    let other = V1Change {
        phrase: Some("tern".to_owned()),
        irreversible: Some(false),
        ..V1Change::default()
    };
    let changed = filters::update_v1(&ann, made.keyword.id, other.clone())
        .await
        .unwrap();
    let settings = &changed.filter.settings;
    assert_eq!(
        (settings.title.as_str(), settings.action),
        ("tern", FilterAction::Warn)
    );
    filters::add_keyword(&ann, second.id, keyword("auk", true))
        .await
        .unwrap();
    let ends = V1Change {
        contexts: Some(vec!["public".to_owned()]),
        ..V1Change::default()
    };
    says(
        filters::update_v1(&ann, made.keyword.id, ends).await,
        "These parameters cannot be changed from this application because they apply to more \
         than one filter keyword. Use a more recent application or the web interface.",
    );
    filters::delete_v1(&ann, made.keyword.id).await.unwrap();
    assert_eq!(filters::list_v1(&ann).await.unwrap().len(), 1);
    assert_eq!(filters::list(&ann).await.unwrap().len(), 1);
}

/// Whoever presents statuses as views or as cards says the same of them.
#[tokio::test]
async fn cards_say_what_views_say() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    relations::follow(&ann, id(&bob), Default::default())
        .await
        .unwrap();
    filter(&ann, "birds", &["gull"]).await;
    let gull = post(&bob, "gull").await.id;
    let reblog = marks::reblog(&bob, gull, None).await.unwrap().id;
    let ids = [gull, reblog, post(&bob, "tern").await.id];
    let loaded = statuses::world::World::load(&ann, &ids).await.unwrap();
    let cards = statuses::cards(&ann, &loaded, &ids, Surface::Timeline)
        .await
        .unwrap();
    let views = statuses::present(&ann, &loaded, &ids, Surface::Timeline)
        .await
        .unwrap();
    assert_eq!(cards.len(), 3);
    for (card, view) in cards.iter().zip(&views) {
        assert_eq!(card.filtered, view.filtered);
    }
    assert_eq!(cards[1].reblog.as_ref().unwrap().filtered.len(), 1);
}
