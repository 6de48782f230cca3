//! The few pages that OAuth and sign-up need. They work without script.

mod confirmation;
mod consent;
mod layout;
mod log_in;
mod sign_up;

pub use confirmation::{confirmed, not_confirmed};
pub use consent::{Consent, consent, out_of_band};
pub use layout::{html, message, style};
pub use log_in::{LogIn, log_in};
pub use sign_up::{SignUp, check_mail, sign_up};
