use minicbor::{Decode, Encode};
use petrel_model::id::Id;
use petrel_store::{Plain, Table};

use crate::accounts::table::PictureFiles;

pub struct CustomEmojis;

impl Table for CustomEmojis {
    const ID: u16 = 38;
    const NAME: &'static str = "custom_emojis";
    /// The domain that they are of; empty for this server's own.
    type Partition = String;
    /// The shortcode.
    type Sort = String;
    type Value = EmojiRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: CUSTOM_EMOJIS_MAX, those removed included until they expire";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EmojiRow {
    /// None once it is removed.
    #[n(0)]
    pub emoji: Option<Emoji>,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Emoji {
    /// Drawn anew when it is replaced, so that its files have addresses of their own.
    #[n(0)]
    pub id: Id,
    #[n(1)]
    pub files: PictureFiles,
    #[n(2)]
    pub category: Option<String>,
    #[n(3)]
    pub visible_in_picker: bool,
}
