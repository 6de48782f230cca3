//! Public and hashtag timelines: chains of the log read through the gate.

use std::collections::BTreeSet;

use petrel_model::gate::Surface;
use petrel_model::id::{Id, StatusId};
use petrel_model::limits::PAGE_ROWS_MAX;
use petrel_model::scope::Scope;
use petrel_model::text::fold;
use petrel_model::visibility::Visibility;
use petrel_social::context::Ctx;
use petrel_social::error::Result;
use petrel_social::lists::{self, List, Owner};
use petrel_social::page::{Page, PageRequest};
use petrel_social::statuses::hydrate;
use petrel_social::views::StatusView;

use crate::log::{Chain, Ordinal};
use crate::timelines::Timelines;

/// Rows that are looked at in one step at least.
const STEP_ROWS_MIN: usize = 20;
/// Further tags of each kind that one request may name, as in Mastodon.
const TAGS_OF_A_KIND_MAX: usize = 4;

/// Which part of the public timeline.
#[derive(Clone, Copy, Debug, Default)]
pub struct PublicFilter {
    pub local: bool,
    pub remote: bool,
    pub only_media: bool,
}

/// Statuses under `tag` or one of `any`, under all of `all` and none of `none`.
#[derive(Clone, Debug, Default)]
pub struct TagFilter {
    pub tag: String,
    pub any: Vec<String>,
    pub all: Vec<String>,
    pub none: Vec<String>,
    pub local: bool,
    pub remote: bool,
    pub only_media: bool,
}

/// The lists that a page is merged from: chains of the log, and for hashtags the store beyond it.
struct Source {
    chains: Vec<Ordinal>,
    tags: Vec<String>,
}

impl Timelines {
    /// Public statuses that are neither reblogs nor replies to others, as far as the log goes back.
    pub async fn public(
        &self,
        ctx: &Ctx,
        filter: PublicFilter,
        page: PageRequest,
    ) -> Result<Page<StatusView>> {
        ctx.allow_public(Scope::ReadStatuses)?;
        // All statuses are of this server, as long as there is no federation.
        if filter.remote {
            return Ok(Page::empty());
        }
        let source = Source {
            chains: self.log.ordinal(Chain::Public).into_iter().collect(),
            tags: Vec::new(),
        };
        let shown = |view: &StatusView| !filter.only_media || !view.media.is_empty();
        self.chain_page(ctx, &source, page, shown).await
    }

    /// Public statuses under hashtags.
    pub async fn tag(
        &self,
        ctx: &Ctx,
        filter: TagFilter,
        page: PageRequest,
    ) -> Result<Page<StatusView>> {
        ctx.allow_public(Scope::ReadStatuses)?;
        if filter.remote {
            return Ok(Page::empty());
        }
        let folded = |tags: &[String]| -> Vec<String> {
            let tags = tags.iter().take(TAGS_OF_A_KIND_MAX);
            tags.map(|tag| fold::tag(tag.trim_start_matches('#')))
                .collect()
        };
        let mut any = folded(&filter.any);
        any.extend(folded(std::slice::from_ref(&filter.tag)));
        any.sort_unstable();
        any.dedup();
        let (all, none) = (folded(&filter.all), folded(&filter.none));
        let chains = any
            .iter()
            .filter_map(|tag| self.log.find_ordinal(Chain::tag(tag)));
        let source = Source {
            chains: chains.collect(),
            tags: any.clone(),
        };
        // Names may share a chain, an edit may have dropped a tag, and the store lists statuses of
        // every visibility.
        let shown = |view: &StatusView| {
            let is_public = view.visibility == Visibility::Public && view.reblog.is_none();
            let has = |tag: &String| view.tags.iter().any(|own| fold::tag(own) == *tag);
            let has_media = !filter.only_media || !view.media.is_empty();
            is_public
                && has_media
                && any.iter().any(has)
                && all.iter().all(has)
                && !none.iter().any(has)
        };
        self.chain_page(ctx, &source, page, shown).await
    }

    async fn chain_page(
        &self,
        ctx: &Ctx,
        source: &Source,
        page: PageRequest,
        shown: impl Fn(&StatusView) -> bool,
    ) -> Result<Page<StatusView>> {
        let mut items: Vec<StatusView> = Vec::new();
        let mut at = page;
        let mut looked = 0;
        let mut ended = page.limit == 0;
        while items.len() < page.limit && looked < PAGE_ROWS_MAX && !ended {
            at.limit = (page.limit - items.len()).max(STEP_ROWS_MIN);
            let ids = self.ids(ctx, source, &at).await?;
            ended = ids.is_empty();
            looked += ids.len();
            match page.min_id {
                Some(_) => at.min_id = ids.last().map(|id| id.0).or(at.min_id),
                None => at.max_id = ids.last().map(|id| id.0).or(at.max_id),
            }
            let views = hydrate(ctx, &ids, Surface::Timeline).await?;
            items.extend(views.into_iter().filter(&shown));
        }
        let is_full = items.len() >= page.limit;
        items.truncate(page.limit);
        // Where a page that has looked at enough rows goes on.
        let stopped = |at: Option<Id>| at.filter(|_| !ended);
        let last = items.last().map(|view| view.id.0);
        if page.min_id.is_some() {
            items.reverse();
            return Ok(Page {
                next_max_id: items.last().map(|view| view.id.0),
                prev_min_id: if is_full {
                    last
                } else {
                    stopped(at.min_id).or(last)
                },
                items,
            });
        }
        Ok(Page {
            next_max_id: if is_full { last } else { stopped(at.max_id) },
            prev_min_id: items.first().map(|view| view.id.0),
            items,
        })
    }

    /// The next ids of the page: newest first, with `min_id` oldest first.
    async fn ids(&self, ctx: &Ctx, source: &Source, at: &PageRequest) -> Result<Vec<StatusId>> {
        let chains = source.chains.iter().copied();
        let below = at.max_id.map(StatusId);
        let is_stored = !source.tags.is_empty();
        if let Some(above) = at.min_id {
            let found = self.log.oldest(chains, StatusId(above), below, at.limit);
            if is_stored && found.start.0.0 > above.0.saturating_add(1) {
                return stored_ids(ctx, source, at).await;
            }
            return Ok(found.entries.iter().map(|entry| entry.id).collect());
        }
        let mut newest = self.log.newest(chains, below);
        let found: Vec<StatusId> = newest
            .by_ref()
            .map(|entry| entry.id)
            .take_while(|id| at.since_id.is_none_or(|floor| id.0 > floor))
            .take(at.limit)
            .collect();
        let start = newest.start();
        let has_floor_above = at.since_id.is_some_and(|floor| floor >= start.0);
        if !found.is_empty() || start == StatusId::MIN || !is_stored || has_floor_above {
            return Ok(found);
        }
        let mut beyond = *at;
        beyond.max_id = Some(below.map_or(start, |below| below.min(start)).0);
        stored_ids(ctx, source, &beyond).await
    }
}

/// As the log would answer, out of the lists of the store.
async fn stored_ids(ctx: &Ctx, source: &Source, at: &PageRequest) -> Result<Vec<StatusId>> {
    let is_from_below = at.min_id.is_some();
    let mut ids = BTreeSet::new();
    // Beyond this id a list that was read in part may have more.
    let mut horizon = None;
    for tag in &source.tags {
        let owner = Owner::Tag(tag.clone());
        let rows = lists::read(ctx.store(), List::StatusesByTag, &owner, at).await?;
        if rows.len() >= at.limit {
            let (newest, oldest) = (rows.first(), rows.last());
            let end = if is_from_below { newest } else { oldest }.map(|row| row.sort);
            horizon = match (horizon, end) {
                (None, end) => end,
                (Some(one), Some(other)) if is_from_below => Some(one.min(other)),
                (Some(one), Some(other)) => Some(one.max(other)),
                (one, None) => one,
            };
        }
        ids.extend(rows.iter().map(|row| StatusId(row.value.id)));
    }
    let is_whole = |id: &StatusId| match horizon {
        Some(horizon) if is_from_below => id.0 <= horizon,
        Some(horizon) => id.0 >= horizon,
        None => true,
    };
    let ids = ids.into_iter().filter(is_whole);
    Ok(if is_from_below {
        ids.collect()
    } else {
        ids.rev().collect()
    })
}
