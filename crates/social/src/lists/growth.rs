//! How many rows came to which list lately, counted in memory from the events of commits.

use std::collections::HashMap;

use parking_lot::Mutex;
use petrel_model::event::{About, Event, MarkKind, PollEvent, RelationKind, StatusEvent};
use petrel_model::visibility::Visibility;
use petrel_store::Listener;
use petrel_store::events::Happened;

use super::{List, Owner};

/// Lists counted at once.
const LISTS_MAX: usize = 1 << 16;

/// Counts the rows that came to each list. Where there are more lists than it has room for, it
/// counts as Misra and Gries do (Finding repeated elements, 1982): no list counts too much, and
/// each too little by no more than [`Growth::take_forgotten`] says.
///
/// Give it to the store as a listener.
pub struct Growth {
    counted: Mutex<Counted>,
    lists_max: usize,
}

#[derive(Default)]
struct Counted {
    rows: HashMap<(List, Owner), u64>,
    forgotten: u64,
}

impl Default for Growth {
    fn default() -> Growth {
        Growth::of(LISTS_MAX)
    }
}

impl Growth {
    /// With room for so many lists.
    fn of(lists_max: usize) -> Growth {
        Growth {
            counted: Mutex::default(),
            lists_max,
        }
    }

    /// The lists to which at least so many rows came, in order; their counts begin anew.
    pub fn take_grown(&self, rows: u64) -> Vec<(List, Owner)> {
        let mut counted = self.counted.lock();
        let grown = counted.rows.extract_if(|_, count| *count >= rows);
        let mut grown: Vec<_> = grown.map(|(list, _)| list).collect();
        grown.sort_unstable();
        grown
    }

    /// By how many rows a list may have been counted too low, if that is at least `rows`; then
    /// all counts begin anew.
    pub fn take_forgotten(&self, rows: u64) -> Option<u64> {
        let mut counted = self.counted.lock();
        let forgotten = counted.forgotten;
        (forgotten >= rows).then(|| {
            *counted = Counted::default();
            forgotten
        })
    }

    fn add(&self, list: List, owner: impl Into<Owner>) {
        let mut counted = self.counted.lock();
        let key = (list, owner.into());
        if let Some(count) = counted.rows.get_mut(&key) {
            *count += 1;
        } else if counted.rows.len() < self.lists_max {
            counted.rows.insert(key, 1);
        } else {
            // As long as it takes for as many rows to come as are forgotten here.
            counted.forgotten += 1;
            counted.rows.retain(|_, count| {
                *count -= 1;
                *count > 0
            });
        }
    }

    fn add_status(&self, status: &StatusEvent) {
        self.add(List::StatusesByAccount, status.account);
        if let About::Reply { status: parent, .. } = status.about {
            self.add(List::RepliesByStatus, parent);
        }
        if status.visibility == Visibility::Direct {
            let named = status.mentions.iter().copied();
            let members = named.chain([status.account]);
            members.for_each(|member| self.add(List::Conversations, member));
        }
        self.add_tags(status);
    }

    fn add_tags(&self, status: &StatusEvent) {
        for tag in &status.tags {
            self.add(List::StatusesByTag, Owner::Tag(tag.clone()));
        }
    }
}

impl Listener for Growth {
    fn happened(&self, happened: &Happened) {
        // Until then it may be told again.
        if !happened.settled {
            return;
        }
        match &happened.event {
            Event::StatusCreated(status) => self.add_status(status),
            Event::StatusEdited(status) => self.add_tags(status),
            Event::Marked {
                account,
                status,
                kind,
                on: true,
                ..
            } => match kind {
                MarkKind::Favourite => {
                    self.add(List::FavouritesByStatus, *status);
                    self.add(List::FavouritesByAccount, *account);
                }
                MarkKind::Reblog => self.add(List::ReblogsByStatus, *status),
                MarkKind::Bookmark => self.add(List::BookmarksByAccount, *account),
                MarkKind::Pin => self.add(List::PinsByAccount, *account),
                MarkKind::ThreadMute | MarkKind::Vote => {}
            },
            Event::Related {
                other,
                kind,
                on: true,
                ..
            } => match kind {
                RelationKind::Follow => self.add(List::Followers, *other),
                RelationKind::FollowRequest => self.add(List::FollowRequests, *other),
                RelationKind::FollowSettings => self.add(List::Bells, *other),
                RelationKind::Block | RelationKind::Mute | RelationKind::Note => {}
            },
            Event::Poll(PollEvent::Voted { status, .. }) => {
                self.add(List::VotesByStatus, *status);
            }
            Event::Notified { account, .. } => self.add(List::Notifications, *account),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use petrel_model::id::{AccountId, Id};

    use super::*;

    fn account(number: u64) -> Owner {
        Owner::Account(AccountId(Id(number)))
    }

    #[test]
    fn what_grew_is_told_once() {
        let growth = Growth::default();
        for number in [1, 2, 1, 3, 1, 2] {
            growth.add(List::Followers, account(number));
        }
        assert_eq!(growth.take_grown(3), [(List::Followers, account(1))]);
        assert_eq!(growth.take_grown(3), []);
        growth.add(List::Followers, account(2));
        assert_eq!(growth.take_grown(3), [(List::Followers, account(2))]);
        assert_eq!(growth.take_forgotten(1), None);
    }

    #[test]
    fn a_list_that_grows_fast_is_seen_among_more_than_there_is_room_for() {
        let growth = Growth::of(10);
        for number in 0..1_000 {
            growth.add(List::Followers, account(number));
            growth.add(List::Bells, account(0));
        }
        assert!(growth.counted.lock().rows.len() <= 10);
        let forgotten = growth.counted.lock().forgotten;
        assert!((1..=2_000 / 11).contains(&forgotten), "{forgotten}");
        let grown = growth.take_grown(1_000 - forgotten);
        assert_eq!(grown, [(List::Bells, account(0))]);
        assert_eq!(growth.take_forgotten(forgotten), Some(forgotten));
        assert_eq!(growth.take_forgotten(1), None);
    }
}
