//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::version::VERSION;

/// A microblogging network that a skeleton crew can keep alive.
#[derive(Parser, Debug)]
#[command(name = "petrel", version = VERSION, propagate_version = false, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Goes with every command.
#[derive(Args, Debug, Default, Clone)]
pub struct Global {
    /// Data folder [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Configuration file; see `petrel config show`
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the data is, if not in the data folder: "cql://host,host[/keyspace]"
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,
    /// How nodes on one store tell each other what happened: "nats://host,host"
    #[arg(long, global = true, value_name = "URL")]
    pub bus: Option<String>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Serve the network
    Serve(Serve),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage accounts; works with and without a running server
    #[command(subcommand)]
    Account(AccountCommand),
    /// Manage apps; works with and without a running server
    #[command(subcommand)]
    App(AppCommand),
    /// See what people reported; works with and without a running server
    #[command(subcommand)]
    Report(ReportCommand),
    /// Manage custom emojis; works with and without a running server
    #[command(subcommand)]
    Emoji(EmojiCommand),
    /// Write all data into a file, as of one moment where there is one machine; works while
    /// servers are running
    Backup {
        /// The file to be made; it must not be there yet
        file: PathBuf,
    },
    /// Make a new data folder from a backup, or with --store an empty keyspace
    Restore { file: PathBuf },
    /// Say how the running server on the data folder, and the cluster it belongs to, are doing
    Status,
    /// Check that every row reads, that lists and facts agree, and that files are there
    Check {
        /// Mend what can be mended
        #[arg(long)]
        repair: bool,
    },
    /// Fill a new data folder with a demo network, and serve it
    Demo(Demo),
    /// List the routes of the API, and what each returns of others' doings
    Routes,
    /// Print the API as an OpenAPI 3.1 document
    Openapi,
    /// Print version and commit
    Version,
    /// What the server starts by itself to read what strangers uploaded
    #[command(hide = true, disable_help_flag = true)]
    MediaWorker {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
}

#[derive(Args, Debug, Default, Clone)]
pub struct Serve {
    /// Where to listen for HTTP [default: localhost:3000]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
    /// The URL under which people reach the server
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// For developers of clients: sign-up confirmed at once, no limits, password grant.
    /// Never for a real server
    #[arg(long)]
    pub dev: bool,
}

#[derive(Args, Debug, Default, Clone)]
pub struct Demo {
    #[command(flatten)]
    pub serve: Serve,
    /// Draws another network
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Fill the folder and stop
    #[arg(long)]
    pub no_serve: bool,
}

#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Say whether the configuration is right
    Check,
    /// Print what is in force, with every key explained; secrets are left out
    Show,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    User,
    Moderator,
    Admin,
    Owner,
}

#[derive(Subcommand, Debug)]
pub enum AccountCommand {
    /// Create an account
    Create(AccountCreate),
    /// List accounts
    List {
        /// At most so many
        #[arg(long, default_value_t = 10_000)]
        limit: usize,
    },
    /// Show one account
    Show { name: String },
    /// Change what an account may do
    Role { name: String, role: RoleName },
    /// Close an account off
    Suspend { name: String },
    /// Let a suspended account in again
    Unsuspend { name: String },
    /// Let somebody in whom the letter to their e-mail address did not reach
    Confirm { name: String },
    /// Give an account a new password; all its sessions and tokens end
    ResetPassword {
        name: String,
        /// The new password; without it one is made up and printed
        #[arg(long)]
        password: Option<String>,
    },
}

#[derive(Args, Debug, Clone, Serialize, Deserialize)]
pub struct AccountCreate {
    pub name: String,
    #[arg(long)]
    pub email: String,
    /// Without it one is made up and printed
    #[arg(long)]
    pub password: Option<String>,
    #[arg(long, value_enum, default_value_t = RoleName::User)]
    pub role: RoleName,
    /// Language of the account, as in "de" or "pt-BR"
    #[arg(long)]
    pub locale: Option<String>,
    /// Followers need approval
    #[arg(long)]
    pub locked: bool,
    /// May be suggested to others
    #[arg(long)]
    pub discoverable: bool,
    /// A literal access token; in a folder of `serve --dev` only
    #[arg(long, requires = "scopes")]
    pub token: Option<String>,
    /// Scopes of the token, as in "read write follow push"
    #[arg(long, requires = "token")]
    pub scopes: Option<String>,
    /// The app that the token belongs to
    #[arg(long, requires = "token")]
    pub client_id: Option<String>,
    /// A data folder that is made by this command is one of `serve --dev`
    #[arg(long)]
    #[serde(skip)]
    pub dev: bool,
}

#[derive(Subcommand, Debug)]
pub enum ReportCommand {
    /// List reports, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

#[derive(Subcommand, Debug)]
pub enum EmojiCommand {
    /// Add an emoji, or replace the one of the same name
    Add {
        /// What people write between colons
        shortcode: String,
        /// A picture: PNG, GIF, WebP, JPEG or AVIF
        file: PathBuf,
        /// Under which clients list it
        #[arg(long)]
        category: Option<String>,
        /// Clients do not offer it; whoever knows its name can write it
        #[arg(long)]
        unlisted: bool,
    },
    /// Remove an emoji; its name stays as plain text where people wrote it
    Remove { shortcode: String },
    /// List emojis
    List,
}

#[derive(Subcommand, Debug)]
pub enum AppCommand {
    /// Create an app
    Create(AppCreate),
}

#[derive(Args, Debug, Clone, Serialize, Deserialize)]
pub struct AppCreate {
    pub name: String,
    /// May be given more than once [default: urn:ietf:wg:oauth:2.0:oob]
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    #[arg(long, default_value = "read")]
    pub scopes: String,
    #[arg(long)]
    pub website: Option<String>,
    /// A literal client id; in a folder of `serve --dev` only
    #[arg(long, requires = "client_secret")]
    pub client_id: Option<String>,
    /// A literal client secret; in a folder of `serve --dev` only
    #[arg(long, requires = "client_id")]
    pub client_secret: Option<String>,
    /// A data folder that is made by this command is one of `serve --dev`
    #[arg(long)]
    #[serde(skip)]
    pub dev: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_go_before_and_after_the_command() {
        for line in [
            "petrel --data d --json account list",
            "petrel account list --data d --json",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert!(cli.global.json && cli.global.data == Some("d".into()));
        }
    }
}
