//! The keywords of a filter.

use petrel_model::id::Id;
use petrel_model::limits::{
    FILTER_KEYWORD_CHARS_MAX, FILTER_KEYWORDS_PER_REQUEST_BYTES_MAX,
    FILTER_KEYWORDS_PER_REQUEST_MAX,
};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::filters::command::Command;
use crate::filters::table::KeywordText;
use crate::views::{FilterKeywordView, FilterView};

/// What a client says of one keyword. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct KeywordChange {
    /// None for a new one.
    pub id: Option<Id>,
    pub keyword: Option<String>,
    pub whole_word: Option<bool>,
    pub remove: bool,
}

pub async fn add_keyword(
    ctx: &Ctx,
    filter: Id,
    change: KeywordChange,
) -> Result<FilterKeywordView> {
    let mut command = Command::begin(ctx).await?;
    command.require(filter)?;
    let text = changed(None, &change, "Keyword")?;
    command.require_room(1, text.keyword.len())?;
    let id = command.put_keyword(filter, text);
    finish(command, id).await
}

pub async fn change_keyword(ctx: &Ctx, id: Id, change: KeywordChange) -> Result<FilterKeywordView> {
    let mut command = Command::begin(ctx).await?;
    let old = require(&command, id)?;
    put_change(&mut command, &old, &change, "Keyword")?;
    if command.batch.is_empty() {
        return Ok(old);
    }
    finish(command, id).await
}

pub async fn remove_keyword(ctx: &Ctx, id: Id) -> Result<()> {
    let mut command = Command::begin(ctx).await?;
    require(&command, id)?;
    command.delete_keyword(id);
    command.finish().await?;
    Ok(())
}

async fn finish(command: Command<'_>, id: Id) -> Result<FilterKeywordView> {
    let facts = command.finish().await?;
    let (_, keyword) = facts.keyword(id).ok_or(Error::NotFound)?;
    Ok(keyword.clone())
}

fn require(command: &Command<'_>, id: Id) -> Result<FilterKeywordView> {
    let (_, keyword) = command.facts.keyword(id).ok_or(Error::NotFound)?;
    Ok(keyword.clone())
}

/// Writes the text if it changes.
pub(super) fn put_change(
    command: &mut Command<'_>,
    old: &FilterKeywordView,
    change: &KeywordChange,
    named: &str,
) -> Result<()> {
    let text = changed(Some(old), change, named)?;
    command.require_room(0, grown(old, &text))?;
    if differs(old, &text) {
        command.put_keyword_text(old.id, text);
    }
    Ok(())
}

/// What a change of one keyword among several comes to.
enum Outcome {
    New(KeywordText),
    Changed(Id, KeywordText),
    Removed(Id),
}

impl Outcome {
    fn bytes(&self) -> usize {
        match self {
            Outcome::New(text) | Outcome::Changed(_, text) => text.keyword.len(),
            Outcome::Removed(_) => 0,
        }
    }
}

/// All that a request says of a filter's keywords. A filter that is new has none yet.
pub(super) fn put_changes(
    command: &mut Command<'_>,
    filter: Id,
    view: Option<&FilterView>,
    changes: &[KeywordChange],
) -> Result<()> {
    let keywords = view.map_or(&[][..], |view| &view.keywords);
    // Clients that show a whole filter send all of it, so what stays as it is counts for nothing.
    let (outcomes, more_bytes) = outcomes(keywords, changes)?;
    let bytes: usize = outcomes.iter().map(Outcome::bytes).sum();
    if outcomes.len() > FILTER_KEYWORDS_PER_REQUEST_MAX
        || bytes > FILTER_KEYWORDS_PER_REQUEST_BYTES_MAX
    {
        return Err(Error::invalid(format!(
            "Keywords are too many for one request (maximum is {FILTER_KEYWORDS_PER_REQUEST_MAX})"
        )));
    }
    let is_new = |outcome: &&Outcome| matches!(outcome, Outcome::New(_));
    command.require_room(outcomes.iter().filter(is_new).count(), more_bytes)?;
    for outcome in outcomes {
        match outcome {
            Outcome::New(text) => {
                command.put_keyword(filter, text);
            }
            Outcome::Changed(id, text) => command.put_keyword_text(id, text),
            Outcome::Removed(id) => command.delete_keyword(id),
        }
    }
    Ok(())
}

/// What these changes come to, and by how many bytes the keywords grow.
fn outcomes(
    keywords: &[FilterKeywordView],
    changes: &[KeywordChange],
) -> Result<(Vec<Outcome>, usize)> {
    let (mut outcomes, mut more_bytes, mut seen) = (Vec::new(), 0, Vec::new());
    for change in changes.iter().filter(|change| !change.is_blank()) {
        let Some(id) = change.id else {
            if !change.remove {
                let text = changed(None, change, NESTED)?;
                more_bytes += text.keyword.len();
                outcomes.push(Outcome::New(text));
            }
            continue;
        };
        let old = keywords.iter().find(|keyword| keyword.id == id);
        let old = old.ok_or(Error::NotFound)?;
        if seen.contains(&id) {
            return Err(Error::invalid("Keywords are named twice"));
        }
        seen.push(id);
        if change.remove {
            outcomes.push(Outcome::Removed(id));
            continue;
        }
        let text = changed(Some(old), change, NESTED)?;
        if differs(old, &text) {
            more_bytes += grown(old, &text);
            outcomes.push(Outcome::Changed(id, text));
        }
    }
    Ok((outcomes, more_bytes))
}

fn differs(old: &FilterKeywordView, text: &KeywordText) -> bool {
    text.keyword != old.keyword || text.whole_word != old.whole_word
}

fn grown(old: &FilterKeywordView, text: &KeywordText) -> usize {
    text.keyword.len().saturating_sub(old.keyword.len())
}

/// How Mastodon names a keyword that came with its filter.
const NESTED: &str = "Keywords keyword";

impl KeywordChange {
    /// Nothing is said of it, so it counts as not sent.
    fn is_blank(&self) -> bool {
        let keyword = self.keyword.as_deref().unwrap_or_default();
        self.id.is_none() && self.whole_word.is_none() && keyword.trim().is_empty()
    }
}

fn changed(
    old: Option<&FilterKeywordView>,
    change: &KeywordChange,
    named: &str,
) -> Result<KeywordText> {
    let keyword = match (&change.keyword, old) {
        (Some(keyword), _) => keyword.clone(),
        (None, Some(old)) => old.keyword.clone(),
        (None, None) => String::new(),
    };
    if keyword.trim().is_empty() {
        return Err(Error::invalid(format!("{named} can't be blank")));
    }
    if keyword.chars().count() > FILTER_KEYWORD_CHARS_MAX {
        return Err(Error::invalid(format!(
            "{named} is too long (maximum is {FILTER_KEYWORD_CHARS_MAX} characters)"
        )));
    }
    let whole_word = change.whole_word.or(old.map(|old| old.whole_word));
    Ok(KeywordText {
        keyword,
        whole_word: whole_word.unwrap_or(true),
    })
}
