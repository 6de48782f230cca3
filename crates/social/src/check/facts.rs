//! Facts as a check needs them: the list rows that they have now, and all that says so.

use std::fmt;

use petrel_model::clock::Stamp;
use petrel_model::event::{MarkKind, RelationKind};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_store::{Row, Store};
use rustc_hash::{FxHashMap, FxHashSet};

use super::look::{self, Looked};
use super::repair::Premise;
use crate::error::Result;
use crate::lists::{List, ListRow, Owner};
use crate::marks;
use crate::marks::table::{Marks, partition as mark_partition};
use crate::relations;
use crate::relations::table::Relations;
use crate::statuses;
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::{StatusSort, Statuses};

/// Names a fact.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FactKey {
    Status(StatusId),
    Mark(AccountId, StatusId, MarkKind),
    Relation(AccountId, AccountId, RelationKind),
}

impl FactKey {
    /// The fact that a list row points at; none if no fact has rows in such a list.
    pub fn of(row: &ListRow) -> Option<FactKey> {
        let about = row.entry.id;
        let mark_by = |account, kind| FactKey::Mark(account, StatusId(about), kind);
        let mark_of = |status, kind| FactKey::Mark(AccountId(about), status, kind);
        let relation = |other, kind| FactKey::Relation(AccountId(about), other, kind);
        Some(match (row.list, &row.owner) {
            (List::StatusesByAccount, Owner::Account(_))
            | (List::RepliesByStatus, Owner::Status(_))
            | (List::StatusesByTag, Owner::Tag(_)) => FactKey::Status(StatusId(row.id)),
            (List::PinsByAccount, Owner::Account(by)) => mark_by(*by, MarkKind::Pin),
            (List::FavouritesByAccount, Owner::Account(by)) => mark_by(*by, MarkKind::Favourite),
            (List::BookmarksByAccount, Owner::Account(by)) => mark_by(*by, MarkKind::Bookmark),
            (List::FavouritesByStatus, Owner::Status(of)) => mark_of(*of, MarkKind::Favourite),
            (List::ReblogsByStatus, Owner::Status(of)) => mark_of(*of, MarkKind::Reblog),
            (List::VotesByStatus, Owner::Status(of)) => mark_of(*of, MarkKind::Vote),
            (List::Followers, Owner::Account(other)) => relation(*other, RelationKind::Follow),
            (List::FollowRequests, Owner::Account(other)) => {
                relation(*other, RelationKind::FollowRequest)
            }
            (List::Bells, Owner::Account(other)) => relation(*other, RelationKind::FollowSettings),
            _ => return None,
        })
    }
}

impl fmt::Display for FactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactKey::Status(id) => write!(f, "status {id}"),
            FactKey::Mark(account, status, kind) => {
                let kind = match kind {
                    MarkKind::Favourite => "favourite",
                    MarkKind::Reblog => "reblog",
                    MarkKind::Bookmark => "bookmark",
                    MarkKind::Pin => "pin",
                    MarkKind::ThreadMute => "thread mute",
                    MarkKind::Vote => "vote",
                };
                write!(f, "{kind} of status {status} by account {account}")
            }
            FactKey::Relation(account, other, kind) => {
                let kind = match kind {
                    RelationKind::Follow => "follow",
                    RelationKind::FollowSettings => "bell",
                    RelationKind::FollowRequest => "follow request",
                    RelationKind::Block => "block",
                    RelationKind::Mute => "mute",
                    RelationKind::Note => "note",
                };
                write!(f, "{kind} of account {other} by account {account}")
            }
        }
    }
}

/// What is known of a fact, whether it is on or off.
#[derive(Default)]
pub struct Fact {
    /// All rows that say whether it is on and which rows it has, absences included.
    pub premises: Vec<Premise>,
    /// The rows that it has, each with the revision of what says so.
    pub rows: Vec<(ListRow, Stamp)>,
    /// Rows that a job removes, because the status that owned them was deleted at that moment.
    pub leftovers: Option<(Vec<ListRow>, Stamp)>,
    /// The status that a reblog's mark bears.
    pub reblog: Option<StatusId>,
    /// The revision of the creation row of a reblog's status whose mark does not bear it.
    pub unborne: Option<Stamp>,
}

pub type Facts = FxHashMap<FactKey, Looked<Fact>>;

/// Loads facts in a few reads.
pub async fn load(store: &Store, keys: &[FactKey]) -> Result<Facts> {
    let mut facts = FxHashMap::default();
    let keys: FxHashSet<FactKey> = keys.iter().copied().collect();
    load_statuses(store, &keys, &mut facts).await?;
    load_marks(store, &keys, &mut facts).await?;
    load_relations(store, &keys, &mut facts).await?;
    Ok(facts)
}

async fn load_statuses(store: &Store, keys: &FxHashSet<FactKey>, into: &mut Facts) -> Result<()> {
    let ids = keys.iter().filter_map(|key| match key {
        FactKey::Status(id) => Some(*id),
        _ => None,
    });
    let ids: Vec<StatusId> = ids.collect();
    let mut reblogs = Vec::new();
    for (id, rows) in ids
        .iter()
        .zip(look::partitions::<Statuses>(store, &ids).await?)
    {
        let fact = rows.map(|rows| {
            let facts = StatusFacts::assemble(*id, &rows);
            if let Some(facts) = facts.as_ref().filter(|facts| facts.reblog_of().is_some()) {
                reblogs.push(facts.clone());
            }
            Fact {
                premises: status_premises(*id, &rows),
                rows: facts.as_ref().map(status_rows).unwrap_or_default(),
                ..Fact::default()
            }
        });
        into.insert(FactKey::Status(*id), fact);
    }
    join_reblogs_with_marks(store, &reblogs, into).await
}

/// A reblog's own status exists only while its mark is on and bears its id.
async fn join_reblogs_with_marks(
    store: &Store,
    reblogs: &[StatusFacts],
    into: &mut Facts,
) -> Result<()> {
    let mark_keys = reblogs.iter().filter_map(|reblog| {
        let (target, _) = reblog.reblog_of()?;
        Some((
            mark_partition(reblog.account(), target),
            (target, MarkKind::Reblog),
        ))
    });
    let mark_keys: Vec<_> = mark_keys.collect();
    let marks = look::get_many::<Marks>(store, &mark_keys).await?;
    for ((reblog, mark_key), mark) in reblogs.iter().zip(mark_keys).zip(marks) {
        let key = FactKey::Status(reblog.id);
        let (Some(Ok(fact)), Ok(mark)) = (into.get_mut(&key), mark) else {
            into.insert(key, Err(look::Unreadable));
            continue;
        };
        let revision = mark.as_ref().map(|mark| mark.revision);
        fact.premises
            .push(Premise::Mark(mark_key.0, mark_key.1, revision));
        let is_borne = |mark: &Row<Marks>| mark.value.on && mark.value.id == reblog.id.0;
        if !mark.is_some_and(|mark| is_borne(&mark)) {
            fact.rows.clear();
            fact.unborne = Some(reblog.created_revision);
        }
    }
    Ok(())
}

/// All of its rows but the beginnings of chapters, and the absence of what would say otherwise.
pub(super) fn status_premises(id: StatusId, rows: &[Row<Statuses>]) -> Vec<Premise> {
    let says = rows
        .iter()
        .filter(|row| !matches!(row.sort, StatusSort::Chapter(..)))
        .map(|row| Premise::Status(id, row.sort, Some(row.revision)));
    let absent = [StatusSort::Created, StatusSort::Deleted]
        .into_iter()
        .filter(|sort| rows.iter().all(|row| row.sort != *sort))
        .map(|sort| Premise::Status(id, sort, None));
    says.chain(absent).collect()
}

fn status_rows(facts: &StatusFacts) -> Vec<(ListRow, Stamp)> {
    let rows = statuses::index_rows(facts).into_iter();
    rows.map(|row| {
        let revision = match &row.owner {
            Owner::Tag(name) => tagged_since(facts, name, row.chapter),
            _ => facts.created_revision,
        };
        (row, revision)
    })
    .collect()
}

/// The revision of the version since which the hashtag has had its row.
fn tagged_since(facts: &StatusFacts, name: &str, chapter: Id) -> Stamp {
    let first = (facts.created_revision, &facts.created.content);
    let edits = facts.edits.iter();
    let edits = edits.map(|(_, revision, content)| (*revision, content));
    let mut since = facts.created_revision;
    let mut has_row = false;
    for (revision, content) in std::iter::once(first).chain(edits) {
        let mut tags = content.tags.iter();
        let has = tags.any(|tag| tag.name == name && tag.chapter == chapter);
        if has && !has_row {
            since = revision;
        }
        has_row = has;
    }
    since
}

async fn load_marks(store: &Store, keys: &FxHashSet<FactKey>, into: &mut Facts) -> Result<()> {
    let wanted = keys.iter().filter_map(|key| match key {
        FactKey::Mark(account, status, kind) => Some((*account, *status, *kind)),
        _ => None,
    });
    let wanted: Vec<_> = wanted.collect();
    let mark_keys: Vec<_> = wanted
        .iter()
        .map(|(account, status, kind)| (mark_partition(*account, *status), (*status, *kind)))
        .collect();
    let deleted_keys: Vec<_> = wanted
        .iter()
        .map(|(_, status, _)| (*status, StatusSort::Deleted))
        .collect();
    let found = look::get_many::<Marks>(store, &mark_keys).await?;
    let deleted = look::get_many::<Statuses>(store, &deleted_keys).await?;
    for (((account, status, kind), mark), deleted) in wanted.into_iter().zip(found).zip(deleted) {
        let fact = match (mark, deleted) {
            (Ok(mark), Ok(deleted)) => Ok(mark_fact((account, status, kind), mark, deleted)),
            _ => Err(look::Unreadable),
        };
        into.insert(FactKey::Mark(account, status, kind), fact);
    }
    Ok(())
}

fn mark_fact(
    (account, status, kind): (AccountId, StatusId, MarkKind),
    mark: Option<Row<Marks>>,
    deleted: Option<Row<Statuses>>,
) -> Fact {
    let revision = mark.as_ref().map(|mark| mark.revision);
    let deleted = deleted.map(|row| row.revision);
    let mut fact = Fact {
        premises: vec![
            Premise::Mark(mark_partition(account, status), (status, kind), revision),
            Premise::Status(status, StatusSort::Deleted, deleted),
        ],
        ..Fact::default()
    };
    let Some(mark) = mark.filter(|mark| mark.value.on) else {
        return fact;
    };
    let rows = marks::index_rows(account, status, kind, &mark.value);
    let (of_status, of_account): (Vec<ListRow>, Vec<ListRow>) = rows
        .into_iter()
        .partition(|row| matches!(row.owner, Owner::Status(_)));
    let stamped = |row| (row, mark.revision);
    fact.rows = of_account.into_iter().map(stamped).collect();
    match deleted {
        // A status that is deleted owns no lists.
        Some(deleted) => fact.leftovers = Some((of_status, deleted)),
        None => fact.rows.extend(of_status.into_iter().map(stamped)),
    }
    fact.reblog = (kind == MarkKind::Reblog).then_some(StatusId(mark.value.id));
    fact
}

async fn load_relations(store: &Store, keys: &FxHashSet<FactKey>, into: &mut Facts) -> Result<()> {
    let wanted = keys.iter().filter_map(|key| match key {
        FactKey::Relation(account, other, kind) => Some((*account, (*other, *kind))),
        _ => None,
    });
    let wanted: Vec<_> = wanted.collect();
    let found = look::get_many::<Relations>(store, &wanted).await?;
    for ((account, (other, kind)), row) in wanted.into_iter().zip(found) {
        let fact = row.map(|row| {
            let revision = row.as_ref().map(|row| row.revision);
            let on = row.filter(|row| row.value.on);
            let rows = on.map(|row| {
                let rows = relations::index_rows(account, other, kind, &row.value).into_iter();
                rows.map(|found| (found, row.revision)).collect()
            });
            Fact {
                premises: vec![Premise::Relation(account, (other, kind), revision)],
                rows: rows.unwrap_or_default(),
                ..Fact::default()
            }
        });
        into.insert(FactKey::Relation(account, other, kind), fact);
    }
    Ok(())
}
