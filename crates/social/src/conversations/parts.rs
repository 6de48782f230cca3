//! The rows that a direct status has among the conversations of its author and of those it names.

use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::visibility::Visibility;
use petrel_store::{Batch, Row, Store};
use sha2::{Digest, Sha256};

use crate::bounds::{Size, has_room};
use crate::context::{Ctx, Social};
use crate::conversations::table::{Conversations, Part};
use crate::error::Result;
use crate::lists::{List, Owner, chapter_for, chapters};
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::{StatusRow, Statuses};

/// Rows in one batch of a job.
const JOB_STEP: usize = 50;

/// Whose conversations a status belongs to, its author first; nobody's unless it is direct.
pub fn members(facts: &StatusFacts) -> Vec<AccountId> {
    if facts.created.visibility != Visibility::Direct || facts.reblog_of().is_some() {
        return Vec::new();
    }
    let author = facts.account();
    let named = facts.mentioned.iter().copied();
    let others = named.filter(|account| *account != author);
    std::iter::once(author).chain(others).collect()
}

/// The one function that says what a status's rows are. The commands, the job and `petrel check`
/// all call it.
pub fn part(facts: &StatusFacts) -> Part {
    Part {
        conversation: conversation(facts),
        thread: facts.created.thread,
    }
}

/// The same for all who take part, for ever: made of the thread and of everybody in it.
pub fn conversation(facts: &StatusFacts) -> Id {
    let mut members = members(facts);
    members.sort_unstable();
    let mut hasher = Sha256::new();
    hasher.update(facts.created.thread.0.0.to_be_bytes());
    for member in members {
        hasher.update(member.0.0.to_be_bytes());
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let number = u64::from_be_bytes(std::array::from_fn(|at| digest[at]));
    // Clients take ids for signed numbers, and none is zero.
    Id(number >> 1 | 1)
}

/// Adds the rows of those who are not `known` to have one. False if there was no room for all of
/// them beside `reserved`: then a job adds the rest.
pub async fn put_some(
    batch: &mut Batch<'_>,
    facts: &StatusFacts,
    known: &[AccountId],
    reserved: Size,
) -> Result<bool> {
    let part = part(facts);
    for member in members(facts) {
        if known.contains(&member) {
            continue;
        }
        let size = Size::of_row::<Conversations>(&(member, Id::MIN), &facts.id, &part);
        if !has_room(batch, reserved.and(size)) {
            return Ok(false);
        }
        put(batch, member, facts.id, &part).await?;
    }
    Ok(true)
}

/// All rows, for a job. Adding one twice is adding it once.
pub async fn put_all(ctx: &Ctx, facts: &StatusFacts) -> Result<()> {
    let part = part(facts);
    for step in members(facts).chunks(JOB_STEP) {
        let mut batch = ctx.batch();
        batch.note(facts.revision);
        for member in step {
            put(&mut batch, *member, facts.id, &part).await?;
        }
        batch.commit().await?;
    }
    Ok(())
}

async fn put(
    batch: &mut Batch<'_>,
    member: AccountId,
    status: StatusId,
    part: &Part,
) -> Result<()> {
    let owner = Owner::Account(member);
    let chapter = chapter_for(batch, List::Conversations, &owner, status.0).await?;
    batch.put::<Conversations>(&(member, chapter), &status, part);
    Ok(())
}

/// Whoever wrote a direct status or is named in any version of it, by its rows.
pub fn named(rows: &[Row<Statuses>]) -> Vec<AccountId> {
    let mut named = Vec::new();
    for row in rows {
        let content = match &row.value {
            StatusRow::Created(created) if created.visibility == Visibility::Direct => {
                named.push(created.account);
                &created.content
            }
            StatusRow::Edit(content) => content,
            _ => continue,
        };
        named.extend(content.mentions.iter().map(|mention| mention.account));
    }
    named.sort_unstable();
    named.dedup();
    named
}

/// Removes what a deleted status has left there, whichever of its versions named whom.
pub async fn clear(social: &Social, status: StatusId, rows: &[Row<Statuses>]) -> Result<()> {
    for step in named(rows).chunks(JOB_STEP) {
        let mut batch = social.store.batch();
        rows.iter().for_each(|row| batch.note(row.revision));
        for (member, chapter) in places(&social.store, step, status).await? {
            batch.delete::<Conversations>(&(member, chapter), &status);
        }
        if !batch.is_empty() {
            batch.commit().await?;
        }
    }
    Ok(())
}

/// Where the rows of a status are, of these members.
async fn places(
    store: &Store,
    members: &[AccountId],
    status: StatusId,
) -> Result<Vec<(AccountId, Id)>> {
    let mut keys = Vec::new();
    for member in members {
        let begins = chapters(store, List::Conversations, &Owner::Account(*member)).await?;
        let begun = begins.into_iter().filter(|begin| *begin <= status.0);
        keys.extend(begun.map(|begin| ((*member, begin), status)));
    }
    let found = store.get_many::<Conversations>(&keys).await?;
    let there = keys.into_iter().zip(found).filter(|(_, row)| row.is_some());
    Ok(there.map(|((place, _), _)| place).collect())
}
