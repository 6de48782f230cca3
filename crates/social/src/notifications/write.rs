//! Writing notifications into a command's own batch.

use petrel_model::event::{Event, MarkKind, RelationKind};
use petrel_model::id::{AccountId, Id, NotificationId, StatusId};
use petrel_store::Batch;

use crate::error::Result;
use crate::eyes::is_on;
use crate::lists::{List, Owner, chapter_for};
use crate::marks::table::{self as marks, Marks};
use crate::notifications::table::{Notification, NotificationKind, Notifications};
use crate::relations::table::Relations;

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
    if tell.to == tell.from || is_unwanted(batch, tell).await? {
        return Ok(None);
    }
    let owner = Owner::Account(tell.to);
    let chapter = chapter_for(batch.store(), List::Notifications, &owner, tell.id).await?;
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
    Ok(Some(chapter))
}

/// Takes a notification back, with the fact that it told of.
pub fn untell(batch: &mut Batch<'_>, to: AccountId, chapter: Option<Id>, id: Id) {
    if let Some(chapter) = chapter {
        batch.delete::<Notifications>(&(to, chapter), &NotificationId(id));
    }
}

async fn is_unwanted(batch: &mut Batch<'_>, tell: &Tell) -> Result<bool> {
    let now_ms = batch.store().clock().now_ms();
    let keys = [
        (tell.to, (tell.from, RelationKind::Block)),
        (tell.to, (tell.from, RelationKind::Mute)),
        (tell.from, (tell.to, RelationKind::Block)),
    ];
    if let Some(thread) = tell.thread {
        let partition = marks::partition(tell.to, thread);
        let mute = batch
            .get::<Marks>(&partition, &(thread, MarkKind::ThreadMute))
            .await?;
        if mute.is_some_and(|mute| mute.value.on) {
            return Ok(true);
        }
    }
    let rows = batch.get_many::<Relations>(&keys).await?;
    Ok(rows.into_iter().flatten().any(|row| {
        let is_silent = match &row.value.mute {
            Some(mute) => mute.notifications,
            None => true,
        };
        is_silent && is_on(&row.value, now_ms)
    }))
}
