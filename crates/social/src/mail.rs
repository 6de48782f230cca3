//! Mail to the people who have accounts here: by SMTP, or into a folder where there is none.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use petrel_model::id::Id;

use crate::context::Social;

/// How long the mail server may take, in seconds.
const SMTP_TIMEOUT_S: u64 = 30;

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
            .body(letter.body.clone())
            .map_err(|error| refused(error.to_string()))
    }
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
