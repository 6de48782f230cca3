//! Reading a list over its chapters.

use petrel_model::id::Id;
use petrel_store::{Batch, Row, Store, Table};

use super::chapters::begins;
use super::{List, Lists, Owner, chapters};
use crate::error::Result;
use crate::page::PageRequest;

/// How far beyond the beginning of the next chapter an id may lie, in milliseconds: its writer
/// chose the chapter from a copy that is at most five minutes old. The same again is for clocks.
const LATE_MS_MAX: u64 = 2 * 5 * 60 * 1_000;

/// Up to `limit` rows, newest first (with `min_id` the oldest above it, still newest first).
pub async fn read(
    store: &Store,
    list: List,
    owner: &Owner,
    page: &PageRequest,
) -> Result<Vec<Row<Lists>>> {
    let begins = chapters(store, list, owner).await?;
    let partition = |begin| (list, owner.clone(), begin);
    let rows = read_chapters::<Lists>(store, &begins, partition, page).await?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// As [`read`], for a command.
pub async fn read_for(
    batch: &mut Batch<'_>,
    list: List,
    owner: &Owner,
    page: &PageRequest,
) -> Result<Vec<Row<Lists>>> {
    let begins = begins(batch, list, owner).await?;
    let partition = |begin| (list, owner.clone(), begin);
    let rows = read_chapters::<Lists>(batch.store(), &begins, partition, page).await?;
    rows.iter().for_each(|(_, row)| batch.note(row.revision));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// As [`read`], of any table that is cut into chapters: each row with the chapter that it stands
/// in. A reader of a chapter also asks the one before it for ids beyond its end, since a writer
/// may have chosen its chapter before the newest was begun.
pub async fn read_chapters<T>(
    store: &Store,
    begins: &[Id],
    partition: impl Fn(Id) -> T::Partition,
    page: &PageRequest,
) -> Result<Vec<(Id, Row<T>)>>
where
    T: Table,
    T::Sort: Copy + From<Id> + Into<Id>,
{
    let ascending = page.min_id.is_some();
    let (above, below) = (page.above(), page.max_id);
    let mut order: Vec<usize> = (0..begins.len())
        .filter(|at| may_hold(begins, *at, above, below))
        .collect();
    if !ascending {
        order.reverse();
    }
    let mut found: Vec<(Id, Row<T>)> = Vec::new();
    for at in order {
        // Nothing in this chapter, or in those behind it, comes before what was found.
        let last: Option<Id> = found
            .last()
            .filter(|_| found.len() >= page.limit)
            .map(|(_, row)| row.sort.into());
        if last.is_some_and(|last| match ascending {
            true => begins[at] > last,
            false => end(begins, at) <= last,
        }) || page.limit == 0
        {
            break;
        }
        let mut scan = store.scan::<T>(&partition(begins[at])).limit(page.limit);
        if !ascending {
            scan = scan.descending();
        }
        if let Some(above) = above {
            scan = scan.after(&above.into());
        }
        if let Some(below) = below {
            scan = scan.before(&below.into());
        }
        found.extend(scan.await?.into_iter().map(|row| (begins[at], row)));
        found.sort_by_key(|(_, row)| row.sort.into());
        // One who tried again may have chosen another chapter the second time.
        found.dedup_by_key(|(_, row)| row.sort.into());
        if !ascending {
            found.reverse();
        }
        found.truncate(page.limit);
    }
    if ascending {
        found.reverse();
    }
    Ok(found)
}

/// All ids of the chapter are below this.
fn end(begins: &[Id], at: usize) -> Id {
    begins.get(at + 1).map_or(Id::MAX, |next| {
        Id::first_at(next.time_ms().saturating_add(LATE_MS_MAX))
    })
}

/// Whether the chapter may hold an id between the two.
fn may_hold(begins: &[Id], at: usize, above: Option<Id>, below: Option<Id>) -> bool {
    above.is_none_or(|above| above < end(begins, at))
        && below.is_none_or(|below| begins[at] < below)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use petrel_model::clock::ManualClock;
    use petrel_model::entropy::{Entropy, SeededEntropy};
    use petrel_model::id::AccountId;
    use petrel_store::sim;

    use super::*;
    use crate::lists::{Entry, ListRow, put_chapter};

    const LIST: List = List::Followers;
    const CHAPTER_ROWS: usize = 10;
    const COPY_AGE_MS_MAX: u64 = 5 * 60 * 1_000;
    const GAP_MS: u64 = 10 * 60 * 1_000;

    struct Keeper {
        store: Store,
        wall: Arc<ManualClock>,
        dice: SeededEntropy,
        owner: Owner,
        begins: Vec<Id>,
        rows_in_newest: usize,
        model: BTreeMap<Id, Id>,
        late: usize,
    }

    impl Keeper {
        fn new(seed: u64) -> Keeper {
            let (store, wall) = sim::store(seed);
            Keeper {
                store,
                wall,
                dice: SeededEntropy::new(seed),
                owner: Owner::Account(AccountId(Id(7))),
                begins: vec![Id::MIN],
                rows_in_newest: 0,
                model: BTreeMap::new(),
                late: 0,
            }
        }

        fn below(&self, bound: u64) -> u64 {
            self.dice.next_u64() % bound
        }

        async fn add(&mut self) {
            let id = self.store.clock().next_id();
            let copied_ms = id.time_ms() - self.below(COPY_AGE_MS_MAX);
            let known = |begin: &&Id| begin.time_ms() <= copied_ms;
            let chapter = *self.begins.iter().rfind(known).unwrap();
            self.late += usize::from(Some(&chapter) != self.begins.last());
            let row = ListRow {
                list: LIST,
                owner: self.owner.clone(),
                chapter,
                id,
                entry: Entry::of(id),
            };
            let mut batch = self.store.batch();
            row.put(&mut batch);
            // Who tried again found the beginning that was missing in the copy.
            let chapter_now = *self.begins.last().unwrap();
            if chapter_now != chapter && self.below(3) == 0 {
                let again = ListRow {
                    chapter: chapter_now,
                    ..row
                };
                again.put(&mut batch);
            }
            batch.commit().await.unwrap();
            self.model.insert(id, chapter);
            self.rows_in_newest += 1;
        }

        async fn begin_chapter(&mut self) {
            let last = self.begins.last().unwrap().time_ms();
            if self.rows_in_newest < CHAPTER_ROWS || last + GAP_MS > self.wall_ms() {
                return;
            }
            let begin = self.store.clock().next_id();
            let mut batch = self.store.batch();
            put_chapter(&mut batch, LIST, &self.owner, begin);
            batch.commit().await.unwrap();
            self.begins.push(begin);
            self.rows_in_newest = 0;
        }

        fn wall_ms(&self) -> u64 {
            use petrel_model::clock::Clock;
            self.wall.now_ms()
        }

        /// A cursor at an id of the list, just beside it, at a beginning, or anywhere.
        fn cursor(&self) -> Option<Id> {
            let ids: Vec<Id> = match self.below(5) {
                0 | 1 => return None,
                2 => self.begins.clone(),
                _ => self.model.keys().copied().collect(),
            };
            let id = ids[self.below(ids.len() as u64) as usize];
            Some(Id((id.0 + self.below(3)).saturating_sub(1)))
        }

        fn expected(&self, page: &PageRequest) -> Vec<Id> {
            let (above, below) = (page.above(), page.max_id);
            let fits = |id: &Id| {
                above.is_none_or(|above| *id > above) && below.is_none_or(|below| *id < below)
            };
            let fitting = self.model.keys().copied().filter(fits);
            let mut page: Vec<Id> = match page.min_id {
                Some(_) => fitting.take(page.limit).collect(),
                None => fitting.rev().take(page.limit).collect(),
            };
            page.sort_by(|a, b| b.cmp(a));
            page
        }
    }

    #[tokio::test]
    async fn pages_over_chapters_are_those_of_a_plain_map() {
        let mut late = 0;
        for seed in 0..40 {
            let mut keeper = Keeper::new(seed);
            for _ in 0..150 {
                keeper.wall.advance_ms(keeper.below(90_000));
                keeper.add().await;
                keeper.begin_chapter().await;
            }
            assert!(keeper.begins.len() > 5, "seed {seed}: too few chapters");
            late += keeper.late;
            for _ in 0..150 {
                let page = PageRequest {
                    max_id: keeper.cursor(),
                    since_id: keeper.cursor(),
                    min_id: keeper.cursor(),
                    limit: keeper.below(30) as usize,
                };
                let rows = read(&keeper.store, LIST, &keeper.owner, &page).await;
                let found: Vec<Id> = rows.unwrap().iter().map(|row| row.sort).collect();
                assert_eq!(found, keeper.expected(&page), "seed {seed}: {page:?}");
            }
        }
        assert!(late > 100, "hardly any late writers: {late}");
    }

    #[tokio::test]
    async fn a_short_page_does_not_read_old_chapters() {
        let begins = [Id::MIN, Id::first_at(GAP_MS), Id::first_at(3 * GAP_MS)];
        // Far from a beginning, one chapter is enough; close behind it, two are asked.
        assert!(!may_hold(&begins, 0, Some(Id::first_at(2 * GAP_MS)), None));
        assert!(may_hold(&begins, 0, Some(Id::first_at(GAP_MS + 1)), None));
        assert!(!may_hold(&begins, 2, None, Some(Id::first_at(3 * GAP_MS))));
        assert!(may_hold(&begins, 1, None, Some(Id::first_at(3 * GAP_MS))));
    }
}
