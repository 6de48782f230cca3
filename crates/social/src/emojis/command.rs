use petrel_model::id::Id;
use petrel_model::limits::{
    CUSTOM_EMOJIS_MAX, EMOJI_CATEGORY_CHARS_MAX, SHORTCODE_CHARS_MAX, SHORTCODE_CHARS_MIN,
};
use petrel_model::text::{count, emoji, tidy};

use super::book::OWN;
use super::table::{CustomEmojis, Emoji, EmojiRow};
use crate::accounts::table::PictureFiles;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::expiry;

/// One to be added, whose files are in their place already.
#[derive(Clone, Debug)]
pub struct NewEmoji {
    pub id: Id,
    pub shortcode: String,
    pub files: PictureFiles,
    pub category: Option<String>,
    pub visible_in_picker: bool,
}

/// Adds an emoji, or replaces the one of this name, which is given back: its files are nobody's
/// then. Once more with the same id changes nothing.
///
/// # Errors
/// `Invalid` if it cannot have this name or category, or is one too many.
pub async fn add(ctx: &Ctx, new: NewEmoji) -> Result<Option<Emoji>> {
    begin(ctx).await?;
    require_shortcode(&new.shortcode)?;
    let category = require_category(new.category.as_deref())?;
    let mut batch = ctx.batch();
    let rows = batch.partition::<CustomEmojis>(&OWN).await?;
    // Those removed count for as long as they are remembered: they bound the partition too.
    let (same, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.sort == new.shortcode);
    if others.len() >= CUSTOM_EMOJIS_MAX {
        return Err(Error::invalid(format!(
            "There cannot be more than {CUSTOM_EMOJIS_MAX} custom emojis"
        )));
    }
    let before = same.first().and_then(|row| row.value.emoji.clone());
    let before = before.filter(|before| before.id != new.id);
    let row = EmojiRow {
        emoji: Some(Emoji {
            id: new.id,
            files: new.files,
            category,
            visible_in_picker: new.visible_in_picker,
        }),
    };
    batch.put::<CustomEmojis>(&OWN, &new.shortcode, &row);
    batch.commit().await?;
    Ok(before)
}

/// Removes an emoji and gives it back: its files are nobody's then.
///
/// # Errors
/// `NotFound` if there is none of this name.
pub async fn remove(ctx: &Ctx, shortcode: &str) -> Result<Emoji> {
    begin(ctx).await?;
    require_shortcode(shortcode)?;
    let shortcode = shortcode.to_owned();
    let mut batch = ctx.batch();
    let rows = batch.partition::<CustomEmojis>(&OWN).await?;
    let row = rows.iter().find(|row| row.sort == shortcode);
    let emoji = row.and_then(|row| row.value.emoji.clone());
    let emoji = emoji.ok_or(Error::NotFound)?;
    let expires_at_s = expiry::of_off(batch.store());
    batch.put_until::<CustomEmojis>(&OWN, &shortcode, &EmojiRow { emoji: None }, expires_at_s);
    batch.commit().await?;
    Ok(emoji)
}

/// What other operators did before is known, and what is done now is later than it.
async fn begin(ctx: &Ctx) -> Result<()> {
    ctx.require_system()?;
    Ok(ctx.store().catch_up().await?)
}

/// Refuses what no emoji can be called.
pub fn require_shortcode(name: &str) -> Result<()> {
    if emoji::is_shortcode(name) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "A shortcode is {SHORTCODE_CHARS_MIN} to {SHORTCODE_CHARS_MAX} letters a to z, digits and underscores, without colons"
    )))
}

fn require_category(text: Option<&str>) -> Result<Option<String>> {
    let category = text.map(tidy).filter(|category| !category.is_empty());
    let is_long = |category: &String| {
        count::chars(category) > EMOJI_CATEGORY_CHARS_MAX
            || category.len() > 4 * EMOJI_CATEGORY_CHARS_MAX
    };
    match category {
        Some(category) if is_long(&category) => Err(Error::invalid(format!(
            "Category is too long (maximum is {EMOJI_CATEGORY_CHARS_MAX} characters)"
        ))),
        category => Ok(category),
    }
}
