//! How things look: custom emojis that operators bring and take away, and people's pictures.

use petrel_model::id::MediaId;
use petrel_social::Ctx;
use petrel_social::accounts::table::PictureFiles;
use petrel_social::emojis::{self, NewEmoji};
use petrel_social::error::Result;
use petrel_social::media::{self, Purpose};

use crate::act::{Act, Answer};
use crate::draw::Draw;
use crate::effects::Effects;
use crate::files::upload;
use crate::model::{Key, Person, Value};

/// Those that texts bear, by their places.
pub const EMOJIS: [&str; 2] = ["puffin", "murre"];

#[derive(Clone, Debug)]
pub enum LookDeed {
    /// An operator's.
    Emoji(usize, bool),
    UploadAvatar,
    RemoveAvatar,
}

/// As it stands in a text.
pub fn in_text(emoji: usize) -> String {
    format!(":{}:", EMOJIS[emoji])
}

impl LookDeed {
    pub fn is_operators(&self) -> bool {
        matches!(self, LookDeed::Emoji(..))
    }

    /// # Errors
    /// Those of the command.
    pub async fn perform(&self, ctx: &Ctx) -> Result<Answer> {
        let id = ctx.clock().next_id();
        match self {
            LookDeed::Emoji(at, true) => {
                let new = NewEmoji {
                    id,
                    shortcode: EMOJIS[*at].to_owned(),
                    files: PictureFiles {
                        original: "original.png".to_owned(),
                        still: None,
                    },
                    category: None,
                    visible_in_picker: true,
                };
                emojis::add(ctx, new).await?;
            }
            LookDeed::Emoji(at, false) => drop(emojis::remove(ctx, EMOJIS[*at]).await?),
            LookDeed::UploadAvatar => {
                let id = MediaId(id);
                media::create(ctx, upload(id, Purpose::Avatar)).await?;
                return Ok(Answer::Avatar(id));
            }
            LookDeed::RemoveAvatar => media::remove_picture(ctx, Purpose::Avatar).await?,
        }
        Ok(Answer::Done)
    }

    pub fn effects(&self, me: Person) -> Effects {
        match self {
            LookDeed::Emoji(at, on) => vec![(Key::Emoji(*at), Value::of(*on))],
            // Until a job has looked at it, it is not shown.
            LookDeed::UploadAvatar => Vec::new(),
            LookDeed::RemoveAvatar => vec![(Key::Avatar(me), Value::Off)],
        }
    }
}

impl Draw<'_> {
    pub fn look_act(&mut self) -> Act {
        Act::Look(match self.dice.below(10) {
            0..4 => LookDeed::Emoji(self.dice.index(EMOJIS.len()), self.dice.happens(600)),
            4..8 => LookDeed::UploadAvatar,
            _ => LookDeed::RemoveAvatar,
        })
    }
}
