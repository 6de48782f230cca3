//! Avatars and headers: a row of the account names the file that is shown.

use petrel_model::event::{AccountChange, Event};
use petrel_model::id::{AccountId, MediaId};
use petrel_model::scope::Scope;
use petrel_store::Batch;

use crate::accounts::facts::AccountFacts;
use crate::accounts::table::{self, AccountRow, AccountSort, Accounts, Picture, PictureFiles};
use crate::context::Ctx;
use crate::error::Result;
use crate::media::facts::MediaFacts;
use crate::media::remove::put_removal;
use crate::media::table::{Processed, Purpose};

/// Shows what was made of an uploaded file, unless something later is shown by now, and removes
/// what was shown before.
pub(super) async fn put(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    media: &MediaFacts,
    done: &Processed,
) -> Result<()> {
    let (account, purpose) = (media.created.account, media.created.purpose);
    let rows = batch.partition::<Accounts>(&account).await?;
    let Some(facts) = AccountFacts::of(account, &rows) else {
        return Ok(());
    };
    let before = picture_of(&facts, purpose);
    if before.is_some_and(|before| before.media > media.id) {
        return Ok(());
    }
    let original = done.original.file().to_owned();
    let still = done.preview.as_ref().map(|still| still.file().to_owned());
    let picture = Picture {
        media: media.id,
        files: Some(PictureFiles { original, still }),
    };
    replace(ctx, batch, account, purpose, before, picture);
    Ok(())
}

/// Shows none any more.
pub async fn remove_picture(ctx: &Ctx, purpose: Purpose) -> Result<()> {
    let account = ctx.require_user(Scope::WriteAccounts)?;
    let _turn = ctx.turns().accounts(account, account).await;
    let mut batch = ctx.batch();
    let facts = AccountFacts::require(&ctx.social, &mut batch, account).await?;
    let before = picture_of(&facts, purpose);
    // Also later than one that is still being processed.
    let picture = Picture {
        media: MediaId(ctx.clock().next_id()),
        files: None,
    };
    replace(ctx, &mut batch, account, purpose, before, picture);
    batch.emit(Event::AccountChanged {
        account,
        change: AccountChange::Profile,
    });
    batch.commit().await?;
    Ok(())
}

fn replace(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    account: AccountId,
    purpose: Purpose,
    before: Option<&Picture>,
    picture: Picture,
) {
    if let Some(before) = before.filter(|before| before.files.is_some()) {
        put_removal(&ctx.social, batch, before.media);
    }
    let (sort, row) = match purpose {
        Purpose::Header => (AccountSort::Header, AccountRow::Header(picture)),
        _ => (AccountSort::Avatar, AccountRow::Avatar(picture)),
    };
    table::put(batch, account, sort, &row);
}

/// Whether the account shows this file now.
pub(super) fn shows(account: &AccountFacts, media: &MediaFacts) -> bool {
    let picture = picture_of(account, media.created.purpose);
    picture.is_some_and(|picture| picture.media == media.id && picture.files.is_some())
}

pub(super) async fn is_shown(batch: &mut Batch<'_>, media: &MediaFacts) -> Result<bool> {
    let account = media.created.account;
    let rows = batch.partition::<Accounts>(&account).await?;
    let facts = AccountFacts::of(account, &rows);
    Ok(facts.is_some_and(|facts| shows(&facts, media)))
}

fn picture_of(facts: &AccountFacts, purpose: Purpose) -> Option<&Picture> {
    match purpose {
        Purpose::Header => facts.header.as_ref(),
        _ => facts.avatar.as_ref(),
    }
}
