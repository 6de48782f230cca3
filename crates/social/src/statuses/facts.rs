//! A status as its rows say it.

use petrel_model::clock::Stamp;
use petrel_model::event::{About, StatusEvent};
use petrel_model::id::{AccountId, Id, MediaId, StatusId};
use petrel_store::{Partition, Row};
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::media;
use crate::statuses::table::{StatusContent, StatusCreated, StatusRow, StatusSort, Statuses};

#[derive(Clone, Debug)]
pub struct StatusFacts {
    pub id: StatusId,
    pub created: StatusCreated,
    /// The stamp of its creation.
    pub created_revision: Stamp,
    /// Every version after the first, oldest first: the id of the edit and its revision.
    pub edits: Vec<(Id, Stamp, StatusContent)>,
    /// The accounts that the latest version names.
    pub mentioned: Vec<AccountId>,
    /// The newest revision among its rows.
    pub revision: Stamp,
}

impl StatusFacts {
    /// As [`StatusFacts::assemble`], made once for as long as the rows stay in the cache.
    pub fn of(id: StatusId, rows: &Partition<Statuses>) -> Option<Arc<StatusFacts>> {
        let made = rows.derive(|rows| StatusFacts::assemble(id, rows).map(Arc::new));
        Option::clone(&made)
    }

    /// None if it was never created, or was deleted.
    pub fn assemble(id: StatusId, rows: &[Row<Statuses>]) -> Option<StatusFacts> {
        let mut created = None;
        let mut edits = Vec::new();
        let mut revision = Stamp::MIN;
        for row in rows {
            revision = revision.max(row.revision);
            match (&row.sort, &row.value) {
                (_, StatusRow::Created(value)) => created = Some((value.clone(), row.revision)),
                (_, StatusRow::Deleted) => return None,
                (StatusSort::Edit(id), StatusRow::Edit(content)) => {
                    edits.push((*id, row.revision, content.of_edit(*id)));
                }
                _ => {}
            }
        }
        let (created, created_revision) = created?;
        edits.sort_by_key(|(id, revision, _)| (*revision, *id));
        let latest = edits
            .last()
            .map_or(&created.content, |(_, _, content)| content);
        let mentioned = latest
            .mentions
            .iter()
            .map(|mention| mention.account)
            .collect();
        Some(StatusFacts {
            id,
            mentioned,
            created,
            created_revision,
            edits,
            revision,
        })
    }

    /// The version that is shown: the edit with the latest revision, or the first.
    pub fn content(&self) -> &StatusContent {
        self.edits
            .last()
            .map_or(&self.created.content, |(_, _, content)| content)
    }

    /// Unix milliseconds of the last edit.
    pub fn edited_at_ms(&self) -> Option<u64> {
        self.edits.last().map(|(id, _, _)| id.time_ms())
    }

    pub fn account(&self) -> AccountId {
        self.created.account
    }

    /// What it reblogs.
    pub fn reblog_of(&self) -> Option<(StatusId, AccountId)> {
        match self.created.about {
            About::Reblog { status, account } => Some((status, account)),
            _ => None,
        }
    }

    pub fn in_reply_to(&self) -> Option<(StatusId, AccountId)> {
        match self.created.about {
            About::Reply { status, account } => Some((status, account)),
            _ => None,
        }
    }

    /// What any of its versions shows, each once.
    pub fn all_media(&self) -> impl Iterator<Item = MediaId> {
        let versions = self.edits.iter().map(|(_, _, content)| content);
        let versions = versions.chain([&self.created.content]);
        let all = versions.flat_map(|content| content.media.iter().map(|media| media.id));
        all.collect::<BTreeSet<_>>().into_iter()
    }

    /// Whether something is attached that visitors who are nobody may not see.
    pub fn has_closed_media(&self) -> bool {
        let is_open = media::is_open(self.created.visibility);
        let versions = self.edits.iter().map(|(_, _, content)| content);
        let mut versions = versions.chain([&self.created.content]);
        !is_open && versions.any(|content| !content.media.is_empty())
    }

    /// The status as events tell of it.
    pub fn event(&self) -> StatusEvent {
        let content = self.content();
        StatusEvent {
            id: self.id,
            account: self.created.account,
            visibility: self.created.visibility,
            about: self.created.about,
            language: content.language.clone().unwrap_or_default(),
            mentions: self.mentioned.clone(),
            tags: content.tags.iter().map(|tag| tag.name.clone()).collect(),
            has_media: !content.media.is_empty(),
        }
    }
}
