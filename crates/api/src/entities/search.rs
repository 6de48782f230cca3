//! Search results and hashtags.

use std::sync::Arc;

use petrel_model::text::fold;
use petrel_social::settings::Settings;
use petrel_social::views::{AccountView, StatusView};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{NOTHING, Nothing, Shown};
use super::{Account, Status};

#[derive(JsonSchema, Serialize)]
pub struct Search<'a> {
    accounts: Vec<Account<'a>>,
    statuses: Vec<Status<'a>>,
    hashtags: Vec<Tag>,
}

impl<'a> Search<'a> {
    pub fn new(
        accounts: &'a [Arc<AccountView>],
        statuses: &'a [StatusView],
        tags: &'a [String],
        logged_in: bool,
        settings: &'a Settings,
    ) -> Search<'a> {
        let (accounts, statuses, tags) = (accounts.iter(), statuses.iter(), tags.iter());
        Search {
            accounts: accounts.map(|view| Account::new(view, settings)).collect(),
            statuses: statuses.map(|view| Status::new(view, settings)).collect(),
            hashtags: tags
                .map(|name| Tag::new(name, logged_in, settings))
                .collect(),
        }
    }
}

#[derive(JsonSchema, Serialize)]
pub struct Tag {
    /// Made of the name: a tag has no row of its own.
    id: Shown<u64>,
    name: String,
    url: String,
    history: Nothing,
    #[serde(skip_serializing_if = "Option::is_none")]
    following: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    featuring: Option<bool>,
}

impl Tag {
    /// `logged_in` says whether there is someone who could follow or feature it.
    pub fn new(name: &str, logged_in: bool, settings: &Settings) -> Tag {
        Tag {
            id: Shown(id_of(name)),
            name: name.to_owned(),
            url: settings.tag_url(name),
            history: NOTHING,
            following: logged_in.then_some(false),
            featuring: logged_in.then_some(false),
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
