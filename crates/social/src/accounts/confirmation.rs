//! Confirming an e-mail: a secret goes to the address, and who brings it back has read it. The
//! secret is made when the mail is sent and stored as its hash only, so no row bears it.

use std::sync::Arc;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use petrel_jobs::{Handler, Job, JobError, NewJob, Queue};
use petrel_model::clock::HybridClock;
use petrel_model::event::{AccountChange, Event};
use petrel_model::id::AccountId;
use petrel_store::{Batch, Plain, Table};

use crate::accounts::claims::{self, ClaimState};
use crate::accounts::credentials::Unconfirmed;
use crate::accounts::facts::AccountFacts;
use crate::accounts::moderation::authorise_over;
use crate::accounts::table::{self, AccountRow, AccountSort, Accounts, Email, Role};
use crate::context::{Caller, Ctx, Social};
use crate::error::{Error, Result};
use crate::mail::{Letter, MailError, Mailer};
use crate::secret;

/// How long a link in a mail may be followed, in seconds.
pub const CONFIRM_WITHIN_S: u64 = 2 * 24 * 3_600;
/// How many letters an account is sent again within [`LETTERS_WITHIN_S`]: whoever signs up with a
/// stranger's address must not fill their mailbox.
pub const LETTERS_AGAIN_MAX: u8 = 3;
/// For how long a letter that was sent again counts, in seconds.
pub const LETTERS_WITHIN_S: u64 = 24 * 3_600;
const EMAIL_GONE: Error =
    Error::Refused("Somebody else has signed up with this e-mail address since");
const KIND: &str = "confirmation_mail";
/// A claim is done a moment after the batch that brings the mail, in milliseconds.
const CLAIM_DONE_WITHIN_MS: u64 = 1_000;

/// SHA-256 of a secret → which e-mail of which account it confirms.
pub struct ConfirmationTokens;

impl Table for ConfirmationTokens {
    const ID: u16 = 42;
    const NAME: &'static str = "confirmation_tokens";
    type Partition = [u8; 32];
    type Sort = ();
    type Value = ConfirmationToken;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ConfirmationToken {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub email: Email,
}

/// The letters that an account was sent again of late, each in a place of its own for as long as it
/// counts.
pub struct ConfirmationLetters;

impl Table for ConfirmationLetters {
    const ID: u16 = 56;
    const NAME: &'static str = "confirmation_letters";
    type Partition = AccountId;
    type Sort = u8;
    type Value = ConfirmationLetter;
    type Mode = Plain;
    const BOUND: &'static str = "cap: as many as are sent within a day";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ConfirmationLetter {
    /// Unix milliseconds.
    #[n(0)]
    pub asked_at_ms: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct Payload {
    #[n(0)]
    account: AccountId,
}

/// Adds the mail to the batch that creates the account.
pub(super) fn enqueue(batch: &mut Batch<'_>, clock: &HybridClock, account: AccountId) {
    let due_ms = clock.now_ms() + CLAIM_DONE_WITHIN_MS;
    petrel_jobs::enqueue(batch, clock, job(account).due_at_ms(due_ms));
}

fn job(account: AccountId) -> NewJob {
    NewJob::of(Queue::Prompt, KIND, &Payload { account })
}

/// Brings back the secret of a mail. Twice is the same as once.
///
/// # Errors
/// `NotFound` for a secret that was never sent, has expired, or is of an e-mail of the past.
pub async fn confirm(ctx: &Ctx, token: &str) -> Result<AccountId> {
    let mut batch = ctx.batch();
    let row = batch
        .get::<ConfirmationTokens>(&secret::hash(token), &())
        .await?;
    let ConfirmationToken { account, email } = row.ok_or(Error::NotFound)?.value;
    let facts = AccountFacts::require(&ctx.social, &mut batch, account).await?;
    if facts.email.as_ref() != Some(&email) {
        return Err(Error::NotFound);
    }
    if !facts.confirmed {
        if !claims::keep_email(&ctx.social, &facts).await? {
            return Err(Error::NotFound);
        }
        put_confirmed(&mut batch, account);
        batch.commit().await?;
    }
    Ok(account)
}

/// The account counts as confirmed because an operator says so: the letter did not arrive, or went
/// to an address that was mistyped. Twice is the same as once.
///
/// # Errors
/// `Forbidden` unless the caller is the system or an admin who ranks above the account; `Refused`
/// if somebody else has signed up with the e-mail since.
pub async fn confirm_unasked(ctx: &Ctx, account: AccountId) -> Result<()> {
    let mut batch = ctx.batch();
    authorise_over(ctx, &mut batch, account, Role::Admin).await?;
    let facts = AccountFacts::require(&ctx.social, &mut batch, account).await?;
    if !facts.confirmed && !claims::keep_email(&ctx.social, &facts).await? {
        return Err(EMAIL_GONE);
    }
    put_confirmed(&mut batch, account);
    batch.commit().await?;
    Ok(())
}

fn put_confirmed(batch: &mut Batch<'_>, account: AccountId) {
    let confirmed = AccountRow::Confirmed;
    table::put(batch, account, AccountSort::Confirmed, &confirmed);
    batch.emit(Event::AccountChanged {
        account,
        change: AccountChange::Profile,
    });
}

/// Sends the mail once more.
///
/// # Errors
/// `Forbidden` when nothing is left to be confirmed; `Refused` if somebody else has signed up with
/// the e-mail since; `TooMany` when it was sent again often enough for now.
pub async fn resend_confirmation(ctx: &Ctx) -> Result<()> {
    let Caller::User { account, .. } = ctx.caller else {
        return Err(Error::Unauthenticated);
    };
    send_again(ctx, account).await
}

/// As [`resend_confirmation`], to somebody who came with the right password.
///
/// # Errors
/// As [`resend_confirmation`].
pub async fn resend_to(ctx: &Ctx, somebody: Unconfirmed) -> Result<()> {
    send_again(ctx, somebody.account).await
}

/// Two nodes at once may take the same place, and send a letter more than they should.
async fn send_again(ctx: &Ctx, account: AccountId) -> Result<()> {
    let _turn = ctx.turns().key(account, KIND).await;
    let mut batch = ctx.batch();
    let facts = AccountFacts::require(&ctx.social, &mut batch, account).await?;
    if facts.confirmed {
        return Err(Error::Forbidden(
            "This method is only available while the e-mail is awaiting confirmation",
        ));
    }
    if !claims::may_keep_email(&ctx.social, &facts).await? {
        return Err(EMAIL_GONE);
    }
    let sent = batch.partition::<ConfirmationLetters>(&account).await?;
    let is_free = |place: &u8| sent.iter().all(|row| row.sort != *place);
    let place = (0..LETTERS_AGAIN_MAX).find(is_free);
    let place = place.ok_or(Error::TooMany)?;
    let letter = ConfirmationLetter {
        asked_at_ms: ctx.clock().now_ms(),
    };
    let expires_at_s = ctx.clock().now_s() + LETTERS_WITHIN_S;
    batch.put_until::<ConfirmationLetters>(&account, &place, &letter, expires_at_s);
    batch.latest(account);
    petrel_jobs::enqueue(&mut batch, ctx.clock(), job(account));
    batch.commit().await?;
    Ok(())
}

/// Sends confirmation mails. One that goes out twice is tolerable, and both links work.
pub struct ConfirmationMail {
    pub social: Arc<Social>,
    pub mailer: Mailer,
}

#[async_trait]
impl Handler for ConfirmationMail {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, job: &Job) -> Result<(), JobError> {
        let account = job.payload::<Payload>()?.account;
        let facts = self.wanted(account).await?;
        let Some((facts, email)) = facts.and_then(|facts| Some((facts.clone(), facts.email?)))
        else {
            return Ok(());
        };
        let token = self.new_token(account, &email).await?;
        let letter = letter(&self.social, &facts, email, &token);
        self.mailer
            .send(&self.social, &letter)
            .await
            .map_err(|error| match error {
                MailError::Refused(_) => JobError::permanent(error),
                MailError::Unsent(_) => JobError::retry(error),
            })
    }
}

impl ConfirmationMail {
    /// The account, if it is there and still has to be confirmed.
    async fn wanted(&self, account: AccountId) -> Result<Option<AccountFacts>, JobError> {
        let rows = self.social.store.partition::<Accounts>(&account).await?;
        let facts = AccountFacts::assemble(account, &rows);
        let Some(facts) = facts.filter(|facts| !facts.confirmed && !facts.deleted) else {
            return Ok(None);
        };
        let state = claims::state(&self.social, account, &facts.created).await;
        match state.map_err(JobError::retry)? {
            ClaimState::Done => {
                let is_its = claims::may_keep_email(&self.social, &facts).await;
                Ok(is_its.map_err(JobError::retry)?.then_some(facts))
            }
            ClaimState::Pending => Err(JobError::retry("the account's name is still pending")),
            ClaimState::Lost => Ok(None),
        }
    }

    async fn new_token(&self, account: AccountId, email: &Email) -> Result<String, JobError> {
        let token = secret::new(&*self.social.entropy);
        let row = ConfirmationToken {
            account,
            email: email.clone(),
        };
        let expires_at_s = self.social.clock.now_s() + CONFIRM_WITHIN_S;
        let mut batch = self.social.store.batch();
        batch.put_until::<ConfirmationTokens>(&secret::hash(&token), &(), &row, expires_at_s);
        batch.commit().await?;
        Ok(token)
    }
}

/// Plain text; one function for each language when there are more.
fn letter(social: &Social, facts: &AccountFacts, email: Email, token: &str) -> Letter {
    let settings = &social.settings;
    let (name, domain) = (facts.username(), &settings.domain);
    let link = format!(
        "{}/auth/confirmation?confirmation_token={token}",
        settings.url
    );
    let body = format!(
        "Hello {name},\n\
         \n\
         somebody, hopefully you, signed up on {domain} with this e-mail address.\n\
         To confirm it, follow this link within {days} days:\n\
         \n\
         {link}\n\
         \n\
         If it was not you, ignore this mail: nothing else will be sent.\n",
        days = CONFIRM_WITHIN_S / 86_400,
    );
    Letter {
        to: email.0,
        subject: format!("Confirm your e-mail address for {domain}"),
        body,
        link,
    }
}
