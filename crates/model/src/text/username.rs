//! Which user names may be taken.

use crate::limits::USERNAME_CHARS_MAX;
use crate::text::fold;

/// Names that look like they speak for the server. Only its operators hand them out.
const RESERVED: [&str; 21] = [
    "abuse",
    "admin",
    "administrator",
    "help",
    "hostmaster",
    "info",
    "instance",
    "me",
    "mod",
    "moderation",
    "moderator",
    "moderators",
    "official",
    "owner",
    "petrel",
    "postmaster",
    "root",
    "security",
    "support",
    "system",
    "webmaster",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    #[error("a user name cannot be empty")]
    Empty,
    #[error("a user name has at most {USERNAME_CHARS_MAX} characters")]
    TooLong,
    #[error("a user name is made of letters a to z, digits and underscores")]
    Invalid,
    #[error("this user name is reserved")]
    Reserved,
}

/// Whether a person may sign up under this name; whether it is free is another question.
pub fn validate(username: &str) -> Result<(), UsernameError> {
    validate_shape(username)?;
    if is_reserved(username) {
        return Err(UsernameError::Reserved);
    }
    Ok(())
}

/// The same for an operator, who may hand out reserved names.
pub fn validate_shape(username: &str) -> Result<(), UsernameError> {
    if username.is_empty() {
        return Err(UsernameError::Empty);
    }
    if !username
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return Err(UsernameError::Invalid);
    }
    if username.len() > USERNAME_CHARS_MAX {
        return Err(UsernameError::TooLong);
    }
    Ok(())
}

pub fn is_reserved(username: &str) -> bool {
    RESERVED.contains(&fold::username(username).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_and_underscores() {
        let longest = "a".repeat(USERNAME_CHARS_MAX);
        for username in ["a", "Ada_99", "_", "1984", &longest] {
            assert_eq!(validate(username), Ok(()), "{username}");
        }
        let longer = "a".repeat(USERNAME_CHARS_MAX + 1);
        for (username, error) in [
            ("", UsernameError::Empty),
            ("a b", UsernameError::Invalid),
            ("a.b", UsernameError::Invalid),
            ("a-b", UsernameError::Invalid),
            ("@a", UsernameError::Invalid),
            ("ада", UsernameError::Invalid),
            ("a\n", UsernameError::Invalid),
            (&longer, UsernameError::TooLong),
            ("Admin", UsernameError::Reserved),
        ] {
            assert_eq!(validate(username), Err(error), "{username}");
        }
    }

    #[test]
    fn only_operators_hand_out_reserved_names() {
        assert!(is_reserved("ROOT"));
        assert_eq!(validate_shape("admin"), Ok(()));
    }
}
