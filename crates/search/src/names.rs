use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;

use petrel_model::id::AccountId;
use petrel_model::text::fold;

/// Words looked through for one search. Beyond, what else matches is not found.
const WORDS_MAX: usize = 20_000;

/// What accounts are found by: the words of their names, folded.
#[derive(Default)]
pub(crate) struct Names {
    accounts: HashMap<AccountId, Account>,
    by_word: BTreeSet<(Box<str>, AccountId)>,
}

#[derive(Default)]
struct Account {
    /// The whole name first, then its parts.
    username: Vec<Box<str>>,
    display_name: Vec<Box<str>>,
}

/// What is looked for: accounts of whose words one begins with the whole, or each of the parts.
pub(crate) struct Query {
    whole: String,
    parts: Vec<String>,
}

impl Query {
    /// None if nothing is left to look for. With an `@` before it, only user names are meant.
    pub(crate) fn of(text: &str) -> Option<Query> {
        let text = text.trim();
        let (text, parts) = match text.strip_prefix('@') {
            Some(name) => (name, Vec::new()),
            None => (text, fold::words(text)),
        };
        let whole = fold::username(text);
        let is_handle = parts.is_empty() && whole.chars().any(char::is_alphanumeric);
        (is_handle || !parts.is_empty()).then_some(Query { whole, parts })
    }
}

impl Names {
    pub(crate) fn set_username(&mut self, id: AccountId, username: &str) {
        let whole = fold::username(username);
        let parts = fold::words(username)
            .into_iter()
            .filter(|part| *part != whole);
        let words: Vec<Box<str>> = [whole.clone()]
            .into_iter()
            .chain(parts)
            .map(Into::into)
            .collect();
        let account = self.accounts.entry(id).or_default();
        let old = std::mem::replace(&mut account.username, words);
        self.reindex(id, old);
    }

    pub(crate) fn set_display_name(&mut self, id: AccountId, display_name: &str) {
        let words = fold::words(display_name)
            .into_iter()
            .map(Into::into)
            .collect();
        let account = self.accounts.entry(id).or_default();
        let old = std::mem::replace(&mut account.display_name, words);
        self.reindex(id, old);
    }

    pub(crate) fn remove(&mut self, id: AccountId) {
        if let Some(account) = self.accounts.remove(&id) {
            for word in account.username.into_iter().chain(account.display_name) {
                self.by_word.remove(&(word, id));
            }
        }
    }

    /// Puts the account under its words, and takes it away from those of `old` that it lost.
    fn reindex(&mut self, id: AccountId, old: Vec<Box<str>>) {
        let Some(account) = self.accounts.get(&id) else {
            return;
        };
        let now: HashSet<&Box<str>> = account.words().collect();
        for word in old.into_iter().filter(|word| !now.contains(word)) {
            self.by_word.remove(&(word, id));
        }
        self.by_word
            .extend(now.into_iter().map(|word| (word.clone(), id)));
    }

    pub(crate) fn matches(&self, id: AccountId, query: &Query) -> bool {
        self.accounts
            .get(&id)
            .is_some_and(|account| account.matches(query))
    }

    /// Up to `limit` accounts that match, in the order of their words; those that begin with the
    /// whole query first.
    pub(crate) fn find(&self, query: &Query, limit: usize) -> Vec<AccountId> {
        let longest = query.parts.iter().max_by_key(|part| part.len());
        let starts = [Some(&query.whole), longest];
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for start in starts
            .into_iter()
            .flatten()
            .filter(|start| !start.is_empty())
        {
            let from = (Box::from(start.as_str()), AccountId::MIN);
            let range = self
                .by_word
                .range((Bound::Included(from), Bound::Unbounded));
            let fits = range.take_while(|(word, _)| word.starts_with(start.as_str()));
            for (_, id) in fits.take(WORDS_MAX) {
                if found.len() >= limit {
                    return found;
                }
                if !seen.contains(id) && self.matches(*id, query) {
                    seen.insert(*id);
                    found.push(*id);
                }
            }
        }
        found
    }
}

impl Account {
    fn words(&self) -> impl Iterator<Item = &Box<str>> {
        self.username.iter().chain(&self.display_name)
    }

    fn matches(&self, query: &Query) -> bool {
        // Without its name it is not known to exist.
        let Some(whole) = self.username.first() else {
            return false;
        };
        let has = |part: &String| self.words().any(|word| word.starts_with(part.as_str()));
        let has_all = !query.parts.is_empty() && query.parts.iter().all(has);
        !query.whole.is_empty() && whole.starts_with(query.whole.as_str()) || has_all
    }
}

#[cfg(test)]
mod tests {
    use petrel_model::id::Id;

    use super::*;

    fn find(names: &Names, text: &str) -> Vec<u64> {
        let found = Query::of(text).map(|query| names.find(&query, 10));
        found.into_iter().flatten().map(|id| id.0.0).collect()
    }

    #[test]
    fn accounts_are_found_by_what_their_words_begin_with() {
        let mut names = Names::default();
        let people = [
            (1, "ada", "Ada Lovelace"),
            (2, "countess_of_code", "Ängström, Ada"),
            (3, "Bob", "⭐"),
        ];
        for (id, username, display_name) in people {
            names.set_display_name(AccountId(Id(id)), display_name);
            names.set_username(AccountId(Id(id)), username);
        }
        assert_eq!(find(&names, "AD"), [1, 2]);
        assert_eq!(find(&names, "@ada"), [1]);
        assert_eq!(find(&names, "@"), [0; 0]);
        assert_eq!(find(&names, "love ada"), [1]);
        assert_eq!(find(&names, "ang"), [2]);
        assert_eq!(find(&names, "countess_of"), [2]);
        assert_eq!(find(&names, "code"), [2]);
        assert_eq!(find(&names, "b"), [3]);
        assert_eq!(find(&names, "da"), [0; 0]);
        assert_eq!(find(&names, " ⭐ "), [0; 0]);
        names.set_display_name(AccountId(Id(1)), "Countess");
        assert_eq!(find(&names, "love"), [0; 0]);
        assert_eq!(find(&names, "ada"), [1, 2]);
        assert_eq!(find(&names, "countess"), [1, 2]);
        names.remove(AccountId(Id(2)));
        assert_eq!(find(&names, "countess"), [1]);
        assert_eq!(names.by_word.len(), 3);
    }
}
