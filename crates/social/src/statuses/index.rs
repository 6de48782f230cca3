//! The one function that lists a status's list rows. The create, the delete, repairs and
//! `petrel check` all call it.

use petrel_model::event::About;

use crate::lists::{Entry, List, ListRow, Owner};
use crate::statuses::facts::StatusFacts;

/// Every list row that a status has.
pub fn index_rows(facts: &StatusFacts) -> Vec<ListRow> {
    let created = &facts.created;
    let mut rows = vec![ListRow {
        list: List::StatusesByAccount,
        owner: Owner::Account(created.account),
        chapter: created.account_chapter,
        id: facts.id.into(),
        entry: entry(facts),
    }];
    if let About::Reply { status, .. } = created.about {
        rows.push(ListRow {
            list: List::RepliesByStatus,
            owner: Owner::Status(status),
            chapter: created.replies_chapter,
            id: facts.id.into(),
            entry: entry(facts),
        });
    }
    rows.extend(tag_rows(facts));
    rows
}

/// The rows in the lists of its hashtags, of the version that is shown.
pub fn tag_rows(facts: &StatusFacts) -> Vec<ListRow> {
    let tags = facts.content().tags.iter();
    tags.map(|tag| ListRow {
        list: List::StatusesByTag,
        owner: Owner::Tag(tag.name.clone()),
        chapter: tag.chapter,
        id: facts.id.into(),
        entry: entry(facts),
    })
    .collect()
}

fn entry(facts: &StatusFacts) -> Entry {
    let created = &facts.created;
    let reply = match created.about {
        About::Reply { account, .. } => account != created.account,
        _ => false,
    };
    Entry {
        id: facts.id.into(),
        visibility: Some(created.visibility),
        reply: Some(reply),
        reblog: Some(facts.reblog_of().is_some()),
        ballot: None,
    }
}
