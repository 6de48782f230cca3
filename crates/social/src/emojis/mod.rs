//! Custom emojis: pictures that people write as `:shortcode:`. They are the operator's; texts bear
//! shortcodes alone, so that an emoji that is removed vanishes from all of them at once.

mod book;
mod command;
pub mod table;

pub use book::{EmojiBook, address, book, file, key, list};
pub use command::{NewEmoji, add, remove, require_shortcode};
