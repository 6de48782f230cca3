use std::sync::Arc;

use petrel_model::id::AccountId;
use petrel_social::settings::Settings;
use petrel_social::views::{AccountView, RelationshipView};
use schemars::JsonSchema;
use serde::Serialize;

use super::Account;
use super::values::{Moment, Shown};

#[derive(JsonSchema, Serialize)]
pub struct Relationship<'a> {
    id: Shown<AccountId>,
    following: bool,
    showing_reblogs: bool,
    notifying: bool,
    languages: Option<&'a [String]>,
    followed_by: bool,
    blocking: bool,
    blocked_by: bool,
    muting: bool,
    muting_notifications: bool,
    muting_expires_at: Option<Moment>,
    requested: bool,
    requested_by: bool,
    domain_blocking: bool,
    endorsed: bool,
    note: &'a str,
}

impl<'a> From<&'a RelationshipView> for Relationship<'a> {
    fn from(view: &'a RelationshipView) -> Relationship<'a> {
        Relationship {
            id: Shown(view.id),
            following: view.following,
            showing_reblogs: view.showing_reblogs,
            notifying: view.notifying,
            languages: view.languages.as_deref(),
            followed_by: view.followed_by,
            blocking: view.blocking,
            blocked_by: view.blocked_by,
            muting: view.muting,
            muting_notifications: view.muting_notifications,
            muting_expires_at: view.muting_expires_at_ms.map(Moment),
            requested: view.requested,
            requested_by: view.requested_by,
            domain_blocking: false,
            endorsed: false,
            note: &view.note,
        }
    }
}

/// Those whom the caller follows among the followers of an account.
#[derive(JsonSchema, Serialize)]
pub struct FamiliarFollowers<'a> {
    id: Shown<AccountId>,
    accounts: Vec<Account<'a>>,
}

impl<'a> FamiliarFollowers<'a> {
    pub fn new(
        id: AccountId,
        accounts: &'a [Arc<AccountView>],
        settings: &Settings,
    ) -> FamiliarFollowers<'a> {
        let accounts = accounts.iter();
        FamiliarFollowers {
            id: Shown(id),
            accounts: accounts.map(|view| Account::new(view, settings)).collect(),
        }
    }
}
