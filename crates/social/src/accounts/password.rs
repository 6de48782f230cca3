//! Passwords: argon2id on blocking threads, a few at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use petrel_model::entropy::Entropy;
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// Passwords worked on at once: each takes `memory_kib`.
const AT_ONCE_MAX: usize = 4;
/// Passwords worked on or waiting; beyond, the caller is asked to try later.
const WAITING_MAX: usize = 256;
const SALT_BYTES: usize = 16;

/// What a guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// KiB of memory.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    pub lanes: u32,
}

impl PasswordCost {
    /// What OWASP's Password Storage Cheat Sheet asks for: 19 MiB, 2 passes, 1 lane.
    pub const OWASP: PasswordCost = PasswordCost {
        memory_kib: 19 * 1_024,
        passes: 2,
        lanes: 1,
    };
    /// Worth nothing as a protection: for tests and development, where sign-ups must be quick.
    pub const CHEAP: PasswordCost = PasswordCost {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    /// Whether argon2 can be run with it; the text says why not.
    pub fn check(self) -> Result<(), String> {
        self.params().map(|_| ()).map_err(|error| error.to_string())
    }

    fn params(self) -> Result<Params, argon2::Error> {
        Params::new(self.memory_kib, self.passes, self.lanes, None)
    }

    fn argon2(self) -> Result<Argon2<'static>> {
        let params = self.params().map_err(|error| {
            tracing::error!(%error, "the password cost that was set cannot be used");
            Error::Forbidden("Passwords cannot be set for the moment")
        })?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// Bounds how many passwords are worked on.
pub struct Passwords {
    turns: Semaphore,
    waiting: AtomicUsize,
    /// What is compared with when there is no such account, so that it takes as long.
    nobody: OnceLock<String>,
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords {
            turns: Semaphore::new(AT_ONCE_MAX),
            waiting: AtomicUsize::new(0),
            nobody: OnceLock::new(),
        }
    }
}

impl Passwords {
    /// A PHC string of the password with a salt of its own.
    pub async fn hash(
        &self,
        password: &str,
        cost: PasswordCost,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<String> {
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt);
        let password = password.to_owned();
        self.in_turn(cost, move || hash(&password, cost, &salt))
            .await?
    }

    /// Whether the password is the one of `phc`. Without a `phc` the answer is no, after as long.
    pub async fn verify(
        &self,
        password: &str,
        phc: Option<&str>,
        cost: PasswordCost,
    ) -> Result<bool> {
        let nobody = self.nobody(cost).await?;
        let is_somebody = phc.is_some();
        let phc = phc.map_or(nobody, str::to_owned);
        let password = password.to_owned();
        let matches = self.in_turn(cost, move || matches(&password, &phc)).await?;
        Ok(matches && is_somebody)
    }

    async fn nobody(&self, cost: PasswordCost) -> Result<String> {
        if let Some(phc) = self.nobody.get() {
            return Ok(phc.clone());
        }
        let phc = self
            .in_turn(cost, move || {
                hash("nobody has this password", cost, &[0; SALT_BYTES])
            })
            .await??;
        Ok(self.nobody.get_or_init(|| phc).clone())
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        cost: PasswordCost,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        if cost == PasswordCost::CHEAP {
            // It is quicker than a thread, and a simulation has but one.
            return Ok(work());
        }
        let _place = Place::take(&self.waiting)?;
        let _turn = self.turns.acquire().await.expect("it is never closed");
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "a password could not be worked on");
            Error::TooMany
        })
    }
}

/// A place among those that wait, given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Place<'a>> {
        let place = Place(waiting);
        if waiting.fetch_add(1, Ordering::SeqCst) >= WAITING_MAX {
            return Err(Error::TooMany);
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn hash(password: &str, cost: PasswordCost, salt: &[u8]) -> Result<String> {
    let salt = SaltString::encode_b64(salt).expect("sixteen bytes are a salt");
    let phc = cost.argon2()?.hash_password(password.as_bytes(), &salt);
    Ok(phc
        .expect("the parameters were checked, and passwords are short")
        .to_string())
}

fn matches(password: &str, phc: &str) -> bool {
    // The parameters are those of the PHC string, so a changed setting locks nobody out.
    PasswordHash::new(phc).is_ok_and(|phc| {
        Argon2::default()
            .verify_password(password.as_bytes(), &phc)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use petrel_model::entropy::SeededEntropy;

    #[tokio::test]
    async fn only_the_password_itself_matches() {
        let passwords = Passwords::default();
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
        let cost = PasswordCost::CHEAP;
        let phc = passwords
            .hash("correct horse", cost, &entropy)
            .await
            .unwrap();
        let other = passwords
            .hash("correct horse", cost, &entropy)
            .await
            .unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_ne!(phc, other);
        let verify = |password: &'static str, phc: Option<String>| {
            let passwords = &passwords;
            async move {
                passwords
                    .verify(password, phc.as_deref(), cost)
                    .await
                    .unwrap()
            }
        };
        assert!(verify("correct horse", Some(phc.clone())).await);
        assert!(!verify("Correct horse", Some(phc)).await);
        assert!(!verify("nobody has this password", None).await);
        assert!(!verify("x", Some("not a PHC string".to_owned())).await);
    }

    #[test]
    fn costs_are_checked() {
        assert_eq!(PasswordCost::OWASP.check(), Ok(()));
        assert_eq!(PasswordCost::CHEAP.check(), Ok(()));
        let nothing = PasswordCost {
            memory_kib: 0,
            ..PasswordCost::OWASP
        };
        assert!(nothing.check().is_err());
    }
}
