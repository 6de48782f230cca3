//! Statuses for a presentation that keeps what it has rendered: the facts themselves, shared, and
//! beside them the little that depends on the moment and on the viewer. Facts that are the same
//! pointer are the same facts.

use std::sync::Arc;

use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, StatusId};

use crate::accounts::facts::AccountFacts;
use crate::context::Ctx;
use crate::counts::Counted;
use crate::error::Result;
use crate::statuses::facts::StatusFacts;
use crate::statuses::viewer_marks::ViewerMarks;
use crate::statuses::world::World;
use crate::views::ViewerState;

pub struct Card {
    pub facts: Arc<StatusFacts>,
    pub author: Arc<AccountFacts>,
    pub figures: Figures,
    pub author_figures: AccountFigures,
    /// None for an anonymous viewer.
    pub viewer: Option<ViewerState>,
    pub reblog: Option<Box<Card>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    pub replies: u64,
    pub reblogs: u64,
    pub favourites: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AccountFigures {
    pub followers: u64,
    pub following: u64,
    pub statuses: u64,
    /// Unix milliseconds.
    pub last_status_at_ms: Option<u64>,
}

/// Those of the statuses that the gate lets the viewer see there, in order.
pub async fn cards(
    ctx: &Ctx,
    world: &World,
    ids: &[StatusId],
    surface: Surface,
) -> Result<Vec<Card>> {
    let marks = ViewerMarks::load(ctx.store(), world, ids).await?;
    let mut cards = Vec::with_capacity(ids.len());
    for id in ids {
        if !world.may_see(*id, surface) {
            continue;
        }
        let Some(facts) = world.statuses.get(id) else {
            continue;
        };
        let reblog = match facts.reblog_of() {
            None => None,
            Some((target, _)) => match world.statuses.get(&target) {
                Some(target) => card(ctx, world, &marks, target, None).await?.map(Box::new),
                None => continue,
            },
        };
        cards.extend(card(ctx, world, &marks, facts, reblog).await?);
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
    let (figures, viewer) = match &reblog {
        Some(reblog) => (reblog.figures, reblog.viewer),
        None => (figures(ctx, facts.id).await?, marks.state_of(facts)),
    };
    Ok(Some(Card {
        facts: facts.clone(),
        author: author.facts.clone(),
        figures,
        author_figures: account_figures(ctx, facts.account()).await?,
        viewer,
        reblog,
    }))
}

async fn figures(ctx: &Ctx, id: StatusId) -> Result<Figures> {
    let (store, counts) = (ctx.store(), &ctx.social.counts);
    Ok(Figures {
        replies: counts.get(store, Counted::Replies(id)).await?,
        reblogs: counts.get(store, Counted::Reblogs(id)).await?,
        favourites: counts.get(store, Counted::Favourites(id)).await?,
    })
}

pub async fn account_figures(ctx: &Ctx, id: AccountId) -> Result<AccountFigures> {
    let (store, counts) = (ctx.store(), &ctx.social.counts);
    let newest = counts.newest_status(store, id).await?;
    Ok(AccountFigures {
        followers: counts.get(store, Counted::Followers(id)).await?,
        following: counts.get(store, Counted::Following(id)).await?,
        statuses: counts.get(store, Counted::Statuses(id)).await?,
        last_status_at_ms: newest.map(|id| id.time_ms()),
    })
}
