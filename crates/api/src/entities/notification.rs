use petrel_model::id::NotificationId;
use petrel_social::settings::Settings;
use petrel_social::views::NotificationView;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Moment, Shown};
use super::{Account, Status};

#[derive(JsonSchema, Serialize)]
pub struct Notification<'a> {
    id: Shown<NotificationId>,
    #[serde(rename = "type")]
    kind: &'static str,
    /// Each notification is a group of its own.
    group_key: String,
    created_at: Moment,
    account: Account<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status<'a>>,
}

impl<'a> Notification<'a> {
    pub fn new(view: &'a NotificationView, settings: &'a Settings) -> Notification<'a> {
        let status = view.status.as_ref();
        Notification {
            id: Shown(view.id),
            kind: view.kind.as_str(),
            group_key: format!("ungrouped-{}", view.id),
            created_at: Moment(view.created_at_ms),
            account: Account::new(&view.account, settings),
            status: status.map(|status| Status::new(status, settings)),
        }
    }
}
