//! The conversations of the caller, each at its last status.

use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::limits::PAGE_ROWS_MAX;
use petrel_model::scope::Scope;
use petrel_store::Row;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::context::Ctx;
use crate::conversations::show;
use crate::conversations::table::Conversations;
use crate::conversations::world::Parts;
use crate::error::Result;
use crate::lists::{List, Owner, chapters, read_chapters};
use crate::page::{Page, PageRequest};
use crate::views::ConversationView;

/// Rows read at a time.
const STEP: usize = 100;

/// A conversation and its last status, as the caller finds it.
pub(super) struct Found {
    pub(super) row: Row<Conversations>,
    pub(super) unread: bool,
}

/// By last status, newest first. A page looks at a thousand rows, and at a thousand just above it
/// so as not to show what an earlier page did; where a conversation went on further above than
/// that, it comes again.
pub async fn list(ctx: &Ctx, page: PageRequest) -> Result<Page<ConversationView>> {
    let account = ctx.require_user(Scope::ReadStatuses)?;
    let above = rows_above(ctx, account, page.max_id).await?;
    let mut walk = Walk {
        ctx,
        account,
        above,
        done: FxHashSet::default(),
        found: Vec::new(),
    };
    // For `min_id` the oldest are wanted, which are known only at the end.
    let enough = match page.min_id {
        Some(_) => usize::MAX,
        None => page.limit,
    };
    let mut request = PageRequest {
        since_id: page.above(),
        min_id: None,
        limit: STEP,
        ..page
    };
    let mut looked_at = 0;
    let mut stopped = None;
    while walk.found.len() < enough && page.limit > 0 {
        if looked_at >= PAGE_ROWS_MAX {
            stopped = request.max_id;
            break;
        }
        let rows = rows(ctx, account, &request).await?;
        looked_at += rows.len();
        request.max_id = rows.last().map(|row| row.sort.0).or(request.max_id);
        let is_last = rows.len() < STEP;
        walk.take(rows).await?;
        if is_last {
            break;
        }
    }
    let mut found = walk.found;
    if page.min_id.is_some() {
        let surplus = found.len().saturating_sub(page.limit);
        found.drain(..surplus);
    }
    found.truncate(page.limit);
    let ids: Vec<Id> = found.iter().map(|found| found.row.sort.0).collect();
    let items = show::show(ctx, account, found).await?;
    let mut page = Page::of(items, &ids, page.limit);
    page.next_max_id = page.next_max_id.or(stopped);
    Ok(page)
}

/// The last status of one conversation, among the newest rows.
pub(super) async fn find(ctx: &Ctx, account: AccountId, id: Id) -> Result<Option<Found>> {
    let mut request = PageRequest::first(PAGE_ROWS_MAX);
    for _ in 0..FIND_STEPS_MAX {
        let rows = rows(ctx, account, &request).await?;
        let is_last = rows.len() < PAGE_ROWS_MAX;
        request.max_id = rows.last().map(|row| row.sort.0);
        let own = rows.into_iter().filter(|row| row.value.conversation == id);
        let own: Vec<Row<Conversations>> = own.collect();
        for step in own.chunks(STEP) {
            let parts = Parts::load(ctx, account, step).await?;
            if let Some(row) = step.iter().find(|row| parts.counts(row)) {
                return Ok(Some(Found {
                    unread: parts.is_unread(row),
                    row: row.clone(),
                }));
            }
        }
        if is_last {
            break;
        }
    }
    Ok(None)
}

/// So many thousand direct statuses are searched for a conversation that is asked for by its id.
const FIND_STEPS_MAX: usize = 10;

async fn rows(
    ctx: &Ctx,
    account: AccountId,
    page: &PageRequest,
) -> Result<Vec<Row<Conversations>>> {
    let owner = Owner::Account(account);
    let begins = chapters(ctx.store(), List::Conversations, &owner).await?;
    let partition = |begin| (account, begin);
    let rows = read_chapters::<Conversations>(ctx.store(), &begins, partition, page).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// What an earlier page looked at last, by conversation.
async fn rows_above(
    ctx: &Ctx,
    account: AccountId,
    max_id: Option<Id>,
) -> Result<FxHashMap<Id, Vec<Row<Conversations>>>> {
    let mut above: FxHashMap<Id, Vec<Row<Conversations>>> = FxHashMap::default();
    let Some(max_id) = max_id else {
        return Ok(above);
    };
    let request = PageRequest {
        min_id: Some(Id(max_id.0.saturating_sub(1))),
        ..PageRequest::first(PAGE_ROWS_MAX)
    };
    for row in rows(ctx, account, &request).await? {
        above.entry(row.value.conversation).or_default().push(row);
    }
    Ok(above)
}

struct Walk<'a> {
    ctx: &'a Ctx,
    account: AccountId,
    above: FxHashMap<Id, Vec<Row<Conversations>>>,
    /// Conversations whose last status is known.
    done: FxHashSet<Id>,
    found: Vec<Found>,
}

impl Walk<'_> {
    /// Takes in rows that follow, newest first.
    async fn take(&mut self, rows: Vec<Row<Conversations>>) -> Result<()> {
        let undone = |row: &Row<Conversations>| !self.done.contains(&row.value.conversation);
        let rows: Vec<_> = rows.into_iter().filter(undone).collect();
        let mut seen: FxHashSet<StatusId> = FxHashSet::default();
        let earlier = rows
            .iter()
            .filter_map(|row| self.above.get(&row.value.conversation))
            .flatten()
            .filter(|row| seen.insert(row.sort));
        let all: Vec<Row<Conversations>> = earlier.chain(&rows).cloned().collect();
        let parts = Parts::load(self.ctx, self.account, &all).await?;
        for row in rows {
            let id = row.value.conversation;
            if self.done.contains(&id) {
                continue;
            }
            let earlier = self.above.get(&id).into_iter().flatten();
            if earlier.into_iter().any(|row| parts.counts(row)) {
                self.done.insert(id);
            } else if parts.counts(&row) {
                self.done.insert(id);
                let unread = parts.is_unread(&row);
                self.found.push(Found { row, unread });
            }
        }
        Ok(())
    }
}
