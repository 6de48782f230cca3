//! Which notifications their receiver is told: what they tell of stands, the gate shows it, and it
//! brings nobody along whom the receiver does not want to meet.

use petrel_model::gate::{self, Surface};
use petrel_model::id::{AccountId, StatusId};
use petrel_store::Row;
use rustc_hash::FxHashMap;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Seen;
use crate::notifications::standing::standing;
use crate::notifications::table::{NotificationKind, Notifications};
use crate::statuses::world::World;

pub(super) struct Judged<'a> {
    /// With the statuses that they tell of.
    pub world: World,
    pub senders: FxHashMap<AccountId, Seen>,
    /// Those that the caller is told, in order.
    pub shown: Vec<&'a Row<Notifications>>,
}

impl<'a> Judged<'a> {
    pub async fn of(ctx: &Ctx, rows: &[&'a Row<Notifications>]) -> Result<Judged<'a>> {
        ctx.fresh_for(rows.iter().map(|row| row.revision)).await?;
        let world = World::load(ctx, &statuses_of(rows)).await?;
        let account = world.eyes.id().ok_or(Error::Unauthenticated)?;
        let stands = standing(ctx.store(), account, rows).await?;
        let from: Vec<AccountId> = rows.iter().map(|row| row.value.from).collect();
        let mut judged = Judged {
            senders: world.eyes.accounts(ctx.store(), &from).await?,
            world,
            shown: Vec::new(),
        };
        let told = rows.iter().zip(stands);
        let told = told.filter(|(row, stands)| *stands && judged.is_told(row));
        judged.shown = told.map(|(row, _)| *row).collect();
        Ok(judged)
    }

    fn is_told(&self, row: &Row<Notifications>) -> bool {
        let viewer = self.world.eyes.viewer();
        let sees =
            |sender: &Seen| gate::may_see_account(viewer, &sender.gate, Surface::Notification);
        if !self.senders.get(&row.value.from).is_some_and(sees) {
            return false;
        }
        // It may tell of a status that is gone, or not for this viewer.
        let Some(status) = row.value.status else {
            return true;
        };
        if !self.world.may_see(status, Surface::Notification) {
            return false;
        }
        match row.value.kind {
            NotificationKind::Mention => {
                self.is_named(row, status) && !self.is_in_bad_company(status, Surface::Notification)
            }
            // The bell tells of what home shows.
            NotificationKind::Status => !self.is_in_bad_company(status, Surface::Timeline),
            NotificationKind::Update => self.is_latest(row, status),
            _ => true,
        }
    }

    /// The version that is shown names the viewer, and did so first, or anew, when this was told.
    fn is_named(&self, row: &Row<Notifications>, status: StatusId) -> bool {
        let Some(facts) = self.world.statuses.get(&status) else {
            return false;
        };
        let mut mentions = facts.content().mentions.iter();
        let own = mentions.find(|mention| Some(mention.account) == self.world.eyes.id());
        own.is_some_and(|mention| mention.notification(status) == row.sort.0)
    }

    /// The status names or answers somebody whom the viewer does not want to meet there.
    fn is_in_bad_company(&self, status: StatusId, surface: Surface) -> bool {
        let Some(facts) = self.world.statuses.get(&status) else {
            return true;
        };
        let eyes = &self.world.eyes;
        let parent = facts.in_reply_to().map(|(_, account)| account);
        let company = facts.mentioned.iter().copied().chain(parent);
        let mut others = company.filter(|other| *other != facts.account());
        others.any(|other| {
            let relation = eyes.relation(other, false);
            gate::hides_company(eyes.viewer(), other, relation, surface)
        })
    }

    /// All that tell of edits of one status show its last version: only the last one is told.
    fn is_latest(&self, row: &Row<Notifications>, status: StatusId) -> bool {
        let facts = self.world.statuses.get(&status);
        let edit = facts.and_then(|facts| facts.edits.last());
        edit.is_some_and(|(edit, ..)| *edit == row.sort.0)
    }
}

/// The statuses that these tell of. Many may tell of one, which is shown but once.
pub(super) fn statuses_of(rows: &[&Row<Notifications>]) -> Vec<StatusId> {
    let mut statuses: Vec<StatusId> = rows.iter().filter_map(|row| row.value.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}
