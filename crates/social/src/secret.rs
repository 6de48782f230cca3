//! Secrets that are handed out: 32 random bytes as text. Stored is only their SHA-256, so that
//! whoever reads the store cannot use them; they are too long to be guessed from it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use petrel_model::entropy::Entropy;
use sha2::{Digest, Sha256};

const SECRET_BYTES: usize = 32;

/// A new secret, 43 characters that need no escaping in a URL.
pub fn new(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; SECRET_BYTES];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a secret. Two hashes may be compared plainly: whoever guesses does not
/// control how they begin.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// The S256 challenge of a PKCE verifier (RFC 7636, 4.6).
pub fn pkce_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(hash(verifier))
}

#[cfg(test)]
mod tests {
    use super::*;
    use petrel_model::entropy::SeededEntropy;

    #[test]
    fn secrets_differ_and_need_no_escaping() {
        let entropy = SeededEntropy::new(7);
        let (one, other) = (new(&entropy), new(&entropy));
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
        assert!(
            one.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        assert_eq!(
            pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
