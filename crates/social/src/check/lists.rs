//! List rows against facts, both ways.

use petrel_model::clock::Stamp;
use petrel_model::id::{Id, StatusId};
use petrel_store::Row;
use rustc_hash::FxHashSet;

use super::Checker;
use super::facts::{Fact, FactKey, load};
use super::look::{self, Looked};
use super::repair::Put;
use super::report::{Difference, Repair, What};
use crate::error::Result;
use crate::lists::{ListRow, Lists, Owner, chapters};
use crate::marks::table::Marks;
use crate::relations::table::Relations;
use crate::statuses::table::{StatusSort, Statuses};

/// The job that removes the lists of a deleted status has so long, in seconds, on top of the
/// engine's late bound.
pub(super) const CLEANED_UP_WITHIN_S: u64 = 24 * 3_600;

/// Each fact that is on has each of its rows.
pub async fn facts_to_rows(checker: &mut Checker<'_>) -> Result<()> {
    checker.begin("statuses and their list rows");
    let mut token = None;
    loop {
        let (rows, next) = look::page::<Statuses>(checker.store, token).await?;
        checker.advance(rows.len());
        let created = rows
            .iter()
            .filter(|(_, row)| row.sort == StatusSort::Created);
        judge_facts(
            checker,
            created.map(|(id, _)| FactKey::Status(*id)).collect(),
        )
        .await?;
        match next {
            None => break,
            next => token = next,
        }
    }
    checker.begin("marks and their list rows");
    let mut token = None;
    loop {
        let (rows, next) = look::page::<Marks>(checker.store, token).await?;
        checker.advance(rows.len());
        let on = rows.iter().filter(|(_, row)| row.value.on);
        let keys = on.map(|((account, _), row)| FactKey::Mark(*account, row.sort.0, row.sort.1));
        judge_facts(checker, keys.collect()).await?;
        match next {
            None => break,
            next => token = next,
        }
    }
    checker.begin("relations and their list rows");
    let mut token = None;
    loop {
        let (rows, next) = look::page::<Relations>(checker.store, token).await?;
        checker.advance(rows.len());
        let on = rows.iter().filter(|(_, row)| row.value.on);
        let keys = on.map(|(account, row)| FactKey::Relation(*account, row.sort.0, row.sort.1));
        judge_facts(checker, keys.collect()).await?;
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

async fn judge_facts(checker: &mut Checker<'_>, keys: Vec<FactKey>) -> Result<()> {
    let facts = load(checker.store, &keys).await?;
    let mut rows: Vec<(FactKey, &ListRow)> = Vec::new();
    let mut reblogs: Vec<(FactKey, StatusId)> = Vec::new();
    let mut unborne: Vec<FactKey> = Vec::new();
    for (key, fact) in &facts {
        let Ok(fact) = fact else { continue };
        rows.extend(fact.rows.iter().map(|(row, _)| (*key, row)));
        reblogs.extend(fact.reblog.map(|status| (*key, status)));
        unborne.extend(fact.unborne.map(|_| *key));
    }
    // In the order of ids, so that two checks of one world say the same.
    rows.sort_by_key(|(_, row)| (row.list, row.id));
    let places: Vec<_> = rows
        .iter()
        .map(|(_, row)| (row.partition(), row.id))
        .collect();
    let found = look::get_many::<Lists>(checker.store, &places).await?;
    for ((key, row), found) in rows.into_iter().zip(found) {
        if matches!(found, Ok(None)) {
            row_is_missing(checker, key, row).await?;
        }
    }
    let created: Vec<_> = reblogs
        .iter()
        .map(|(_, status)| (*status, StatusSort::Created))
        .collect();
    let found = look::get_many::<Statuses>(checker.store, &created).await?;
    for ((key, status), found) in reblogs.into_iter().zip(found) {
        if matches!(found, Ok(None)) {
            reblog_is_missing(checker, key, status).await?;
        }
    }
    for key in unborne {
        reblog_is_unborne(checker, key).await?;
    }
    Ok(())
}

async fn look_again(checker: &Checker<'_>, key: FactKey) -> Result<Looked<Fact>> {
    let mut facts = load(checker.store, &[key]).await?;
    Ok(facts.remove(&key).unwrap_or(Err(look::Unreadable)))
}

async fn row_is_missing(checker: &mut Checker<'_>, key: FactKey, row: &ListRow) -> Result<()> {
    let Ok(fact) = look_again(checker, key).await? else {
        return Ok(());
    };
    let Some((_, revision)) = fact.rows.iter().find(|(wanted, _)| wanted == row) else {
        return Ok(());
    };
    let is_absent = get(checker, row).await?.is_ok_and(|row| row.is_none());
    let unchanged = look_again(checker, key).await?;
    if !is_absent || unchanged.is_ok_and(|now| now.premises != fact.premises) {
        return Ok(());
    }
    let repair = put(checker, &fact, row, *revision).await;
    let text = format!("there is the {key}, but {} is missing", named(row));
    add(checker, row, What::Missing, text, repair);
    Ok(())
}

async fn reblog_is_missing(
    checker: &mut Checker<'_>,
    key: FactKey,
    status: StatusId,
) -> Result<()> {
    let again = look_again(checker, key).await?;
    if !again.is_ok_and(|fact| fact.reblog == Some(status)) {
        return Ok(());
    }
    checker.report.add(Difference {
        table: "statuses",
        list: None,
        owner: status.to_string(),
        id: "created".to_owned(),
        what: What::Missing,
        text: format!(
            "there is the {key}, but its own status {status} is missing; \
             taking the reblog back sets it right"
        ),
        repair: Repair::Never,
    });
    Ok(())
}

async fn reblog_is_unborne(checker: &mut Checker<'_>, key: FactKey) -> Result<()> {
    let Ok(fact) = look_again(checker, key).await? else {
        return Ok(());
    };
    let (FactKey::Status(id), Some(revision)) = (key, fact.unborne) else {
        return Ok(());
    };
    let repair = checker
        .delete::<Statuses>(&fact.premises, &id, &StatusSort::Created, revision)
        .await;
    checker.report.add(Difference {
        table: "statuses",
        list: None,
        owner: id.to_string(),
        id: "created".to_owned(),
        what: What::Orphan,
        text: format!("{key} is a reblog, but there is no mark that bears it"),
        repair,
    });
    Ok(())
}

/// Each list row has its fact.
pub async fn rows_to_facts(checker: &mut Checker<'_>) -> Result<()> {
    checker.begin("list rows and their facts");
    let mut unbegun = FxHashSet::default();
    let mut token = None;
    loop {
        let (page, next) = look::page::<Lists>(checker.store, token).await?;
        checker.advance(page.len());
        let rows: Vec<(ListRow, Stamp)> = page
            .into_iter()
            .map(|((list, owner, chapter), row)| {
                let Row {
                    sort: id,
                    value: entry,
                    revision,
                    ..
                } = row;
                let row = ListRow {
                    list,
                    owner,
                    chapter,
                    id,
                    entry,
                };
                (row, revision)
            })
            .collect();
        let keys: Vec<FactKey> = rows
            .iter()
            .filter_map(|(row, _)| FactKey::of(row))
            .collect();
        let facts = load(checker.store, &keys).await?;
        for (row, revision) in &rows {
            let fact = FactKey::of(row).map(|key| &facts[&key]);
            if verdict(checker, row, fact).is_some() {
                row_is_not_right(checker, row, *revision).await?;
            }
            chapter_has_begun(checker, row, &mut unbegun).await?;
        }
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

/// What is wrong with a row, given the fact that it points at; none if no fact can have it.
fn verdict(checker: &Checker<'_>, row: &ListRow, fact: Option<&Looked<Fact>>) -> Option<What> {
    let fact = match fact {
        None => return Some(What::Orphan),
        Some(Err(_)) => return None,
        Some(Ok(fact)) => fact,
    };
    let is_there = |other: &ListRow| {
        (other.list, &other.owner, other.chapter, other.id)
            == (row.list, &row.owner, row.chapter, row.id)
    };
    if let Some((wanted, _)) = fact.rows.iter().find(|(wanted, _)| is_there(wanted)) {
        return (wanted.entry != row.entry).then_some(What::Wrong);
    }
    let within_s = checker.store.engine().late_bound_s() + CLEANED_UP_WITHIN_S;
    let is_leftover = |(rows, deleted): &(Vec<ListRow>, Stamp)| {
        rows.iter().any(is_there) && !checker.is_older(*deleted, within_s)
    };
    match &fact.leftovers {
        Some(leftovers) if is_leftover(leftovers) => None,
        _ => Some(What::Orphan),
    }
}

async fn row_is_not_right(checker: &mut Checker<'_>, row: &ListRow, revision: Stamp) -> Result<()> {
    let stands = |found: Looked<Option<Row<Lists>>>| {
        found.is_ok_and(|found| found.is_some_and(|found| found.revision == revision))
    };
    if !stands(get(checker, row).await?) {
        return Ok(());
    }
    let key = FactKey::of(row);
    let fact = match key {
        Some(key) => Some(look_again(checker, key).await?),
        None => None,
    };
    let Some(what) = verdict(checker, row, fact.as_ref()) else {
        return Ok(());
    };
    if !stands(get(checker, row).await?) {
        return Ok(());
    }
    let fact = fact.and_then(Looked::ok).unwrap_or_default();
    let partition = row.partition();
    let mut repair = checker
        .delete::<Lists>(&fact.premises, &partition, &row.id, revision)
        .await;
    let right = fact
        .rows
        .iter()
        .find(|(wanted, _)| (wanted.partition(), wanted.id) == (row.partition(), row.id));
    if let (Repair::Done, Some((right, revision))) = (repair, right) {
        repair = put(checker, &fact, right, *revision).await;
    }
    let text = match (what, key) {
        (What::Wrong, Some(key)) => format!("{} does not say what the {key} says", named(row)),
        (_, Some(key)) => format!("{} has no fact: the {key} has no such row", named(row)),
        (_, None) => format!(
            "{} has no fact: there are no rows in such a list",
            named(row)
        ),
    };
    add(checker, row, what, text, repair);
    Ok(())
}

/// A chapter that nobody knows to have begun is never read.
async fn chapter_has_begun(
    checker: &mut Checker<'_>,
    row: &ListRow,
    unbegun: &mut FxHashSet<(crate::lists::List, Owner, Id)>,
) -> Result<()> {
    let partition = row.partition();
    if row.chapter == Id::MIN || unbegun.contains(&partition) {
        return Ok(());
    }
    let begins = chapters(checker.store, row.list, &row.owner).await;
    if begins?.contains(&row.chapter) || owner_is_gone(checker, &row.owner).await? {
        return Ok(());
    }
    unbegun.insert(partition);
    let text = format!(
        "{} stands in chapter {}, of which there is no beginning",
        named(row),
        row.chapter
    );
    add(checker, row, What::Missing, text, Repair::Never);
    Ok(())
}

async fn owner_is_gone(checker: &Checker<'_>, owner: &Owner) -> Result<bool> {
    let Owner::Status(id) = owner else {
        return Ok(false);
    };
    let deleted = look::get::<Statuses>(checker.store, id, &StatusSort::Deleted).await?;
    Ok(!matches!(deleted, Ok(None)))
}

async fn put(checker: &Checker<'_>, fact: &Fact, row: &ListRow, revision: Stamp) -> Repair {
    let put = Put {
        partition: &row.partition(),
        sort: &row.id,
        value: &row.entry,
        fact: revision,
        expires_at_s: None,
    };
    checker.put::<Lists>(&fact.premises, put).await
}

async fn get(checker: &Checker<'_>, row: &ListRow) -> Result<Looked<Option<Row<Lists>>>> {
    look::get::<Lists>(checker.store, &row.partition(), &row.id).await
}

fn named(row: &ListRow) -> String {
    format!(
        "row {} of {} of {}",
        row.id,
        row.list.name(),
        owner(&row.owner)
    )
}

fn owner(owner: &Owner) -> String {
    match owner {
        Owner::Account(id) => format!("account {id}"),
        Owner::Status(id) => format!("status {id}"),
        Owner::Tag(name) => format!("tag {name}"),
    }
}

fn add(checker: &mut Checker<'_>, row: &ListRow, what: What, text: String, repair: Repair) {
    checker.report.add(Difference {
        table: "lists",
        list: Some(row.list.name()),
        owner: owner(&row.owner),
        id: row.id.to_string(),
        what,
        text,
        repair,
    });
}
