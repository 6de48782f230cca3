//! Voting: once, and for good.

use petrel_model::choices::Choices;
use petrel_model::event::{Event, MarkKind, PollEvent};
use petrel_model::gate::{Interaction, Surface};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::scope::Scope;
use petrel_store::{Batch, Row};

use super::table::{Ballot, Poll};
use super::view;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::lists::{List, Owner, chapter_for};
use crate::marks;
use crate::marks::table::{Mark, Marks, partition};
use crate::statuses::facts::StatusFacts;
use crate::statuses::world::World;
use crate::views::PollView;

const ALREADY_VOTED: &str = "You have already voted on this poll";

/// Votes for the options at these places. Should one account vote on two nodes at once, the later
/// vote is the one that counts: both are the same row.
///
/// # Errors
/// `Invalid` in Mastodon's words; `NotFound` for a poll that the caller may not vote in.
pub async fn vote(ctx: &Ctx, id: StatusId, places: &[usize]) -> Result<PollView> {
    let account = ctx.require_user(Scope::WriteStatuses)?;
    let world = World::load(ctx, &[id]).await?;
    let facts = world.require(id, Surface::ById)?;
    let poll = facts.content().poll.as_ref().ok_or(Error::NotFound)?;
    // Whoever may show that they like it may vote: those of whom neither blocks the other.
    if !world.may_interact(id, Interaction::Favourite) {
        return Err(Error::NotFound);
    }
    if places.is_empty() {
        return view::require(ctx, id).await;
    }
    let choices = choose(ctx, facts, poll, account, places)?;
    let _turn = ctx.turns().status(account, id).await;
    let mut batch = ctx.batch();
    batch.note(world.revision());
    let key = (id, MarkKind::Vote);
    let known = batch.get::<Marks>(&partition(account, id), &key).await?;
    let has_voted = |row: &Row<Marks>| {
        let ballot = row.value.ballot.as_ref();
        ballot.is_some_and(|ballot| ballot.poll == poll.id)
    };
    if known.as_ref().is_some_and(has_voted) {
        return Err(Error::invalid(ALREADY_VOTED));
    }
    let ballot = Ballot {
        poll: poll.id,
        choices,
    };
    write(ctx, &mut batch, (account, facts), ballot, known).await?;
    batch.commit().await?;
    view::require(ctx, id).await
}

fn choose(
    ctx: &Ctx,
    facts: &StatusFacts,
    poll: &Poll,
    account: AccountId,
    places: &[usize],
) -> Result<Choices> {
    if poll.has_expired(ctx.clock().now_ms()) {
        return Err(Error::invalid("The poll has already ended"));
    }
    let mut choices = Choices::NONE;
    for place in places {
        let with = choices.with(*place).filter(|_| *place < poll.options.len());
        let with = with.ok_or_else(|| Error::invalid("The chosen vote option does not exist"))?;
        // As Mastodon says it, also where several are chosen of which one may be.
        if with == choices || !poll.multiple && !choices.is_empty() {
            return Err(Error::invalid(ALREADY_VOTED));
        }
        choices = with;
    }
    if facts.account() == account {
        return Err(Error::invalid("You cannot vote in your own polls"));
    }
    Ok(choices)
}

/// The mark, its list row, and the event. A vote in an earlier version of the poll gives way.
async fn write(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    (account, facts): (AccountId, &StatusFacts),
    ballot: Ballot,
    known: Option<Row<Marks>>,
) -> Result<()> {
    let (status, id) = (facts.id, ctx.clock().next_id());
    let owner = Owner::Status(status);
    let mark = Mark {
        id,
        on: true,
        author: facts.account(),
        status_chapter: chapter_for(batch, List::VotesByStatus, &owner, id).await?,
        account_chapter: Id::MIN,
        notification_chapter: None,
        ballot: Some(ballot),
    };
    if let Some(row) = known.filter(|row| row.value.on) {
        for row in marks::index_rows(account, status, MarkKind::Vote, &row.value) {
            row.delete(batch);
        }
    }
    let key = (status, MarkKind::Vote);
    batch.put::<Marks>(&partition(account, status), &key, &mark);
    for row in marks::index_rows(account, status, MarkKind::Vote, &mark) {
        row.put(batch);
    }
    batch.emit(Event::Poll(PollEvent::Voted {
        account,
        status,
        poll: ballot.poll,
        choices: ballot.choices,
    }));
    Ok(())
}
