//! Direct statuses against their rows among the conversations of those who take part, both ways.

use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::Row;

use super::Checker;
use super::facts::status_premises;
use super::lists::CLEANED_UP_WITHIN_S;
use super::look;
use super::repair::Put;
use super::report::{Difference, Repair, What};
use crate::conversations::table::Conversations;
use crate::conversations::{members, named, part};
use crate::error::Result;
use crate::lists::{List, Owner, chapters};
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::{StatusRow, StatusSort, Statuses};

pub async fn check(checker: &mut Checker<'_>) -> Result<()> {
    checker.begin("direct statuses and their conversations");
    let mut token = None;
    loop {
        let (rows, next) = look::page::<Statuses>(checker.store, token).await?;
        checker.advance(rows.len());
        for (id, row) in rows {
            match row.value {
                StatusRow::Created(created) if created.visibility == Visibility::Direct => {
                    status(checker, id).await?;
                }
                _ => {}
            }
        }
        match next {
            None => break,
            next => token = next,
        }
    }
    checker.begin("conversations and their direct statuses");
    let mut token = None;
    loop {
        let (rows, next) = look::page::<Conversations>(checker.store, token).await?;
        checker.advance(rows.len());
        for (partition, row) in rows {
            self::row(checker, partition, row).await?;
        }
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

/// A direct status has a row with each who takes part.
async fn status(checker: &mut Checker<'_>, id: StatusId) -> Result<()> {
    let rows = checker.store.partition::<Statuses>(&id).await?;
    let Some(facts) = StatusFacts::assemble(id, &rows) else {
        return Ok(());
    };
    for member in members(&facts) {
        let begins = chapters(checker.store, List::Conversations, &Owner::Account(member)).await?;
        let places = begins.iter().map(|begin| ((member, *begin), id));
        let places: Vec<_> = places.collect();
        let found = look::get_many::<Conversations>(checker.store, &places).await?;
        if found.iter().any(|row| !matches!(row, Ok(None))) {
            continue;
        }
        // What was read first may be older than the second look.
        let again = checker.store.partition::<Statuses>(&id).await?;
        if status_premises(id, &again) != status_premises(id, &rows) {
            return Ok(());
        }
        let begun = begins.into_iter().rfind(|begin| *begin <= id.0);
        let partition = (member, begun.unwrap_or(Id::MIN));
        let row = Put::<Conversations> {
            partition: &partition,
            sort: &id,
            value: &part(&facts),
            fact: facts.revision,
            expires_at_s: None,
        };
        let repair = checker.put(&status_premises(id, &rows), row).await;
        let text =
            format!("{member} takes part in direct status {id}, but has no row that says so");
        add(checker, (member, id), What::Missing, text, repair);
    }
    Ok(())
}

/// A row has its status, which names the account in one of its versions.
async fn row(
    checker: &mut Checker<'_>,
    partition: (AccountId, Id),
    row: Row<Conversations>,
) -> Result<()> {
    let (member, id) = (partition.0, row.sort);
    let rows = checker.store.partition::<Statuses>(&id).await?;
    let deleted = rows.iter().find(|row| row.sort == StatusSort::Deleted);
    let is_right = match deleted {
        // A job removes the rows of what is deleted.
        Some(deleted) => {
            let within_s = CLEANED_UP_WITHIN_S + checker.store.engine().late_bound_s();
            !checker.is_older(deleted.revision, within_s)
        }
        None => named(&rows).contains(&member),
    };
    if is_right
        || checker
            .store
            .get::<Conversations>(&partition, &id)
            .await?
            .is_none()
    {
        return Ok(());
    }
    let premises = status_premises(id, &rows);
    let repair = checker
        .delete::<Conversations>(&premises, &partition, &id, row.revision)
        .await;
    let text = format!("{member} has a row for direct status {id}, which there is not for them");
    add(checker, (member, id), What::Orphan, text, repair);
    Ok(())
}

fn add(
    checker: &mut Checker<'_>,
    (member, id): (AccountId, StatusId),
    what: What,
    text: String,
    repair: Repair,
) {
    checker.report.add(Difference {
        table: "conversations",
        list: None,
        owner: member.to_string(),
        id: id.to_string(),
        what,
        text,
        repair,
    });
}
