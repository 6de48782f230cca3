//! Accounts: creation, credentials, profile, moderation state, and how they are shown.

mod admin_list;
mod asked;
pub mod claims;
mod confirmation;
mod create;
mod credentials;
pub mod facts;
mod links;
mod moderation;
pub mod password;
mod profile;
pub mod table;
mod unclaimed;
mod validate;
pub mod view;

pub use admin_list::{AccountSummary, list, summary};
pub use asked::Asked;
pub use confirmation::{
    ConfirmationLetter, ConfirmationLetters, ConfirmationMail, ConfirmationToken,
    ConfirmationTokens, LETTERS_AGAIN_MAX, LETTERS_WITHIN_S, confirm, confirm_unasked,
    resend_confirmation, resend_to,
};
pub use create::{CreateOptions, NewAccount, create, register};
pub use credentials::{
    LogIn, PasswordCheck, Unconfirmed, check_log_in, check_password, credentials_view, own_view,
    random_password, reset_password,
};
pub use links::VerifyLinks;
pub use moderation::{set_role, suspend, unsuspend};
pub use profile::{ProfileUpdate, update};
pub use unclaimed::{AbandonedNames, UnclaimedAccount, free_pending};
pub use view::{find_id, get, get_many, lookup};
