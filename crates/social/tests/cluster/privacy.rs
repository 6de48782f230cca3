//! Who is let go or shut out on one node is shown nothing on another that was written later, on
//! whatever node, with the bus dead and clocks 900 ms apart.

use petrel_model::id::{AccountId, StatusId};
use petrel_model::scope::Scopes;
use petrel_model::visibility::Visibility;
use petrel_social::oauth::{self, CodeExchange, NewApp, OAuthError};
use petrel_social::page::PageRequest;
use petrel_social::relations::{self, FollowOptions};
use petrel_social::statuses::{self, AccountFilter, Draft, Edit};
use petrel_social::{Caller, Ctx, Error, accounts, marks};
use petrel_store::sim::Hostility;

use crate::common::draft;
use crate::house::{Cluster, answered};

const SEEDS: u64 = 20;
const ROUNDS: usize = 50;

fn private(text: &str) -> Draft {
    Draft {
        visibility: Some(Visibility::Private),
        ..draft(text)
    }
}

async fn post(cluster: &Cluster, node: usize, author: AccountId, text: &str) -> StatusId {
    let key = format!("{text} {}", cluster.below(1 << 30));
    answered(async || {
        let ctx = cluster.ask(node, author).await;
        let draft = Draft {
            idempotency_key: Some(key.clone()),
            ..private(text)
        };
        Ok(statuses::create(&ctx, draft).await?.id)
    })
    .await
    .unwrap()
}

/// What the account is shown of the author's profile: each status with its text.
async fn profile(ctx: &Ctx, author: AccountId) -> Result<Vec<(StatusId, String)>, Error> {
    let filter = AccountFilter::default();
    let page = statuses::of_account(ctx, author, filter, PageRequest::first(5)).await?;
    Ok(page
        .items
        .into_iter()
        .map(|view| (view.id, view.text))
        .collect())
}

struct Trial<'a> {
    cluster: &'a Cluster,
    author: AccountId,
    follower: AccountId,
    /// Posted privately long ago.
    old: StatusId,
}

impl Trial<'_> {
    /// The follower follows and reads, so that the node that they will read on later knows it.
    async fn begin(&self, on: usize) {
        let (cluster, author) = (self.cluster, self.author);
        answered(async || {
            let ctx = cluster.ask(cluster.below(3), author).await;
            relations::unblock(&ctx, self.follower).await
        })
        .await
        .unwrap();
        answered(async || {
            let ctx = cluster.ask(cluster.below(3), self.follower).await;
            relations::follow(&ctx, author, FollowOptions::default()).await
        })
        .await
        .unwrap();
        let seen = answered(async || {
            let ctx = cluster.ask(on, self.follower).await;
            statuses::get(&ctx, self.old).await
        });
        assert_eq!(seen.await.unwrap().id, self.old);
    }

    async fn shut_out(&self, node: usize, block: bool) {
        answered(async || {
            let ctx = self.cluster.ask(node, self.author).await;
            match block {
                true => relations::block(&ctx, self.follower).await,
                false => relations::remove_follower(&ctx, self.follower).await,
            }
        })
        .await
        .unwrap();
    }

    /// Posts, or edits what was posted long ago; gives what nobody but followers may read now.
    async fn write(&self, node: usize, edit: bool, secret: &str) -> StatusId {
        if !edit {
            return post(self.cluster, node, self.author, secret).await;
        }
        answered(async || {
            let ctx = self.cluster.ask(node, self.author).await;
            let edit = Edit {
                text: Some(secret.to_owned()),
                ..Edit::default()
            };
            statuses::edit(&ctx, self.old, edit).await
        })
        .await
        .unwrap();
        self.old
    }
}

/// `attends` as every request does; without, only what the status itself demands is left.
async fn rounds(seed: u64, hostility: Hostility, attends: bool) {
    let cluster = Cluster::new(seed).await;
    let author = cluster.person(0, "author").await;
    let follower = cluster.person(1, "follower").await;
    for round in 0..ROUNDS {
        // An account may be edited so often only.
        let old = post(&cluster, 0, author, "long ago").await;
        let trial = Trial {
            cluster: &cluster,
            author,
            follower,
            old,
        };
        let nodes = [cluster.below(3), cluster.below(3), cluster.below(3)];
        let [a, b, c] = nodes;
        cluster.hostile(hostility.clone());
        trial.begin(c).await;
        // At times so long that nothing reminds the node that what it knows is old.
        for _ in 0..[0, 1, 2, 12][cluster.below(4)] {
            cluster.step().await;
        }
        let (block, edit) = (cluster.below(2) == 0, cluster.below(2) == 0);
        let secret = format!("secret {round}");
        trial.shut_out(a, block).await;
        if attends {
            // What they may see of what was there before is taken at once, too.
            let shown = answered(async || {
                let ctx = cluster.ask(c, follower).await;
                statuses::get(&ctx, old).await
            });
            let why = format!("seed {seed}, round {round}, nodes {nodes:?}, block {block}");
            assert!(matches!(shown.await, Err(Error::NotFound)), "old: {why}");
        }
        // Somebody reads all the while.
        let reads = async {
            let mut shown = Vec::new();
            for _ in 0..3 {
                let ctx = cluster.unattended(c, follower);
                shown.extend(profile(&ctx, author).await.unwrap_or_default());
            }
            shown
        };
        let (id, meanwhile) = tokio::join!(trial.write(b, edit, &secret), reads);
        let why =
            format!("seed {seed}, round {round}, nodes {nodes:?}, block {block}, edit {edit}");
        let is_secret = |(_, text): &(StatusId, String)| text.contains(&secret);
        assert!(!meanwhile.iter().any(is_secret), "seen meanwhile: {why}");
        let shown = answered(async || {
            let ctx = match attends {
                true => cluster.ask(c, follower).await,
                false => cluster.unattended(c, follower),
            };
            statuses::get(&ctx, id).await
        });
        match shown.await {
            Err(Error::NotFound) => {}
            // What they were shown before, as it was then, by who has not heard of anything since.
            Ok(view) if edit && !attends => assert_eq!(view.text, "long ago", "by id: {why}"),
            other => panic!("by id: {why}: {other:?}"),
        }
        let ctx = cluster.unattended(c, follower);
        let listed = answered(async || profile(&ctx, author).await).await;
        assert!(
            !listed.unwrap_or_default().iter().any(is_secret),
            "listed: {why}"
        );
        cluster.hostile(Hostility::CALM);
    }
}

#[tokio::test]
async fn who_is_shut_out_sees_nothing_that_is_written_later() {
    for seed in 0..SEEDS {
        rounds(seed, Hostility::SLOW, true).await;
    }
}

#[tokio::test]
async fn so_it_is_without_a_word_of_the_reader_s_own() {
    for seed in 100..105 {
        rounds(seed, Hostility::SLOW, false).await;
    }
}

#[tokio::test]
async fn so_it_is_where_the_engine_often_does_not_answer() {
    for seed in 200..205 {
        rounds(seed, Hostility::HOSTILE, true).await;
    }
}

#[tokio::test]
async fn of_a_block_and_an_answer_at_once_the_block_holds() {
    for seed in 0..SEEDS {
        let cluster = Cluster::new(seed).await;
        let author = cluster.person(0, "author").await;
        let asker = cluster.person(1, "asker").await;
        let locked = petrel_social::accounts::ProfileUpdate {
            locked: Some(true),
            ..Default::default()
        };
        let ctx = cluster.ask(0, author).await;
        petrel_social::accounts::update(&ctx, locked).await.unwrap();
        let secret = post(&cluster, 0, author, "secret").await;
        cluster.hostile(Hostility::SLOW);
        let ctx = cluster.ask(1, asker).await;
        let asked = relations::follow(&ctx, author, FollowOptions::default()).await;
        assert!(asked.unwrap().requested, "seed {seed}");
        let (one, other) = (cluster.ask(0, author).await, cluster.ask(2, author).await);
        let (blocked, answer) = tokio::join!(
            relations::block(&one, asker),
            relations::authorize_request(&other, asker)
        );
        blocked.unwrap();
        drop(answer);
        for node in 0..3 {
            let ctx = cluster.ask(node, author).await;
            let view = relations::relationships(&ctx, &[asker]).await.unwrap();
            assert!(view[0].blocking && !view[0].followed_by, "seed {seed}");
            let ctx = cluster.ask(node, asker).await;
            let shown = statuses::get(&ctx, secret).await;
            assert!(matches!(shown, Err(Error::NotFound)), "seed {seed}");
        }
    }
}

#[tokio::test]
async fn who_is_blocked_is_not_told_what_the_other_favourited_since() {
    let cluster = Cluster::new(300).await;
    let author = cluster.person(0, "author").await;
    let fan = cluster.person(0, "fan").await;
    let reader = cluster.person(2, "reader").await;
    let ctx = cluster.ask(0, author).await;
    let old = statuses::create(&ctx, draft("for all")).await.unwrap().id;
    for _ in 0..12 {
        cluster.step().await;
    }
    let page = || PageRequest::first(5);
    let ctx = cluster.ask(2, reader).await;
    let before = marks::favourited_by(&ctx, old, page()).await.unwrap();
    assert!(before.items.is_empty());
    // The node knows that the fan does not block them.
    let tie = relations::relationships(&ctx, &[fan]).await.unwrap();
    assert!(!tie[0].blocked_by);
    let ctx = cluster.ask(0, fan).await;
    relations::block(&ctx, reader).await.unwrap();
    let ctx = cluster.ask(1, fan).await;
    marks::favourite(&ctx, old).await.unwrap();
    let ctx = cluster.unattended(2, reader);
    let shown = marks::favourited_by(&ctx, old, page()).await.unwrap();
    assert!(shown.items.is_empty());
    let ctx = cluster.unattended(2, author);
    let shown = marks::favourited_by(&ctx, old, page()).await.unwrap();
    assert_eq!(shown.items[0].id, fan);
}

/// A code is stamped by a clock that may be ahead of that of the node which ends all access.
#[tokio::test]
async fn a_code_given_just_before_a_new_password_lets_nobody_in() {
    let cluster = Cluster::new(301).await;
    let account = cluster.person(0, "author").await;
    for _ in 0..12 {
        cluster.step().await;
    }
    let scopes = Scopes::parse("read").unwrap();
    let uri = oauth::OUT_OF_BAND;
    let new = NewApp {
        name: "app".to_owned(),
        redirect_uris: vec![uri.to_owned()],
        scopes,
        website: None,
        fixed: None,
    };
    let app = oauth::create_app(&cluster.anonymous(0), new).await.unwrap();
    let mut browser = cluster.ask(2, account).await;
    browser.caller = Caller::User {
        account,
        token: None,
        app: None,
        scopes,
    };
    let code = oauth::authorize(&browser, &app, uri, scopes, None).await;
    let operator = cluster.system(0);
    accounts::reset_password(&operator, account, "another horse")
        .await
        .unwrap();
    let exchange = CodeExchange {
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone().unwrap(),
        code: code.unwrap(),
        redirect_uri: uri.to_owned(),
        code_verifier: None,
    };
    for node in [0, 1, 2] {
        let token = oauth::token_by_code(&cluster.anonymous(node), exchange.clone()).await;
        let refused = matches!(token, Err(Error::OAuth(OAuthError::InvalidGrant)));
        assert!(refused, "node {node}");
    }
}
