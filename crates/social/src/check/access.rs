//! Apps, tokens and sessions against their indexes, both ways.

use petrel_model::clock::Stamp;
use petrel_model::id::{AccountId, AppId, Id};
use petrel_store::Row;

use super::Checker;
use super::look;
use super::repair::{Premise, Put};
use super::report::{Difference, Repair, What};
use crate::error::Result;
use crate::oauth::table::{
    AccessByAccount, AccessEntry, AccessKind, AccessTokenRow, AccessTokens, AppRow, Apps,
    AppsByClientId, SecretHash, SessionRow, Sessions,
};

pub async fn check(checker: &mut Checker<'_>) -> Result<()> {
    checker.begin("apps and their client ids");
    apps(checker).await?;
    client_ids(checker).await?;
    checker.begin("tokens and sessions");
    tokens(checker).await?;
    sessions(checker).await?;
    access_by_account(checker).await
}

async fn apps(checker: &mut Checker<'_>) -> Result<()> {
    let mut token = None;
    loop {
        let (rows, next) = look::page::<Apps>(checker.store, token).await?;
        checker.advance(rows.len());
        let keys: Vec<_> = rows
            .iter()
            .map(|(_, row)| (row.value.client_id.clone(), ()))
            .collect();
        let found = look::get_many::<AppsByClientId>(checker.store, &keys).await?;
        for ((id, row), found) in rows.iter().zip(found) {
            let Ok(found) = found else { continue };
            if found.as_ref().is_none_or(|found| found.value != *id) {
                client_id_is_missing(checker, *id, row, found.is_some()).await;
            }
        }
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

async fn client_id_is_missing(checker: &mut Checker<'_>, id: AppId, row: &Row<Apps>, taken: bool) {
    let AppRow { client_id, .. } = &row.value;
    let put = Put {
        partition: client_id,
        sort: &(),
        value: &id,
        fact: row.revision,
        expires_at_s: None,
    };
    let premises = [Premise::App(id, Some(row.revision))];
    let repair = match taken {
        // Which of two apps goes by it is nothing that a repair may decide.
        true => Repair::Never,
        false => checker.put::<AppsByClientId>(&premises, put).await,
    };
    checker.report.add(Difference {
        table: "apps_by_client_id",
        list: None,
        owner: client_id.clone(),
        id: id.to_string(),
        what: What::Missing,
        text: format!("app {id} is not found by its client id {client_id:?}"),
        repair,
    });
}

async fn client_ids(checker: &mut Checker<'_>) -> Result<()> {
    let mut token = None;
    loop {
        let (rows, next) = look::page::<AppsByClientId>(checker.store, token).await?;
        checker.advance(rows.len());
        let keys: Vec<_> = rows.iter().map(|(_, row)| (row.value, ())).collect();
        let found = look::get_many::<Apps>(checker.store, &keys).await?;
        for ((client_id, row), found) in rows.iter().zip(found) {
            let Ok(app) = found else { continue };
            if app
                .as_ref()
                .is_some_and(|app| app.value.client_id == *client_id)
            {
                continue;
            }
            let premises = [Premise::App(row.value, app.map(|app| app.revision))];
            let repair = checker
                .delete::<AppsByClientId>(&premises, client_id, &(), row.revision)
                .await;
            checker.report.add(Difference {
                table: "apps_by_client_id",
                list: None,
                owner: client_id.clone(),
                id: row.value.to_string(),
                what: What::Orphan,
                text: format!(
                    "client id {client_id:?} leads to app {}, which is not its",
                    row.value
                ),
                repair,
            });
        }
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

/// A user's token or session that is on, with the one row that the account's list has of it.
struct Access {
    account: AccountId,
    id: Id,
    entry: AccessEntry,
    revision: Stamp,
    expires_at_s: Option<u64>,
}

impl Access {
    fn of_token(hash: SecretHash, row: &Row<AccessTokens>) -> Option<Access> {
        let AccessTokenRow {
            id,
            on,
            account,
            app,
            ..
        } = row.value;
        let entry = AccessEntry {
            kind: AccessKind::Token,
            hash,
            app: Some(app),
        };
        Some(Access {
            account: account.filter(|_| on)?,
            id,
            entry,
            revision: row.revision,
            expires_at_s: row.expires_at_s,
        })
    }

    fn of_session(hash: SecretHash, row: &Row<Sessions>) -> Option<Access> {
        let SessionRow {
            id, on, account, ..
        } = row.value;
        let entry = AccessEntry {
            kind: AccessKind::Session,
            hash,
            app: None,
        };
        on.then_some(Access {
            account,
            id,
            entry,
            revision: row.revision,
            expires_at_s: row.expires_at_s,
        })
    }
}

fn premise_of(entry: &AccessEntry, revision: Option<Stamp>) -> Premise {
    match entry.kind {
        AccessKind::Token => Premise::Token(entry.hash, revision),
        AccessKind::Session => Premise::Session(entry.hash, revision),
    }
}

async fn tokens(checker: &mut Checker<'_>) -> Result<()> {
    let mut token = None;
    loop {
        let (rows, next) = look::page::<AccessTokens>(checker.store, token).await?;
        checker.advance(rows.len());
        let on = rows
            .iter()
            .filter_map(|(hash, row)| Access::of_token(*hash, row));
        judge(checker, on.collect()).await?;
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

async fn sessions(checker: &mut Checker<'_>) -> Result<()> {
    let mut token = None;
    loop {
        let (rows, next) = look::page::<Sessions>(checker.store, token).await?;
        checker.advance(rows.len());
        let on = rows
            .iter()
            .filter_map(|(hash, row)| Access::of_session(*hash, row));
        judge(checker, on.collect()).await?;
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

async fn judge(checker: &mut Checker<'_>, on: Vec<Access>) -> Result<()> {
    let keys: Vec<_> = on
        .iter()
        .map(|access| (access.account, access.id))
        .collect();
    let found = look::get_many::<AccessByAccount>(checker.store, &keys).await?;
    for (access, found) in on.iter().zip(found) {
        if !matches!(found, Ok(None)) || still(checker, &access.entry).await? != Some(access.id) {
            continue;
        }
        let put = Put {
            partition: &access.account,
            sort: &access.id,
            value: &access.entry,
            fact: access.revision,
            expires_at_s: access.expires_at_s,
        };
        let premises = [premise_of(&access.entry, Some(access.revision))];
        let repair = checker.put::<AccessByAccount>(&premises, put).await;
        let text = format!(
            "{} {} lets somebody in as account {}, but is not in the account's list",
            kind(&access.entry),
            access.id,
            access.account
        );
        add(
            checker,
            access.account,
            access.id,
            What::Missing,
            text,
            repair,
        );
    }
    Ok(())
}

async fn access_by_account(checker: &mut Checker<'_>) -> Result<()> {
    let mut token = None;
    loop {
        let (rows, next) = look::page::<AccessByAccount>(checker.store, token).await?;
        checker.advance(rows.len());
        for (account, row) in &rows {
            let Some((access, revision)) = fact_of(checker, &row.value).await? else {
                continue;
            };
            let is_its = |access: &Access| {
                (access.account, access.id, &access.entry) == (*account, row.sort, &row.value)
            };
            if access.is_some_and(|access| is_its(&access)) {
                continue;
            }
            let premises = [premise_of(&row.value, revision)];
            let repair = checker
                .delete::<AccessByAccount>(&premises, account, &row.sort, row.revision)
                .await;
            let text = format!(
                "account {account} has {} {} in its list, which there is not",
                kind(&row.value),
                row.sort
            );
            add(checker, *account, row.sort, What::Orphan, text, repair);
        }
        match next {
            None => return Ok(()),
            next => token = next,
        }
    }
}

/// What an entry leads to, if it is on, and the revision of its row; none if it cannot be read.
async fn fact_of(
    checker: &Checker<'_>,
    entry: &AccessEntry,
) -> Result<Option<(Option<Access>, Option<Stamp>)>> {
    let hash = entry.hash;
    Ok(match entry.kind {
        AccessKind::Token => {
            let row = look::get::<AccessTokens>(checker.store, &hash, &())
                .await?
                .ok();
            row.map(|row| {
                let access = row.as_ref().and_then(|row| Access::of_token(hash, row));
                (access, row.map(|row| row.revision))
            })
        }
        AccessKind::Session => {
            let row = look::get::<Sessions>(checker.store, &hash, &()).await?.ok();
            row.map(|row| {
                let access = row.as_ref().and_then(|row| Access::of_session(hash, row));
                (access, row.map(|row| row.revision))
            })
        }
    })
}

/// The id of what the entry leads to, if that is still on.
async fn still(checker: &Checker<'_>, entry: &AccessEntry) -> Result<Option<Id>> {
    let fact = fact_of(checker, entry).await?;
    Ok(fact.and_then(|(access, _)| access).map(|access| access.id))
}

fn kind(entry: &AccessEntry) -> &'static str {
    match entry.kind {
        AccessKind::Token => "token",
        AccessKind::Session => "session",
    }
}

fn add(
    checker: &mut Checker<'_>,
    account: AccountId,
    id: Id,
    what: What,
    text: String,
    repair: Repair,
) {
    checker.report.add(Difference {
        table: "access_by_account",
        list: None,
        owner: format!("account {account}"),
        id: id.to_string(),
        what,
        text,
        repair,
    });
}
