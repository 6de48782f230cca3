//! What an order came to, as a table for people or as JSON.

use std::path::PathBuf;

use petrel_social::accounts::AccountSummary;
use serde::{Deserialize, Serialize};

use super::{EmojiLine, ReportLine, StatusLines};
use crate::node::Node;

/// What an order came to, as it goes through the control socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "reply", content = "with", rename_all = "snake_case")]
pub enum Reply {
    Account(AccountLine),
    Accounts(Vec<AccountLine>),
    App(AppLine),
    Reports(Vec<ReportLine>),
    Emojis(Vec<EmojiLine>),
    Backup {
        file: PathBuf,
        rows: u64,
        bytes: u64,
        /// Nothing that was forbidden before this, in Unix milliseconds, is shown in it.
        #[serde(default)]
        closed_ms: u64,
    },
    Restore {
        /// The data folder, or the keyspace.
        into: String,
        rows: u64,
    },
    Check(CheckLines),
    Status(Box<StatusLines>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountLine {
    pub id: String,
    pub username: String,
    pub email: Option<String>,
    pub role: String,
    pub confirmed: bool,
    pub suspended: bool,
    pub locked: bool,
    pub created_at_ms: u64,
    pub url: String,
    /// Only when it was made up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppLine {
    pub id: String,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub scopes: String,
    pub client_id: String,
    pub client_secret: Option<String>,
}

/// What `petrel check` found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CheckLines {
    pub rows: u64,
    pub tables: Vec<TableLine>,
    /// The first of them; the count is of all.
    pub differences: Vec<DifferenceLine>,
    pub differences_count: u64,
    pub mended_count: u64,
    /// Why not all files were looked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub files_unchecked: Option<String>,
    /// What was cut off a damaged journal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub journal: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableLine {
    pub table: String,
    pub rows: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DifferenceLine {
    pub table: String,
    pub list: Option<String>,
    pub owner: String,
    pub id: String,
    pub what: String,
    pub text: String,
    /// What became of it.
    pub repair: String,
}

impl AccountLine {
    pub fn of(node: &Node, summary: AccountSummary) -> AccountLine {
        AccountLine {
            url: node.social.settings.account_url(&summary.username),
            id: summary.id.to_string(),
            username: summary.username,
            email: summary.email.map(|email| email.0),
            role: summary.role.as_str().to_owned(),
            confirmed: summary.confirmed,
            suspended: summary.suspended,
            locked: summary.locked,
            created_at_ms: summary.created_at_ms,
            password: None,
            token: None,
        }
    }
}

impl Reply {
    /// The reply itself, without the name that the socket needs.
    pub fn to_json(&self) -> serde_json::Value {
        let value = serde_json::to_value(self).expect("a reply is of plain values");
        value.get("with").cloned().unwrap_or_default()
    }

    /// Whether the command ends well.
    pub fn is_good(&self) -> bool {
        !matches!(self, Reply::Check(check) if !check.is_good())
    }
}

impl CheckLines {
    /// Whether everything was looked at and nothing is left that should be otherwise.
    pub fn is_good(&self) -> bool {
        self.differences_count == self.mended_count && self.files_unchecked.is_none()
    }
}
