//! Writing notifications into a command's own batch.

use petrel_model::event::{Event, MarkKind, RelationKind};
use petrel_model::id::{AccountId, Id, NotificationId, StatusId};
use petrel_store::Batch;

use crate::error::Result;
use crate::eyes::is_on;
use crate::lists::{List, Owner, chapter_for};
use crate::marks::table::{self as marks, Marks};
use crate::notifications::table::{Notification, NotificationKind, Notifications};
use crate::relations::table::{Relation, Relations};

/// What is told to whom. The id is that of the fact that it tells of.
pub struct Tell {
    pub to: AccountId,
    pub from: AccountId,
    pub id: Id,
    pub kind: NotificationKind,
    pub status: Option<StatusId>,
    /// The conversation that it belongs to, which the receiver may have muted.
    pub thread: Option<StatusId>,
}

/// Adds the notification, unless its receiver has blocked or muted the sender or is the sender.
/// Answers the chapter that it stands in, which the fact notes.
pub async fn tell(batch: &mut Batch<'_>, tell: &Tell) -> Result<Option<Id>> {
    match wanted(batch, std::slice::from_ref(tell)).await?[..] {
        [true] => Ok(Some(put(batch, tell).await?)),
        _ => Ok(None),
    }
}

/// Adds a notification that is wanted.
pub async fn put(batch: &mut Batch<'_>, tell: &Tell) -> Result<Id> {
    let owner = Owner::Account(tell.to);
    let chapter = chapter_for(batch, List::Notifications, &owner, tell.id).await?;
    let id = NotificationId(tell.id);
    let row = Notification {
        kind: tell.kind,
        from: tell.from,
        status: tell.status,
    };
    batch.put::<Notifications>(&(tell.to, chapter), &id, &row);
    batch.emit(Event::Notified {
        account: tell.to,
        notification: id,
    });
    Ok(chapter)
}

/// Takes a notification back, with the fact that it told of.
pub fn untell(batch: &mut Batch<'_>, to: AccountId, chapter: Option<Id>, id: Id) {
    if let Some(chapter) = chapter {
        batch.delete::<Notifications>(&(to, chapter), &NotificationId(id));
    }
}

/// For each of these whether it may be told: not to oneself, not between those of whom one blocks
/// the other, not to who has muted the sender or the conversation.
pub async fn wanted(batch: &mut Batch<'_>, tells: &[Tell]) -> Result<Vec<bool>> {
    let mut wanted: Vec<bool> = tells.iter().map(|tell| tell.to != tell.from).collect();
    let (mut threads, mut relations) = (Vec::new(), Vec::new());
    let (mut threads_of, mut relations_of) = (Vec::new(), Vec::new());
    for (at, tell) in tells.iter().enumerate().filter(|(at, _)| wanted[*at]) {
        if let Some(thread) = tell.thread {
            let partition = marks::partition(tell.to, thread);
            threads.push((partition, (thread, MarkKind::ThreadMute)));
            threads_of.push(at);
        }
        relations.extend([
            (tell.to, (tell.from, RelationKind::Block)),
            (tell.to, (tell.from, RelationKind::Mute)),
            (tell.from, (tell.to, RelationKind::Block)),
        ]);
        relations_of.extend([at; 3]);
    }
    let muted = batch.get_many::<Marks>(&threads).await?;
    for (at, row) in threads_of.into_iter().zip(muted) {
        wanted[at] &= row.is_none_or(|row| !row.value.on);
    }
    let now_ms = batch.store().clock().now_ms();
    let rows = batch.get_many::<Relations>(&relations).await?;
    for (at, row) in relations_of.into_iter().zip(rows) {
        wanted[at] &= row.is_none_or(|row| !silences(&row.value, now_ms));
    }
    Ok(wanted)
}

/// Whether a block or a mute keeps notifications away.
fn silences(relation: &Relation, now_ms: u64) -> bool {
    let is_silent = match &relation.mute {
        Some(mute) => mute.notifications,
        None => true,
    };
    is_silent && is_on(relation, now_ms)
}
