//! An account's filters as their rows say them, made ready to be applied.

use std::sync::Arc;

use petrel_model::id::{Id, StatusId};
use petrel_model::text::keywords::{Keyword, Keywords};
use petrel_store::{Partition, Row};
use rustc_hash::FxHashMap;

use crate::filters::table::{FilterRow, FilterSettings, FilterSort, Filters, KeywordText};
use crate::views::{FilterKeywordView, FilterStatusView, FilterView};

#[derive(Default)]
pub struct FilterFacts {
    /// In the order in which they were made, expired ones too.
    pub filters: Vec<Arc<FilterView>>,
    /// Those of all filters; each group is the place of a filter.
    pub(super) keywords: Keywords,
    /// Rows that belong to no filter any more.
    pub(super) leftovers: Vec<FilterSort>,
}

impl FilterFacts {
    /// Made once for as long as the rows stay in the cache.
    pub fn of(rows: &Partition<Filters>) -> Arc<FilterFacts> {
        rows.derive(FilterFacts::assemble)
    }

    fn assemble(rows: &[Row<Filters>]) -> FilterFacts {
        let parts = Parts::of(rows);
        let mut filters: Vec<FilterView> = Vec::new();
        let mut leftovers = Vec::new();
        // Filters come before what belongs to them, and each kind in the order of ids.
        for row in rows {
            match (row.sort, &row.value) {
                (FilterSort::Filter(id), FilterRow::Filter) => match parts.settings.get(&id) {
                    Some(settings) => filters.push(view(id, settings)),
                    None => leftovers.push(row.sort),
                },
                (FilterSort::Keyword(id), FilterRow::Keyword { filter }) => {
                    match (find(&mut filters, *filter), parts.texts.get(&id)) {
                        (Some(filter), Some(text)) => filter.keywords.push(FilterKeywordView {
                            id,
                            keyword: text.keyword.clone(),
                            whole_word: text.whole_word,
                        }),
                        _ => leftovers.extend([row.sort, FilterSort::KeywordText(id)]),
                    }
                }
                (FilterSort::Status(id), FilterRow::Status { filter, status }) => {
                    match find(&mut filters, *filter) {
                        Some(filter) => filter.statuses.push(FilterStatusView {
                            id,
                            status: *status,
                        }),
                        None => leftovers.push(row.sort),
                    }
                }
                (FilterSort::Settings(id), _) if !has(rows, FilterSort::Filter(id)) => {
                    leftovers.push(row.sort);
                }
                (FilterSort::KeywordText(id), _) if !has(rows, FilterSort::Keyword(id)) => {
                    leftovers.push(row.sort);
                }
                _ => {}
            }
        }
        let all = filters.iter().enumerate();
        let keywords = Keywords::of(all.flat_map(|(group, filter)| {
            filter.keywords.iter().map(move |keyword| Keyword {
                group,
                text: &keyword.keyword,
                whole_word: keyword.whole_word,
            })
        }));
        FilterFacts {
            keywords,
            filters: filters.into_iter().map(Arc::new).collect(),
            leftovers,
        }
    }

    pub fn filter(&self, id: Id) -> Option<&Arc<FilterView>> {
        self.filters.iter().find(|filter| filter.id == id)
    }

    /// A keyword and the filter that it belongs to.
    pub fn keyword(&self, id: Id) -> Option<(&Arc<FilterView>, &FilterKeywordView)> {
        self.filters.iter().find_map(|filter| {
            let keyword = filter.keywords.iter().find(|keyword| keyword.id == id)?;
            Some((filter, keyword))
        })
    }

    /// A status in a filter, by the id of its being there.
    pub fn status(&self, id: Id) -> Option<&FilterStatusView> {
        let mut statuses = self.filters.iter().flat_map(|filter| &filter.statuses);
        statuses.find(|status| status.id == id)
    }

    /// Keywords of all filters, and their bytes.
    pub(super) fn keywords_size(&self) -> (usize, usize) {
        let keywords = self.filters.iter().flat_map(|filter| &filter.keywords);
        keywords.fold((0, 0), |(count, bytes), keyword| {
            (count + 1, bytes + keyword.keyword.len())
        })
    }

    pub(super) fn statuses_count(&self) -> usize {
        self.filters
            .iter()
            .map(|filter| filter.statuses.len())
            .sum()
    }
}

/// The rows that say what filters and keywords are, by whose they are.
struct Parts<'a> {
    settings: FxHashMap<Id, &'a FilterSettings>,
    texts: FxHashMap<Id, &'a KeywordText>,
}

impl<'a> Parts<'a> {
    fn of(rows: &'a [Row<Filters>]) -> Parts<'a> {
        let mut parts = Parts {
            settings: FxHashMap::default(),
            texts: FxHashMap::default(),
        };
        for row in rows {
            match (row.sort, &row.value) {
                (FilterSort::Settings(id), FilterRow::Settings(settings)) => {
                    parts.settings.insert(id, settings);
                }
                (FilterSort::KeywordText(id), FilterRow::KeywordText(text)) => {
                    parts.texts.insert(id, text);
                }
                _ => {}
            }
        }
        parts
    }
}

fn has(rows: &[Row<Filters>], sort: FilterSort) -> bool {
    rows.binary_search_by(|row| row.sort.cmp(&sort)).is_ok()
}

fn find(filters: &mut [FilterView], id: Id) -> Option<&mut FilterView> {
    filters.iter_mut().find(|filter| filter.id == id)
}

fn view(id: Id, settings: &FilterSettings) -> FilterView {
    FilterView {
        id,
        settings: settings.clone(),
        keywords: Vec::new(),
        statuses: Vec::new(),
    }
}

impl FilterView {
    /// Whether it has run out by then, in Unix milliseconds.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        let expires_at_ms = self.settings.expires_at_ms;
        expires_at_ms.is_some_and(|expires_at_ms| expires_at_ms < now_ms)
    }

    pub fn bears(&self, status: StatusId) -> bool {
        self.statuses.iter().any(|one| one.status == status)
    }
}
