//! Whether the files that rows name are in their place: those of uploads and custom emojis, and
//! that accounts show pictures that there are.

use async_trait::async_trait;
use petrel_model::id::{AccountId, Id};
use petrel_store::{Store, Table};

use super::look;
use super::report::{Difference, Repair, What};
use crate::accounts::table::{AccountRow, Accounts, Picture, PictureFiles};
use crate::emojis;
use crate::emojis::table::{CustomEmojis, Emoji};
use crate::error::Error;
use crate::media::table::{MediaRow, Processed};
use crate::media::{MediaFacts, MediaTable, Variant};

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

/// Says which files are missing. Nothing but a person can bring them back.
///
/// # Errors
/// Those of the store, and if the files cannot be looked for.
pub async fn check_files(store: &Store, files: &dyn Files) -> Result<Vec<Difference>, FilesError> {
    let mut missing = Missing {
        store,
        files,
        found: Vec::new(),
    };
    missing.uploads().await?;
    missing.pictures().await?;
    missing.emojis().await?;
    Ok(missing.found)
}

struct Missing<'a> {
    store: &'a Store,
    files: &'a dyn Files,
    found: Vec<Difference>,
}

impl Missing<'_> {
    async fn uploads(&mut self) -> Result<(), FilesError> {
        let mut token = None;
        loop {
            let (rows, next) = look::page::<MediaTable>(self.store, token).await?;
            for (id, row) in rows {
                let MediaRow::Processed(processed) = row.value else {
                    continue;
                };
                for Variant { key, .. } in processed.variants() {
                    // Its row says that it is deleted before its file is.
                    let is_gone = !self.has(key).await?;
                    if is_gone && MediaFacts::find(self.store, id).await?.is_some() {
                        self.tell(MediaTable::NAME, id.to_string(), key);
                    }
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
            for (domain, row) in rows {
                let Some(Emoji { id, files, .. }) = row.value.emoji else {
                    continue;
                };
                for file in std::iter::once(&files.original).chain(&files.still) {
                    let key = emojis::key(id, file);
                    if !self.has(&key).await? && self.is_emoji(&domain, &row.sort, id).await? {
                        self.tell(CustomEmojis::NAME, row.sort.clone(), &key);
                    }
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

    async fn has(&self, key: &str) -> Result<bool, FilesError> {
        self.files.has(key).await.map_err(|why| FilesError::Files {
            key: key.to_owned(),
            why,
        })
    }

    fn tell(&mut self, table: &'static str, owner: String, key: &str) {
        self.found.push(Difference {
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
    let mut all = std::iter::once(&files.original).chain(&files.still);
    all.all(|file| processed.variants().any(|variant| variant.file() == file))
}
