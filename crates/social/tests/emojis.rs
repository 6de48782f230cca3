//! Custom emojis are in all texts that bear them, as long as they are there.

#![allow(clippy::unwrap_used)]

mod common;

use common::{World, draft};
use petrel_model::id::Id;
use petrel_model::limits::CUSTOM_EMOJIS_MAX;
use petrel_social::accounts::ProfileUpdate;
use petrel_social::accounts::table::ProfileField;
use petrel_social::emojis::{self, NewEmoji};
use petrel_social::polls::NewPoll;
use petrel_social::statuses::{self, Draft, Edit};
use petrel_social::views::{EmojiView, PictureFiles};
use petrel_social::{Ctx, Error, accounts};

fn emoji(ctx: &Ctx, shortcode: &str) -> NewEmoji {
    NewEmoji {
        id: ctx.clock().next_id(),
        shortcode: shortcode.to_owned(),
        files: PictureFiles {
            original: "original.gif".to_owned(),
            still: Some("static.png".to_owned()),
        },
        category: None,
        visible_in_picker: true,
    }
}

async fn add(world: &World, shortcode: &str) -> Id {
    let ctx = world.system();
    let new = emoji(&ctx, shortcode);
    let id = new.id;
    emojis::add(&ctx, new).await.unwrap();
    id
}

fn names(emojis: &[std::sync::Arc<EmojiView>]) -> Vec<&str> {
    emojis.iter().map(|emoji| &*emoji.shortcode).collect()
}

#[tokio::test]
async fn they_are_found_wherever_people_write_them() {
    let world = World::new();
    let ann = world.person("ann").await;
    for shortcode in ["warn", "text", "gull", "name", "note", "field", "unused"] {
        add(&world, shortcode).await;
    }
    let profile = ProfileUpdate {
        display_name: Some("Ann :name:".to_owned()),
        note: Some(":note: :Note:".to_owned()),
        fields: Some(vec![ProfileField {
            name: "a".to_owned(),
            value: ":field:".to_owned(),
        }]),
        ..ProfileUpdate::default()
    };
    accounts::update(&ann, profile).await.unwrap();
    let status = statuses::create(
        &ann,
        Draft {
            spoiler_text: ":warn:".to_owned(),
            poll: Some(NewPoll {
                options: vec![":gull:".to_owned(), "tern".to_owned()],
                expires_in_s: Some(3_600),
                multiple: false,
                hide_totals: false,
            }),
            ..draft(":text: again :text:, but a:text: and :none: not")
        },
    )
    .await
    .unwrap();
    assert_eq!(names(&status.emojis), ["warn", "text", "gull"]);
    assert_eq!(names(&status.poll.as_ref().unwrap().emojis), ["gull"]);
    assert_eq!(names(&status.account.emojis), ["note", "name", "field"]);

    let edit = Edit {
        text: Some(":note:".to_owned()),
        ..Edit::default()
    };
    statuses::edit(&ann, status.id, edit).await.unwrap();
    let history = statuses::history(&world.anonymous(), status.id).await;
    let history = history.unwrap();
    assert_eq!(names(&history[0].emojis), ["warn", "text", "gull"]);
    assert_eq!(names(&history[1].emojis)[..2], ["warn", "note"]);
}

#[tokio::test]
async fn one_that_is_removed_is_gone_at_once_and_may_come_again() {
    let world = World::new();
    let ann = world.person("ann").await;
    let first = add(&world, "gull").await;
    let status = statuses::create(&ann, draft(":gull:")).await.unwrap();
    assert_eq!(names(&status.emojis), ["gull"]);
    let before = emojis::book(&ann).await.unwrap().version();
    assert!(emojis::file(&ann, first, "static.png").await.unwrap());
    assert!(!emojis::file(&ann, first, "other.png").await.unwrap());

    let removed = emojis::remove(&world.system(), "gull").await.unwrap();
    assert_eq!(removed.id, first);
    let again = emojis::remove(&world.system(), "gull").await;
    assert!(matches!(again, Err(Error::NotFound)));
    let status = statuses::get(&ann, status.id).await.unwrap();
    assert!(status.emojis.is_empty());
    assert_ne!(emojis::book(&ann).await.unwrap().version(), before);
    assert!(!emojis::file(&ann, first, "static.png").await.unwrap());
    assert!(emojis::list(&ann).await.unwrap().is_empty());

    let second = add(&world, "gull").await;
    let replaced = emojis::add(&world.system(), emoji(&ann, "gull")).await;
    assert_eq!(replaced.unwrap().unwrap().id, second);
    let status = statuses::get(&ann, status.id).await.unwrap();
    assert!(status.emojis[0].static_url.ends_with("/static.png"));
    assert_ne!(status.emojis[0].id, second);
}

#[tokio::test]
async fn they_are_the_operators_and_there_are_only_so_many() {
    let world = World::new();
    let ann = world.person("ann").await;
    let refused = emojis::add(&ann, emoji(&ann, "gull")).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    assert!(emojis::remove(&ann, "gull").await.is_err());
    let system = world.system();
    for name in ["a", ":ab:", "a b", "möwe"] {
        let refused = emojis::add(&system, emoji(&system, name)).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{name}");
    }
    for number in 0..CUSTOM_EMOJIS_MAX {
        add(&world, &format!("gull_{number}")).await;
    }
    emojis::remove(&system, "gull_7").await.unwrap();
    // What was removed is remembered for a while.
    let refused = emojis::add(&system, emoji(&system, "one_more")).await;
    assert!(matches!(refused, Err(Error::Invalid { .. })));
    add(&world, "gull_7").await;
    add(&world, "gull_8").await;
    assert_eq!(emojis::list(&ann).await.unwrap().len(), CUSTOM_EMOJIS_MAX);
}
