//! Avatars and headers, as their owner sets and removes them.

use std::time::Duration;

use petrel_media::limits::PROFILE_IMAGE_BYTES_MAX;
use petrel_media::{Incoming, Sniffed};
use petrel_social::accounts;
use petrel_social::context::Ctx;
use petrel_social::media::{self, MediaState, Purpose};

use super::media::{keep, sniffed_picture};
use crate::entities::CredentialAccount;
use crate::error::{ApiError, Result};
use crate::params::{Fields, ParamError, Sent, Taken};
use crate::reply;
use crate::state::ApiState;

/// The fields of a profile that are files, and what they are for.
const PICTURES: [(&str, Purpose, &str); 2] = [
    ("avatar", Purpose::Avatar, "Avatar"),
    ("header", Purpose::Header, "Header"),
];
pub const TAKEN: Taken = Taken(&[
    ("avatar", PROFILE_IMAGE_BYTES_MAX),
    ("header", PROFILE_IMAGE_BYTES_MAX),
]);
/// Clients expect the answer to show the new picture. What takes longer is shown when it is ready.
const WAIT_MAX: Duration = Duration::from_secs(10);

pub async fn delete_avatar(ctx: Ctx) -> Result {
    delete(&ctx, Purpose::Avatar).await
}

pub async fn delete_header(ctx: Ctx) -> Result {
    delete(&ctx, Purpose::Header).await
}

async fn delete(ctx: &Ctx, purpose: Purpose) -> Result {
    media::remove_picture(ctx, purpose).await?;
    own(ctx).await
}

/// What an account that may write its profile sees of it, whether or not the token may read.
pub async fn own(ctx: &Ctx) -> Result {
    let view = accounts::own_view(ctx).await?;
    Ok(reply::json(&CredentialAccount::new(&view, ctx.settings())))
}

/// The names under which pictures come are no texts.
pub fn refuse_texts(fields: Fields<'_>) -> Result<(), ParamError> {
    for name in TAKEN.names() {
        if fields.filled(name)?.is_some() {
            return Err(fields.wrong(name, "is not a file"));
        }
    }
    Ok(())
}

/// A picture that came with a profile.
pub struct Received {
    file: Incoming,
    sniffed: Sniffed,
    purpose: Purpose,
    name: &'static str,
}

/// What pictures came. One that is none is refused before anything of the profile is changed.
pub fn received(sent: &mut Sent) -> Result<Vec<Received>> {
    let mut all = Vec::new();
    for (field, purpose, name) in PICTURES {
        let Some(file) = sent.take(field) else {
            continue;
        };
        let sniffed = sniffed_picture(&file)?.ok_or_else(|| {
            ApiError::unprocessable(format!("Validation failed: {name} content type is invalid"))
        })?;
        all.push(Received {
            file,
            sniffed,
            purpose,
            name,
        });
    }
    Ok(all)
}

/// Takes them in, and waits until they are shown.
pub async fn set(api: &ApiState, ctx: &Ctx, received: Vec<Received>) -> Result<()> {
    let mut begun = Vec::new();
    for picture in received {
        let (file, purpose) = (&picture.file, picture.purpose);
        let upload = keep(ctx, &api.depot, file, picture.sniffed, purpose).await?;
        begun.push((media::create(ctx, upload).await?.id, picture.name));
    }
    for (id, name) in begun {
        if let MediaState::Failed(why) = media::await_state(ctx, id, WAIT_MAX).await? {
            let text = format!("Validation failed: {name}: {why}");
            return Err(ApiError::unprocessable(text));
        }
    }
    Ok(())
}
