use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use petrel_model::gate::Surface;
use petrel_model::home::Entry;
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::scope::Scope;
use petrel_social::context::Ctx;
use petrel_social::error::Result;
use petrel_social::page::{Page, PageRequest};
use petrel_social::statuses::{Card, cards, present};
use petrel_social::views::StatusView;
use petrel_store::{Stamp, Store};

use crate::home::{self, Ascent, ColdReads, Descent, Reach, Timeline, Viewers};
use crate::kept::Journal;
use crate::log::{Log, LogSettings};
use crate::read::Reading;

/// Entries that a page asks for beyond those it lacks: some do not pass with their text.
const SPARE_ENTRIES: usize = 4;
/// A status bears a stamp at most so much later than its id, in milliseconds.
const STAMPED_WITHIN_MS: u64 = 1_000;
/// How often a page is judged at most, if what it is judged by changes meanwhile. What is shown has
/// passed the gate each time.
pub(crate) const JUDGED_MAX: usize = 4;

/// The timelines of this node.
pub struct Timelines {
    pub(crate) log: Log,
    pub(crate) viewers: Viewers,
    pub(crate) reach: Reach,
    pub(crate) cold: ColdReads,
    pub(crate) journal: Journal,
    pub(crate) settings: LogSettings,
    /// All that there is to be read at start is in the log.
    pub(crate) filled: AtomicBool,
}

/// What is wanted of a page of home.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    /// Judged without text.
    Ids,
    Views,
    Cards,
}

/// An entry of home, and what was wanted of it.
struct Shown {
    id: StatusId,
    view: Option<StatusView>,
    card: Option<Card>,
}

impl Timelines {
    /// `folder` is where the log's files are kept; without one it is filled out of the store at
    /// each start.
    pub fn new(settings: LogSettings, folder: Option<&Path>) -> Timelines {
        Timelines {
            log: Log::new(settings),
            viewers: Viewers::new(),
            reach: Reach::new(),
            cold: ColdReads::new(),
            journal: Journal::new(folder),
            settings,
            filled: AtomicBool::new(false),
        }
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The caller's home. A page that has looked at a thousand rows is short, with a next one.
    pub async fn home(&self, ctx: &Ctx, page: PageRequest) -> Result<Page<StatusView>> {
        let viewer = ctx.require_user(Scope::ReadStatuses)?;
        let shown = self
            .page(ctx, (viewer, Timeline::Home), page, Want::Views)
            .await?;
        Ok(shown.filter_map(|shown| shown.view))
    }

    /// As [`Timelines::home`], for a presentation that keeps what it has rendered.
    pub async fn home_cards(&self, ctx: &Ctx, page: PageRequest) -> Result<Page<Card>> {
        let viewer = ctx.require_user(Scope::ReadStatuses)?;
        let shown = self
            .page(ctx, (viewer, Timeline::Home), page, Want::Cards)
            .await?;
        Ok(shown.filter_map(|shown| shown.card))
    }

    /// Home as far as it is judged without text, by ids.
    pub async fn home_ids(&self, ctx: &Ctx, page: PageRequest) -> Result<Page<StatusId>> {
        let viewer = ctx.require_user(Scope::ReadStatuses)?;
        let shown = self
            .page(ctx, (viewer, Timeline::Home), page, Want::Ids)
            .await?;
        Ok(shown.map(|shown| shown.id))
    }

    /// The timeline of one of the caller's lists of accounts.
    pub async fn list(&self, ctx: &Ctx, list: Id, page: PageRequest) -> Result<Page<StatusView>> {
        let viewer = ctx.require_user(Scope::ReadLists)?;
        let timeline = (viewer, Timeline::List(list));
        let shown = self.page(ctx, timeline, page, Want::Views).await?;
        Ok(shown.filter_map(|shown| shown.view))
    }

    /// As [`Timelines::list`], for a presentation that keeps what it has rendered.
    pub async fn list_cards(&self, ctx: &Ctx, list: Id, page: PageRequest) -> Result<Page<Card>> {
        let viewer = ctx.require_user(Scope::ReadLists)?;
        let timeline = (viewer, Timeline::List(list));
        let shown = self.page(ctx, timeline, page, Want::Cards).await?;
        Ok(shown.filter_map(|shown| shown.card))
    }

    /// A list's timeline as far as it is judged without text, by ids.
    pub async fn list_ids(&self, ctx: &Ctx, list: Id, page: PageRequest) -> Result<Page<StatusId>> {
        let viewer = ctx.require_user(Scope::ReadLists)?;
        let timeline = (viewer, Timeline::List(list));
        let shown = self.page(ctx, timeline, page, Want::Ids).await?;
        Ok(shown.map(|shown| shown.id))
    }

    pub(crate) async fn viewer(
        &self,
        store: &Store,
        id: AccountId,
        timeline: Timeline,
    ) -> Result<Arc<home::Viewer>> {
        self.viewers.get(store, &self.log, id, timeline).await
    }

    pub(crate) fn reading<'a>(&'a self, ctx: &'a Ctx) -> Reading<'a> {
        Reading {
            log: &self.log,
            store: ctx.store(),
            reach: &self.reach,
            cold: &self.cold,
            now_ms: ctx.clock().now_ms(),
        }
    }

    /// What a decision on this viewer's home rests on, beside the store: it changes when events
    /// void any of it.
    pub(crate) fn moment(&self, viewer: AccountId) -> (u64, u64) {
        (self.viewers.changes(viewer), self.reach.changes())
    }

    /// A page, judged by what was still so after its statuses were read: with them comes all that
    /// was acknowledged before they were written (see `World::load_with`), and if any of that
    /// concerns the viewer, the page is judged anew.
    async fn page(
        &self,
        ctx: &Ctx,
        (viewer, timeline): (AccountId, Timeline),
        page: PageRequest,
        want: Want,
    ) -> Result<Page<Shown>> {
        let mut judged = 1;
        loop {
            let moment = self.moment(viewer);
            let seer = self.viewer(ctx.store(), viewer, timeline).await?;
            let found = match page.min_id {
                Some(above) => {
                    self.page_above(ctx, seer, page, StatusId(above), want)
                        .await?
                }
                None => self.page_below(ctx, seer, page, want).await?,
            };
            if judged >= JUDGED_MAX || self.moment(viewer) == moment {
                return Ok(found);
            }
            judged += 1;
        }
    }

    async fn page_below(
        &self,
        ctx: &Ctx,
        viewer: Arc<home::Viewer>,
        page: PageRequest,
        want: Want,
    ) -> Result<Page<Shown>> {
        let reading = self.reading(ctx);
        let mut descent = Descent::new(&reading, viewer.clone(), page.max_id.map(StatusId));
        let mut items: Vec<Shown> = Vec::new();
        let mut stopped = None;
        while items.len() < page.limit {
            let mut entries = descent
                .take(page.limit - items.len() + SPARE_ENTRIES)
                .await?;
            let found = entries.len();
            entries.retain(|entry| page.since_id.is_none_or(|floor| entry.id.0 > floor));
            let at_floor = entries.len() < found;
            items.extend(self.pass(ctx, &reading, &viewer, &entries, want).await?);
            if found == 0 || at_floor {
                stopped = descent.stopped_at().filter(|_| !at_floor);
                break;
            }
        }
        if let Some(cold) = descent.cold.take() {
            self.cold.keep(cold, reading.now_ms);
        }
        let is_full = page.limit > 0 && items.len() >= page.limit;
        items.truncate(page.limit);
        let last = items.last().map(|shown| shown.id);
        Ok(Page {
            next_max_id: if is_full { last } else { stopped }.map(Id::from),
            prev_min_id: items.first().map(|shown| shown.id.0),
            items,
        })
    }

    async fn page_above(
        &self,
        ctx: &Ctx,
        viewer: Arc<home::Viewer>,
        page: PageRequest,
        above: StatusId,
        want: Want,
    ) -> Result<Page<Shown>> {
        let reading = self.reading(ctx);
        let below = page.max_id.map(StatusId);
        let mut ascent = Ascent::new(&reading, viewer.clone(), above, below);
        let mut items: Vec<Shown> = Vec::new();
        let mut stopped = None;
        while items.len() < page.limit {
            let entries = ascent
                .take(page.limit - items.len() + SPARE_ENTRIES)
                .await?;
            items.extend(self.pass(ctx, &reading, &viewer, &entries, want).await?);
            if entries.is_empty() {
                stopped = ascent.stopped_at();
                break;
            }
        }
        let is_full = page.limit > 0 && items.len() >= page.limit;
        items.truncate(page.limit);
        items.reverse();
        let newest = items.first().map(|shown| shown.id);
        Ok(Page {
            next_max_id: items.last().map(|shown| shown.id.0),
            prev_min_id: if is_full { newest } else { stopped.or(newest) }.map(Id::from),
            items,
        })
    }

    /// Those of the entries that also pass with their text, if that is asked for.
    async fn pass(
        &self,
        ctx: &Ctx,
        reading: &Reading<'_>,
        viewer: &home::Viewer,
        entries: &[Entry],
        want: Want,
    ) -> Result<Vec<Shown>> {
        if want == Want::Ids
            && let Some(newest) = entries.iter().map(|entry| entry.id).max()
        {
            ctx.store().fresh_for(about_when(newest)).await?;
        }
        if want == Want::Ids || entries.is_empty() {
            let ids = entries.iter().map(|entry| entry.id);
            let shown = ids.map(|id| Shown {
                id,
                view: None,
                card: None,
            });
            return Ok(shown.collect());
        }
        let judge = reading.judge(viewer, entries).await?;
        let (world, ids) = home::passing(ctx, reading, &judge, entries).await?;
        if want == Want::Cards {
            let cards = cards(ctx, &world, &ids, Surface::Timeline).await?;
            let shown = cards.into_iter().map(|card| Shown {
                id: card.facts.id,
                view: None,
                card: Some(card),
            });
            return Ok(shown.collect());
        }
        let views = present(ctx, &world, &ids, Surface::Timeline).await?;
        let shown = views.into_iter().map(|view| Shown {
            id: view.id,
            view: Some(view),
            card: None,
        });
        Ok(shown.collect())
    }
}

/// No earlier than the stamp of the status: ids and stamps are drawn from one clock, the stamp a
/// little later.
fn about_when(status: StatusId) -> Stamp {
    Stamp((status.time_ms() + STAMPED_WITHIN_MS) * 1_000)
}
