//! Counting lists by reading them.

use petrel_model::clock::Stamp;
use petrel_model::event::RelationKind;
use petrel_model::id::{AccountId, Id};
use petrel_model::visibility::Visibility;
use petrel_store::{Row, Store};

use super::verify::verify;
use crate::error::Result;
use crate::lists::{List, Lists, Owner, chapters_of_each};
use crate::relations::table::Relations;

/// Rows up to which a count is exact on every node.
pub const EXACT_ROWS_MAX: usize = 1_000;
/// Rows of a long list read at a time.
const STEP_ROWS: usize = 5_000;
/// Chapters of one list read together with those of other lists; a list of more is read by itself.
const CHAPTERS_AT_ONCE_MAX: usize = 3;

/// Who stands in a list since when, up to [`EXACT_ROWS_MAX`] of them, and how many more there are.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub known: Vec<(Id, Stamp)>,
    /// The ids of the rows that `known` comes from.
    pub ids: Vec<Id>,
    pub rest: u64,
}

impl Counted {
    /// Newest first.
    fn add(&mut self, list: List, rows: Vec<Row<Lists>>) {
        for row in rows {
            if !is_counted(list, row.value.visibility) {
                continue;
            }
            if self.known.len() < EXACT_ROWS_MAX {
                let who = match list {
                    List::StatusesByAccount => row.sort,
                    _ => row.value.id,
                };
                self.known.push((who, row.revision));
                self.ids.push(row.sort);
            } else {
                self.rest += 1;
            }
        }
    }
}

/// Those whom each of the accounts follows. Their number is capped.
pub async fn following(store: &Store, accounts: &[AccountId]) -> Result<Vec<Counted>> {
    let partitions = store.partitions::<Relations>(accounts).await?;
    let counted = partitions.iter().map(|rows| {
        let on = rows
            .iter()
            .filter(|row| row.sort.1 == RelationKind::Follow && row.value.on)
            .map(|row| (row.sort.0.into(), row.revision));
        Counted {
            known: on.collect(),
            ..Counted::default()
        }
    });
    Ok(counted.collect())
}

/// Counts the lists, in order.
pub async fn lists(store: &Store, lists: &[(List, Owner)]) -> Result<Vec<Counted>> {
    let mut counted = vec![Counted::default(); lists.len()];
    read(store, lists, |at, page| counted[at].add(lists[at].0, page)).await?;
    verify(store, lists, &mut counted).await?;
    Ok(counted)
}

/// Reads all rows of the lists, all that are short together. Of each list, which is named by its
/// place, they are given newest first.
pub(super) async fn read(
    store: &Store,
    lists: &[(List, Owner)],
    mut take: impl FnMut(usize, Vec<Row<Lists>>),
) -> Result<()> {
    let begins = chapters_of_each(store, lists).await?;
    let (mut scans, mut of) = (Vec::new(), Vec::new());
    for (at, begins) in begins.iter().enumerate() {
        if begins.len() <= CHAPTERS_AT_ONCE_MAX {
            for begin in begins.iter().rev() {
                scans.push(step(store, &lists[at], *begin, None));
                of.push((at, *begin));
            }
        }
    }
    let pages = store.scan_many(scans).await?;
    for ((at, begin), page) in of.into_iter().zip(pages) {
        let rest_below = rest_below(&page);
        take(at, page);
        if let Some(before) = rest_below {
            let take = |page| take(at, page);
            read_on(store, &lists[at], begin, Some(before), take).await?;
        }
    }
    for (at, begins) in begins.iter().enumerate() {
        if begins.len() > CHAPTERS_AT_ONCE_MAX {
            for begin in begins.iter().rev() {
                let take = |page| take(at, page);
                read_on(store, &lists[at], *begin, None, take).await?;
            }
        }
    }
    Ok(())
}

/// Reads the rest of a chapter.
async fn read_on(
    store: &Store,
    list: &(List, Owner),
    begin: Id,
    mut before: Option<Id>,
    mut take: impl FnMut(Vec<Row<Lists>>),
) -> Result<()> {
    loop {
        let page = step(store, list, begin, before).await?;
        before = rest_below(&page);
        take(page);
        if before.is_none() {
            return Ok(());
        }
    }
}

fn step<'a>(
    store: &'a Store,
    (list, owner): &(List, Owner),
    begin: Id,
    before: Option<Id>,
) -> petrel_store::Scan<'a, Lists> {
    let scan = store
        .scan::<Lists>(&(*list, owner.clone(), begin))
        .descending()
        .limit(STEP_ROWS);
    match before {
        Some(before) => scan.before(&before),
        None => scan,
    }
}

/// Where the next step begins, if there may be one.
fn rest_below(page: &[Row<Lists>]) -> Option<Id> {
    let last = page.last().filter(|_| page.len() == STEP_ROWS);
    last.map(|row| row.sort)
}

/// Only open replies are counted, and no direct statuses: a figure must not tell of what its
/// reader may not see.
fn is_counted(list: List, visibility: Option<Visibility>) -> bool {
    match list {
        List::RepliesByStatus => visibility.is_some_and(Visibility::is_open),
        List::StatusesByAccount => visibility != Some(Visibility::Direct),
        _ => true,
    }
}
