//! Hashtags that an account follows, and those that it features.

#![allow(clippy::unwrap_used)]

mod common;

use common::{World, draft, id, post};
use petrel_model::limits::{FEATURED_TAGS_MAX, FOLLOWED_TAGS_MAX};
use petrel_model::visibility::Visibility;
use petrel_social::error::Error;
use petrel_social::featured_tags::{self, COUNTED_STATUSES_MAX, TagTies};
use petrel_social::page::PageRequest;
use petrel_social::statuses::{self, Draft};
use petrel_social::{Ctx, relations, tag_follows};

async fn followed(ctx: &Ctx) -> Vec<String> {
    let page = tag_follows::followed(ctx, PageRequest::first(200)).await;
    page.unwrap().items
}

async fn featured(ctx: &Ctx) -> Vec<(String, u64)> {
    let own = featured_tags::own(ctx).await.unwrap();
    own.into_iter()
        .map(|tag| (tag.name, tag.statuses_count))
        .collect()
}

#[tokio::test]
async fn a_hashtag_is_followed_once_whatever_its_case() {
    let world = World::new();
    let ann = world.person("ann").await;
    for name in ["Gull", "GULL", "tern"] {
        tag_follows::follow(&ann, name).await.unwrap();
        world.tick();
    }
    assert_eq!(followed(&ann).await, ["tern", "Gull"]);
    let ties = TagTies::of(&ann).await.unwrap().unwrap();
    let tie = ties.to("gull");
    assert!(tie.following && !tie.featuring);
    let page = PageRequest::first(1);
    let first = tag_follows::followed(&ann, page).await.unwrap();
    let next = PageRequest {
        max_id: first.next_max_id,
        ..page
    };
    let next = tag_follows::followed(&ann, next).await.unwrap();
    assert_eq!(next.items, ["Gull"]);
    tag_follows::unfollow(&ann, "gull").await.unwrap();
    tag_follows::unfollow(&ann, "gull").await.unwrap();
    assert_eq!(followed(&ann).await, ["tern"]);
    tag_follows::follow(&ann, "gull").await.unwrap();
    assert_eq!(followed(&ann).await, ["gull", "tern"]);
    for wrong in ["", "a b", "#x", "12"] {
        let follow = tag_follows::follow(&ann, wrong).await;
        assert!(matches!(follow, Err(Error::NotFound)), "{wrong:?}");
    }
}

#[tokio::test]
async fn followed_hashtags_are_limited() {
    let world = World::new();
    let ann = world.person("ann").await;
    for number in 0..FOLLOWED_TAGS_MAX {
        tag_follows::follow(&ann, &format!("t{number}"))
            .await
            .unwrap();
    }
    let more = tag_follows::follow(&ann, "more").await;
    assert!(matches!(more, Err(Error::Invalid(_))));
    tag_follows::unfollow(&ann, "t7").await.unwrap();
    tag_follows::follow(&ann, "more").await.unwrap();
    // What was never followed is remembered as not followed, but not without end.
    let mut refused = false;
    for number in 0..=FOLLOWED_TAGS_MAX {
        refused |= tag_follows::unfollow(&ann, &format!("u{number}"))
            .await
            .is_err();
    }
    assert!(refused);
}

#[tokio::test]
async fn featured_hashtags_tell_what_their_owner_wrote_under_them() {
    let world = World::new();
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let made = featured_tags::feature(&ann, "#Gull").await.unwrap();
    assert_eq!((made.name.as_str(), made.statuses_count), ("Gull", 0));
    assert!(made.last_status_at_ms.is_none() && made.url.ends_with("/tagged/gull"));
    featured_tags::feature(&ann, "tern").await.unwrap();
    post(&ann, "one #gull").await;
    let last = post(&ann, "two #GULL #tern").await;
    for visibility in [Visibility::Private, Visibility::Direct] {
        let hidden = Draft {
            visibility: Some(visibility),
            ..draft("#gull #secret")
        };
        statuses::create(&ann, hidden).await.unwrap();
    }
    post(&bob, "not hers #gull").await;
    let own = featured_tags::own(&ann).await.unwrap();
    assert_eq!(own[0].last_status_at_ms, Some(last.id.time_ms()));
    let expected = [("Gull".to_owned(), 2), ("tern".to_owned(), 1)];
    assert_eq!(featured(&ann).await, expected);
    // Written the same, it is the same.
    let again = featured_tags::feature(&ann, "gull").await.unwrap();
    assert_eq!(again.id, made.id);
    statuses::delete(&ann, last.id).await.unwrap();
    assert_eq!(featured(&ann).await[0].1, 1);
    let seen = featured_tags::of_account(&bob, id(&ann)).await.unwrap();
    assert_eq!(seen.len(), 2);
    relations::block(&ann, id(&bob)).await.unwrap();
    let seen = featured_tags::of_account(&bob, id(&ann)).await;
    assert!(seen.is_err() || seen.unwrap().is_empty());
    featured_tags::unfeature(&ann, made.id).await.unwrap();
    let gone = featured_tags::unfeature(&ann, made.id).await;
    assert!(matches!(gone, Err(Error::NotFound)));
    featured_tags::unfeature_named(&ann, "Tern").await.unwrap();
    assert!(featured(&ann).await.is_empty());
    let suggested = featured_tags::suggestions(&ann).await.unwrap();
    assert_eq!(suggested, ["gull"]);
}

#[tokio::test]
async fn featured_hashtags_and_what_is_counted_are_limited() {
    let world = World::new();
    let ann = world.person("ann").await;
    for number in 0..FEATURED_TAGS_MAX {
        featured_tags::feature(&ann, &format!("t{number}"))
            .await
            .unwrap();
    }
    let more = featured_tags::feature(&ann, "more").await;
    assert!(matches!(more, Err(Error::Invalid(_))));
    for wrong in ["a b", "12", "#"] {
        let feature = featured_tags::feature(&ann, wrong).await;
        assert!(matches!(feature, Err(Error::Invalid(_))), "{wrong:?}");
    }
    for number in 0..COUNTED_STATUSES_MAX + 2 {
        post(&ann, &format!("{number} #t1")).await;
    }
    let most = featured(&ann).await.remove(0);
    assert_eq!(most, ("t1".to_owned(), COUNTED_STATUSES_MAX as u64));
}
