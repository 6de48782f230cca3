//! People do things at random.

use petrel_model::home::RepliesPolicy;
use petrel_model::id::StatusId;
use petrel_model::visibility::Visibility;
use petrel_social::account_lists::{self, ListUpdate, NewList};
use petrel_social::relations::{FollowOptions, MuteOptions};
use petrel_social::statuses::{Draft, Edit};
use petrel_social::{Ctx, accounts, marks, relations, statuses, tag_follows};

use super::{Dice, draft, id};

pub const PEOPLE: usize = 6;

/// One person does one thing; what they may not do, they do not.
pub async fn something_happens(
    system: &Ctx,
    dice: &Dice,
    people: &[Ctx],
    known: &mut Vec<StatusId>,
) {
    let (actor, other) = (dice.one_of(people), dice.one_of(people));
    let status = (!known.is_empty()).then(|| *dice.one_of(known));
    match (dice.below(40), status) {
        (30..36, _) => a_list_changes(dice, actor, other).await,
        (36..40, _) => {
            let tag = *dice.one_of(&["one", "Two"]);
            match dice.below(2) {
                0 => drop(tag_follows::follow(actor, tag).await),
                _ => drop(tag_follows::unfollow(actor, tag).await),
            }
        }
        (0..8, _) => known.extend(write(dice, actor, None).await),
        (8..12, Some(status)) => known.extend(write(dice, actor, Some(status)).await),
        (12..16, Some(status)) => {
            let reblog = marks::reblog(actor, status, None).await;
            known.extend(reblog.map(|view| view.id));
        }
        (16, Some(status)) => drop(marks::unreblog(actor, status).await),
        (17, Some(status)) => drop(statuses::delete(actor, status).await),
        (18, Some(status)) => {
            let edit = Edit {
                text: Some(text(dice)),
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
            0 => drop(accounts::suspend(system, id(other)).await),
            _ => drop(accounts::unsuspend(system, id(other)).await),
        },
    }
}

async fn a_list_changes(dice: &Dice, actor: &Ctx, other: &Ctx) {
    let lists = account_lists::all(actor).await.unwrap_or_default();
    let replies_policy = *dice.one_of(&RepliesPolicy::ALL);
    let exclusive = dice.below(3) == 0;
    if lists.len() < 2 {
        let new = NewList {
            title: "a list".to_owned(),
            replies_policy,
            exclusive,
        };
        drop(account_lists::create(actor, new).await);
        return;
    }
    let list = dice.one_of(&lists).id;
    match dice.below(8) {
        0 => drop(account_lists::delete(actor, list).await),
        1 => drop(account_lists::remove(actor, list, &[id(other)]).await),
        2 => {
            let update = ListUpdate {
                title: None,
                replies_policy: Some(replies_policy),
                exclusive: Some(exclusive),
            };
            drop(account_lists::update(actor, list, update).await);
        }
        _ => drop(account_lists::add(actor, list, &[id(other)]).await),
    }
}

fn text(dice: &Dice) -> String {
    match dice.below(3) {
        0 => format!("hello @p{} #one", dice.below(PEOPLE)),
        1 => "hello #one #two".to_owned(),
        _ => "hello".to_owned(),
    }
}

async fn write(dice: &Dice, actor: &Ctx, to: Option<StatusId>) -> Option<StatusId> {
    let draft = Draft {
        visibility: Some(*dice.one_of(&Visibility::ALL)),
        language: dice
            .one_of(&[None, Some("en"), Some("de")])
            .map(str::to_owned),
        in_reply_to: to,
        ..draft(&text(dice))
    };
    statuses::create(actor, draft)
        .await
        .ok()
        .map(|view| view.id)
}
