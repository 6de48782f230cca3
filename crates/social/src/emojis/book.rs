//! All emojis of this server in memory, made of the one cached partition and void with it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use petrel_model::id::Id;
use petrel_model::text::emoji;
use petrel_store::Row;

use super::table::{CustomEmojis, Emoji};
use crate::context::Ctx;
use crate::error::Result;
use crate::views::EmojiView;

/// This server's own, in the partition of the table.
pub(super) const OWN: String = String::new();

#[derive(Default, Debug)]
pub struct EmojiBook {
    /// By shortcode.
    by_name: HashMap<String, Arc<EmojiView>>,
    version: u64,
}

impl EmojiBook {
    fn of(rows: &[Row<CustomEmojis>], url: &str) -> EmojiBook {
        let mut hasher = DefaultHasher::new();
        let mut by_name = HashMap::with_capacity(rows.len());
        for row in rows {
            (&row.sort, row.revision).hash(&mut hasher);
            if let Some(emoji) = &row.value.emoji {
                let view = EmojiView::of(&row.sort, emoji, url);
                by_name.insert(row.sort.clone(), Arc::new(view));
            }
        }
        EmojiBook {
            by_name,
            version: hasher.finish(),
        }
    }

    /// Another one whenever anything was added or removed: what was rendered with an earlier one is
    /// out of date then.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The emojis that the texts bear, each once, in the order in which they first appear.
    pub fn used_in<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Vec<Arc<EmojiView>> {
        let mut used: Vec<Arc<EmojiView>> = Vec::new();
        if self.by_name.is_empty() {
            return used;
        }
        for text in texts {
            for shortcode in emoji::shortcodes(text) {
                let Some(emoji) = self.by_name.get(shortcode.name) else {
                    continue;
                };
                if !used.iter().any(|known| known.shortcode == emoji.shortcode) {
                    used.push(emoji.clone());
                }
            }
        }
        used
    }
}

/// The emojis of this server, as they are now.
pub async fn book(ctx: &Ctx) -> Result<Arc<EmojiBook>> {
    let rows = ctx.store().partition::<CustomEmojis>(&OWN).await?;
    Ok(rows.derive(|rows| EmojiBook::of(rows, &ctx.settings().url)))
}

/// All of them, by shortcode.
pub async fn list(ctx: &Ctx) -> Result<Vec<Arc<EmojiView>>> {
    let book = book(ctx).await?;
    let mut all: Vec<_> = book.by_name.values().cloned().collect();
    all.sort_unstable_by(|a, b| a.shortcode.cmp(&b.shortcode));
    Ok(all)
}

/// Whether a file is one of an emoji that there is. Everybody may have it then.
pub async fn file(ctx: &Ctx, id: Id, name: &str) -> Result<bool> {
    let book = book(ctx).await?;
    let emoji = book.by_name.values().find(|emoji| emoji.id == id);
    Ok(emoji.is_some_and(|emoji| emoji.files.original == name || emoji.files.still() == name))
}

/// Where a file lies in the depot.
pub fn key(id: Id, file: &str) -> String {
    format!("emojis/{id}/{file}")
}

/// Where a file is found below the address of the server, or below nothing.
pub fn address(url: &str, id: Id, file: &str) -> String {
    format!("{url}/emojis/{id}/{file}")
}

impl EmojiView {
    fn of(shortcode: &str, emoji: &Emoji, url: &str) -> EmojiView {
        EmojiView {
            shortcode: shortcode.to_owned(),
            id: emoji.id,
            url: address(url, emoji.id, &emoji.files.original),
            static_url: address(url, emoji.id, emoji.files.still()),
            files: emoji.files.clone(),
            category: emoji.category.clone(),
            visible_in_picker: emoji.visible_in_picker,
        }
    }
}
