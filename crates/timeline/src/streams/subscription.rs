use std::collections::{BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use petrel_model::event::{Event, PollEvent, StatusEvent};
use petrel_model::gate::{self, Surface};
use petrel_model::id::{AccountId, NotificationId, StatusId};
use petrel_model::scope::Scope;
use petrel_model::visibility::Visibility;
use petrel_social::context::{Caller, Ctx};
use petrel_social::conversations;
use petrel_social::error::{Error, Result};
use petrel_social::eyes::{Eyes, Seen};
use petrel_social::notifications;
use petrel_social::statuses::present;
use petrel_social::statuses::world::World;
use petrel_social::views::{ConversationView, NotificationView, StatusView};
use tokio::time::{Sleep, sleep};

use crate::home::Timeline;
use crate::one_status::Found;
use crate::streams::pushed::Pushed;
use crate::streams::sessions::Opened;
use crate::streams::{Channel, Streams, is_public};

/// How often an event is judged at most, if the store fails or the fact cannot be read yet.
const TRIES_MAX: u32 = 4;
/// How long to wait before the second try; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(100);

/// One connected client.
pub struct Subscription {
    streams: Arc<Streams>,
    ctx: Ctx,
    session: Opened,
    channels: BTreeSet<Channel>,
    /// Taken out of the queue and not judged yet.
    heard: VecDeque<Arc<Pushed>>,
    /// How often that was judged without an outcome.
    tried: u32,
    /// Runs out when it is to be judged again, however often the wait is dropped.
    pause: Option<Pin<Box<Sleep>>>,
    /// Judged and not handed out yet.
    ready: VecDeque<StreamEvent>,
}

/// What became of an event when it was judged.
enum Judged {
    Shown(Vec<StreamEvent>),
    /// What it tells of cannot be read yet.
    NotYet,
}

/// What a client is sent, once for each of the channels.
#[derive(Clone, Debug)]
pub struct StreamEvent {
    pub channels: Vec<Channel>,
    pub payload: Payload,
}

#[derive(Clone, Debug)]
pub enum Payload {
    Update(Box<StatusView>),
    StatusUpdate(Box<StatusView>),
    Delete(StatusId),
    Notification(Box<NotificationView>),
    FiltersChanged,
    Conversation(Box<ConversationView>),
}

impl Subscription {
    pub(super) fn open(streams: Arc<Streams>, ctx: Ctx) -> Result<Subscription> {
        let token = match ctx.caller {
            Caller::User { token, .. } => token,
            _ => None,
        };
        let session = streams.sessions.write().open(ctx.viewer(), token);
        Ok(Subscription {
            session: session.ok_or(Error::TooMany)?,
            streams,
            ctx,
            channels: BTreeSet::new(),
            heard: VecDeque::new(),
            tried: 0,
            pause: None,
            ready: VecDeque::new(),
        })
    }

    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.iter()
    }

    /// Listens to one more channel.
    ///
    /// # Errors
    /// `NotFound` for a list that is not the viewer's.
    pub async fn add(&mut self, channel: Channel) -> Result<()> {
        if self.channels.contains(&channel) {
            return Ok(());
        }
        match channel {
            Channel::UserNotification => self.ctx.require_user(Scope::ReadNotifications)?,
            Channel::User | Channel::Direct | Channel::List(_) => {
                self.ctx.require_user(Scope::ReadStatuses)?
            }
            _ => self
                .ctx
                .allow_public(Scope::ReadStatuses)
                .map(|()| Default::default())?,
        };
        let (store, timelines) = (self.ctx.store(), &self.streams.timelines);
        if let (Channel::List(list), Some(viewer)) = (&channel, self.ctx.viewer()) {
            timelines
                .viewer(store, viewer, Timeline::List(*list))
                .await?;
        }
        let number = self.session.number;
        self.streams.sessions.write().add(number, &channel);
        if let (true, Some(viewer)) = (channel.is_of_followed(), self.ctx.viewer()) {
            // The session is known by now, so no follow of this moment is lost. Whoever is put on a
            // list is followed before.
            let viewer = timelines.viewer(store, viewer, Timeline::Home).await?;
            let mut sessions = self.streams.sessions.write();
            sessions.add_authors(number, viewer.authors());
            if channel == Channel::User {
                sessions.add_home_tags(number, viewer.tags().iter().cloned());
            }
        }
        self.channels.insert(channel);
        Ok(())
    }

    pub fn remove(&mut self, channel: &Channel) {
        self.streams
            .sessions
            .write()
            .remove(self.session.number, channel);
        self.channels.remove(channel);
    }

    /// The next event; none when the session has ended. Nothing is lost if it is dropped while it
    /// waits.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if self.session.ended.load(Ordering::SeqCst) {
                return None;
            }
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if let Some(pause) = &mut self.pause {
                pause.await;
                self.pause = None;
            }
            let heard = match self.heard.front() {
                Some(heard) => heard.clone(),
                None => self.take_up().await?,
            };
            match self.judge(&heard).await {
                Ok(Judged::Shown(events)) => self.ready.extend(events),
                // Both pass, and this is told only once.
                Ok(Judged::NotYet) | Err(Error::Store(_)) if self.tried + 1 < TRIES_MAX => {
                    self.pause = Some(Box::pin(sleep(PAUSE * 2u32.pow(self.tried))));
                    self.tried += 1;
                    continue;
                }
                Ok(Judged::NotYet) => tracing::warn!("an event's fact was not found"),
                // A failed look-up means no.
                Err(error) => tracing::warn!(%error, "an event was not shown to a stream"),
            }
            self.heard.pop_front();
            self.tried = 0;
        }
    }

    /// Takes all that waits out of the queue, so that one look at the other nodes is enough for it,
    /// and gives the first.
    async fn take_up(&mut self) -> Option<Arc<Pushed>> {
        let first = self.session.queue.recv().await?;
        self.heard.push_back(first.clone());
        while let Ok(next) = self.session.queue.try_recv() {
            self.heard.push_back(next);
        }
        for heard in &self.heard {
            heard.take_up(self.ctx.store());
        }
        Some(first)
    }

    /// Judged by all that was done before the event on any node, as a request would be: first
    /// whether it is for these channels at all, which costs nothing.
    async fn judge(&self, pushed: &Pushed) -> Result<Judged> {
        if !self.concerns(&pushed.happened.event) {
            return Ok(Judged::Shown(Vec::new()));
        }
        pushed.judgeable(self.ctx.store()).await?;
        match &pushed.happened.event {
            Event::StatusCreated(status) => {
                let judged = self.status(status, &[], Payload::Update).await?;
                let Judged::Shown(mut events) = judged else {
                    return Ok(judged);
                };
                if status.visibility == Visibility::Direct
                    && self.channels.contains(&Channel::Direct)
                {
                    let view = conversations::of_status(&self.ctx, status.id).await?;
                    events.extend(view.map(conversation));
                }
                Ok(Judged::Shown(events))
            }
            Event::StatusEdited(status) => {
                let named = self.channels_of_named(&pushed.happened.event, status);
                self.status(status, &named, Payload::StatusUpdate).await
            }
            Event::Poll(PollEvent::Ended(status)) => {
                self.status(status, &[], Payload::StatusUpdate).await
            }
            Event::StatusDeleted(status) => {
                let named = self.channels_of_named(&pushed.happened.event, status);
                self.deletion(status, named).await.map(Judged::Shown)
            }
            Event::Notified { notification, .. } => {
                self.notification(*notification).await.map(Judged::Shown)
            }
            Event::ConversationChanged {
                account,
                conversation: id,
            } => {
                let view = conversations::current(&self.ctx, *account, *id).await?;
                Ok(Judged::Shown(view.map(conversation).into_iter().collect()))
            }
            Event::FiltersChanged { .. } => Ok(Judged::Shown(vec![StreamEvent {
                channels: vec![Channel::User],
                payload: Payload::FiltersChanged,
            }])),
            _ => Ok(Judged::Shown(Vec::new())),
        }
    }

    /// Whether one of the channels may have something to say of the event.
    fn concerns(&self, event: &Event) -> bool {
        let hears = |channel| self.channels.contains(&channel);
        match event {
            Event::StatusCreated(status)
            | Event::StatusEdited(status)
            | Event::StatusDeleted(status)
            | Event::Poll(PollEvent::Ended(status)) => {
                let is_direct = status.visibility == Visibility::Direct;
                let is_for_own = self.channels.iter().any(Channel::is_of_followed)
                    || (is_direct && hears(Channel::Direct));
                is_for_own
                    || !self.open_channels(status).is_empty()
                    || !self.channels_of_named(event, status).is_empty()
            }
            Event::Notified { .. } => hears(Channel::User) || hears(Channel::UserNotification),
            Event::ConversationChanged { .. } => hears(Channel::Direct),
            Event::FiltersChanged { .. } => hears(Channel::User),
            _ => false,
        }
    }

    /// `named` are the channels that hear of it because the viewer is named.
    async fn status(
        &self,
        status: &StatusEvent,
        named: &[Channel],
        payload: fn(Box<StatusView>) -> Payload,
    ) -> Result<Judged> {
        let mut events: Vec<StreamEvent> = Vec::new();
        let timelines = &self.streams.timelines;
        for (timeline, channels) in self.personal_channels() {
            match timelines.find(&self.ctx, timeline, status).await? {
                Found::View(view) => events.push(StreamEvent {
                    channels,
                    payload: payload(view),
                }),
                Found::NotForViewer => {}
                Found::NotYet => return Ok(Judged::NotYet),
            }
        }
        let mut named = named.to_vec();
        named.retain(|one| !events.iter().any(|event| event.channels.contains(one)));
        let open = self.open_channels(status);
        for (channels, surface) in [(named, Surface::Notification), (open, Surface::Timeline)] {
            if channels.is_empty() {
                continue;
            }
            let ids = [status.id];
            let world = World::load(&self.ctx, &ids).await?;
            let store = self.ctx.store();
            if timelines.is_missing(store, &world, status.id).await? {
                return Ok(Judged::NotYet);
            }
            let views = present(&self.ctx, &world, &ids, surface).await?;
            events.extend(views.into_iter().map(|view| StreamEvent {
                channels: channels.clone(),
                payload: payload(Box::new(view)),
            }));
        }
        Ok(Judged::Shown(events))
    }

    /// Only the id is told, and only to those who may have been shown the status.
    async fn deletion(
        &self,
        status: &StatusEvent,
        named: Vec<Channel>,
    ) -> Result<Vec<StreamEvent>> {
        let mut channels = self.open_channels(status);
        let timelines = &self.streams.timelines;
        for (timeline, personal) in self.personal_channels() {
            if timelines.belongs(&self.ctx, timeline, status).await? {
                channels.extend(personal);
            }
        }
        let left = named.into_iter().filter(|one| !channels.contains(one));
        let left: Vec<Channel> = left.collect();
        if !left.is_empty() && self.may_be_told_of(status.account).await? {
            channels.extend(left);
        }
        if channels.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![StreamEvent {
            channels,
            payload: Payload::Delete(status.id),
        }])
    }

    /// Whether the viewer may have been notified of what this account has written.
    async fn may_be_told_of(&self, author: AccountId) -> Result<bool> {
        let eyes = Eyes::of(&self.ctx).await?;
        let seen = eyes.accounts(self.ctx.store(), &[author]).await?;
        let may_see =
            |seen: &Seen| gate::may_see_account(eyes.viewer(), &seen.gate, Surface::Notification);
        Ok(seen.get(&author).is_some_and(may_see))
    }

    /// The channels on which the viewer was notified of a status that names them: they need not
    /// follow its author to hear what becomes of it. As Mastodon, a deletion is told where
    /// statuses are alone.
    fn channels_of_named(&self, event: &Event, status: &StatusEvent) -> Vec<Channel> {
        let is_named = |viewer| viewer != status.account && status.mentions.contains(&viewer);
        let wanted = match event {
            Event::StatusEdited(_) => &[Channel::User, Channel::UserNotification][..],
            Event::StatusDeleted(_) => &[Channel::User],
            _ => &[],
        };
        if !self.ctx.viewer().is_some_and(is_named) {
            return Vec::new();
        }
        let heard = wanted.iter().filter(|one| self.channels.contains(*one));
        heard.cloned().collect()
    }

    async fn notification(&self, id: NotificationId) -> Result<Vec<StreamEvent>> {
        let may_hear = self.ctx.require_user(Scope::ReadNotifications).is_ok();
        let wanted = [Channel::User, Channel::UserNotification];
        let channels: Vec<_> = wanted
            .into_iter()
            .filter(|one| self.channels.contains(one))
            .collect();
        if !may_hear {
            return Ok(Vec::new());
        }
        match notifications::get(&self.ctx, id).await {
            Ok(view) => Ok(vec![StreamEvent {
                channels,
                payload: Payload::Notification(Box::new(view)),
            }]),
            // Taken back meanwhile, or not for the viewer any more.
            Err(Error::NotFound) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The viewer's own timelines that are listened to, each with the channels that hear it. On
    /// the stream of direct statuses their conversations are told of.
    fn personal_channels(&self) -> Vec<(Timeline, Vec<Channel>)> {
        let lists = self.channels.iter().filter_map(|channel| match channel {
            Channel::User => Some((Timeline::Home, vec![Channel::User])),
            Channel::List(list) => Some((Timeline::List(*list), vec![channel.clone()])),
            _ => None,
        });
        lists.collect()
    }

    /// The channels in which everybody hears the status.
    fn open_channels(&self, status: &StatusEvent) -> Vec<Channel> {
        if status.visibility != Visibility::Public {
            return Vec::new();
        }
        let is_public = is_public(status);
        let fits = |channel: &&Channel| {
            let has_tag = |tag| status.tags.iter().any(|own| own == tag);
            let has_media = status.has_media || !channel.is_for_media();
            channel.is_public() && is_public && has_media || channel.tag().is_some_and(has_tag)
        };
        self.channels.iter().filter(fits).cloned().collect()
    }
}

/// As Mastodon, conversations are told of on their own stream alone.
fn conversation(view: ConversationView) -> StreamEvent {
    StreamEvent {
        channels: vec![Channel::Direct],
        payload: Payload::Conversation(Box::new(view)),
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.streams.sessions.write().end(self.session.number);
    }
}
