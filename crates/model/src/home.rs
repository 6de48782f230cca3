//! What a home timeline is, in plain words and as a pure function.
//!
//! The in-memory log and a naive scan of the store are both tested against this.
//!
//! # What belongs to home, judged without text ([`belongs`])
//!
//! - **Own** statuses belong, all of them.
//! - Statuses of those whom the viewer **follows** belong, except
//!   - a **direct** one that does not name the viewer;
//!   - a **reply** to somebody who is neither its author nor the viewer nor followed by the viewer;
//!   - a **reblog**, if the follow says that reblogs are not shown;
//!   - one in a **language** other than those that the follow is narrowed to (one whose language is
//!     not known passes);
//!   - one of an author on a list that is **exclusive**.
//! - **Public** statuses under a **followed tag** belong, reblogs aside, whoever wrote them.
//! - But nothing belongs (own statuses aside, unless they reblog) by an author, or reblogging an
//!   author, whom the viewer **blocks** or **mutes**, whose **domain** the viewer blocks, who
//!   **blocks** the viewer, or who is **gone** (deleted, suspended).
//!
//! # What else keeps an entry out, judged with its text ([`passes_with_text`])
//!
//! - It, or what it reblogs, **names** an account that the viewer blocks or mutes.
//! - It is a **reply** whose parent is **gone**.
//!
//! Own statuses pass. What is shown in the end also passes the [gate](crate::gate), and the
//! viewer's filters.
//!
//! # The timeline of a list of accounts
//!
//! Everything above holds there too, but for what [`belongs`] says of who wrote it; see [`list`].
//!
//! # The reblog rule ([`entries`])
//!
//! A reblog, one's own too, is out if its target – itself or reblogged by another account – is
//! among the next [`REBLOG_GAP`] older entries that belong. Those neighbours are judged without
//! text and without this rule, so whether a reblog is shown depends on what lies below it alone and
//! not on where a page begins: pages joined are the whole.

pub mod list;

use std::collections::VecDeque;

pub use list::{ListView, RepliesPolicy};

use crate::event::About;
use crate::id::{AccountId, StatusId};
use crate::limits::REBLOG_GAP;
use crate::paging::Cursor;
use crate::text::language::Language;
use crate::visibility::Visibility;

/// A status as home knows it before its text is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub id: StatusId,
    pub account: AccountId,
    pub about: About,
    /// None if it is not known.
    pub language: Option<Language>,
    pub visibility: Visibility,
}

/// How one follow is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Follow<'a> {
    pub shows_reblogs: bool,
    /// Empty: all languages.
    pub languages: &'a [Language],
}

/// What home depends on about its viewer. All of it is *effective* (see [`crate::gate::tie`]): a
/// follow beside a block either way is no follow, an expired mute no mute.
pub trait HomeFacts {
    fn viewer(&self) -> AccountId;
    /// The viewer's follow of this account, if there is one.
    fn follow(&self, account: AccountId) -> Option<Follow<'_>>;
    /// The viewer blocks or mutes this account, or blocks its domain.
    fn hides(&self, account: AccountId) -> bool;
    /// This account blocks the viewer, is deleted or suspended.
    fn is_out_of_reach(&self, account: AccountId) -> bool;
    /// The status names the viewer. Asked only about direct ones.
    fn names_viewer(&self, entry: &Entry) -> bool;

    /// The status is under a tag that the viewer follows. Asked only about public ones.
    fn has_followed_tag(&self, _entry: &Entry) -> bool {
        false
    }

    /// The account is on one of the viewer's exclusive lists.
    fn is_on_exclusive_list(&self, _account: AccountId) -> bool {
        false
    }

    /// The list of accounts whose timeline it is; none where it is home.
    fn list(&self) -> Option<ListView<'_>> {
        None
    }
}

/// What only the status itself tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TextFacts<'a> {
    /// Accounts that it names; for a reblog, that the reblogged status names.
    pub mentions: &'a [AccountId],
    /// It is a reply, and what it replies to is gone.
    pub parent_is_gone: bool,
}

/// Whether the entry is part of home, or of the list's timeline, as far as can be told without its
/// text.
pub fn belongs(entry: &Entry, facts: &(impl HomeFacts + ?Sized)) -> bool {
    let is_kept_away = |account: AccountId| {
        account != facts.viewer() && (facts.hides(account) || facts.is_out_of_reach(account))
    };
    let reblogged = match entry.about {
        About::Reblog { account, .. } => Some(account),
        _ => None,
    };
    if is_kept_away(entry.account) || reblogged.is_some_and(is_kept_away) {
        return false;
    }
    if let Some(list) = facts.list() {
        return list::belongs(entry, &list, facts);
    }
    entry.account == facts.viewer()
        || is_by_followee(entry, facts)
        || is_under_followed_tag(entry, facts)
}

/// Whether an entry that belongs also passes once its text is at hand.
pub fn passes_with_text(
    entry: &Entry,
    text: &TextFacts<'_>,
    facts: &(impl HomeFacts + ?Sized),
) -> bool {
    if entry.account == facts.viewer() {
        return true;
    }
    let is_orphan = text.parent_is_gone && matches!(entry.about, About::Reply { .. });
    let names_hidden = text.mentions.iter().any(|account| facts.hides(*account));
    !names_hidden && !is_orphan
}

/// Home from its newest entry on: what belongs, less what the reblog rule leaves out.
///
/// `world` holds statuses from new to old, each once. A page begins anywhere by skipping.
pub fn entries<'f>(
    world: impl IntoIterator<Item = Entry> + 'f,
    facts: &'f (impl HomeFacts + ?Sized),
) -> impl Iterator<Item = Entry> + 'f {
    let mut belonging = world
        .into_iter()
        .filter(|entry| belongs(entry, facts))
        .fuse();
    let mut ahead = VecDeque::with_capacity(REBLOG_GAP + 1);
    std::iter::from_fn(move || {
        loop {
            let missing = (REBLOG_GAP + 1).saturating_sub(ahead.len());
            ahead.extend(belonging.by_ref().take(missing));
            let entry = ahead.pop_front()?;
            if !is_repeated(&entry, &ahead) {
                return Some(entry);
            }
        }
    })
}

/// One page of home, newest first, judged without text.
pub fn page(
    world: impl IntoIterator<Item = Entry>,
    facts: &(impl HomeFacts + ?Sized),
    cursor: &Cursor,
    limit: usize,
) -> Vec<Entry> {
    page_with(world, facts, |_| true, cursor, limit)
}

/// One page of home, newest first; `passes` judges an entry that is in by its text, as
/// [`passes_with_text`] and the gate do. What it refuses is made up for by older entries.
pub fn page_with(
    world: impl IntoIterator<Item = Entry>,
    facts: &(impl HomeFacts + ?Sized),
    mut passes: impl FnMut(&Entry) -> bool,
    cursor: &Cursor,
    limit: usize,
) -> Vec<Entry> {
    let below_max = world
        .into_iter()
        .skip_while(|entry| cursor.max_id.is_some_and(|max_id| entry.id.0 >= max_id));
    let floor = cursor.floor();
    // The floor is applied after the rules: entries below it still count as neighbours.
    let in_range = entries(below_max, facts)
        .take_while(|entry| floor.is_none_or(|floor| entry.id.0 > floor))
        .filter(|entry| passes(entry));
    cursor.select(in_range, |entry| entry.id.0, limit)
}

/// Whether a reblog's target is among the neighbours, the [`REBLOG_GAP`] next older entries that
/// belong. Anything else is never repeated.
pub fn is_repeated<'a>(entry: &Entry, older: impl IntoIterator<Item = &'a Entry>) -> bool {
    let About::Reblog { status: target, .. } = entry.about else {
        return false;
    };
    older
        .into_iter()
        .take(REBLOG_GAP)
        .any(|neighbour| match neighbour.about {
            // Nobody has two: if this one is there, another of the same account was lost to it.
            About::Reblog { status, .. } => status == target && neighbour.account != entry.account,
            About::Nothing | About::Reply { .. } => neighbour.id == target,
        })
}

fn is_by_followee(entry: &Entry, facts: &(impl HomeFacts + ?Sized)) -> bool {
    let Some(follow) = facts.follow(entry.account) else {
        return false;
    };
    let is_for_viewer = entry.visibility != Visibility::Direct || facts.names_viewer(entry);
    is_for_viewer && is_wanted(entry, &follow, facts) && !facts.is_on_exclusive_list(entry.account)
}

/// Whether the viewer's follow of its author shows such an entry.
fn is_wanted(entry: &Entry, follow: &Follow<'_>, facts: &(impl HomeFacts + ?Sized)) -> bool {
    let is_wanted = match entry.about {
        About::Nothing => true,
        About::Reblog { .. } => follow.shows_reblogs,
        About::Reply { account, .. } => {
            account == entry.account || account == facts.viewer() || facts.follow(account).is_some()
        }
    };
    let is_understood = follow.languages.is_empty()
        || entry
            .language
            .is_none_or(|language| follow.languages.contains(&language));
    is_wanted && is_understood
}

fn is_under_followed_tag(entry: &Entry, facts: &(impl HomeFacts + ?Sized)) -> bool {
    let is_reblog = matches!(entry.about, About::Reblog { .. });
    entry.visibility == Visibility::Public && !is_reblog && facts.has_followed_tag(entry)
}

#[cfg(test)]
mod tests;
