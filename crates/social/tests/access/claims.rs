//! A name and an e-mail go to one account at most, and to nobody for ever who is not one.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use petrel_jobs::{Reconciler, run_due};
use petrel_model::id::AccountId;
use petrel_social::accounts::claims::{self, Claim, Emails, Names, PENDING_MS_MAX, Taken};
use petrel_social::accounts::table::{AccountRow, Accounts};
use petrel_social::accounts::{self, AbandonedNames, UnclaimedAccount};
use petrel_social::{Error, Result};
use petrel_store::sim::{Hostility, LATE_BOUND_S};

use crate::support::{World, calm, codes, person, settings, world};

const SEEDS: u64 = 12;
const AT_ONCE: usize = 100;

/// All at once; each answer.
async fn race(world: &World, people: Vec<(String, String)>) -> Vec<Result<AccountId>> {
    let mut tasks = tokio::task::JoinSet::new();
    for (username, email) in people {
        let ctx = world.anyone();
        tasks.spawn(async move { accounts::register(&ctx, person(&username, &email)).await });
    }
    tasks.join_all().await
}

/// Time passes, the engine behaves, and what was left behind is cleared away.
async fn heal(world: &World) {
    world.engine.set_hostility(Hostility::CALM);
    // Stamps run a little ahead of a wall clock that stands.
    world.wall.advance_ms(PENDING_MS_MAX + 1_000);
    let names = AbandonedNames {
        social: world.social.clone(),
    };
    assert_eq!(names.run().await.failed, None);
    world
        .wall
        .advance_ms(LATE_BOUND_S * 1_000 + PENDING_MS_MAX + 1);
    let drop_unclaimed = Arc::new(UnclaimedAccount {
        social: world.social.clone(),
    });
    let social = &world.social;
    run_due(&social.store, social.entropy.clone(), vec![drop_unclaimed])
        .await
        .unwrap();
}

/// After [`heal`]: every claim is that of an account, and every account has its claims.
async fn assert_nothing_leaked(world: &World) {
    let names = world.rows::<Names>().await;
    assert!(
        names.iter().all(|(_, row)| row.value.is_done()),
        "{names:?}"
    );
    for (email, _) in world.rows::<Emails>().await {
        let holder = claims::find_by_email(&world.social, &email).await.unwrap();
        assert!(holder.is_some(), "{email} is claimed for nobody");
    }
    for (account, row) in world.rows::<Accounts>().await {
        if let AccountRow::Created(created) = &row.value {
            let holds = claims::holds(&world.social, account, created)
                .await
                .unwrap();
            assert!(holds, "rows of {account} were left behind");
        }
    }
}

/// Whoever was told yes has it, nobody else was, and if nobody has it, it can be had.
async fn assert_one_at_most(world: &World, answers: Vec<Result<AccountId>>, wanted: (&str, &str)) {
    let won: Vec<_> = answers.iter().flatten().collect();
    assert!(won.len() <= 1, "{} accounts got the same", won.len());
    for answer in &answers {
        let known = match answer {
            Ok(_) | Err(Error::Store(_)) => true,
            Err(Error::InvalidFields(fields)) => fields.iter().all(|f| f.code == "ERR_TAKEN"),
            Err(_) => false,
        };
        assert!(known, "{answer:?}");
    }
    heal(world).await;
    assert_nothing_leaked(world).await;
    if let Some(winner) = won.first() {
        assert!(accounts::get(&world.anyone(), **winner).await.is_ok());
    }
    // An answer in doubt may have been a yes.
    let holders = world.rows::<Names>().await.len();
    assert!(holders <= 1 && holders >= won.len());
    let again = accounts::register(&world.anyone(), person(wanted.0, wanted.1)).await;
    match holders {
        0 => assert!(again.is_ok(), "{again:?}"),
        _ => assert!(!codes(again).is_empty()),
    }
}

#[tokio::test]
async fn a_hundred_want_one_name_and_one_email() {
    let mut winners = 0;
    for seed in 0..SEEDS {
        let world = world(seed, Hostility::HOSTILE, settings());
        let people = vec![("Ada".to_owned(), "ada@example.org".to_owned()); AT_ONCE];
        let answers = race(&world, people).await;
        winners += answers.iter().flatten().count();
        assert_one_at_most(&world, answers, ("ada", "ADA@example.org")).await;
    }
    assert!(winners > 0, "nobody ever won");
}

#[tokio::test]
async fn a_hundred_names_want_one_email() {
    for seed in 0..SEEDS {
        let world = world(seed, Hostility::HOSTILE, settings());
        let people = (0..AT_ONCE).map(|n| (format!("ada{n}"), "ada@example.org".to_owned()));
        let answers = race(&world, people.collect()).await;
        assert_one_at_most(&world, answers, ("somebody", "ada@example.org")).await;
    }
}

#[tokio::test]
async fn without_trouble_exactly_one_wins() {
    for seed in 0..SEEDS {
        let world = world(seed, Hostility::SLOW, settings());
        let people = (0..AT_ONCE).map(|n| ("ada".to_owned(), format!("ada{n}@example.org")));
        let answers = race(&world, people.collect()).await;
        assert_eq!(answers.iter().flatten().count(), 1);
        heal(&world).await;
        assert_nothing_leaked(&world).await;
        // All other e-mails are free.
        assert_eq!(world.rows::<Emails>().await.len(), 1);
    }
}

/// A future whose process dies at its nth step.
struct Dying<F> {
    inner: Pin<Box<F>>,
    steps: usize,
}

impl<F: Future> Future for Dying<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        if self.steps == 0 {
            return Poll::Ready(None);
        }
        self.steps -= 1;
        self.inner.as_mut().poll(context).map(Some)
    }
}

#[tokio::test]
async fn whoever_dies_at_any_step_keeps_nothing_from_others() {
    let (mut freed, mut stayed) = (0, 0);
    for seed in 0..SEEDS {
        for steps in 1.. {
            let world = world(seed, Hostility::SLOW, settings());
            let ctx = world.anyone();
            let dying = Dying {
                inner: Box::pin(accounts::register(&ctx, person("ada", "ada@example.org"))),
                steps,
            };
            let answer = pin!(dying).await;
            let exists = claims::find(&ctx, "ada").await.unwrap().is_some();
            heal(&world).await;
            assert_nothing_leaked(&world).await;
            let again = accounts::register(&ctx, person("Ada", "ada@example.org")).await;
            if exists {
                stayed += 1;
                assert_eq!(
                    codes(again),
                    [("username", "ERR_TAKEN"), ("email", "ERR_TAKEN")]
                );
            } else {
                freed += 1;
                assert!(again.is_ok(), "after {steps} steps: {again:?}");
            }
            if answer.is_some() {
                break;
            }
        }
    }
    assert!(
        freed > 50 && stayed > SEEDS,
        "{freed} freed, {stayed} stayed"
    );
}

#[tokio::test]
async fn a_pending_name_is_nobodys_and_taken_for_ten_minutes() {
    let world = calm();
    let ctx = world.anyone();
    let slow = Claim::new(&world.social, "ada", "ada@example.org");
    assert_eq!(slow.take().await.unwrap(), Ok(()));
    assert_eq!(claims::find(&ctx, "ada").await.unwrap(), None);
    let ada = |email: &'static str| accounts::register(&ctx, person("ADA", email));
    assert_eq!(
        codes(ada("a@example.org").await),
        [("username", "ERR_TAKEN")]
    );
    world.wall.advance_ms(PENDING_MS_MAX - 1_000);
    assert_eq!(
        codes(ada("a@example.org").await),
        [("username", "ERR_TAKEN")]
    );
    world.wall.advance_ms(2_000);
    let winner = ada("a@example.org").await.unwrap();
    assert!(!slow.finish().await.unwrap());
    slow.free().await;
    assert_eq!(claims::find(&ctx, "ada").await.unwrap(), Some(winner));
    // The slow one's e-mail is free as well.
    let other = accounts::register(&ctx, person("eve", "ada@example.org")).await;
    assert!(other.is_ok(), "{other:?}");
}

#[tokio::test]
async fn an_email_counts_only_while_its_name_bears_its_nonce() {
    let world = calm();
    let slow = Claim::new(&world.social, "ada", "ada@example.org");
    assert_eq!(slow.take().await.unwrap(), Ok(()));
    let other = Claim::new(&world.social, "eve", "Ada@Example.org");
    assert_eq!(other.take().await.unwrap(), Err(Taken::Email));
    other.free().await;
    assert_eq!(world.rows::<Names>().await.len(), 1);
    world.wall.advance_ms(PENDING_MS_MAX + 1_000);
    let third = Claim::new(&world.social, "eve", "ada@example.org");
    assert_eq!(third.take().await.unwrap(), Ok(()));
    assert!(third.finish().await.unwrap());
    assert!(!slow.finish().await.unwrap());
}

#[tokio::test]
async fn who_gives_up_frees_both_at_once() {
    let world = calm();
    let claim = Claim::new(&world.social, "ada", "ada@example.org");
    assert_eq!(claim.take().await.unwrap(), Ok(()));
    claim.free().await;
    assert!(world.rows::<Names>().await.is_empty());
    assert!(world.rows::<Emails>().await.is_empty());
    // What is done is not given up any more.
    let claim = Claim::new(&world.social, "ada", "ada@example.org");
    assert_eq!(claim.take().await.unwrap(), Ok(()));
    assert!(claim.finish().await.unwrap());
    claim.free().await;
    assert_eq!(world.rows::<Names>().await.len(), 1);
    assert_eq!(world.rows::<Emails>().await.len(), 1);
}

#[tokio::test]
async fn who_is_late_and_who_is_next_do_not_both_get_the_email() {
    let (mut late_won, mut next_won) = (0, 0);
    for seed in 0..300 {
        let world = world(seed, Hostility::CALM, settings());
        let late = Claim::new(&world.social, "ada", "ada@example.org");
        assert_eq!(late.take().await.unwrap(), Ok(()));
        world.wall.advance_ms(PENDING_MS_MAX + 1_000);
        world.engine.set_hostility(Hostility::SLOW);
        let next = Claim::new(&world.social, "eve", "ada@example.org");
        let next = async {
            match next.take().await.unwrap() {
                Ok(()) => next.finish().await.unwrap(),
                Err(_) => false,
            }
        };
        let (late, next) = tokio::join!(late.finish(), next);
        let late = late.unwrap();
        assert!(!(late && next), "seed {seed}: two accounts have one e-mail");
        late_won += u32::from(late);
        next_won += u32::from(next);
    }
    assert!(late_won > 0 && next_won > 0, "{late_won} {next_won}");
}
