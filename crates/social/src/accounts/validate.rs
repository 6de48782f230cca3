//! What sign-up asks of its fields, in Mastodon's codes and words.

use std::str::FromStr;

use petrel_model::limits::{
    EMAIL_BYTES_MAX, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, SIGN_UP_REASON_CHARS_MAX,
    USERNAME_CHARS_MAX,
};
use petrel_model::text::username::{self, UsernameError};

use crate::accounts::create::NewAccount;
use crate::error::{Error, FieldError, Result};

/// All that is wrong with what a person asks for.
pub(super) fn sign_up(new: &NewAccount) -> Vec<FieldError> {
    let mut errors = operators(new);
    if username::validate_shape(&new.username).is_ok() && username::is_reserved(&new.username) {
        errors.push(error("username", "ERR_RESERVED", "is reserved"));
    }
    if !new.agreement {
        errors.push(error("agreement", "ERR_ACCEPTED", "must be accepted"));
    }
    let reason_chars = new
        .reason
        .as_deref()
        .map_or(0, |reason| reason.chars().count());
    if reason_chars > SIGN_UP_REASON_CHARS_MAX {
        errors.push(too_long("reason", SIGN_UP_REASON_CHARS_MAX));
    }
    errors
}

/// The same for an operator, who may hand out reserved names and agrees to their own rules.
pub(super) fn operators(new: &NewAccount) -> Vec<FieldError> {
    let name = match username::validate_shape(&new.username) {
        Ok(()) | Err(UsernameError::Reserved) => None,
        Err(UsernameError::Empty) => Some(blank("username")),
        Err(UsernameError::TooLong) => Some(too_long("username", USERNAME_CHARS_MAX)),
        Err(UsernameError::Invalid) => Some(error(
            "username",
            "ERR_INVALID",
            "must contain only letters, numbers and underscores",
        )),
    };
    [name, email(&new.email), password_error(&new.password)]
        .into_iter()
        .flatten()
        .collect()
}

pub(super) fn password(password: &str) -> Result<()> {
    match password_error(password) {
        None => Ok(()),
        Some(error) => Err(Error::InvalidFields(vec![error])),
    }
}

fn email(email: &str) -> Option<FieldError> {
    let email = email.trim();
    if email.is_empty() {
        return Some(blank("email"));
    }
    if email.len() > EMAIL_BYTES_MAX {
        return Some(too_long("email", EMAIL_BYTES_MAX));
    }
    let is_address = lettre::Address::from_str(email).is_ok();
    (!is_address).then(|| error("email", "ERR_INVALID", "is invalid"))
}

fn password_error(password: &str) -> Option<FieldError> {
    if password.is_empty() {
        return Some(blank("password"));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Some(too_long("password", PASSWORD_BYTES_MAX));
    }
    (password.chars().count() < PASSWORD_CHARS_MIN).then(|| FieldError {
        field: "password",
        code: "ERR_TOO_SHORT",
        description: format!("is too short (minimum is {PASSWORD_CHARS_MIN} characters)"),
    })
}

pub(super) fn is_taken(field: &'static str) -> FieldError {
    error(field, "ERR_TAKEN", "has already been taken")
}

fn blank(field: &'static str) -> FieldError {
    error(field, "ERR_BLANK", "can't be blank")
}

fn too_long(field: &'static str, max: usize) -> FieldError {
    FieldError {
        field,
        code: "ERR_TOO_LONG",
        description: format!("is too long (maximum is {max} characters)"),
    }
}

fn error(field: &'static str, code: &'static str, description: &str) -> FieldError {
    FieldError {
        field,
        code,
        description: description.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(change: impl FnOnce(&mut NewAccount)) -> Vec<(&'static str, &'static str)> {
        let mut new = NewAccount {
            username: "ada".to_owned(),
            email: "ada@example.org".to_owned(),
            password: "correct horse".to_owned(),
            agreement: true,
            locale: None,
            reason: None,
        };
        change(&mut new);
        let errors = sign_up(&new).into_iter();
        errors.map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn each_field_is_judged() {
        assert_eq!(codes(|_| {}), []);
        for (username, code) in [
            ("", "ERR_BLANK"),
            ("a b", "ERR_INVALID"),
            ("ada@example.org", "ERR_INVALID"),
            (&"a".repeat(31), "ERR_TOO_LONG"),
            ("Admin", "ERR_RESERVED"),
        ] {
            assert_eq!(
                codes(|new| new.username = username.to_owned()),
                [("username", code)]
            );
        }
        for (email, code) in [
            (" ", "ERR_BLANK"),
            ("ada", "ERR_INVALID"),
            ("ada@", "ERR_INVALID"),
            ("ada@example.org\r\nBcc: all@example.org", "ERR_INVALID"),
            (&format!("{}@example.org", "a".repeat(250)), "ERR_TOO_LONG"),
        ] {
            assert_eq!(codes(|new| new.email = email.to_owned()), [("email", code)]);
        }
        for (password, code) in [
            ("", "ERR_BLANK"),
            ("1234567", "ERR_TOO_SHORT"),
            (&"a".repeat(129), "ERR_TOO_LONG"),
        ] {
            assert_eq!(
                codes(|new| new.password = password.to_owned()),
                [("password", code)]
            );
        }
        assert_eq!(
            codes(|new| new.agreement = false),
            [("agreement", "ERR_ACCEPTED")]
        );
        let everything = codes(|new| {
            new.username.clear();
            new.email.clear();
            new.password.clear();
            new.agreement = false;
        });
        assert_eq!(everything.len(), 4);
    }
}
