//! Access: apps, authorization codes, access tokens, and sessions of browsers (RFC 6749, 7636,
//! 7009, as far as Mastodon's clients use them).

mod access;
mod apps;
mod authenticate;
mod codes;
mod error;
mod grants;
mod revoke;
mod sessions;
pub mod table;

pub use access::{ClearEndedAccess, clear_ended_access, note_access};
pub use apps::{App, NewApp, OUT_OF_BAND, create_app, find_app, get_app, get_apps};
pub use authenticate::{authenticate, authenticate_unconfirmed};
pub use codes::{Challenge, CodeExchange, authorize, token_by_code};
pub use error::OAuthError;
pub use grants::{AccessToken, issue, token_by_client_credentials, token_by_password, token_fixed};
pub use revoke::revoke;
pub use sessions::{SESSION_KEPT_S, end_session, log_in, session, start_session};
