use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use petrel_model::id::{AccountId, Id};
use petrel_model::limits::FOLLOWED_TAGS_MAX;
use tokio::sync::mpsc;

use crate::streams::Channel;
use crate::streams::pushed::Pushed;

/// Sessions of a node.
const SESSIONS_MAX: usize = 20_000;
/// Sessions of one viewer, so that nobody takes the room of all.
const SESSIONS_OF_VIEWER_MAX: usize = 100;
/// Events that a session may be behind. Then it is closed.
pub(super) const QUEUE_EVENTS_MAX: usize = 256;
/// Hashtags that a session's viewer has followed since it began, or before. Then it is closed: the
/// next one begins with those that are still followed.
const HOME_TAGS_MAX: usize = 2 * FOLLOWED_TAGS_MAX;

/// Who listens to what.
#[derive(Default)]
pub(super) struct Sessions {
    next: u64,
    sessions: HashMap<u64, Session>,
    by_viewer: HashMap<AccountId, HashSet<u64>>,
    /// Those whose home the author's statuses may reach.
    by_author: HashMap<AccountId, HashSet<u64>>,
    public: HashSet<u64>,
    by_tag: HashMap<String, HashSet<u64>>,
}

struct Session {
    viewer: Option<AccountId>,
    token: Option<Id>,
    channels: BTreeSet<Channel>,
    authors: HashSet<AccountId>,
    /// Folded hashtags whose statuses may reach the viewer's home.
    home_tags: HashSet<String>,
    queue: mpsc::Sender<Arc<Pushed>>,
    ended: Arc<AtomicBool>,
}

/// A session's own end.
pub(super) struct Opened {
    pub(super) number: u64,
    pub(super) queue: mpsc::Receiver<Arc<Pushed>>,
    /// True once nothing more may be shown, whatever is still in the queue.
    pub(super) ended: Arc<AtomicBool>,
}

impl Sessions {
    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// None if there is no room.
    pub(super) fn open(&mut self, viewer: Option<AccountId>, token: Option<Id>) -> Option<Opened> {
        let of_viewer = viewer.map_or(0, |viewer| self.of_viewer(viewer).count());
        if self.sessions.len() >= SESSIONS_MAX || of_viewer >= SESSIONS_OF_VIEWER_MAX {
            return None;
        }
        self.next += 1;
        let number = self.next;
        let (sender, queue) = mpsc::channel(QUEUE_EVENTS_MAX);
        let ended = Arc::new(AtomicBool::new(false));
        let session = Session {
            viewer,
            token,
            channels: BTreeSet::new(),
            authors: HashSet::new(),
            home_tags: HashSet::new(),
            queue: sender,
            ended: ended.clone(),
        };
        self.sessions.insert(number, session);
        if let Some(viewer) = viewer {
            self.by_viewer.entry(viewer).or_default().insert(number);
        }
        Some(Opened {
            number,
            queue,
            ended,
        })
    }

    pub(super) fn add(&mut self, number: u64, channel: &Channel) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        session.channels.insert(channel.clone());
        if channel.is_public() {
            self.public.insert(number);
        }
        if let Some(tag) = channel.tag() {
            self.by_tag
                .entry(tag.to_owned())
                .or_default()
                .insert(number);
        }
    }

    pub(super) fn remove(&mut self, number: u64, channel: &Channel) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        session.channels.remove(channel);
        let listens = |is_one: &dyn Fn(&Channel) -> bool| session.channels.iter().any(is_one);
        if !listens(&|left| left.is_public()) {
            self.public.remove(&number);
        }
        if let Some(tag) = channel.tag()
            && !listens(&|left| left.tag() == Some(tag))
            && !session.home_tags.contains(tag)
        {
            forget(&mut self.by_tag, tag, number);
        }
    }

    /// Statuses of these authors may reach the session's home.
    pub(super) fn add_authors(&mut self, number: u64, authors: impl Iterator<Item = AccountId>) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        for author in authors {
            session.authors.insert(author);
            self.by_author.entry(author).or_default().insert(number);
        }
    }

    /// Whom a viewer begins to follow may reach the viewer's sessions. Whom the viewer no longer
    /// follows stays: each session judges for itself.
    pub(super) fn follow(&mut self, viewer: AccountId, author: AccountId) {
        let numbers: Vec<u64> = self.of_viewer(viewer).collect();
        for number in numbers {
            self.add_authors(number, [author].into_iter());
        }
    }

    /// Statuses under these hashtags may reach the session's home.
    pub(super) fn add_home_tags(&mut self, number: u64, tags: impl Iterator<Item = String>) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        for tag in tags {
            self.by_tag.entry(tag.clone()).or_default().insert(number);
            session.home_tags.insert(tag);
        }
        if session.home_tags.len() > HOME_TAGS_MAX {
            self.end(number);
        }
    }

    /// What a viewer begins to follow may reach those of the viewer's sessions that hear home. What
    /// is no longer followed stays: each session judges for itself.
    pub(super) fn follow_tag(&mut self, viewer: AccountId, tag: &str) {
        let hears = |number: &u64| {
            let session = self.sessions.get(number);
            session.is_some_and(|session| session.channels.contains(&Channel::User))
        };
        let numbers: Vec<u64> = self.of_viewer(viewer).filter(hears).collect();
        for number in numbers {
            self.add_home_tags(number, [tag.to_owned()].into_iter());
        }
    }

    pub(super) fn of_author(&self, author: AccountId) -> Vec<u64> {
        let numbers = self.by_author.get(&author);
        numbers.into_iter().flatten().copied().collect()
    }

    pub(super) fn of_viewer(&self, viewer: AccountId) -> impl Iterator<Item = u64> + '_ {
        self.by_viewer.get(&viewer).into_iter().flatten().copied()
    }

    pub(super) fn of_public(&self) -> impl Iterator<Item = u64> + '_ {
        self.public.iter().copied()
    }

    pub(super) fn of_tag(&self, tag: &str) -> impl Iterator<Item = u64> + '_ {
        self.by_tag.get(tag).into_iter().flatten().copied()
    }

    /// False if the session is not there or does not keep up.
    pub(super) fn send(&self, number: u64, event: &Arc<Pushed>) -> bool {
        let session = self.sessions.get(&number);
        session.is_some_and(|session| session.queue.try_send(event.clone()).is_ok())
    }

    /// Ends the sessions of a token, or with none all of the account's.
    pub(super) fn end_access(&mut self, account: AccountId, token: Option<Id>) {
        let concerns = |number: &u64| {
            let session = self.sessions.get(number);
            session.is_some_and(|session| token.is_none() || session.token == token)
        };
        let ended: Vec<u64> = self.of_viewer(account).filter(concerns).collect();
        ended.into_iter().for_each(|number| self.end(number));
    }

    pub(super) fn end(&mut self, number: u64) {
        let Some(session) = self.sessions.remove(&number) else {
            return;
        };
        session.ended.store(true, Ordering::SeqCst);
        if let Some(viewer) = session.viewer {
            forget(&mut self.by_viewer, &viewer, number);
        }
        for author in &session.authors {
            forget(&mut self.by_author, author, number);
        }
        let tags = session.channels.iter().filter_map(|channel| channel.tag());
        let home_tags = session.home_tags.iter().map(String::as_str);
        for tag in tags.chain(home_tags) {
            forget(&mut self.by_tag, tag, number);
        }
        self.public.remove(&number);
    }
}

fn forget<K, Q>(map: &mut HashMap<K, HashSet<u64>>, key: &Q, number: u64)
where
    K: std::hash::Hash + Eq + std::borrow::Borrow<Q>,
    Q: std::hash::Hash + Eq + ?Sized,
{
    if let Some(numbers) = map.get_mut(key) {
        numbers.remove(&number);
        if numbers.is_empty() {
            map.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_viewer_leaves_room_for_others() {
        let mut sessions = Sessions::default();
        let (greedy, other) = (AccountId(Id(1)), AccountId(Id(2)));
        let opened: Vec<_> = (0..=SESSIONS_OF_VIEWER_MAX)
            .map_while(|_| sessions.open(Some(greedy), None))
            .collect();
        assert_eq!(opened.len(), SESSIONS_OF_VIEWER_MAX);
        assert!(sessions.open(Some(other), None).is_some());
        sessions.end(opened[0].number);
        assert!(sessions.open(Some(greedy), None).is_some());
    }
}
