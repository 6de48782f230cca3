//! What does the domain's jobs and keeps its rows in order, whoever runs it.

use std::sync::Arc;

use petrel_jobs::{Handler, Reconciler};
use petrel_outgoing::Outgoing;

use crate::account_lists::CleanUpAccountList;
use crate::accounts::{AbandonedNames, ConfirmationMail, UnclaimedAccount, VerifyLinks};
use crate::context::Social;
use crate::filters::CleanUpFilters;
use crate::lists::{ChapterKeeper, Growth};
use crate::mail::Mailer;
use crate::media::SweepUnattached;
use crate::notifications::RemoveCleared;
use crate::oauth::ClearEndedAccess;
use crate::polls::EndPoll;
use crate::relations::AcceptRequests;
use crate::scheduled::PublishScheduled;
use crate::statuses::{CleanUp, NotifyBells, NotifyEdited, NotifyMentions};

/// A job of a kind that is not among these, nor among those of the floors above, ends as a dead
/// letter.
pub fn handlers(
    social: &Arc<Social>,
    mailer: &Mailer,
    outgoing: &Outgoing,
) -> Vec<Arc<dyn Handler>> {
    let social = || social.clone();
    vec![
        Arc::new(ConfirmationMail {
            social: social(),
            mailer: mailer.clone(),
        }),
        Arc::new(VerifyLinks {
            social: social(),
            outgoing: outgoing.clone(),
            asked: Default::default(),
        }),
        Arc::new(UnclaimedAccount { social: social() }),
        Arc::new(ClearEndedAccess { social: social() }),
        Arc::new(CleanUp(social())),
        Arc::new(CleanUpAccountList(social())),
        Arc::new(CleanUpFilters(social())),
        Arc::new(EndPoll(social())),
        Arc::new(PublishScheduled(social())),
        Arc::new(RemoveCleared(social())),
        Arc::new(SweepUnattached(social())),
        Arc::new(NotifyMentions(social())),
        Arc::new(NotifyBells(social())),
        Arc::new(NotifyEdited(social())),
        Arc::new(AcceptRequests(social())),
    ]
}

pub fn reconcilers(social: &Arc<Social>, growth: &Arc<Growth>) -> Vec<Arc<dyn Reconciler>> {
    vec![
        Arc::new(AbandonedNames {
            social: social.clone(),
        }),
        Arc::new(ChapterKeeper::new(social.clone(), growth.clone())),
    ]
}
