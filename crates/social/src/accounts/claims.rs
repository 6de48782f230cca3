//! A name and an e-mail are unique. Who wants them claims the name (pending), then the e-mail,
//! writes the account's rows in one batch, and marks the name done: that is the commit. An e-mail
//! claim counts only while its name's claim bears its nonce, and a name that stays pending for
//! ten minutes is free again, so whoever stops anywhere in between keeps nothing from others.
//!
//! Nor does an account keep an e-mail from others that was not confirmed for a week: whoever signs
//! up with it takes the claim over. Whoever confirms writes into the claim first that it is kept.
//! Both are conditional writes of the one row, so that one of the two wins, on whatever node.

use std::collections::HashMap;

use minicbor::{Decode, Encode};
use petrel_model::id::AccountId;
use petrel_model::text::fold;
use petrel_store::{Batch, Cas, Row, Store, Table};
use quick_cache::sync::Cache;

use crate::accounts::facts::AccountFacts;
use crate::accounts::table::{AccountCreated, Accounts, Email};
use crate::contended::{self, Put};
use crate::context::{Ctx, Social};
use crate::error::Result;

/// How long a claim on a name may stay pending, in milliseconds.
pub const PENDING_MS_MAX: u64 = 10 * 60 * 1_000;
/// For how long an e-mail that is not confirmed is kept from others, in milliseconds.
pub const UNCONFIRMED_MS_MAX: u64 = 7 * 24 * 3_600 * 1_000;
/// Done claims kept in memory.
const DONE_CLAIMS_MAX: usize = 200_000;
/// Names kept in memory that nobody bears.
const NOBODYS_NAMES_MAX: usize = 20_000;
/// For how long a name counts as nobody's where it does no harm, in milliseconds.
const NOBODYS_MS_MAX: u64 = 60_000;
/// How often a claim is tried anew when what was in its way goes away meanwhile.
const ROUNDS_MAX: usize = 5;

/// A folded name → who has it. A done claim is never changed or deleted.
pub struct Names;

impl Table for Names {
    const ID: u16 = 40;
    const NAME: &'static str = "names";
    type Partition = String;
    type Sort = ();
    type Value = NameClaim;
    type Mode = Cas;
    const BOUND: &'static str = "cap: one row";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct NameClaim {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub nonce: u64,
    /// The folded e-mail that goes with it, while pending; a done claim has none.
    #[n(2)]
    pub pending: Option<Email>,
}

impl NameClaim {
    pub fn is_done(&self) -> bool {
        self.pending.is_none()
    }

    /// Pending for so long that whoever wrote it is gone, or will lose.
    pub fn is_abandoned(row: &Row<Names>, now_ms: u64) -> bool {
        let claimed_ms = row.revision.0 / 1_000;
        !row.value.is_done() && claimed_ms + PENDING_MS_MAX <= now_ms
    }
}

/// A folded e-mail → the name that it belongs to.
pub struct Emails;

impl Table for Emails {
    const ID: u16 = 41;
    const NAME: &'static str = "emails";
    type Partition = String;
    type Sort = ();
    type Value = EmailClaim;
    type Mode = Cas;
    const BOUND: &'static str = "cap: one row";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EmailClaim {
    /// Folded.
    #[n(0)]
    pub name: String,
    /// Counts only while the claim on the name bears the same.
    #[n(1)]
    pub nonce: u64,
    /// Nobody takes it over: the account was confirmed, or is about to be. Not said of one that was
    /// made as confirmed; its own row says so before the claim is a week old.
    #[cbor(n(2), default, skip_if = "is_not_kept")]
    pub kept: bool,
}

fn is_not_kept(kept: &bool) -> bool {
    !kept
}

/// E-mails are equal regardless of case.
pub fn fold_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Claims that are done. They never change, on whatever node, so they are never dropped but for
/// room. To ask the store for one takes agreement among its nodes, as a conditional write does.
pub struct DoneClaims {
    /// Account → nonce.
    by_account: Cache<AccountId, u64>,
    /// Folded name → the claim.
    by_name: Cache<String, NameClaim>,
    /// Folded names that were nobody's → when that was, in Unix milliseconds.
    nobodys: Cache<String, u64>,
}

impl Default for DoneClaims {
    fn default() -> DoneClaims {
        DoneClaims {
            by_account: Cache::new(DONE_CLAIMS_MAX),
            by_name: Cache::new(DONE_CLAIMS_MAX),
            nobodys: Cache::new(NOBODYS_NAMES_MAX),
        }
    }
}

impl DoneClaims {
    fn insert(&self, name: &str, claim: &NameClaim) {
        if claim.is_done() {
            self.by_account.insert(claim.account, claim.nonce);
            self.by_name.insert(name.to_owned(), claim.clone());
        }
    }
}

/// The claim on a folded name, if it is done.
async fn done(social: &Social, name: &str) -> Result<Option<NameClaim>> {
    let known = &social.access.done_claims;
    if let Some(claim) = known.by_name.get(name) {
        return Ok(Some(claim));
    }
    let row = social.store.get::<Names>(&name.to_owned(), &()).await?;
    let Some(claim) = row.map(|row| row.value).filter(NameClaim::is_done) else {
        return Ok(None);
    };
    known.insert(name, &claim);
    Ok(Some(claim))
}

/// Whether somebody bears this name, or bore none a minute ago: enough for what is only shown.
pub async fn was_known(social: &Social, username: &str) -> Result<bool> {
    let (name, now_ms) = (fold::username(username), social.clock.now_ms());
    let nobodys = &social.access.done_claims.nobodys;
    if nobodys
        .get(&name)
        .is_some_and(|at_ms| now_ms.abs_diff(at_ms) < NOBODYS_MS_MAX)
    {
        return Ok(false);
    }
    let is_known = done(social, &name).await?.is_some();
    if !is_known {
        nobodys.insert(name, now_ms);
    }
    Ok(is_known)
}

/// The account that bears this name, whatever its state. A claim that is pending is nobody's.
pub async fn find(ctx: &Ctx, username: &str) -> Result<Option<AccountId>> {
    find_by_name(&ctx.social, username).await
}

/// As [`find`], of several names, in order; those that are not known here are asked for together.
pub async fn find_each(social: &Social, usernames: &[&str]) -> Result<Vec<Option<AccountId>>> {
    let known = &social.access.done_claims;
    let names: Vec<String> = usernames.iter().map(|name| fold::username(name)).collect();
    let mut answers: HashMap<&str, AccountId> = HashMap::new();
    let mut asked: Vec<(String, ())> = Vec::new();
    for name in &names {
        match known.by_name.get(name) {
            Some(claim) => {
                answers.insert(name, claim.account);
            }
            None => asked.push((name.clone(), ())),
        }
    }
    asked.sort_unstable();
    asked.dedup();
    let rows = social.store.get_many::<Names>(&asked).await?;
    for ((name, ()), row) in asked.iter().zip(rows) {
        if let Some(claim) = row.map(|row| row.value).filter(NameClaim::is_done) {
            known.insert(name, &claim);
            answers.insert(name, claim.account);
        }
    }
    let found = names.iter().map(|name| answers.get(name.as_str()).copied());
    Ok(found.collect())
}

/// As [`find`], for those who do not know yet who calls.
pub async fn find_by_name(social: &Social, username: &str) -> Result<Option<AccountId>> {
    let claim = done(social, &fold::username(username)).await?;
    Ok(claim.map(|claim| claim.account))
}

/// The account that bears this e-mail.
pub async fn find_by_email(social: &Social, email: &str) -> Result<Option<AccountId>> {
    let Some(claim) = social.store.get::<Emails>(&fold_email(email), &()).await? else {
        return Ok(None);
    };
    let claim = claim.value;
    let name = done(social, &claim.name).await?;
    Ok(name
        .filter(|name| name.nonce == claim.nonce)
        .map(|name| name.account))
}

/// What has become of the claim that an account's creation row names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimState {
    /// The account exists.
    Done,
    /// It may or may not come to exist.
    Pending,
    /// It never will.
    Lost,
}

/// Whether the account exists: its creation row alone does not say so, only the done claim that
/// bears its nonce does.
pub async fn holds(social: &Social, account: AccountId, created: &AccountCreated) -> Result<bool> {
    Ok(state(social, account, created).await? == ClaimState::Done)
}

pub async fn state(
    social: &Social,
    account: AccountId,
    created: &AccountCreated,
) -> Result<ClaimState> {
    let known = &social.access.done_claims;
    if known.by_account.get(&account) == Some(created.nonce) {
        return Ok(ClaimState::Done);
    }
    let name = fold::username(&created.username);
    let row = social.store.get::<Names>(&name, &()).await?;
    let is_its = |claim: &NameClaim| claim.nonce == created.nonce && claim.account == account;
    match row.map(|row| row.value).filter(is_its) {
        None => Ok(ClaimState::Lost),
        Some(claim) if !claim.is_done() => Ok(ClaimState::Pending),
        Some(claim) => {
            known.insert(&name, &claim);
            Ok(ClaimState::Done)
        }
    }
}

/// Which of the two are taken, as far as can be said beforehand; the claim itself decides.
pub async fn taken(
    batch: &mut Batch<'_>,
    username: &str,
    email: &str,
    now_ms: u64,
) -> Result<(bool, bool)> {
    let name = batch.get::<Names>(&fold::username(username), &()).await?;
    let name_taken = name.is_some_and(|row| !NameClaim::is_abandoned(&row, now_ms));
    let Some(claim) = batch.get::<Emails>(&fold_email(email), &()).await? else {
        return Ok((name_taken, false));
    };
    let holder = batch.get::<Names>(&claim.value.name, &()).await?;
    let holder = holder.filter(|row| {
        row.value.nonce == claim.value.nonce && !NameClaim::is_abandoned(row, now_ms)
    });
    let Some(holder) = holder.map(|row| row.value) else {
        return Ok((name_taken, false));
    };
    let given_up = is_given_up(batch.store(), &claim.value, &holder, now_ms).await?;
    Ok((name_taken, !given_up))
}

/// Whether the e-mail of a done name may be taken over: its account is a week old, and was never
/// confirmed. That is so only for who replaces the claim just as it was read before this is asked.
async fn is_given_up(
    store: &Store,
    claim: &EmailClaim,
    holder: &NameClaim,
    now_ms: u64,
) -> Result<bool> {
    let age_ms = now_ms.saturating_sub(holder.account.time_ms());
    if claim.kept || !holder.is_done() || age_ms < UNCONFIRMED_MS_MAX {
        return Ok(false);
    }
    store.attend(Some(holder.account)).await?;
    let rows = store.partition::<Accounts>(&holder.account).await?;
    let facts = AccountFacts::of(holder.account, &rows);
    Ok(facts.is_some_and(|facts| !facts.confirmed && !facts.deleted))
}

/// Makes the claim on an account's e-mail its own for good, which comes before it is confirmed.
/// False if somebody else has the e-mail by now.
pub(super) async fn keep_email(social: &Social, facts: &AccountFacts) -> Result<bool> {
    match Claim::of(social, facts) {
        None => Ok(true),
        Some(claim) => claim.take_email_as(true).await,
    }
}

/// Whether [`keep_email`] would go well at the moment.
pub(super) async fn may_keep_email(social: &Social, facts: &AccountFacts) -> Result<bool> {
    let Some(claim) = Claim::of(social, facts) else {
        return Ok(true);
    };
    match contended::get::<Emails>(&social.store, &claim.email).await? {
        None => Ok(true),
        Some(row) => Ok(!claim.counts(&row).await?),
    }
}

/// What somebody else has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    Name,
    Email,
}

/// A name and an e-mail on their way to an account.
pub struct Claim<'a> {
    social: &'a Social,
    /// Folded.
    name: String,
    /// Folded.
    email: String,
    pub account: AccountId,
    pub nonce: u64,
}

impl<'a> Claim<'a> {
    pub fn new(social: &'a Social, username: &str, email: &str) -> Claim<'a> {
        Claim {
            social,
            name: fold::username(username),
            email: fold_email(email),
            account: social.clock.next_id().into(),
            nonce: social.entropy.next_u64(),
        }
    }

    /// That of an account which exists; none without an e-mail.
    fn of(social: &'a Social, facts: &AccountFacts) -> Option<Claim<'a>> {
        let email = facts.email.as_ref()?;
        Some(Claim {
            social,
            name: fold::username(facts.username()),
            email: fold_email(&email.0),
            account: facts.id,
            nonce: facts.created.nonce,
        })
    }

    /// Claims the name, then the e-mail. Whoever does not get both calls [`Claim::free`].
    pub async fn take(&self) -> Result<Result<(), Taken>> {
        if !self.take_name().await? {
            return Ok(Err(Taken::Name));
        }
        if !self.take_email().await? {
            return Ok(Err(Taken::Email));
        }
        Ok(Ok(()))
    }

    async fn take_name(&self) -> Result<bool> {
        let mine = self.name_claim(false);
        for _ in 0..ROUNDS_MAX {
            match contended::put_if(self.store(), &self.name, None, &mine, None).await? {
                Put::Won => return Ok(true),
                Put::Lost(None) => {}
                Put::Lost(Some(row)) if self.is_abandoned(&row) => {
                    free_abandoned(self.social, &self.name, &row).await?;
                }
                Put::Lost(Some(_)) => return Ok(false),
            }
        }
        Ok(false)
    }

    async fn take_email(&self) -> Result<bool> {
        self.take_email_as(false).await
    }

    async fn take_email_as(&self, kept: bool) -> Result<bool> {
        let mine = EmailClaim {
            name: self.name.clone(),
            nonce: self.nonce,
            kept,
        };
        let mut expected = None;
        for _ in 0..ROUNDS_MAX {
            match contended::put_if(self.store(), &self.email, expected, &mine, None).await? {
                Put::Won => return Ok(true),
                Put::Lost(None) => expected = None,
                Put::Lost(Some(row)) if self.counts(&row).await? => return Ok(false),
                Put::Lost(Some(row)) => expected = Some(row.revision),
            }
        }
        Ok(false)
    }

    /// Whether somebody else's claim on the e-mail counts. Once it does not, it never will again as
    /// it stands: a nonce comes to its name before it comes to its e-mail, and who is confirmed
    /// after a week writes the claim anew.
    async fn counts(&self, claim: &Row<Emails>) -> Result<bool> {
        let claim = &claim.value;
        if claim.nonce == self.nonce {
            return Ok(false);
        }
        let Some(holder) = self.holder(claim).await? else {
            return Ok(false);
        };
        if !self.is_abandoned(&holder) {
            let (holder, now_ms) = (&holder.value, self.social.clock.now_ms());
            return Ok(!is_given_up(self.store(), claim, holder, now_ms).await?);
        }
        free_abandoned(self.social, &claim.name, &holder).await?;
        Ok(self.holder(claim).await?.is_some())
    }

    async fn holder(&self, claim: &EmailClaim) -> Result<Option<Row<Names>>> {
        let name = self.store().get::<Names>(&claim.name, &()).await?;
        Ok(name.filter(|row| row.value.nonce == claim.nonce))
    }

    /// Marks the name done, which makes the account exist. False if the claim was lost meanwhile.
    pub async fn finish(&self) -> Result<bool> {
        let done = self.name_claim(true);
        let row = contended::get::<Names>(self.store(), &self.name).await?;
        let Some(row) = row.filter(|row| row.value.nonce == self.nonce) else {
            return Ok(false);
        };
        let expected = Some(row.revision);
        match contended::put_if::<Names>(self.store(), &self.name, expected, &done, None).await? {
            Put::Won => {
                self.social.access.done_claims.insert(&self.name, &done);
                Ok(true)
            }
            Put::Lost(_) => Ok(false),
        }
    }

    /// Frees at once what is held. What the store does not let go of now is free after
    /// [`PENDING_MS_MAX`].
    pub async fn free(&self) {
        if let Err(error) = self.try_free().await {
            tracing::debug!(%error, "a claim could not be freed at once");
        }
    }

    async fn try_free(&self) -> Result<()> {
        let store = self.store();
        if let Some(row) = store.get::<Names>(&self.name, &()).await?
            && row.value.nonce == self.nonce
        {
            let freed = !row.value.is_done()
                && contended::delete_if::<Names>(store, &self.name, row.revision).await?;
            if !freed {
                // Done after all, or taken over; the e-mail is judged by the name's claim.
                return Ok(());
            }
        }
        free_email(store, &self.email, self.nonce).await
    }

    fn name_claim(&self, done: bool) -> NameClaim {
        NameClaim {
            account: self.account,
            nonce: self.nonce,
            pending: (!done).then(|| Email(self.email.clone())),
        }
    }

    fn is_abandoned(&self, row: &Row<Names>) -> bool {
        NameClaim::is_abandoned(row, self.social.clock.now_ms())
    }

    fn store(&self) -> &'a Store {
        &self.social.store
    }
}

/// Frees a name that stayed pending for too long, and what goes with it, unless somebody was
/// quicker.
pub(super) async fn free_abandoned(social: &Social, name: &str, row: &Row<Names>) -> Result<()> {
    let freed =
        contended::delete_if::<Names>(&social.store, &name.to_owned(), row.revision).await?;
    match &row.value.pending {
        Some(email) if freed => free_email(&social.store, &email.0, row.value.nonce).await,
        _ => Ok(()),
    }
}

async fn free_email(store: &Store, email: &str, nonce: u64) -> Result<()> {
    let email = email.to_owned();
    if let Some(row) = store.get::<Emails>(&email, &()).await?
        && row.value.nonce == nonce
    {
        contended::delete_if::<Emails>(store, &email, row.revision).await?;
    }
    Ok(())
}
