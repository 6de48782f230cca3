//! Mail to the people who have accounts here: by SMTP, or into a folder where there is none.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use petrel_model::id::Id;

use crate::context::Social;

/// How long the mail server may take, in seconds.
const SMTP_TIMEOUT_S: u64 = 30;
/// Longest line of a mail, in bytes (RFC 5322, 2.1.1).
const LINE_BYTES_MAX: usize = 998;

#[derive(Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// The sender: `Petrel <no-reply@petrel.example>`.
    pub from: String,
    /// `smtps://user:password@host:465` or `smtp://user:password@host:587?tls=required`. None
    /// writes mails into `outbox`.
    pub smtp_url: Option<String>,
    /// Folder for mails where there is no mail server.
    pub outbox: PathBuf,
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailSettings")
            .field("from", &self.from)
            .field("smtp_url", &self.smtp_url.as_ref().map(|_| "hidden"))
            .field("outbox", &self.outbox)
            .finish()
    }
}

/// A mail that is not yet one. Not `Debug`: its text bears secrets.
pub struct Letter {
    pub to: String,
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// What the person is to follow; said in the log where there is no mail server.
    pub link: String,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum MailError {
    /// It will never be taken: a bad address, or the mail server said no for good.
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// It may be taken later.
    #[error("the mail was not sent: {0}")]
    Unsent(String),
}

/// A setting cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mail.{key}: {why}")]
pub struct MailSettingsError {
    pub key: &'static str,
    pub why: String,
}

/// Sends letters. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Outbox(Arc<Path>),
}

impl Mailer {
    /// # Errors
    /// The setting that cannot be used. Does not connect.
    pub fn new(settings: &MailSettings) -> Result<Mailer, MailSettingsError> {
        let from = Mailbox::from_str(&settings.from).map_err(|error| MailSettingsError {
            key: "from",
            why: error.to_string(),
        })?;
        let way = match &settings.smtp_url {
            None => Way::Outbox(settings.outbox.as_path().into()),
            Some(url) => {
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
                let builder = builder.map_err(|error| MailSettingsError {
                    key: "smtp_url",
                    why: error.to_string(),
                })?;
                let timeout = Duration::from_secs(SMTP_TIMEOUT_S);
                Way::Smtp(builder.timeout(Some(timeout)).build())
            }
        };
        Ok(Mailer { from, way })
    }

    /// # Errors
    /// `Unsent` is worth another try.
    pub async fn send(&self, social: &Social, letter: &Letter) -> Result<(), MailError> {
        let id = social.clock.next_id();
        let message = self.message(social, letter, id)?;
        match &self.way {
            Way::Smtp(transport) => match transport.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() => Err(MailError::Refused(error.to_string())),
                Err(error) => Err(MailError::Unsent(error.to_string())),
            },
            Way::Outbox(folder) => {
                let path = folder.join(format!("{id}.eml"));
                write_whole(&path, &message.formatted())
                    .await
                    .map_err(|error| MailError::Unsent(format!("{}: {error}", path.display())))?;
                tracing::info!(
                    to = letter.to,
                    path = %path.display(),
                    link = letter.link,
                    "no mail server is set, so a mail went to the outbox folder"
                );
                Ok(())
            }
        }
    }

    fn message(&self, social: &Social, letter: &Letter, id: Id) -> Result<Message, MailError> {
        let refused = |error: String| MailError::Refused(error);
        let to: Mailbox = letter
            .to
            .parse()
            .map_err(|error: lettre::address::AddressError| refused(error.to_string()))?;
        let date = UNIX_EPOCH + Duration::from_millis(social.clock.now_ms());
        let host = social.settings.domain.split(':').next().unwrap_or_default();
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&letter.subject)
            .date(date)
            .message_id(Some(format!("<{id}@{host}>")))
            .header(ContentType::TEXT_PLAIN)
            .body(body(&letter.body))
            .map_err(|error| refused(error.to_string()))
    }
}

/// The text as it is where mail can bear it: a link is not broken in two by an encoding.
fn body(text: &str) -> Body {
    let plain = text.is_ascii() && text.lines().all(|line| line.len() <= LINE_BYTES_MAX);
    if !plain {
        return Body::new(text.to_owned());
    }
    let lines: String = text.lines().flat_map(|line| [line, "\r\n"]).collect();
    Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit)
}

/// Nobody who looks into the folder sees half a mail.
async fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    let unfinished = path.with_extension("part");
    tokio::fs::write(&unfinished, bytes).await?;
    tokio::fs::rename(&unfinished, path).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(smtp_url: Option<&str>, from: &str) -> MailSettings {
        MailSettings {
            from: from.to_owned(),
            smtp_url: smtp_url.map(str::to_owned),
            outbox: PathBuf::new(),
        }
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let key = |url, from: &str| {
            Mailer::new(&settings(url, from))
                .err()
                .map(|error| error.key)
        };
        let from = "Petrel <a@petrel.example>";
        assert_eq!(key(None, from), None);
        assert_eq!(key(None, "nobody"), Some("from"));
        assert_eq!(key(Some("http://mail.example"), from), Some("smtp_url"));
        assert_eq!(key(Some("nonsense"), from), Some("smtp_url"));
    }

    #[tokio::test]
    async fn a_mail_server_with_a_password_is_a_setting_that_hides_it() {
        let url = "smtps://petrel:hunter2@mail.example:465";
        let settings = settings(Some(url), "a@petrel.example");
        assert!(Mailer::new(&settings).is_ok());
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn links_are_whole_and_other_scripts_are_encoded() {
        let link = format!("https://petrel.example/{}", "x".repeat(200));
        let plain = body(&format!("Hello\n{link}\n")).into_vec();
        assert_eq!(plain, format!("Hello\r\n{link}\r\n").into_bytes());
        let other = body("Ада").into_vec();
        assert!(other.is_ascii() && !other.is_empty());
    }
}
