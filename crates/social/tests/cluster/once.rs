//! What there is once, and what is acknowledged last, on several nodes.

use petrel_model::id::AccountId;
use petrel_social::accounts::{self, CreateOptions};
use petrel_social::counts::Counts;
use petrel_social::page::PageRequest;
use petrel_social::{Error, marks, scheduled, statuses};
use petrel_store::sim::Hostility;

use crate::common::draft;
use crate::house::{Cluster, answered, is_silence, new_account};

const DAY_MS: u64 = 24 * 3_600 * 1_000;

#[tokio::test]
async fn a_name_that_is_registered_on_three_nodes_at_once_is_one_account_s() {
    for seed in 0..30 {
        let cluster = Cluster::new(seed).await;
        let hostility = [Hostility::SLOW, Hostility::HOSTILE][seed as usize % 2].clone();
        cluster.hostile(hostility);
        let register = async |node: usize| {
            let options = CreateOptions {
                confirmed: true,
                ..CreateOptions::default()
            };
            let new = accounts::NewAccount {
                email: format!("{node}@example.com"),
                ..new_account("ada")
            };
            accounts::create(&cluster.system(node), new, options).await
        };
        let (a, b, c) = tokio::join!(register(0), register(1), register(2));
        cluster.hostile(Hostility::CALM);
        let answers = [a, b, c];
        let won: Vec<AccountId> = answers.iter().flatten().copied().collect();
        assert!(won.len() <= 1, "seed {seed}: {answers:?}");
        let unknown = answers.iter().any(is_silence);
        let mut found = Vec::new();
        for node in 0..3 {
            found.push(
                accounts::find_id(&cluster.anonymous(node), "ada")
                    .await
                    .unwrap(),
            );
        }
        assert!(
            found.iter().all(|one| *one == found[0]),
            "seed {seed}: {found:?}"
        );
        match (won.first(), found[0]) {
            (Some(won), Some(found)) => assert_eq!(*won, found, "seed {seed}"),
            (Some(_), None) => panic!("seed {seed}: an account is lost"),
            // A loser of an engine that does not answer may have won all the same.
            (None, found) => assert!(unknown || found.is_none(), "seed {seed}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn the_heart_is_as_the_last_acknowledged_command_left_it() {
    for seed in 0..10 {
        let cluster = Cluster::of(seed, &[0, 900, 400]).await;
        let author = cluster.person(2, "author").await;
        let reader = cluster.person(0, "reader").await;
        let ctx = cluster.ask(2, author).await;
        let status = statuses::create(&ctx, draft("a gull")).await.unwrap().id;
        cluster.hostile(Hostility::SLOW);
        for round in 0..20 {
            let first = cluster.below(2);
            let is_on = cluster.below(2) == 0;
            for (node, on) in [(first, !is_on), (1 - first, is_on)] {
                let ctx = cluster.ask(node, reader).await;
                let shown = match on {
                    true => marks::favourite(&ctx, status).await,
                    false => marks::unfavourite(&ctx, status).await,
                };
                let state = shown.unwrap().viewer.unwrap();
                assert_eq!(state.favourited, on, "seed {seed}, round {round}");
            }
            for node in 0..3 {
                let why = format!("seed {seed}, round {round}, node {node}");
                let ctx = cluster.ask(node, reader).await;
                let shown = statuses::get(&ctx, status).await.unwrap();
                assert_eq!(shown.viewer.unwrap().favourited, is_on, "{why}");
                assert_eq!(shown.favourites_count, u64::from(is_on), "{why}");
                let list = marks::favourites(&ctx, PageRequest::first(5))
                    .await
                    .unwrap();
                assert_eq!(list.items.len(), usize::from(is_on), "{why}");
                let anew = Counts::default();
                let counted = anew.status(ctx.store(), status).await.unwrap();
                assert_eq!(counted.favourites, u64::from(is_on), "{why}");
            }
            if cluster.below(3) == 0 {
                cluster.step().await;
            }
        }
    }
}

#[tokio::test]
async fn of_two_changes_of_a_profile_at_once_both_stand() {
    for seed in 0..10 {
        let cluster = Cluster::of(seed, &[0, 900, 400]).await;
        let ada = cluster.person(2, "ada").await;
        cluster.hostile(Hostility::SLOW);
        for round in 0..10 {
            let on = round % 2 == 0;
            let nodes = [cluster.below(3), cluster.below(3)];
            let (one, other) = (
                cluster.ask(nodes[0], ada).await,
                cluster.ask(nodes[1], ada).await,
            );
            let locked = accounts::ProfileUpdate {
                locked: Some(on),
                hide_collections: Some(on),
                ..Default::default()
            };
            let named = accounts::ProfileUpdate {
                display_name: Some(format!("Ada {round}")),
                bot: Some(!on),
                ..Default::default()
            };
            let (first, second) = tokio::join!(
                accounts::update(&one, locked),
                accounts::update(&other, named)
            );
            first.unwrap();
            second.unwrap();
            for node in 0..3 {
                let ctx = cluster.ask(node, ada).await;
                let own = accounts::credentials_view(&ctx).await.unwrap();
                let profile = &own.account.profile;
                let why = format!("seed {seed}, round {round}, nodes {nodes:?}, seen on {node}");
                assert_eq!(profile.display_name, format!("Ada {round}"), "{why}");
                let switches = (profile.locked, profile.hide_collections, profile.bot);
                assert_eq!(switches, (on, Some(on), !on), "{why}");
            }
        }
    }
}

#[tokio::test]
async fn one_key_on_three_nodes_is_one_status() {
    for seed in 0..20 {
        let cluster = Cluster::new(seed).await;
        let author = cluster.person(0, "author").await;
        cluster.hostile(Hostility::HOSTILE);
        let post = async |node: usize| {
            let once = statuses::Draft {
                idempotency_key: Some("once".to_owned()),
                ..draft("once")
            };
            answered(async || {
                let ctx = cluster.ask(node, author).await;
                statuses::create(&ctx, once.clone()).await
            })
            .await
        };
        let (a, b, c) = tokio::join!(post(0), post(1), post(2));
        let ids = [a, b, c].map(|posted| posted.map(|view| view.id));
        require_one(&ids, seed);
        cluster.hostile(Hostility::CALM);
        for node in 0..3 {
            let ctx = cluster.ask(node, author).await;
            let filter = statuses::AccountFilter::default();
            let page = statuses::of_account(&ctx, author, filter, PageRequest::first(9)).await;
            assert_eq!(page.unwrap().items.len(), 1, "seed {seed}");
            let figures = ctx.social.counts.account(ctx.store(), author).await;
            assert_eq!(figures.unwrap().statuses, 1, "seed {seed}, node {node}");
        }
    }
}

/// All tries came to the same.
fn require_one<T: PartialEq + std::fmt::Debug>(ids: &[Result<T, Error>], seed: u64) {
    let first = ids[0].as_ref().unwrap();
    let same = |id: &Result<T, Error>| id.as_ref().is_ok_and(|id| id == first);
    assert!(ids.iter().all(same), "seed {seed}: {ids:?}");
}

#[tokio::test]
async fn one_key_on_three_nodes_is_scheduled_once() {
    for seed in 0..20 {
        let cluster = Cluster::new(seed).await;
        let author = cluster.person(0, "author").await;
        let at_ms = cluster.system(0).clock().now_ms() + DAY_MS;
        cluster.hostile(Hostility::HOSTILE);
        let plan = async |node: usize, text: &str| {
            let once = statuses::Draft {
                idempotency_key: Some("once".to_owned()),
                ..draft(text)
            };
            answered(async || {
                let ctx = cluster.ask(node, author).await;
                scheduled::schedule(&ctx, once.clone(), at_ms).await
            })
            .await
        };
        // What is no status takes the key from nobody.
        let (a, b, refused) = tokio::join!(plan(0, "once"), plan(1, "once"), plan(2, " "));
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        let c = plan(2, "once").await;
        let ids = [a, b, c].map(|planned| planned.map(|view| view.id));
        require_one(&ids, seed);
        cluster.hostile(Hostility::CALM);
        for node in 0..3 {
            let ctx = cluster.ask(node, author).await;
            let page = scheduled::list(&ctx, PageRequest::first(9)).await;
            assert_eq!(page.unwrap().items.len(), 1, "seed {seed}");
        }
    }
}
