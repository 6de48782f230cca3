//! Live streams: events are pushed only to the sessions that are connected here, and only as a
//! hint. Each session judges for itself, when it takes an event out of its queue, whether its
//! viewer is shown it now; so a block or an unfollow counts from the moment at which it commits. On
//! several nodes the first session that takes an event up makes sure, for all of them, of what was
//! acknowledged anywhere before.

mod channel;
mod pushed;
mod sessions;
mod subscription;

use std::sync::Arc;

use parking_lot::RwLock;
use petrel_model::event::{AccountChange, Event, PollEvent, RelationKind, StatusEvent};
use petrel_model::id::AccountId;
use petrel_social::context::Ctx;
use petrel_social::error::Result;
use petrel_store::Listener;
use petrel_store::events::Happened;

pub use channel::{Channel, NoChannel};
pub use subscription::{Payload, StreamEvent, Subscription};

use crate::log::is_for_public;
use crate::timelines::Timelines;
use petrel_model::visibility::Visibility;
use pushed::Pushed;
use sessions::Sessions;

/// The streams of this node. It must be told of events after [`Timelines`]: what it judges with is
/// voided there.
pub struct Streams {
    timelines: Arc<Timelines>,
    sessions: RwLock<Sessions>,
}

impl Streams {
    pub fn new(timelines: Arc<Timelines>) -> Streams {
        Streams {
            timelines,
            sessions: RwLock::default(),
        }
    }

    /// A session with these channels. It ends when it is dropped, when its token is revoked, when
    /// its account is suspended, or when it does not keep up.
    ///
    /// A token that is revoked between its check and this call is not noticed: check it again
    /// afterwards.
    ///
    /// # Errors
    /// `Scope` or `Unauthenticated` for a channel that the caller may not hear, `TooMany` when the
    /// node or the viewer has no room for more sessions.
    pub async fn subscribe(
        self: &Arc<Streams>,
        ctx: Ctx,
        channels: Vec<Channel>,
    ) -> Result<Subscription> {
        let mut subscription = Subscription::open(self.clone(), ctx)?;
        for channel in channels {
            subscription.add(channel).await?;
        }
        Ok(subscription)
    }

    /// How many sessions are open.
    pub fn session_count(&self) -> usize {
        self.sessions.read().len()
    }

    fn tell_of_status(&self, status: &StatusEvent, happened: &Happened) {
        let sessions = self.sessions.read();
        let mut to = sessions.of_author(status.account);
        if is_public(status) {
            to.extend(sessions.of_public());
        }
        if status.visibility == Visibility::Direct || tells_the_named(&happened.event) {
            // They need not follow its author.
            let members = status.mentions.iter().chain([&status.account]);
            to.extend(members.flat_map(|member| sessions.of_viewer(*member)));
        }
        if status.visibility == Visibility::Public {
            to.extend(status.tags.iter().flat_map(|tag| sessions.of_tag(tag)));
        }
        self.send(sessions, to, happened);
    }

    fn tell_viewer(&self, viewer: AccountId, happened: &Happened) {
        let sessions = self.sessions.read();
        let to = sessions.of_viewer(viewer).collect();
        self.send(sessions, to, happened);
    }

    fn send(
        &self,
        sessions: parking_lot::RwLockReadGuard<'_, Sessions>,
        mut to: Vec<u64>,
        happened: &Happened,
    ) {
        if to.is_empty() {
            return;
        }
        to.sort_unstable();
        to.dedup();
        let pushed = Arc::new(Pushed::new(happened.clone()));
        to.retain(|session| !sessions.send(*session, &pushed));
        drop(sessions);
        if !to.is_empty() {
            // They do not keep up.
            let mut sessions = self.sessions.write();
            to.into_iter().for_each(|session| sessions.end(session));
        }
    }
}

/// Whether those whom a status names are told of it wherever they were notified of it: as in
/// Mastodon, what becomes of a status, and not that there is one.
fn tells_the_named(event: &Event) -> bool {
    matches!(event, Event::StatusEdited(_) | Event::StatusDeleted(_))
}

/// Whether a status belongs to the public timeline.
fn is_public(status: &StatusEvent) -> bool {
    status.visibility == Visibility::Public && is_for_public(status.account, &status.about)
}

impl Listener for Streams {
    /// An event of another node may be told several times. It is pushed once, when its batch is
    /// whole; whom a session hears of, and that it ends, counts each time.
    fn happened(&self, happened: &Happened) {
        let is_settled = happened.settled;
        match &happened.event {
            Event::StatusCreated(status)
            | Event::StatusEdited(status)
            | Event::StatusDeleted(status)
                if is_settled =>
            {
                self.tell_of_status(status, happened);
            }
            Event::Notified { account, .. }
            | Event::FiltersChanged { account }
            | Event::ConversationChanged { account, .. }
                if is_settled =>
            {
                self.tell_viewer(*account, happened);
            }
            Event::Poll(PollEvent::Ended(status)) if is_settled => {
                self.tell_of_status(status, happened);
            }
            Event::Related {
                account,
                other,
                kind: RelationKind::Follow,
                on: true,
                ..
            } => self.sessions.write().follow(*account, *other),
            Event::TagFollowed {
                account,
                tag,
                on: true,
            } => self.sessions.write().follow_tag(*account, tag),
            Event::AccessEnded { account, token } => {
                self.sessions.write().end_access(*account, *token);
            }
            Event::AccountChanged {
                account,
                change: AccountChange::Suspended | AccountChange::Deleted,
            } => self.sessions.write().end_access(*account, None),
            _ => {}
        }
    }
}
