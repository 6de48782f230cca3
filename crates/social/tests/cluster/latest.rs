//! Each command says whose latest it is: its actor's, and that of everybody whose rights it takes
//! or gives. Without it, what they ask next of another node knows nothing of it.

use std::path::Path;

use petrel_model::id::AccountId;
use petrel_model::scope::Scopes;
use petrel_social::account_lists::{self, ListUpdate, NewList};
use petrel_social::accounts::table::Role;
use petrel_social::accounts::{self, ProfileUpdate};
use petrel_social::conversations;
use petrel_social::filters::{self, FilterChange, KeywordChange, V1Change};
use petrel_social::oauth::{self, NewApp};
use petrel_social::polls::{self, NewPoll};
use petrel_social::relations::{self, FollowOptions, MuteOptions};
use petrel_social::reports::{self, NewReport};
use petrel_social::scheduled;
use petrel_social::statuses::{self, Edit};
use petrel_social::{domain_blocks, marks, notifications};
use petrel_social::{featured_tags, tag_follows};
use petrel_store::{Key, Latest, Table};

use crate::common::draft;
use crate::house::Cluster;

struct Walk {
    cluster: Cluster,
    actor: AccountId,
    other: AccountId,
    done: usize,
}

impl Walk {
    async fn new() -> Walk {
        let cluster = Cluster::of(1, &[0]).await;
        let actor = cluster.person(0, "actor").await;
        let other = cluster.person(0, "other").await;
        cluster.nodes[0].engine.take();
        Walk {
            cluster,
            actor,
            other,
            done: 0,
        }
    }

    /// Each batch since the last time was the latest of all of these.
    fn of(&mut self, command: &str, whose: &[AccountId]) {
        let written = self.cluster.nodes[0].engine.take().written;
        // Heartbeats aside, which are of one row.
        let batches: Vec<_> = written.iter().filter(|keys| keys.len() > 1).collect();
        assert!(!batches.is_empty(), "{command} writes nothing");
        for batch in batches {
            for account in whose {
                let said = batch
                    .iter()
                    .any(|key| key.table == Latest::ID && key.partition == account.to_bytes());
                assert!(said, "{command} is not the latest of {account}");
            }
        }
        self.done += 1;
    }

    async fn step<T>(
        &mut self,
        command: &str,
        whose: &[AccountId],
        done: impl Future<Output = petrel_social::Result<T>>,
    ) {
        assert!(done.await.is_ok(), "{command}");
        self.of(command, whose);
    }
}

#[tokio::test]
async fn every_command_about_statuses_says_whose_latest_it_is() {
    let mut walk = Walk::new().await;
    let (actor, other) = (walk.actor, walk.other);
    let ctx = walk.cluster.unattended(0, actor);
    let them = walk.cluster.unattended(0, other);
    let own = [actor];
    let theirs = statuses::create(&them, draft("theirs")).await.unwrap().id;
    walk.of("theirs", &[other]);
    walk.step(
        "create",
        &own,
        statuses::create(&ctx, draft("@other a #gull")),
    )
    .await;
    let mine = statuses::create(&ctx, draft("mine")).await.unwrap().id;
    walk.of("create", &own);
    let edit = Edit {
        text: Some("mine, edited".to_owned()),
        ..Edit::default()
    };
    walk.step("edit", &own, statuses::edit(&ctx, mine, edit))
        .await;
    walk.step("pin", &own, marks::pin(&ctx, mine)).await;
    walk.step("unpin", &own, marks::unpin(&ctx, mine)).await;
    walk.step("delete", &own, statuses::delete(&ctx, mine))
        .await;
    walk.step("favourite", &own, marks::favourite(&ctx, theirs))
        .await;
    walk.step("unfavourite", &own, marks::unfavourite(&ctx, theirs))
        .await;
    walk.step("bookmark", &own, marks::bookmark(&ctx, theirs))
        .await;
    walk.step("unbookmark", &own, marks::unbookmark(&ctx, theirs))
        .await;
    walk.step("reblog", &own, marks::reblog(&ctx, theirs, None))
        .await;
    walk.step("unreblog", &own, marks::unreblog(&ctx, theirs))
        .await;
    let asked = petrel_social::statuses::Draft {
        poll: Some(NewPoll {
            options: vec!["a".into(), "b".into()],
            expires_in_s: Some(600),
            ..NewPoll::default()
        }),
        ..draft("Which one?")
    };
    let asked = statuses::create(&them, asked).await.unwrap().id;
    walk.of("a poll", &[other]);
    walk.step("vote", &own, polls::vote(&ctx, asked, &[0]))
        .await;
    let at_ms = ctx.clock().now_ms() + 3_600_000;
    let later = scheduled::schedule(&ctx, draft("later"), at_ms).await;
    let later = later.unwrap().id;
    walk.of("schedule", &own);
    let put_off = scheduled::reschedule(&ctx, later, at_ms + 1);
    walk.step("reschedule", &own, put_off).await;
    walk.step("cancel", &own, scheduled::cancel(&ctx, later))
        .await;
    walk.step("mute a thread", &own, marks::mute_thread(&ctx, theirs))
        .await;
    walk.step("unmute a thread", &own, marks::unmute_thread(&ctx, theirs))
        .await;
    assert_eq!(walk.done, 20);
}

#[tokio::test]
async fn every_command_about_others_says_whose_latest_it_is() {
    let mut walk = Walk::new().await;
    let (actor, other) = (walk.actor, walk.other);
    let ctx = walk.cluster.unattended(0, actor);
    let them = walk.cluster.unattended(0, other);
    let (own, both) = ([actor], [actor, other]);
    let follow = FollowOptions::default;
    walk.step("follow", &both, relations::follow(&ctx, other, follow()))
        .await;
    walk.step("unfollow", &both, relations::unfollow(&ctx, other))
        .await;
    walk.step("unfollow nobody", &both, relations::unfollow(&ctx, other))
        .await;
    walk.step(
        "remove a follower",
        &both,
        relations::remove_follower(&ctx, other),
    )
    .await;
    walk.step("block", &both, relations::block(&ctx, other))
        .await;
    walk.step("unblock", &both, relations::unblock(&ctx, other))
        .await;
    let mute = MuteOptions {
        notifications: true,
        duration_s: 0,
    };
    walk.step("mute", &own, relations::mute(&ctx, other, mute))
        .await;
    walk.step("unmute", &own, relations::unmute(&ctx, other))
        .await;
    walk.step(
        "note",
        &own,
        relations::set_note(&ctx, other, "a".to_owned()),
    )
    .await;
    let locked = ProfileUpdate {
        locked: Some(true),
        privacy: Some(petrel_model::visibility::Visibility::Private),
        ..ProfileUpdate::default()
    };
    walk.step("profile", &own, accounts::update(&ctx, locked))
        .await;
    for answer in ["authorise", "reject"] {
        walk.step("ask", &both, relations::follow(&them, actor, follow()))
            .await;
        match answer {
            "authorise" => {
                walk.step(
                    "authorise",
                    &both,
                    relations::authorize_request(&ctx, other),
                )
                .await;
                walk.step("end", &both, relations::unfollow(&them, actor))
                    .await;
            }
            _ => {
                walk.step("reject", &both, relations::reject_request(&ctx, other))
                    .await;
            }
        }
    }
    statuses::create(&them, draft("@actor hello"))
        .await
        .unwrap();
    let page = petrel_social::page::PageRequest::first(1);
    let told = notifications::list(&ctx, Default::default(), page).await;
    let told = told.unwrap().items.remove(0).id;
    walk.of("theirs", &[other]);
    walk.step("dismiss", &own, notifications::dismiss(&ctx, told))
        .await;
    walk.step("clear", &own, notifications::clear(&ctx)).await;
    walk.step(
        "block a domain",
        &own,
        domain_blocks::block(&ctx, "a.example"),
    )
    .await;
    walk.step(
        "unblock a domain",
        &own,
        domain_blocks::unblock(&ctx, "a.example"),
    )
    .await;
    walk.step(
        "report",
        &own,
        reports::create(&ctx, other, NewReport::default(), 0),
    )
    .await;
    assert_eq!(walk.done, 21);
}

#[tokio::test]
async fn every_command_about_filters_says_whose_latest_it_is() {
    let mut walk = Walk::new().await;
    let own = [walk.actor];
    let ctx = walk.cluster.unattended(0, walk.actor);
    let status = statuses::create(&ctx, draft("mine")).await.unwrap().id;
    walk.of("create", &own);
    let change = || FilterChange {
        title: Some("t".to_owned()),
        contexts: Some(vec!["home".to_owned()]),
        ..FilterChange::default()
    };
    let word = |text: &str| KeywordChange {
        keyword: Some(text.to_owned()),
        ..KeywordChange::default()
    };
    let filter = filters::create(&ctx, change()).await.unwrap().id;
    walk.of("a filter", &own);
    let hidden = FilterChange {
        action: Some("hide".to_owned()),
        ..change()
    };
    walk.step("change", &own, filters::update(&ctx, filter, hidden))
        .await;
    let keyword = filters::add_keyword(&ctx, filter, word("a")).await;
    let keyword = keyword.unwrap().id;
    walk.of("a keyword", &own);
    let changed = filters::change_keyword(&ctx, keyword, word("b"));
    walk.step("change a keyword", &own, changed).await;
    let removed = filters::remove_keyword(&ctx, keyword);
    walk.step("remove a keyword", &own, removed).await;
    let kept = filters::add_status(&ctx, filter, Some(status)).await;
    let kept = kept.unwrap().id;
    walk.of("a status", &own);
    let removed = filters::remove_status(&ctx, kept);
    walk.step("remove a status", &own, removed).await;
    walk.step("delete", &own, filters::delete(&ctx, filter))
        .await;
    let asked = |phrase: &str| V1Change {
        phrase: Some(phrase.to_owned()),
        contexts: Some(vec!["home".to_owned()]),
        ..V1Change::default()
    };
    let old = filters::create_v1(&ctx, asked("a"))
        .await
        .unwrap()
        .keyword
        .id;
    walk.of("one of old", &own);
    let changed = filters::update_v1(&ctx, old, asked("b"));
    walk.step("change one of old", &own, changed).await;
    walk.step("delete one of old", &own, filters::delete_v1(&ctx, old))
        .await;
    assert_eq!(walk.done, 12);
}

#[tokio::test]
async fn every_command_about_lists_and_tags_says_whose_latest_it_is() {
    let mut walk = Walk::new().await;
    let (actor, other) = (walk.actor, walk.other);
    let ctx = walk.cluster.unattended(0, actor);
    let own = [actor];
    relations::follow(&ctx, other, FollowOptions::default())
        .await
        .unwrap();
    walk.of("follow", &own);
    let new = NewList {
        title: "a list".to_owned(),
        ..NewList::default()
    };
    let list = account_lists::create(&ctx, new).await.unwrap().id;
    walk.of("make a list", &own);
    let exclusive = ListUpdate {
        exclusive: Some(true),
        ..ListUpdate::default()
    };
    walk.step(
        "change a list",
        &own,
        account_lists::update(&ctx, list, exclusive),
    )
    .await;
    walk.step("add", &own, account_lists::add(&ctx, list, &[other]))
        .await;
    walk.step("remove", &own, account_lists::remove(&ctx, list, &[other]))
        .await;
    walk.step("delete a list", &own, account_lists::delete(&ctx, list))
        .await;
    walk.step("follow a tag", &own, tag_follows::follow(&ctx, "gull"))
        .await;
    walk.step("unfollow a tag", &own, tag_follows::unfollow(&ctx, "gull"))
        .await;
    let featured = featured_tags::feature(&ctx, "gull").await.unwrap().id;
    walk.of("feature a tag", &own);
    let unfeature = featured_tags::unfeature(&ctx, featured);
    walk.step("unfeature a tag", &own, unfeature).await;
    assert_eq!(walk.done, 10);
}

#[tokio::test]
async fn every_command_about_conversations_says_whose_latest_it_is() {
    let mut walk = Walk::new().await;
    let (own, actor) = ([walk.actor], walk.actor);
    let ctx = walk.cluster.unattended(0, actor);
    let direct = statuses::Draft {
        visibility: Some(petrel_model::visibility::Visibility::Direct),
        ..draft("@other psst")
    };
    let told = statuses::create(&ctx, direct).await.unwrap().id;
    walk.of("create", &own);
    let conversation = conversations::of_status(&ctx, told).await.unwrap();
    let id = conversation.unwrap().id;
    walk.step("unread", &own, conversations::mark_unread(&ctx, id))
        .await;
    walk.step("read", &own, conversations::mark_read(&ctx, id))
        .await;
    walk.step("remove", &own, conversations::remove(&ctx, id))
        .await;
    assert_eq!(walk.done, 4);
}

#[tokio::test]
async fn every_command_about_access_says_whose_latest_it_is() {
    let mut walk = Walk::new().await;
    let own = [walk.actor];
    let actor = walk.actor;
    let social = walk.cluster.nodes[0].social.clone();
    let system = walk.cluster.system(0);
    let new = NewApp {
        name: "app".to_owned(),
        redirect_uris: vec![oauth::OUT_OF_BAND.to_owned()],
        scopes: Scopes::parse("read").unwrap(),
        website: None,
        fixed: None,
    };
    let app = oauth::create_app(&system, new).await.unwrap();
    walk.of("an app", &[]);
    let scopes = app.scopes;
    let token = oauth::issue(&social, app.id, actor, scopes)
        .await
        .unwrap()
        .token;
    walk.of("token", &own);
    let secret = app.client_secret.clone().unwrap();
    let anonymous = walk.cluster.anonymous(0);
    walk.step(
        "revoke",
        &own,
        oauth::revoke(&anonymous, &app.client_id, &secret, &token),
    )
    .await;
    let cookie = oauth::start_session(&social, actor).await.unwrap();
    walk.of("session", &own);
    walk.step("end a session", &own, oauth::end_session(&social, &cookie))
        .await;
    walk.step(
        "password",
        &own,
        accounts::reset_password(&system, actor, "another horse"),
    )
    .await;
    walk.step(
        "role",
        &own,
        accounts::set_role(&system, actor, Role::Moderator),
    )
    .await;
    walk.step("suspend", &own, accounts::suspend(&system, actor))
        .await;
    walk.step("unsuspend", &own, accounts::unsuspend(&system, actor))
        .await;
    assert_eq!(walk.done, 9);
}

/// Where batches begin that nobody asked for: jobs, what is done for whoever has a secret, and the
/// one place of all others.
const BATCHES_OF_THEIR_OWN: &[&str] = &[
    "context.rs",
    "account_lists/clean_up.rs",
    "accounts/confirmation.rs",
    "conversations/parts.rs",
    "filters/clean_up.rs",
    "lists/keeper.rs",
    "lists/read.rs",
    "notifications/clear.rs",
    "oauth/access.rs",
    "oauth/grants.rs",
    "oauth/sessions.rs",
    "statuses/cleanup.rs",
];

#[test]
fn commands_begin_their_batches_in_one_place() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.clone()];
    let mut others = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.strip_prefix(&source).unwrap().to_str().unwrap();
            let begins = ["store().batch()", "store.batch()"];
            let may = BATCHES_OF_THEIR_OWN.contains(&name);
            if !may && begins.iter().any(|begin| text.contains(begin)) {
                others.push(name.to_owned());
            }
        }
    }
    assert_eq!(
        others,
        Vec::<String>::new(),
        "these say of nobody whose latest they are"
    );
}
