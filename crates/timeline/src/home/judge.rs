use petrel_model::home::{Entry, Follow, HomeFacts, ListView};
use petrel_model::id::{AccountId, StatusId};
use rustc_hash::FxHashSet;

use crate::home::Viewer;

/// A viewer at one moment, with those of the accounts asked about who are out of reach.
pub(crate) struct Judge<'a> {
    pub(crate) viewer: &'a Viewer,
    pub(crate) out_of_reach: FxHashSet<AccountId>,
    /// Those of the entries asked about that are under a hashtag which the viewer follows.
    pub(crate) tagged: FxHashSet<StatusId>,
    pub(crate) now_ms: u64,
}

impl HomeFacts for Judge<'_> {
    fn viewer(&self) -> AccountId {
        self.viewer.id
    }

    fn follow(&self, account: AccountId) -> Option<Follow<'_>> {
        // A follow beside a block either way is no follow.
        let blocked = self.viewer.is_kept_away(account, self.now_ms, true);
        if blocked || self.out_of_reach.contains(&account) {
            return None;
        }
        self.viewer.followed(account).map(|follow| Follow {
            shows_reblogs: follow.shows_reblogs,
            languages: &follow.languages,
        })
    }

    fn hides(&self, account: AccountId) -> bool {
        self.viewer.is_kept_away(account, self.now_ms, false)
    }

    fn is_out_of_reach(&self, account: AccountId) -> bool {
        self.out_of_reach.contains(&account)
    }

    /// Direct statuses come only out of chains of those whom they name.
    fn names_viewer(&self, _entry: &Entry) -> bool {
        true
    }

    fn has_followed_tag(&self, entry: &Entry) -> bool {
        self.tagged.contains(&entry.id)
    }

    fn is_on_exclusive_list(&self, account: AccountId) -> bool {
        self.viewer.is_on_exclusive_list(account)
    }

    fn list(&self) -> Option<ListView<'_>> {
        self.viewer.list()
    }
}
