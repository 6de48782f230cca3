//! Filters are made, changed and deleted by their owner.

use std::sync::Arc;

use petrel_jobs::{NewJob, Queue, enqueue};
use petrel_model::id::Id;
use petrel_model::limits::{FILTER_TITLE_CHARS_MAX, FILTERS_MAX};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::filters::clean_up;
use crate::filters::command::Command;
use crate::filters::keywords::{self, KeywordChange};
use crate::filters::table::{FilterAction, FilterContext, FilterRow, FilterSettings, FilterSort};
use crate::views::FilterView;

/// Keywords and statuses that go with their filter at once; a job removes the rest, which counts
/// for nothing by then.
const DELETED_AT_ONCE_MAX: usize = 40;

/// What a client says of a filter. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct FilterChange {
    pub title: Option<String>,
    /// By their names.
    pub contexts: Option<Vec<String>>,
    /// By its name.
    pub action: Option<String>,
    /// In seconds from now; none within is for ever.
    pub expires_in_s: Option<Option<u64>>,
    pub keywords: Vec<KeywordChange>,
}

pub async fn create(ctx: &Ctx, change: FilterChange) -> Result<Arc<FilterView>> {
    let mut command = Command::begin(ctx).await?;
    let id = put_new(&mut command, &change)?;
    keywords::put_changes(&mut command, id, None, &change.keywords)?;
    let facts = command.finish().await?;
    facts.filter(id).cloned().ok_or(Error::NotFound)
}

/// Its rows without keywords.
pub(super) fn put_new(command: &mut Command<'_>, change: &FilterChange) -> Result<Id> {
    if command.facts.filters.len() >= FILTERS_MAX {
        return Err(Error::invalid(format!(
            "You cannot have more than {FILTERS_MAX} filters"
        )));
    }
    let settings = changed(None, change, command.now_ms())?;
    let id = command.fresh_id();
    command.put(FilterSort::Filter(id), &FilterRow::Filter);
    command.put_settings(id, &settings);
    Ok(id)
}

pub async fn update(ctx: &Ctx, id: Id, change: FilterChange) -> Result<Arc<FilterView>> {
    let mut command = Command::begin(ctx).await?;
    let filter = command.require(id)?;
    let settings = changed(Some(&filter.settings), &change, command.now_ms())?;
    if settings != filter.settings {
        command.put_settings(id, &settings);
    }
    keywords::put_changes(&mut command, id, Some(&filter), &change.keywords)?;
    if command.batch.is_empty() {
        return Ok(filter);
    }
    let facts = command.finish().await?;
    facts.filter(id).cloned().ok_or(Error::NotFound)
}

pub async fn delete(ctx: &Ctx, id: Id) -> Result<()> {
    let mut command = Command::begin(ctx).await?;
    let filter = command.require(id)?;
    command.delete(FilterSort::Filter(id));
    command.delete(FilterSort::Settings(id));
    let keywords = filter.keywords.iter().take(DELETED_AT_ONCE_MAX);
    keywords.for_each(|keyword| command.delete_keyword(keyword.id));
    let room = DELETED_AT_ONCE_MAX.saturating_sub(filter.keywords.len());
    let statuses = filter.statuses.iter().take(room);
    statuses.for_each(|status| command.delete(FilterSort::Status(status.id)));
    if filter.keywords.len() + filter.statuses.len() > DELETED_AT_ONCE_MAX {
        let job = NewJob::of(Queue::Background, clean_up::KIND, &command.account);
        enqueue(&mut command.batch, ctx.clock(), job);
    }
    command.finish().await?;
    Ok(())
}

/// All that is wrong is said at once, as Mastodon says it.
pub(super) fn changed(
    old: Option<&FilterSettings>,
    change: &FilterChange,
    now_ms: u64,
) -> Result<FilterSettings> {
    let mut wrong: Vec<String> = Vec::new();
    let action = match change.action.as_deref() {
        None => Ok(old.map_or(FilterAction::Warn, |old| old.action)),
        Some(name) => name.parse(),
    };
    if action.is_err() {
        wrong.push("Action is not included in the list".to_owned());
    }
    let title = match (&change.title, old) {
        (Some(title), _) => title.clone(),
        (None, Some(old)) => old.title.clone(),
        (None, None) => String::new(),
    };
    if title.trim().is_empty() {
        wrong.push("Title can't be blank".to_owned());
    }
    if title.chars().count() > FILTER_TITLE_CHARS_MAX {
        wrong.push(format!(
            "Title is too long (maximum is {FILTER_TITLE_CHARS_MAX} characters)"
        ));
    }
    let contexts = contexts(old, change, &mut wrong);
    let expires_at_ms = match change.expires_in_s {
        None => old.and_then(|old| old.expires_at_ms),
        Some(expires_in_s) => {
            expires_in_s.map(|in_s| now_ms.saturating_add(in_s.saturating_mul(1_000)))
        }
    };
    match action {
        Ok(action) if wrong.is_empty() => Ok(FilterSettings {
            title,
            contexts,
            action,
            expires_at_ms,
        }),
        _ => Err(Error::Invalid(wrong.join(", "))),
    }
}

fn contexts(
    old: Option<&FilterSettings>,
    change: &FilterChange,
    wrong: &mut Vec<String>,
) -> Vec<FilterContext> {
    let names = match (&change.contexts, old) {
        (Some(names), _) => names.as_slice(),
        (None, Some(old)) => return old.contexts.clone(),
        (None, None) => &[],
    };
    let names = names.iter().map(|name| name.trim());
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        wrong.push("Context can't be blank".to_owned());
    }
    let mut contexts = Vec::new();
    let mut are_known = !names.is_empty();
    for name in names {
        match name.parse() {
            Ok(context) if !contexts.contains(&context) => contexts.push(context),
            Ok(_) => {}
            Err(()) => are_known = false,
        }
    }
    if !are_known {
        wrong.push("Context None or invalid context supplied".to_owned());
    }
    contexts
}
