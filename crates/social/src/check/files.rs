//! Whether the files that rows name are in their place: those of uploads and custom emojis, and
//! that accounts show pictures that there are.

use std::future::ready;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use petrel_model::id::{AccountId, Id};
use petrel_store::{Store, Table};

use super::look;
use super::report::{Difference, Repair, Report, What};
use crate::accounts::table::{AccountRow, Accounts, Picture, PictureFiles};
use crate::emojis;
use crate::emojis::table::{CustomEmojis, Emoji};
use crate::error::Error;
use crate::media::table::Processed;
use crate::media::{MediaFacts, MediaTable};

/// Files that are looked for side by side: each may be a question to a server.
const LOOKS_AT_ONCE: usize = 32;

/// Where the files are.
#[async_trait]
pub trait Files: Send + Sync {
    /// Whether there is one under the key. What went wrong is told to the operator.
    async fn has(&self, key: &str) -> Result<bool, String>;
}

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error(transparent)]
    Store(#[from] Error),
    #[error("looking for the file {key}: {why}")]
    Files { key: String, why: String },
}

/// Adds the files that are missing to the report. Nothing but a person can bring them back.
///
/// # Errors
/// Those of the store, and if the files cannot be looked for. What was found before is in the
/// report.
pub async fn check_files(
    store: &Store,
    files: &dyn Files,
    report: &mut Report,
) -> Result<(), FilesError> {
    let mut missing = Missing {
        store,
        files,
        report,
    };
    missing.uploads().await?;
    missing.pictures().await?;
    missing.emojis().await
}

struct Missing<'a> {
    store: &'a Store,
    files: &'a dyn Files,
    report: &'a mut Report,
}

impl Missing<'_> {
    async fn uploads(&mut self) -> Result<(), FilesError> {
        let mut token = None;
        loop {
            let (rows, next) = look::page::<MediaTable>(self.store, token).await?;
            let mut named = Vec::new();
            for (id, row) in rows {
                let variants = row.value.variants();
                named.extend(variants.map(|variant| (id, variant.key.clone())));
            }
            for (id, key) in self.gone(named).await? {
                // Its row says that it is deleted before its file is.
                if MediaFacts::find(self.store, id).await?.is_some() {
                    self.tell(MediaTable::NAME, id.to_string(), &key);
                }
            }
            match next {
                None => return Ok(()),
                next => token = next,
            }
        }
    }

    /// The files themselves are among the uploads.
    async fn pictures(&mut self) -> Result<(), FilesError> {
        let mut token = None;
        loop {
            let (rows, next) = look::page::<Accounts>(self.store, token).await?;
            for (account, row) in rows {
                if let AccountRow::Avatar(picture) | AccountRow::Header(picture) = &row.value
                    && !self.is_there(picture).await?
                    && self.shows(account, picture).await?
                {
                    let key = format!("of upload {}", picture.media);
                    self.tell(Accounts::NAME, account.to_string(), &key);
                }
            }
            match next {
                None => return Ok(()),
                next => token = next,
            }
        }
    }

    async fn is_there(&self, picture: &Picture) -> Result<bool, FilesError> {
        let Some(files) = &picture.files else {
            return Ok(true);
        };
        let facts = MediaFacts::find(self.store, picture.media).await?;
        let processed = facts.as_ref().and_then(|facts| facts.processed.as_ref());
        Ok(processed.is_some_and(|processed| names(files, processed)))
    }

    /// Whether the account shows it still, on a second look.
    async fn shows(&self, account: AccountId, picture: &Picture) -> Result<bool, FilesError> {
        let rows = self.store.partition::<Accounts>(&account).await;
        let rows = rows.map_err(Error::from)?;
        let is_it = |row: &AccountRow| matches!(row, AccountRow::Avatar(now) | AccountRow::Header(now) if now == picture);
        let is_deleted = |row: &AccountRow| matches!(row, AccountRow::Deleted);
        let mut values = rows.iter().map(|row| &row.value);
        Ok(values.clone().any(is_it) && !values.any(is_deleted))
    }

    async fn emojis(&mut self) -> Result<(), FilesError> {
        let mut token = None;
        loop {
            let (rows, next) = look::page::<CustomEmojis>(self.store, token).await?;
            let mut named = Vec::new();
            for (domain, row) in rows {
                let Some(Emoji { id, files, .. }) = row.value.emoji else {
                    continue;
                };
                for file in files.names() {
                    let owner = (domain.clone(), row.sort.clone(), id);
                    named.push((owner, emojis::key(id, file)));
                }
            }
            for ((domain, shortcode, id), key) in self.gone(named).await? {
                if self.is_emoji(&domain, &shortcode, id).await? {
                    self.tell(CustomEmojis::NAME, shortcode, &key);
                }
            }
            match next {
                None => return Ok(()),
                next => token = next,
            }
        }
    }

    async fn is_emoji(
        &self,
        domain: &String,
        shortcode: &String,
        id: Id,
    ) -> Result<bool, FilesError> {
        let row = self.store.get::<CustomEmojis>(domain, shortcode).await;
        let now = row.map_err(Error::from)?.and_then(|row| row.value.emoji);
        Ok(now.is_some_and(|now| now.id == id))
    }

    /// Those of a page's files that are not in their place, in order.
    async fn gone<T: Send>(&self, named: Vec<(T, String)>) -> Result<Vec<(T, String)>, FilesError> {
        let files = self.files;
        let looks = named.into_iter().map(|(owner, key)| async move {
            match files.has(&key).await {
                Ok(is_there) => Ok((!is_there).then_some((owner, key))),
                Err(why) => Err(FilesError::Files { key, why }),
            }
        });
        let looks = stream::iter(looks).buffered(LOOKS_AT_ONCE);
        looks
            .try_filter_map(|gone| ready(Ok(gone)))
            .try_collect()
            .await
    }

    fn tell(&mut self, table: &'static str, owner: String, key: &str) {
        self.report.add(Difference {
            table,
            list: None,
            text: format!("the file {key} is missing, which {table} of {owner} name"),
            owner,
            id: key.to_owned(),
            what: What::Missing,
            repair: Repair::Never,
        });
    }
}

fn names(files: &PictureFiles, processed: &Processed) -> bool {
    files
        .names()
        .all(|file| processed.variants().any(|variant| variant.file() == file))
}
