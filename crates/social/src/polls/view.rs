//! Polls as they are shown.

use petrel_model::choices::Choices;
use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, StatusId};
use petrel_model::scope::Scope;

use super::table::Poll;
use crate::context::Ctx;
use crate::counts::PollFigures;
use crate::emojis::{self, EmojiBook};
use crate::error::{Error, Result};
use crate::statuses::facts::StatusFacts;
use crate::statuses::viewer_marks::ViewerMarks;
use crate::statuses::world::World;
use crate::views::{PollOptionView, PollView, PollViewer};

/// The poll of this status. A poll's id is its status's.
pub async fn get(ctx: &Ctx, id: StatusId) -> Result<PollView> {
    ctx.allow_public(Scope::ReadStatuses)?;
    require(ctx, id).await
}

/// The poll that the caller is shown, whatever the token is for.
pub(super) async fn require(ctx: &Ctx, id: StatusId) -> Result<PollView> {
    let world = World::load(ctx, &[id]).await?;
    let facts = world.require(id, Surface::ById)?;
    let marks = ViewerMarks::load(ctx.store(), &world, &[id]).await?;
    let poll = present(ctx, facts, &marks).await?;
    poll.ok_or(Error::NotFound)
}

/// The poll of a status that the viewer is shown, as it is at this moment; none if it has none.
pub(crate) async fn present(
    ctx: &Ctx,
    facts: &StatusFacts,
    marks: &ViewerMarks,
) -> Result<Option<PollView>> {
    let Some(poll) = &facts.content().poll else {
        return Ok(None);
    };
    let counts = &ctx.social.counts;
    let figures = counts.poll(ctx.store(), facts.id, poll.id).await?;
    let viewer = marks
        .viewer()
        .map(|viewer| (viewer, marks.choices_in(viewer, facts.id, poll.id)));
    let now_ms = ctx.clock().now_ms();
    let emojis = emojis::book(ctx).await?;
    Ok(Some(view(facts, poll, &figures, viewer, now_ms, &emojis)))
}

fn view(
    facts: &StatusFacts,
    poll: &Poll,
    figures: &PollFigures,
    viewer: Option<(AccountId, Choices)>,
    now_ms: u64,
    emojis: &EmojiBook,
) -> PollView {
    let expired = poll.has_expired(now_ms);
    let shows_totals = expired || !poll.hide_totals;
    let options = poll.options.iter().zip(figures.options);
    PollView {
        id: facts.id,
        options: options
            .map(|(title, votes)| PollOptionView {
                title: title.clone(),
                votes_count: shows_totals.then_some(votes),
            })
            .collect(),
        expires_at_ms: poll.expires_at_ms,
        expired,
        multiple: poll.multiple,
        votes_count: figures.options.iter().sum(),
        voters_count: figures.voters,
        viewer: viewer.map(|(viewer, choices)| PollViewer {
            // Its author cannot vote, and is shown what those see who have.
            voted: !choices.is_empty() || viewer == facts.account(),
            own_votes: choices,
        }),
        emojis: emojis.used_in(poll.options.iter().map(String::as_str)),
    }
}
