use petrel_model::event::RelationKind;
use petrel_model::gate::{FollowOutcome, Known, follow_outcome};
use petrel_model::id::{AccountId, Id};
use petrel_model::limits::{FOLLOW_LANGUAGES_MAX, FOLLOW_REQUESTS_MAX, FOLLOWS_MAX};
use petrel_model::scope::Scope;
use petrel_model::text::language::Language;
use petrel_store::Batch;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::notifications::table::NotificationKind;
use crate::notifications::write::{Tell, tell};
use crate::relations::behind_block;
use crate::relations::facts::{
    fresh, index_rows, put_follow_off, put_off, put_on, require_other, require_room,
};
use crate::relations::table::{FollowSettings, Relation, Relations};
use crate::relations::view::one;
use crate::views::RelationshipView;

/// How a follow is to be shown; what is not said stays, or is the default of a new follow.
#[derive(Clone, Debug, Default)]
pub struct FollowOptions {
    pub reblogs: Option<bool>,
    pub notify: Option<bool>,
    pub languages: Option<Vec<String>>,
}

/// Follows, or asks to where the account approves its followers. Followed already: changes how
/// the follow is shown.
pub async fn follow(
    ctx: &Ctx,
    other: AccountId,
    options: FollowOptions,
) -> Result<RelationshipView> {
    let account = ctx.require_user(Scope::WriteFollows)?;
    let _turn = ctx.turns().accounts(account, other).await;
    // Whether it approves its followers is its own to say, on whatever node it does.
    ctx.store().attend(Some(other)).await?;
    let eyes = Eyes::of(ctx).await?;
    let seen = require_other(ctx, &eyes, other).await?;
    let locked = Known::from(seen.facts.profile.locked);
    let outcome = follow_outcome(eyes.viewer(), &seen.gate, locked);
    let kind = match outcome {
        FollowOutcome::Follow => RelationKind::Follow,
        FollowOutcome::Request => RelationKind::FollowRequest,
        FollowOutcome::Refused => return Err(Error::Forbidden("This action is not allowed")),
    };
    let mut batch = ctx.batch();
    batch.note(eyes.revision.max(seen.revision));
    if eyes.on(other, kind).is_none() {
        let (max, what) = match kind {
            RelationKind::Follow => (FOLLOWS_MAX, "follow"),
            _ => (FOLLOW_REQUESTS_MAX, "ask to follow"),
        };
        require_room(&eyes, kind, max, what)?;
        let asked = eyes.on(other, RelationKind::FollowRequest);
        let asked = asked.map(|request| request.id);
        if kind == RelationKind::Follow && asked.is_some() {
            // Asked for while the account approved its followers, which it does no longer.
            put_off(&mut batch, (account, other, RelationKind::FollowRequest)).await?;
        }
        turn_on(ctx, &mut batch, (account, other, kind), asked).await?;
    }
    put_settings(ctx, &mut batch, &eyes, other, options).await?;
    batch.commit().await?;
    behind_block::end_follows(ctx, (account, other), &[(account, other)]).await?;
    one(ctx, other).await
}

async fn turn_on(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    (account, other, kind): (AccountId, AccountId, RelationKind),
    asked: Option<Id>,
) -> Result<()> {
    let mut relation = Relation {
        asked,
        ..fresh(ctx.clock().next_id())
    };
    let news = Tell {
        to: other,
        from: account,
        id: relation.id,
        kind: match kind {
            RelationKind::Follow => NotificationKind::Follow,
            _ => NotificationKind::FollowRequest,
        },
        status: None,
        thread: None,
    };
    relation.notification_chapter = tell(batch, &news).await?;
    put_on(batch, (account, other, kind), relation).await
}

/// The settings are a row beside the follow, so that changing them never turns it on.
async fn put_settings(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    eyes: &Eyes,
    other: AccountId,
    options: FollowOptions,
) -> Result<()> {
    let account = ctx.require_user(Scope::WriteFollows)?;
    let key = (other, RelationKind::FollowSettings);
    let known = batch.get::<Relations>(&account, &key).await?;
    let known = known.map(|row| row.value).filter(|row| row.on);
    let before = eyes.follow_settings(other);
    let settings = FollowSettings {
        reblogs: options.reblogs.unwrap_or(before.reblogs),
        notify: options.notify.unwrap_or(before.notify),
        languages: match options.languages {
            Some(codes) => parse_languages(&codes)?,
            None => before.languages.clone(),
        },
    };
    if known.is_some() && settings == before {
        return Ok(());
    }
    if let Some(known) = &known {
        for row in index_rows(account, other, RelationKind::FollowSettings, known) {
            row.delete(batch);
        }
    }
    let relation = Relation {
        follow: Some(settings),
        ..fresh(ctx.clock().next_id())
    };
    put_on(
        batch,
        (account, other, RelationKind::FollowSettings),
        relation,
    )
    .await
}

fn parse_languages(codes: &[String]) -> Result<Vec<String>> {
    if codes.len() > FOLLOW_LANGUAGES_MAX {
        return Err(Error::invalid(format!(
            "Languages are more than {FOLLOW_LANGUAGES_MAX}"
        )));
    }
    codes
        .iter()
        .map(|code| {
            Language::parse(code)
                .map(|language| language.code().to_owned())
                .ok_or_else(|| Error::invalid(format!("Languages: {code:?} is not a language")))
        })
        .collect()
}

/// Also withdraws a request.
pub async fn unfollow(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    let account = ctx.require_user(Scope::WriteFollows)?;
    let _turn = ctx.turns().accounts(account, other).await;
    let eyes = Eyes::of(ctx).await?;
    let seen = require_other(ctx, &eyes, other).await?;
    let mut batch = ctx.batch();
    batch.note(eyes.revision.max(seen.revision));
    put_follow_off(&mut batch, account, other).await?;
    batch.commit().await?;
    one(ctx, other).await
}

/// The other account no longer follows the caller.
pub async fn remove_follower(ctx: &Ctx, other: AccountId) -> Result<RelationshipView> {
    let account = ctx.require_user(Scope::WriteFollows)?;
    let _turn = ctx.turns().accounts(account, other).await;
    let eyes = Eyes::of(ctx).await?;
    let seen = require_other(ctx, &eyes, other).await?;
    let mut batch = ctx.batch();
    batch.note(eyes.revision.max(seen.revision));
    put_follow_off(&mut batch, other, account).await?;
    batch.commit().await?;
    one(ctx, other).await
}
