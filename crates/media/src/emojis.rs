//! Custom emojis, which an operator brings: made ready in the guarded child like all pictures, and
//! in their place before a row names them.

use petrel_model::id::Id;
use petrel_social::emojis::{self, NewEmoji, require_shortcode};
use petrel_social::views::PictureFiles;
use petrel_social::{Ctx, Error};

use crate::depot::{Depot, DepotError};
use crate::error::MediaError;
use crate::limits::EMOJI_BYTES_MAX;
use crate::pictures::ImagePurpose;
use crate::processor::{Made, Processor, Variant};

/// Below it lie the files of emojis, each emoji's in a folder of its own.
pub(crate) const EMOJIS: &str = "emojis";
const ORIGINAL: &str = "original";
const STILL: &str = "static";

/// What an operator brings.
pub struct Brought<'a> {
    pub shortcode: String,
    pub category: Option<String>,
    pub visible_in_picker: bool,
    /// The file.
    pub bytes: &'a [u8],
}

/// Why an emoji was not added or removed.
#[derive(Debug, thiserror::Error)]
pub enum EmojiError {
    #[error("{}", .0.public())]
    Picture(#[from] MediaError),
    #[error(transparent)]
    Depot(#[from] DepotError),
    #[error(transparent)]
    Social(#[from] Error),
}

/// Makes the files of an emoji and adds it, in the place of one of the same name.
///
/// # Errors
/// Nothing is added then; files that may be left behind are swept.
pub async fn add(
    ctx: &Ctx,
    depot: &Depot,
    processor: &Processor,
    brought: Brought<'_>,
) -> Result<(), EmojiError> {
    require_shortcode(&brought.shortcode)?;
    let mut upload = depot.incoming(EMOJI_BYTES_MAX)?;
    upload.write(brought.bytes)?;
    let made = processor.image(upload.path(), ImagePurpose::Emoji).await?;
    let id = ctx.clock().next_id();
    let files = put(depot, id, &made).await?;
    let new = NewEmoji {
        id,
        shortcode: brought.shortcode,
        files,
        category: brought.category,
        visible_in_picker: brought.visible_in_picker,
    };
    // The files of one that is replaced are left to the sweep: nodes and clients that have not
    // heard of it yet name them still.
    emojis::add(ctx, new).await?;
    Ok(())
}

/// Removes an emoji and its files.
///
/// # Errors
/// `NotFound` if there is none of this name.
pub async fn remove(ctx: &Ctx, depot: &Depot, shortcode: &str) -> Result<(), EmojiError> {
    let emoji = emojis::remove(ctx, shortcode).await?;
    discard(depot, emoji.id, &emoji.files).await;
    Ok(())
}

async fn put(depot: &Depot, id: Id, made: &Made) -> Result<PictureFiles, DepotError> {
    let name = |name: &str, made: &Variant| format!("{name}.{}", made.extension());
    let files = PictureFiles {
        original: name(ORIGINAL, &made.original),
        still: made.preview.as_ref().map(|made| name(STILL, made)),
    };
    let original = &made.original.path;
    depot
        .put(&emojis::key(id, &files.original), original)
        .await?;
    if let (Some(file), Some(made)) = (&files.still, &made.preview) {
        depot.put(&emojis::key(id, file), &made.path).await?;
    }
    Ok(files)
}

/// No row names them any more; what cannot be deleted now is swept later.
async fn discard(depot: &Depot, id: Id, files: &PictureFiles) {
    for file in files.names() {
        if let Err(error) = depot.delete(&emojis::key(id, file)).await {
            tracing::warn!(%error, file, emoji = %id, "a file of an emoji stays for now");
        }
    }
}
