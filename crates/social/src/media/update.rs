//! What the owner of a file says of it.

use petrel_model::id::MediaId;
use petrel_model::limits::{MEDIA_DESCRIPTION_BYTES_MAX, MEDIA_DESCRIPTION_CHARS_MAX};
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::media::facts::MediaFacts;
use crate::media::preview::{self, GivenPreview};
use crate::media::table::{Focus, MediaRow, MediaSort, MediaTable};
use crate::media::view::{self, MediaView};

/// What is to change; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MediaUpdate {
    pub description: Option<String>,
    pub focus: Option<Focus>,
    /// A picture in the depot that is to be its preview: its id and its key.
    pub preview: Option<(MediaId, String)>,
}

/// Changes the caller's own file, which is attached to nothing yet.
///
/// # Errors
/// `NotFound`; `Invalid` if the description is too long, or the file could not be processed.
pub async fn update(ctx: &Ctx, id: MediaId, update: MediaUpdate) -> Result<MediaView> {
    let caller = ctx.require_user(Scope::WriteMedia)?;
    let mut batch = ctx.batch();
    let facts = MediaFacts::read(&mut batch, id).await?;
    let facts = view::own_unattached(facts, caller)?;
    if let Some(text) = &update.description {
        let row = MediaRow::Description(description(text)?);
        batch.put::<MediaTable>(&facts.id, &MediaSort::Description, &row);
    }
    if let Some(focus) = update.focus {
        let row = MediaRow::Focus(focus);
        batch.put::<MediaTable>(&facts.id, &MediaSort::Focus, &row);
    }
    if let Some((upload, incoming)) = update.preview {
        let given = GivenPreview {
            media: facts.id,
            upload,
            incoming,
        };
        preview::put_given(&ctx.social, &mut batch, &given);
    }
    if !batch.is_empty() {
        batch.commit().await?;
    }
    let facts = MediaFacts::find(ctx.store(), id).await?;
    view::present(ctx, facts.as_deref()).await
}

/// A description as it is stored.
pub(super) fn description(text: &str) -> Result<String> {
    let text = text.trim();
    let is_long = text.chars().count() > MEDIA_DESCRIPTION_CHARS_MAX;
    if is_long || text.len() > MEDIA_DESCRIPTION_BYTES_MAX {
        return Err(Error::Invalid(format!(
            "Description is too long (maximum is {MEDIA_DESCRIPTION_CHARS_MAX} characters)"
        )));
    }
    Ok(text.to_owned())
}
