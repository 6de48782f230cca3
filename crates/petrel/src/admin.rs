//! What operators order: one typed command, carried out by whichever process has the data folder
//! open.

mod account;
mod app;
mod emoji;
mod reply;
mod report;
mod status;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::backup;
use crate::cli::{AccountCommand, AccountCreate, AppCommand, AppCreate, ReportCommand, RoleName};
use crate::media::Media;
use crate::node::Node;
pub use emoji::{EmojiLine, FileBytes, NewEmoji};
pub use reply::{AccountLine, AppLine, CheckLines, DifferenceLine, Reply, TableLine};
pub use report::ReportLine;
pub use status::{ClusterLines, PeerLine, StatusLines};

/// An order, as it goes through the control socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "order", content = "with", rename_all = "snake_case")]
pub enum Order {
    CreateAccount(AccountCreate),
    ListAccounts {
        limit: usize,
    },
    ShowAccount {
        name: String,
    },
    SetRole {
        name: String,
        role: RoleName,
    },
    Suspend {
        name: String,
    },
    Unsuspend {
        name: String,
    },
    Confirm {
        name: String,
    },
    ResetPassword {
        name: String,
        password: Option<String>,
    },
    CreateApp(AppCreate),
    ListReports {
        limit: usize,
    },
    AddEmoji(NewEmoji),
    RemoveEmoji {
        shortcode: String,
    },
    ListEmojis,
    Backup {
        file: PathBuf,
    },
    Check {
        repair: bool,
    },
    Status,
}

impl From<AccountCommand> for Order {
    fn from(command: AccountCommand) -> Order {
        match command {
            AccountCommand::Create(create) => Order::CreateAccount(create),
            AccountCommand::List { limit } => Order::ListAccounts { limit },
            AccountCommand::Show { name } => Order::ShowAccount { name },
            AccountCommand::Role { name, role } => Order::SetRole { name, role },
            AccountCommand::Suspend { name } => Order::Suspend { name },
            AccountCommand::Unsuspend { name } => Order::Unsuspend { name },
            AccountCommand::Confirm { name } => Order::Confirm { name },
            AccountCommand::ResetPassword { name, password } => {
                Order::ResetPassword { name, password }
            }
        }
    }
}

impl From<AppCommand> for Order {
    fn from(command: AppCommand) -> Order {
        let AppCommand::Create(create) = command;
        Order::CreateApp(create)
    }
}

impl From<ReportCommand> for Order {
    fn from(command: ReportCommand) -> Order {
        let ReportCommand::List { limit } = command;
        Order::ListReports { limit }
    }
}

/// Carries the order out. `media` opens the place of uploaded files, for orders that need it.
pub async fn execute(
    node: &Node,
    media: impl FnOnce() -> Result<Media>,
    order: Order,
) -> Result<Reply> {
    match order {
        Order::CreateAccount(create) => account::create(node, create).await,
        Order::ListAccounts { limit } => account::list(node, limit).await,
        Order::ShowAccount { name } => account::show(node, &name).await,
        Order::SetRole { name, role } => account::set_role(node, &name, role).await,
        Order::Suspend { name } => account::suspend(node, &name).await,
        Order::Unsuspend { name } => account::unsuspend(node, &name).await,
        Order::Confirm { name } => account::confirm(node, &name).await,
        Order::ResetPassword { name, password } => {
            account::reset_password(node, &name, password).await
        }
        Order::CreateApp(create) => app::create(node, create).await,
        Order::ListReports { limit } => report::list(node, limit).await,
        Order::AddEmoji(new) => emoji::add(node, &media()?, new).await,
        Order::RemoveEmoji { shortcode } => emoji::remove(node, &media()?, &shortcode).await,
        Order::ListEmojis => emoji::list(node).await,
        Order::Backup { file } => backup::backup(node, &file).await,
        Order::Check { repair } => backup::check(node, &media()?, repair).await,
        Order::Status => status::status(node).await,
    }
}

/// Refuses what opens doors that must not stand open on a real server.
fn require_dev(node: &Node, option: &str) -> Result<()> {
    ensure!(
        node.is_dev(),
        "{option} takes a literal value only in a data folder of `petrel serve --dev`"
    );
    Ok(())
}
