//! Statuses for a presentation that keeps what it has rendered: the facts themselves, shared, and
//! beside them the little that depends on the moment and on the viewer. Facts that are the same
//! pointer are the same facts.

use std::sync::Arc;

use petrel_model::gate::Surface;
use petrel_model::id::StatusId;

use crate::accounts::facts::AccountFacts;
use crate::context::Ctx;
use crate::counts::{AccountFigures, Figures};
use crate::error::Result;
use crate::filters::Filtering;
use crate::polls;
use crate::statuses::facts::StatusFacts;
use crate::statuses::present::count;
use crate::statuses::viewer_marks::ViewerMarks;
use crate::statuses::world::World;
use crate::views::{FilterResult, PollView, ViewerState};

pub struct Card {
    pub facts: Arc<StatusFacts>,
    pub author: Arc<AccountFacts>,
    pub figures: Figures,
    pub author_figures: AccountFigures,
    /// None for an anonymous viewer.
    pub viewer: Option<ViewerState>,
    /// The viewer's filters that match it.
    pub filtered: Vec<FilterResult>,
    /// That of what is reblogged, if this is a reblog.
    pub poll: Option<PollView>,
    pub reblog: Option<Box<Card>>,
}

impl Card {
    /// The status whose content it shows.
    pub fn content(&self) -> &Arc<StatusFacts> {
        self.reblog
            .as_ref()
            .map_or(&self.facts, |reblog| &reblog.facts)
    }
}

/// Those of the statuses that the gate lets the viewer see there, in order.
pub async fn cards(
    ctx: &Ctx,
    world: &World,
    ids: &[StatusId],
    surface: Surface,
) -> Result<Vec<Card>> {
    let may_see = |id: &StatusId| world.may_see(*id, surface);
    let ids: Vec<StatusId> = ids.iter().copied().filter(may_see).collect();
    let facts = ids.iter().filter_map(|id| world.statuses.get(id));
    let targets = facts.clone().filter_map(|facts| facts.reblog_of());
    let targets = targets.filter_map(|(target, _)| world.statuses.get(&target));
    let all: Vec<&StatusFacts> = facts.clone().chain(targets).map(AsRef::as_ref).collect();
    let (marks, filtering, ()) = tokio::try_join!(
        ViewerMarks::load(ctx.store(), world, &ids),
        Filtering::load(ctx.store(), &world.eyes),
        count(ctx, &all)
    )?;
    let mut cards = Vec::with_capacity(ids.len());
    for id in &ids {
        let Some(facts) = world.statuses.get(id) else {
            continue;
        };
        let target = match facts.reblog_of() {
            None => None,
            Some((target, _)) => match world.statuses.get(&target) {
                Some(target) => Some(target),
                None => continue,
            },
        };
        let filtered = filtering.results(facts, target.map(AsRef::as_ref));
        let reblog = match target {
            None => None,
            Some(target) => card(ctx, world, &marks, target, None).await?,
        };
        let reblog = reblog.map(|card| {
            let filtered = filtered.clone();
            Box::new(Card { filtered, ..card })
        });
        let card = card(ctx, world, &marks, facts, reblog).await?;
        cards.extend(card.map(|card| Card { filtered, ..card }));
    }
    Ok(cards)
}

async fn card(
    ctx: &Ctx,
    world: &World,
    marks: &ViewerMarks,
    facts: &Arc<StatusFacts>,
    reblog: Option<Box<Card>>,
) -> Result<Option<Card>> {
    let Some(author) = world.accounts.get(&facts.account()) else {
        return Ok(None);
    };
    // A reblog shows the figures of what is reblogged, and the viewer's marks on it.
    let (figures, viewer, poll) = match &reblog {
        Some(reblog) => (reblog.figures, reblog.viewer, reblog.poll.clone()),
        None => {
            let figures = ctx.social.counts.status(ctx.store(), facts.id).await?;
            let poll = polls::present(ctx, facts, marks).await?;
            (figures, marks.state_of(facts), poll)
        }
    };
    Ok(Some(Card {
        facts: facts.clone(),
        author: author.facts.clone(),
        figures,
        author_figures: ctx
            .social
            .counts
            .account(ctx.store(), facts.account())
            .await?,
        viewer,
        filtered: Vec::new(),
        poll,
        reblog,
    }))
}
