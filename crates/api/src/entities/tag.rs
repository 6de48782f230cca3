//! Hashtags, and those that an account features.

use petrel_model::id::Id;
use petrel_model::text::fold;
use petrel_social::featured_tags::{FeaturedTagView, TagTie};
use petrel_social::settings::Settings;
use petrel_timeline::TagDay;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Day, Shown};

#[derive(JsonSchema, Serialize)]
pub struct Tag {
    /// Made of the name: a tag has no row of its own.
    id: Shown<u64>,
    name: String,
    url: String,
    history: Vec<TagHistory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    following: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    featuring: Option<bool>,
}

/// One day.
#[derive(JsonSchema, Serialize)]
pub struct TagHistory {
    day: Shown<u64>,
    uses: Shown<u64>,
    accounts: Shown<u64>,
}

#[derive(JsonSchema, Serialize)]
pub struct FeaturedTag<'a> {
    id: Shown<Id>,
    name: &'a str,
    url: &'a str,
    statuses_count: Shown<u64>,
    last_status_at: Option<Day>,
}

impl Tag {
    /// `tie` is there if there is someone who could follow or feature it.
    pub fn new(name: &str, tie: Option<TagTie>, history: &[TagDay], settings: &Settings) -> Tag {
        let history = history.iter();
        let history = history.map(|day| TagHistory {
            day: Shown(day.begins_at_s),
            uses: Shown(day.uses),
            accounts: Shown(day.accounts),
        });
        Tag {
            id: Shown(id_of(name)),
            name: name.to_owned(),
            url: settings.tag_url(name),
            history: history.collect(),
            following: tie.map(|tie| tie.following),
            featuring: tie.map(|tie| tie.featuring),
        }
    }
}

impl<'a> From<&'a FeaturedTagView> for FeaturedTag<'a> {
    fn from(view: &'a FeaturedTagView) -> FeaturedTag<'a> {
        FeaturedTag {
            id: Shown(view.id),
            name: &view.name,
            url: &view.url,
            statuses_count: Shown(view.statuses_count),
            last_status_at: view.last_status_at_ms.map(Day),
        }
    }
}

/// FNV-1a of the folded name: the same on every node, for ever.
fn id_of(name: &str) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let folded = fold::tag(name);
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    folded.bytes().fold(OFFSET, hash)
}
