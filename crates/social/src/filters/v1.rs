//! The first version of filters, which clients of old still speak: each keyword is a filter of its
//! own there, by the keyword's id, with the settings of the filter that it is in.

use std::sync::Arc;

use petrel_model::id::Id;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::filters::command::Command;
use crate::filters::edit::{FilterChange, changed, put_new};
use crate::filters::facts::FilterFacts;
use crate::filters::get::own;
use crate::filters::keywords::{KeywordChange, put_change};
use crate::filters::table::KeywordText;
use crate::views::{FilterAction, FilterKeywordView, FilterView};

/// One keyword with its filter.
#[derive(Clone, Debug)]
pub struct V1Filter {
    pub filter: Arc<FilterView>,
    pub keyword: FilterKeywordView,
}

/// What a client says of it. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct V1Change {
    pub phrase: Option<String>,
    /// By their names.
    pub contexts: Option<Vec<String>>,
    /// In seconds from now; none within is for ever.
    pub expires_in_s: Option<Option<u64>>,
    pub irreversible: Option<bool>,
    pub whole_word: Option<bool>,
}

impl V1Change {
    fn of_filter(&self) -> FilterChange {
        let action = self.irreversible.map(|irreversible| match irreversible {
            true => FilterAction::Hide,
            false => FilterAction::Warn,
        });
        FilterChange {
            title: self.phrase.clone(),
            contexts: self.contexts.clone(),
            action: action.map(|action| action.as_str().to_owned()),
            expires_in_s: self.expires_in_s,
            keywords: Vec::new(),
        }
    }

    fn of_keyword(&self) -> KeywordChange {
        KeywordChange {
            keyword: self.phrase.clone(),
            whole_word: self.whole_word,
            ..KeywordChange::default()
        }
    }
}

pub async fn list_v1(ctx: &Ctx) -> Result<Vec<V1Filter>> {
    let facts = own(ctx).await?;
    let filters = facts.filters.iter().flat_map(|filter| {
        let keywords = filter.keywords.iter();
        keywords.map(|keyword| V1Filter {
            filter: filter.clone(),
            keyword: keyword.clone(),
        })
    });
    let mut filters: Vec<V1Filter> = filters.collect();
    filters.sort_by_key(|filter| filter.keyword.id);
    Ok(filters)
}

pub async fn get_v1(ctx: &Ctx, id: Id) -> Result<V1Filter> {
    find(&*own(ctx).await?, id)
}

pub async fn create_v1(ctx: &Ctx, change: V1Change) -> Result<V1Filter> {
    let mut command = Command::begin(ctx).await?;
    let filter = put_new(&mut command, &change.of_filter())?;
    let text = KeywordText {
        // It is the title too, which is neither blank nor longer than a keyword may be.
        keyword: change.phrase.unwrap_or_default(),
        whole_word: change.whole_word.unwrap_or(true),
    };
    command.require_room(1, text.keyword.len())?;
    let id = command.put_keyword(filter, text);
    let facts = command.finish().await?;
    find(&facts, id)
}

pub async fn update_v1(ctx: &Ctx, id: Id, change: V1Change) -> Result<V1Filter> {
    let mut command = Command::begin(ctx).await?;
    let old = find(&command.facts, id)?;
    put_change(&mut command, &old.keyword, &change.of_keyword(), "Keyword")?;
    let settings = changed(
        Some(&old.filter.settings),
        &change.of_filter(),
        command.now_ms(),
    )?;
    if settings != old.filter.settings {
        if old.filter.keywords.len() > 1 {
            return Err(Error::Conflict(APPLIES_TO_SEVERAL.to_owned()));
        }
        command.put_settings(old.filter.id, &settings);
    }
    if command.batch.is_empty() {
        return Ok(old);
    }
    let facts = command.finish().await?;
    find(&facts, id)
}

/// As Mastodon does: the filter stays, with its other keywords and its statuses.
pub async fn delete_v1(ctx: &Ctx, id: Id) -> Result<()> {
    crate::filters::keywords::remove_keyword(ctx, id).await
}

const APPLIES_TO_SEVERAL: &str = "These parameters cannot be changed from this application because \
                                  they apply to more than one filter keyword. Use a more recent \
                                  application or the web interface.";

fn find(facts: &FilterFacts, id: Id) -> Result<V1Filter> {
    let (filter, keyword) = facts.keyword(id).ok_or(Error::NotFound)?;
    Ok(V1Filter {
        filter: filter.clone(),
        keyword: keyword.clone(),
    })
}
