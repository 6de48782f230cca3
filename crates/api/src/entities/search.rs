//! Search results.

use std::sync::Arc;

use petrel_social::settings::Settings;
use petrel_social::views::{AccountView, StatusView};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Account, Status, Tag};

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
        hashtags: Vec<Tag>,
        settings: &'a Settings,
    ) -> Search<'a> {
        let (accounts, statuses) = (accounts.iter(), statuses.iter());
        Search {
            accounts: accounts.map(|view| Account::new(view, settings)).collect(),
            statuses: statuses.map(|view| Status::new(view, settings)).collect(),
            hashtags,
        }
    }
}
