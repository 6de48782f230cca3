//! Lists of accounts.

use petrel_model::id::Id;
use petrel_social::account_lists::AccountListView;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::Shown;

#[derive(JsonSchema, Serialize)]
pub struct List<'a> {
    id: Shown<Id>,
    title: &'a str,
    replies_policy: &'static str,
    exclusive: bool,
}

impl<'a> From<&'a AccountListView> for List<'a> {
    fn from(view: &'a AccountListView) -> List<'a> {
        List {
            id: Shown(view.id),
            title: &view.title,
            replies_policy: view.replies_policy.as_str(),
            exclusive: view.exclusive,
        }
    }
}
