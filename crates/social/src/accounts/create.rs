//! Sign-up, and accounts made by operators.

use petrel_model::event::{AccountChange, Event};
use petrel_model::id::AccountId;
use petrel_model::scope::Scope;
use petrel_model::text::language::Language;
use petrel_store::Batch;

use crate::accounts::claims::{self, Claim, Taken};
use crate::accounts::confirmation;
use crate::accounts::table::{
    self, AccountCreated, AccountRow, AccountSort, Credentials, Email, PostingSettings, Profile,
    Role,
};
use crate::accounts::{unclaimed, validate};
use crate::contended;
use crate::context::{Caller, Ctx};
use crate::error::{Error, FieldError, Result};

/// What is needed to sign up. Not `Debug`: it bears a password.
#[derive(Clone)]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub password: String,
    /// Whether the rules and terms were agreed to.
    pub agreement: bool,
    /// BCP 47, for pages and mails.
    pub locale: Option<String>,
    /// Why the person would like to join.
    pub reason: Option<String>,
}

/// What only an operator decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct CreateOptions {
    pub role: Role,
    pub locked: bool,
    pub discoverable: Option<bool>,
    /// The e-mail counts as confirmed at once.
    pub confirmed: bool,
}

/// A person signs up, through an app or the page.
///
/// # Errors
/// `InvalidFields` says what is wrong or taken, field by field; `Forbidden` where sign-up is closed.
pub async fn register(ctx: &Ctx, new: NewAccount) -> Result<AccountId> {
    match &ctx.caller {
        Caller::App { scopes, .. } | Caller::User { scopes, .. }
            if !scopes.covers(Scope::WriteAccounts) =>
        {
            return Err(Error::Scope);
        }
        _ => {}
    }
    if !ctx.settings().registrations_open {
        return Err(Error::Forbidden("This action is not allowed"));
    }
    let errors = validate::sign_up(&new);
    let options = CreateOptions {
        confirmed: ctx.settings().confirm_at_once,
        ..CreateOptions::default()
    };
    create_valid(ctx, &new, options, errors).await
}

/// An operator makes an account; agreement and reason are not asked for.
///
/// # Errors
/// `InvalidFields` says what is wrong or taken, field by field.
pub async fn create(ctx: &Ctx, new: NewAccount, options: CreateOptions) -> Result<AccountId> {
    ctx.require_system()?;
    create_valid(ctx, &new, options, validate::operators(&new)).await
}

async fn create_valid(
    ctx: &Ctx,
    new: &NewAccount,
    options: CreateOptions,
    mut errors: Vec<FieldError>,
) -> Result<AccountId> {
    let mut batch = ctx.batch();
    let now_ms = ctx.clock().now_ms();
    let (name, email) = claims::taken(&mut batch, &new.username, &new.email, now_ms).await?;
    let is_judged = |errors: &[FieldError], field| errors.iter().any(|e| e.field == field);
    for (field, taken) in [("username", name), ("email", email)] {
        if taken && !is_judged(&errors, field) {
            errors.push(validate::is_taken(field));
        }
    }
    if !errors.is_empty() {
        return Err(Error::InvalidFields(errors));
    }
    // The slow part comes before anything is claimed.
    let cost = ctx.settings().password_cost;
    let passwords = &ctx.social.access.passwords;
    let password_hash = passwords
        .hash(&new.password, cost, &ctx.social.entropy)
        .await?;
    let claim = Claim::new(&ctx.social, &new.username, &new.email);
    ctx.social.counts.expect_account(claim.account);
    put_rows(ctx, &mut batch, &claim, new, options, password_hash);
    match claimed(&claim, &mut batch).await {
        Ok(Ok(())) => {}
        Ok(Err(taken)) => {
            claim.free().await;
            return Err(Error::InvalidFields(vec![validate::is_taken(
                match taken {
                    Taken::Name => "username",
                    Taken::Email => "email",
                },
            )]));
        }
        Err(error) => {
            claim.free().await;
            return Err(error);
        }
    }
    announce(ctx, claim.account).await;
    Ok(claim.account)
}

/// Name, e-mail, batch, commit. Whoever loses a step has not got the account.
async fn claimed(claim: &Claim<'_>, batch: &mut Batch<'_>) -> Result<Result<(), Taken>> {
    if let Err(taken) = claim.take().await? {
        return Ok(Err(taken));
    }
    contended::commit(batch).await?;
    Ok(match claim.finish().await? {
        true => Ok(()),
        false => Err(Taken::Name),
    })
}

fn put_rows(
    ctx: &Ctx,
    batch: &mut Batch<'_>,
    claim: &Claim<'_>,
    new: &NewAccount,
    options: CreateOptions,
    password_hash: String,
) {
    let account = claim.account;
    let created = AccountCreated {
        username: new.username.clone(),
        nonce: claim.nonce,
    };
    let profile = Profile {
        locked: options.locked,
        discoverable: options.discoverable,
        ..Profile::default()
    };
    let locale = new.locale.as_deref().and_then(Language::parse);
    let settings = PostingSettings {
        locale: locale.map(|locale| locale.code().to_owned()),
        ..PostingSettings::default()
    };
    let email = Email(new.email.trim().to_owned());
    let mut put = |sort, row| table::put(batch, account, sort, &row);
    put(AccountSort::Created, AccountRow::Created(created));
    put(AccountSort::Profile, AccountRow::Profile(profile));
    put(AccountSort::Settings, AccountRow::Settings(settings));
    put(AccountSort::Email, AccountRow::Email(email));
    put(
        AccountSort::Credentials,
        AccountRow::Credentials(Credentials { password_hash }),
    );
    put(AccountSort::Role, AccountRow::Role(options.role));
    if options.confirmed {
        put(AccountSort::Confirmed, AccountRow::Confirmed);
    } else {
        confirmation::enqueue(batch, ctx.clock(), account);
    }
    unclaimed::enqueue(batch, account);
    batch.emit(changed(account, AccountChange::Created));
}

/// Says that the account's name is its own, beside its rows and to all who listen: what its batch
/// told them came before the claim was done. If it fails, whoever meets the account asks the claim.
async fn announce(ctx: &Ctx, account: AccountId) {
    let mut batch = ctx.batch();
    let claimed = AccountRow::Claimed;
    table::put(&mut batch, account, AccountSort::Claimed, &claimed);
    batch.emit(changed(account, AccountChange::Claimed));
    if let Err(error) = batch.commit().await {
        tracing::debug!(%error, "it was not said that a new account is there");
    }
}

fn changed(account: AccountId, change: AccountChange) -> Event {
    Event::AccountChanged { account, change }
}
