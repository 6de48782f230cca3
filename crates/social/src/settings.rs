//! What the operator has set, as far as the domain needs it.

use petrel_model::id::StatusId;

pub use crate::accounts::password::PasswordCost;
pub use crate::mail::MailSettings;

use crate::accounts::table::Picture;
use crate::media;

#[derive(Clone, Debug)]
pub struct Settings {
    /// Host with port if not the default, as in handles: `petrel.example`, `localhost:3000`.
    pub domain: String,
    /// Origin without a slash at its end: `https://petrel.example`.
    pub url: String,
    pub registrations_open: bool,
    /// Accounts count as confirmed at once (development only).
    pub confirm_at_once: bool,
    /// The old OAuth password grant (development only).
    pub password_grant: bool,
    /// Tokens, client ids and client secrets may be given by the operator (development only).
    pub literal_secrets: bool,
    pub password_cost: PasswordCost,
    pub mail: MailSettings,
    /// Rows of a list in one chapter.
    pub chapter_rows: usize,
}

impl Settings {
    /// Rows of a list in one chapter, unless a test says otherwise.
    pub const CHAPTER_ROWS: usize = 100_000;

    /// Page of an account for people.
    pub fn account_url(&self, username: &str) -> String {
        format!("{}/@{username}", self.url)
    }

    /// Id of an account in the fediverse. Can never change.
    pub fn account_uri(&self, username: &str) -> String {
        format!("{}/users/{username}", self.url)
    }

    /// Page of a status for people.
    pub fn status_url(&self, username: &str, status: StatusId) -> String {
        format!("{}/@{username}/{status}", self.url)
    }

    /// Id of a status in the fediverse. Can never change.
    pub fn status_uri(&self, username: &str, status: StatusId) -> String {
        format!("{}/users/{username}/statuses/{status}", self.url)
    }

    /// Id of a reblog in the fediverse.
    pub fn reblog_uri(&self, username: &str, status: StatusId) -> String {
        format!("{}/users/{username}/statuses/{status}/activity", self.url)
    }

    pub fn tag_url(&self, tag: &str) -> String {
        format!("{}/tags/{tag}", self.url)
    }

    /// Of the avatar that an account shows, or of the one that those without share.
    pub fn avatar_url(&self, picture: Option<&Picture>) -> String {
        let address = picture.and_then(|picture| self.picture_url(picture));
        address.unwrap_or_else(|| format!("{}/avatars/original/missing.png", self.url))
    }

    /// The same, not moving.
    pub fn avatar_static_url(&self, picture: Option<&Picture>) -> String {
        let address = picture.and_then(|picture| self.still_url(picture));
        address.unwrap_or_else(|| self.avatar_url(picture))
    }

    pub fn header_url(&self, picture: Option<&Picture>) -> String {
        let address = picture.and_then(|picture| self.picture_url(picture));
        address.unwrap_or_else(|| format!("{}/headers/original/missing.png", self.url))
    }

    pub fn header_static_url(&self, picture: Option<&Picture>) -> String {
        let address = picture.and_then(|picture| self.still_url(picture));
        address.unwrap_or_else(|| self.header_url(picture))
    }

    fn picture_url(&self, picture: &Picture) -> Option<String> {
        let files = picture.files.as_ref()?;
        Some(media::plain(&self.url, picture.media, &files.original))
    }

    fn still_url(&self, picture: &Picture) -> Option<String> {
        let still = picture.files.as_ref()?.still.as_ref()?;
        Some(media::plain(&self.url, picture.media, still))
    }
}
