//! Filters, of both versions, and what they say of a status.

use petrel_model::id::{Id, StatusId};
use petrel_social::filters::V1Filter;
use petrel_social::views::{
    FilterAction, FilterKeywordView, FilterResult as ResultView, FilterStatusView, FilterView,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Moment, Shown};

#[derive(JsonSchema, Serialize)]
pub struct Filter<'a> {
    id: Shown<Id>,
    title: &'a str,
    context: Vec<&'static str>,
    expires_at: Option<Moment>,
    filter_action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    keywords: Option<Vec<FilterKeyword<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statuses: Option<Vec<FilterStatus>>,
}

impl<'a> Filter<'a> {
    pub fn new(view: &'a FilterView) -> Filter<'a> {
        let (keywords, statuses) = (view.keywords.iter(), view.statuses.iter());
        Filter {
            keywords: Some(keywords.map(FilterKeyword::new).collect()),
            statuses: Some(statuses.map(FilterStatus::new).collect()),
            ..Filter::without_rules(view)
        }
    }

    fn without_rules(view: &'a FilterView) -> Filter<'a> {
        Filter {
            id: Shown(view.id),
            title: &view.settings.title,
            context: contexts(view),
            expires_at: view.settings.expires_at_ms.map(Moment),
            filter_action: view.settings.action.as_str(),
            keywords: None,
            statuses: None,
        }
    }
}

fn contexts(view: &FilterView) -> Vec<&'static str> {
    let contexts = view.settings.contexts.iter();
    contexts.map(|context| context.as_str()).collect()
}

#[derive(JsonSchema, Serialize)]
pub struct FilterKeyword<'a> {
    id: Shown<Id>,
    keyword: &'a str,
    whole_word: bool,
}

impl<'a> FilterKeyword<'a> {
    pub fn new(view: &'a FilterKeywordView) -> FilterKeyword<'a> {
        FilterKeyword {
            id: Shown(view.id),
            keyword: &view.keyword,
            whole_word: view.whole_word,
        }
    }
}

#[derive(JsonSchema, Serialize)]
pub struct FilterStatus {
    id: Shown<Id>,
    status_id: Shown<StatusId>,
}

impl FilterStatus {
    pub fn new(view: &FilterStatusView) -> FilterStatus {
        FilterStatus {
            id: Shown(view.id),
            status_id: Shown(view.status),
        }
    }
}

/// What matches a status, of one filter.
#[derive(JsonSchema, Serialize)]
pub struct FilterResult<'a> {
    filter: Filter<'a>,
    keyword_matches: Option<[&'a str; 1]>,
    status_matches: Option<Vec<Shown<StatusId>>>,
}

impl<'a> FilterResult<'a> {
    pub fn new(view: &'a ResultView) -> FilterResult<'a> {
        let statuses = view.statuses.as_ref();
        FilterResult {
            filter: Filter::without_rules(&view.filter),
            keyword_matches: view.keyword.as_deref().map(|keyword| [keyword]),
            status_matches: statuses.map(|ids| ids.iter().copied().map(Shown).collect()),
        }
    }

    pub fn all(views: &'a [ResultView]) -> Vec<FilterResult<'a>> {
        views.iter().map(FilterResult::new).collect()
    }
}

/// A filter as clients of old know it: one keyword.
#[derive(JsonSchema, Serialize)]
pub struct FilterV1<'a> {
    id: Shown<Id>,
    phrase: &'a str,
    context: Vec<&'static str>,
    whole_word: bool,
    expires_at: Option<Moment>,
    irreversible: bool,
}

impl<'a> FilterV1<'a> {
    pub fn new(view: &'a V1Filter) -> FilterV1<'a> {
        let settings = &view.filter.settings;
        FilterV1 {
            id: Shown(view.keyword.id),
            phrase: &view.keyword.keyword,
            context: contexts(&view.filter),
            whole_word: view.keyword.whole_word,
            expires_at: settings.expires_at_ms.map(Moment),
            irreversible: settings.action == FilterAction::Hide,
        }
    }
}
