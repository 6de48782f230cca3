use petrel_model::id::Id;
use petrel_social::settings::Settings;
use petrel_social::views::ConversationView;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::Shown;
use super::{Account, Status};

#[derive(JsonSchema, Serialize)]
pub struct Conversation<'a> {
    id: Shown<Id>,
    unread: bool,
    accounts: Vec<Account<'a>>,
    last_status: Option<Status<'a>>,
}

impl<'a> Conversation<'a> {
    pub fn new(view: &'a ConversationView, settings: &'a Settings) -> Conversation<'a> {
        let accounts = view.accounts.iter();
        let last_status = view.last_status.as_ref();
        Conversation {
            id: Shown(view.id),
            unread: view.unread,
            accounts: accounts.map(|view| Account::new(view, settings)).collect(),
            last_status: last_status.map(|view| Status::new(view, settings)),
        }
    }
}
