//! Lists of accounts: their own rules, who counts as a member, and what a deletion leaves.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{World, id};
use petrel_model::entropy::SeededEntropy;
use petrel_model::home::RepliesPolicy;
use petrel_model::id::{AccountId, Id};
use petrel_model::limits::{ACCOUNT_LIST_CHANGES_MAX, ACCOUNT_LISTS_MAX};
use petrel_social::account_lists::table::{AccountListMembers, AccountLists};
use petrel_social::account_lists::{self, CleanUpAccountList, ListUpdate, MemberPage, NewList};
use petrel_social::error::Error;
use petrel_social::page::PageRequest;
use petrel_social::relations::{self, FollowOptions};
use petrel_social::{Ctx, accounts};

fn titled(title: &str) -> NewList {
    NewList {
        title: title.to_owned(),
        ..NewList::default()
    }
}

async fn list(ctx: &Ctx) -> Id {
    let list = account_lists::create(ctx, titled("a list")).await;
    list.unwrap().id
}

async fn follow(ctx: &Ctx, other: &Ctx) {
    let options = FollowOptions::default();
    relations::follow(ctx, id(other), options).await.unwrap();
}

async fn members(ctx: &Ctx, list: Id) -> Vec<AccountId> {
    let page = account_lists::accounts(ctx, list, MemberPage::All).await;
    page.unwrap().items.iter().map(|view| view.id).collect()
}

fn said<T>(answer: Result<T, Error>) -> String {
    answer.err().unwrap().to_string()
}

#[tokio::test]
async fn a_list_is_made_changed_and_deleted() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let made = account_lists::create(&ann, titled("birds")).await.unwrap();
    assert_eq!(made.replies_policy, RepliesPolicy::List);
    assert_eq!(account_lists::all(&ann).await.unwrap()[0], made);
    let update = ListUpdate {
        replies_policy: Some(RepliesPolicy::None),
        exclusive: Some(true),
        ..ListUpdate::default()
    };
    let changed = account_lists::update(&ann, made.id, update).await.unwrap();
    assert_eq!((changed.title.as_str(), changed.exclusive), ("birds", true));
    assert_eq!(account_lists::get(&ann, made.id).await.unwrap(), changed);
    // It is nobody else's.
    assert!(matches!(
        account_lists::get(&bob, made.id).await,
        Err(Error::NotFound)
    ));
    let update = account_lists::update(&bob, made.id, ListUpdate::default()).await;
    assert!(matches!(update, Err(Error::NotFound)));
    let delete = account_lists::delete(&bob, made.id).await;
    assert!(matches!(delete, Err(Error::NotFound)));
    account_lists::delete(&ann, made.id).await.unwrap();
    assert!(account_lists::all(&ann).await.unwrap().is_empty());
    let again = account_lists::delete(&ann, made.id).await;
    assert!(matches!(again, Err(Error::NotFound)));
}

#[tokio::test]
async fn titles_and_numbers_are_limited() {
    let world = World::new();
    let ann = world.person("ann").await;
    for blank in ["", "  "] {
        let why = said(account_lists::create(&ann, titled(blank)).await);
        assert_eq!(why, "Validation failed: Title can't be blank");
    }
    let why = said(account_lists::create(&ann, titled(&"ü".repeat(257))).await);
    assert!(why.ends_with("Title is too long (maximum is 256 characters)"));
    for _ in 0..ACCOUNT_LISTS_MAX {
        account_lists::create(&ann, titled(&"ü".repeat(256)))
            .await
            .unwrap();
    }
    let why = said(account_lists::create(&ann, titled("one more")).await);
    assert!(why.contains("maximum number of lists"), "{why}");
    let first = account_lists::all(&ann).await.unwrap()[0].id;
    account_lists::delete(&ann, first).await.unwrap();
    account_lists::create(&ann, titled("one more"))
        .await
        .unwrap();
}

#[tokio::test]
async fn members_are_followed_or_oneself_and_all_or_none_are_added() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let stranger = world.person("stranger").await;
    follow(&ann, &bob).await;
    let list = list(&ann).await;
    let add = account_lists::add(&ann, list, &[id(&bob), id(&stranger)]).await;
    assert!(matches!(add, Err(Error::NotFound)), "{add:?}");
    assert!(members(&ann, list).await.is_empty());
    let nobody = AccountId(Id(77));
    let add = account_lists::add(&ann, list, &[nobody]).await;
    assert!(matches!(add, Err(Error::NotFound)));
    account_lists::add(&ann, list, &[id(&bob), id(&ann), id(&bob)])
        .await
        .unwrap();
    assert_eq!(members(&ann, list).await, [id(&bob), id(&ann)]);
    let why = said(account_lists::add(&ann, list, &[id(&bob)]).await);
    assert_eq!(why, "Validation failed: Account has already been taken");
    let on = account_lists::of_account(&ann, id(&bob)).await.unwrap();
    assert_eq!(on.len(), 1);
    assert!(
        account_lists::of_account(&ann, id(&stranger))
            .await
            .unwrap()
            .is_empty()
    );
    // Taking off is never refused.
    account_lists::remove(&ann, list, &[id(&bob), id(&stranger), nobody])
        .await
        .unwrap();
    assert_eq!(members(&ann, list).await, [id(&ann)]);
    let many: Vec<_> = (0..=ACCOUNT_LIST_CHANGES_MAX as u64)
        .map(|number| AccountId(Id(number)))
        .collect();
    assert!(account_lists::add(&ann, list, &many).await.is_err());
    account_lists::add(&ann, list, &[]).await.unwrap();
}

#[tokio::test]
async fn a_membership_ends_with_the_follow_that_it_stands_upon() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let list = list(&ann).await;
    for end in ["unfollow", "removed by bob", "block"] {
        follow(&ann, &bob).await;
        account_lists::add(&ann, list, &[id(&bob)]).await.unwrap();
        assert_eq!(members(&ann, list).await, [id(&bob)]);
        match end {
            "unfollow" => relations::unfollow(&ann, id(&bob)).await.unwrap(),
            "block" => relations::block(&ann, id(&bob)).await.unwrap(),
            _ => relations::remove_follower(&bob, id(&ann)).await.unwrap(),
        };
        assert!(members(&ann, list).await.is_empty(), "{end}");
        let on = account_lists::of_account(&ann, id(&bob)).await.unwrap();
        assert!(on.is_empty(), "{end}");
        relations::unblock(&ann, id(&bob)).await.unwrap();
        // Whoever follows anew has not put anybody on a list by that.
        follow(&ann, &bob).await;
        assert!(members(&ann, list).await.is_empty(), "{end}");
    }
}

#[tokio::test]
async fn who_was_asked_is_a_member_and_stays_one_when_they_agree() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.locked_person("bob").await);
    let list = list(&ann).await;
    follow(&ann, &bob).await;
    account_lists::add(&ann, list, &[id(&bob)]).await.unwrap();
    assert_eq!(members(&ann, list).await, [id(&bob)]);
    relations::authorize_request(&bob, id(&ann)).await.unwrap();
    assert_eq!(members(&ann, list).await, [id(&bob)]);
    relations::unfollow(&ann, id(&bob)).await.unwrap();
    follow(&ann, &bob).await;
    assert!(members(&ann, list).await.is_empty());
    account_lists::add(&ann, list, &[id(&bob)]).await.unwrap();
    relations::reject_request(&bob, id(&ann)).await.unwrap();
    assert!(members(&ann, list).await.is_empty());
}

#[tokio::test]
async fn members_come_in_pages() {
    let world = World::new();
    let ann = world.person("ann").await;
    let list = list(&ann).await;
    let mut expected = Vec::new();
    for number in 0..7 {
        let other = world.person(&format!("p{number}")).await;
        follow(&ann, &other).await;
        account_lists::add(&ann, list, &[id(&other)]).await.unwrap();
        expected.insert(0, id(&other));
        world.tick();
    }
    // One who is suspended is not shown.
    accounts::suspend(&world.system(), expected.remove(3))
        .await
        .unwrap();
    let mut found = Vec::new();
    let mut page = PageRequest::first(2);
    loop {
        let some = account_lists::accounts(&ann, list, MemberPage::Some(page)).await;
        let some = some.unwrap();
        assert!(some.items.len() <= 2);
        found.extend(some.items.iter().map(|view| view.id));
        let Some(next) = some.next_max_id else { break };
        page.max_id = Some(next);
    }
    assert_eq!(found, expected);
    assert_eq!(members(&ann, list).await, expected);
    let newer = PageRequest {
        min_id: Some(expected[2].0),
        ..PageRequest::first(2)
    };
    let newer = account_lists::accounts(&ann, list, MemberPage::Some(newer)).await;
    let newer: Vec<_> = newer.unwrap().items.iter().map(|view| view.id).collect();
    assert_eq!(newer, expected[..2]);
}

#[tokio::test]
async fn a_deleted_list_leaves_nothing_behind() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let list = list(&ann).await;
    follow(&ann, &bob).await;
    account_lists::add(&ann, list, &[id(&bob)]).await.unwrap();
    account_lists::delete(&ann, list).await.unwrap();
    let store = &world.social.store;
    let handler = Arc::new(CleanUpAccountList(world.social.clone()));
    petrel_jobs::run_due(store, Arc::new(SeededEntropy::new(1)), vec![handler])
        .await
        .unwrap();
    let rows = store
        .partition::<AccountListMembers>(&(id(&ann), list))
        .await;
    assert!(rows.unwrap().is_empty());
    let rows = store.partition::<AccountLists>(&id(&ann)).await.unwrap();
    // That it is gone is remembered for as long as something could turn it on again.
    assert_eq!(rows.len(), 1);
    assert!(rows[0].expires_at_s.is_some());
}
