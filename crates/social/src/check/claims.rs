//! Names and e-mails against the accounts that they belong to. Only a conditional write may touch
//! a claim, so what differs here is told and left alone.

use petrel_model::id::AccountId;
use petrel_model::text::fold;
use petrel_store::Row;

use super::Checker;
use super::look;
use super::report::{Difference, Repair, What};
use crate::accounts::claims::{Emails, Names, PENDING_MS_MAX, fold_email};
use crate::accounts::table::{AccountCreated, AccountRow, AccountSort, Accounts};
use crate::error::Result;

/// How long after the late bound the rows of an account that never came to be are gone, in
/// seconds: as long as a name may be pending, as long as the job waits, and an hour for the queue.
const DROPPED_WITHIN_S: u64 = 2 * PENDING_MS_MAX / 1_000 + 3_600;

pub async fn check(checker: &mut Checker<'_>) -> Result<()> {
    checker.begin("names and their accounts");
    names(checker).await?;
    checker.begin("accounts and their names and e-mails");
    accounts(checker).await
}

/// Each claim that is done has its account.
async fn names(checker: &mut Checker<'_>) -> Result<()> {
    let mut token = None;
    loop {
        let (rows, next) = look::page::<Names>(checker.store, token).await?;
        checker.advance(rows.len());
        let done: Vec<_> = rows.iter().filter(|(_, row)| row.value.is_done()).collect();
        let keys: Vec<_> = done
            .iter()
            .map(|(_, row)| (row.value.account, AccountSort::Created))
            .collect();
        let found = look::get_many::<Accounts>(checker.store, &keys).await?;
        for ((name, claim), account) in done.into_iter().zip(found) {
            let Ok(account) = account else { continue };
            let bears = |created: &AccountCreated| {
                created.nonce == claim.value.nonce && fold::username(&created.username) == *name
            };
            if account.as_ref().and_then(created).is_some_and(bears) {
                continue;
            }
            let id = claim.value.account;
            checker.report.add(Difference {
                table: "names",
                list: None,
                owner: name.clone(),
                id: id.to_string(),
                what: What::Orphan,
                text: format!("the name {name:?} is account {id}'s, but there is no such account"),
                repair: Repair::Never,
            });
        }
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

/// Each account has its name, and its e-mail leads to it.
async fn accounts(checker: &mut Checker<'_>) -> Result<()> {
    let mut token = None;
    loop {
        let (rows, next) = look::page::<Accounts>(checker.store, token).await?;
        checker.advance(rows.len());
        let accounts: Vec<(AccountId, &Row<Accounts>, &AccountCreated)> = rows
            .iter()
            .filter_map(|(id, row)| Some((*id, row, created(row)?)))
            .collect();
        let keys: Vec<_> = accounts
            .iter()
            .map(|(_, _, created)| (fold::username(&created.username), ()))
            .collect();
        let names = look::get_many::<Names>(checker.store, &keys).await?;
        for ((id, row, created), claim) in accounts.into_iter().zip(names) {
            let Ok(claim) = claim else { continue };
            let claim = claim
                .map(|claim| claim.value)
                .filter(|claim| claim.nonce == created.nonce && claim.account == id);
            match claim {
                Some(claim) if claim.is_done() => email(checker, id, created).await?,
                // It may yet come to be.
                Some(_) => {}
                None => account_is_unclaimed(checker, id, row, created),
            }
        }
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

fn account_is_unclaimed(
    checker: &mut Checker<'_>,
    id: AccountId,
    row: &Row<Accounts>,
    created: &AccountCreated,
) {
    let within_s = checker.store.engine().late_bound_s() + DROPPED_WITHIN_S;
    if !checker.is_older(row.revision, within_s) {
        return;
    }
    checker.report.add(Difference {
        table: "accounts",
        list: None,
        owner: format!("account {id}"),
        id: "created".to_owned(),
        what: What::Orphan,
        text: format!(
            "there are rows of account {id} ({}), but the name is not its",
            created.username
        ),
        repair: Repair::Never,
    });
}

async fn email(checker: &mut Checker<'_>, id: AccountId, created: &AccountCreated) -> Result<()> {
    // Who is not confirmed may have lost it to somebody else.
    let keys = [
        (id, AccountSort::Email),
        (id, AccountSort::Confirmed),
        (id, AccountSort::Deleted),
    ];
    let found = look::get_many::<Accounts>(checker.store, &keys).await?;
    let [Ok(Some(email)), Ok(Some(_)), Ok(None)] = &found[..] else {
        return Ok(());
    };
    let AccountRow::Email(email) = &email.value else {
        return Ok(());
    };
    let claim = look::get::<Emails>(checker.store, &fold_email(&email.0), &()).await?;
    let Ok(claim) = claim else { return Ok(()) };
    if claim.is_some_and(|claim| claim.value.nonce == created.nonce) {
        return Ok(());
    }
    checker.report.add(Difference {
        table: "emails",
        list: None,
        owner: format!("account {id}"),
        id: created.username.clone(),
        what: What::Missing,
        // The address itself is nobody's business.
        text: format!(
            "the e-mail of account {id} ({}) does not lead to it",
            created.username
        ),
        repair: Repair::Never,
    });
    Ok(())
}

fn created(row: &Row<Accounts>) -> Option<&AccountCreated> {
    match &row.value {
        AccountRow::Created(created) => Some(created),
        _ => None,
    }
}
