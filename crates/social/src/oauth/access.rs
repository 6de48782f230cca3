//! What all that lets an account in has in common: a fact by hash, an entry in the account's list,
//! a cap, and an end of all at once.

use std::sync::Arc;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue};
use petrel_model::clock::Stamp;
use petrel_model::event::Event;
use petrel_model::id::{AccountId, AppId, Id};
use petrel_model::scope::Scopes;
use petrel_store::{Batch, Row, Store};

use super::table::{
    AccessByAccount, AccessEntry, AccessKind, AccessTokenRow, AccessTokens, SecretHash, SessionRow,
    Sessions,
};
use crate::accounts::facts::AccountFacts;
use crate::context::Social;
use crate::error::Result;
use crate::expiry;

/// Tokens and sessions of one account.
pub const ACCESS_MAX: usize = 200;
/// Entries that one batch of the clearing job takes.
const CLEARED_AT_ONCE: usize = 40;
const CLEAR_KIND: &str = "clear_ended_access";

/// Reads the account's list through the batch, so that the batch's stamp is later than all of it.
pub async fn note_access(batch: &mut Batch<'_>, account: AccountId) -> Result<()> {
    batch
        .scan::<AccessByAccount>(&account, |scan| scan.limit(ACCESS_MAX))
        .await?;
    Ok(())
}

/// Makes room for one more: beyond the cap, the oldest ends in the same batch.
pub(super) async fn make_room(batch: &mut Batch<'_>, account: AccountId) -> Result<()> {
    let entries = batch
        .scan::<AccessByAccount>(&account, |scan| scan.limit(ACCESS_MAX))
        .await?;
    if entries.len() >= ACCESS_MAX
        && let Some(oldest) = entries.first()
    {
        end(batch, account, oldest);
    }
    Ok(())
}

/// Switches one off and takes it from the list.
pub(super) fn end(batch: &mut Batch<'_>, account: AccountId, entry: &Row<AccessByAccount>) {
    let (id, AccessEntry { kind, hash, app }) = (entry.sort, &entry.value);
    batch.latest(account);
    match kind {
        AccessKind::Token => put_token_off(batch, hash, id, Some(account), app.unwrap_or_default()),
        AccessKind::Session => put_session_off(batch, hash, id, account),
    }
    batch.delete::<AccessByAccount>(&account, &id);
    batch.emit(Event::AccessEnded {
        account,
        token: Some(id),
    });
}

pub(super) fn put_token_off(
    batch: &mut Batch<'_>,
    hash: &SecretHash,
    id: Id,
    account: Option<AccountId>,
    app: AppId,
) {
    let off = AccessTokenRow {
        id,
        on: false,
        account,
        app,
        scopes: Scopes::NONE,
        access_ended: None,
    };
    // Asked of whatever node, the token is known to have ended.
    account
        .into_iter()
        .for_each(|account| batch.latest(account));
    let expires_at_s = expiry::of_off(batch.store());
    batch.put_until::<AccessTokens>(hash, &(), &off, expires_at_s);
}

pub(super) fn put_session_off(
    batch: &mut Batch<'_>,
    hash: &SecretHash,
    id: Id,
    account: AccountId,
) {
    let off = SessionRow {
        id,
        on: false,
        account,
        access_ended: None,
    };
    batch.latest(account);
    let expires_at_s = expiry::of_off(batch.store());
    batch.put_until::<Sessions>(hash, &(), &off, expires_at_s);
}

/// Whether something handed out at this revision has ended with all the rest. `seen` is what the
/// account's access had ended with for whoever handed it out: one who had not seen the newest end
/// may yet have written later than that.
pub(super) fn has_ended(facts: &AccountFacts, revision: Stamp, seen: Option<Stamp>) -> bool {
    match seen {
        Some(seen) => seen != facts.access_ended,
        None => revision <= facts.access_ended,
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct Payload {
    #[n(0)]
    account: AccountId,
}

/// The job that clears away what a new password has ended. Nothing depends on it but room.
pub fn clear_ended_access(account: AccountId) -> NewJob {
    NewJob::of(Queue::Background, CLEAR_KIND, &Payload { account })
}

pub struct ClearEndedAccess {
    pub social: Arc<Social>,
}

#[async_trait]
impl Handler for ClearEndedAccess {
    fn kind(&self) -> &'static str {
        CLEAR_KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let account = job.payload::<Payload>()?.account;
        let facts = AccountFacts::find(&self.social, account).await;
        let Some(facts) = facts.map_err(JobError::retry)? else {
            return Ok(());
        };
        while self.clear_some(&facts).await.map_err(JobError::retry)? {}
        Ok(())
    }
}

impl ClearEndedAccess {
    /// False when nothing is left to clear.
    async fn clear_some(&self, facts: &AccountFacts) -> Result<bool> {
        let store: &Store = &self.social.store;
        let mut batch = store.batch();
        let entries = batch
            .scan::<AccessByAccount>(&facts.id, |scan| scan.limit(ACCESS_MAX))
            .await?;
        // One that a log-in of before wrote after the end stays until the next, or its cap.
        let ended = entries
            .iter()
            .filter(|entry| has_ended(facts, entry.revision, None));
        for entry in ended.take(CLEARED_AT_ONCE) {
            end(&mut batch, facts.id, entry);
        }
        if batch.is_empty() {
            return Ok(false);
        }
        batch.commit().await?;
        Ok(true)
    }
}
