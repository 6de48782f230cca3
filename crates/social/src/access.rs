//! What sign-up and log-in keep in memory. One for each process.

use crate::accounts::claims::DoneClaims;
use crate::accounts::password::Passwords;

#[derive(Default)]
pub struct Access {
    pub(crate) done_claims: DoneClaims,
    pub(crate) passwords: Passwords,
}
