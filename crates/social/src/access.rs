//! What commands keep in memory: what sign-up and log-in know, and whose turn it is. One for each
//! process.

use crate::accounts::claims::DoneClaims;
use crate::accounts::password::Passwords;
use crate::media::Secrets;
use crate::turns::Turns;

#[derive(Default)]
pub struct Access {
    pub(crate) done_claims: DoneClaims,
    pub(crate) passwords: Passwords,
    pub(crate) turns: Turns,
    pub(crate) secrets: Secrets,
}
