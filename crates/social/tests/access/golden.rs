//! The bytes of each table, which can never change.

use petrel_model::clock::Stamp;
use petrel_model::id::{AccountId, AppId, Id};
use petrel_model::scope::Scopes;
use petrel_social::accounts::claims::{EmailClaim, Emails, NameClaim, Names};
use petrel_social::accounts::table::{
    AccountRow, AccountSort, Accounts, Credentials, Email, Suspension,
};
use petrel_social::accounts::{ConfirmationLetter, ConfirmationLetters, ConfirmationTokens};
use petrel_social::oauth::table::{
    AccessByAccount, AccessEntry, AccessKind, AccessTokenRow, AccessTokens, AppRow, Apps,
    AppsByClientId, AuthorizationCode, AuthorizationCodes, SessionRow, Sessions,
};
use petrel_store::{Table, golden};

const ADA: AccountId = AccountId(Id(0x0102_0304_0506_0708));
const APP: AppId = AppId(Id(7));
const HASH: [u8; 32] = [0xAB; 32];

fn check<T: Table>(partition: T::Partition, sort: T::Sort, value: T::Value, bytes: [&str; 3]) {
    assert_eq!(golden::<T>(&partition, &sort, &value), bytes, "{}", T::NAME);
}

#[test]
fn credentials() {
    let check = |sort, row, bytes: [&str; 2]| {
        check::<Accounts>(ADA, sort, row, ["0102030405060708", bytes[0], bytes[1]]);
    };
    let email = AccountRow::Email(Email("a@b".to_owned()));
    check(AccountSort::Email, email, ["0a", "01820a8163614062"]);
    let password_hash = "x".to_owned();
    let credentials = AccountRow::Credentials(Credentials { password_hash });
    check(
        AccountSort::Credentials,
        credentials,
        ["04", "01820481816178"],
    );
    check(
        AccountSort::AccessEnded,
        AccountRow::AccessEnded,
        ["0b", "01820b80"],
    );
    let suspension = AccountRow::Suspension(Suspension { on: true });
    check(AccountSort::Suspension, suspension, ["07", "0182078181f5"]);
}

#[test]
fn claims() {
    let pending = NameClaim {
        account: ADA,
        nonce: 9,
        pending: Some(Email("a@b".to_owned())),
    };
    let done = NameClaim {
        pending: None,
        ..pending.clone()
    };
    check::<Names>(
        "ada".to_owned(),
        (),
        pending,
        ["6164610000", "", "01831b01020304050607080963614062"],
    );
    check::<Names>(
        "ada".to_owned(),
        (),
        done,
        ["6164610000", "", "01821b010203040506070809"],
    );
    let email = EmailClaim {
        name: "ada".to_owned(),
        nonce: 9,
        kept: false,
    };
    let kept = EmailClaim {
        kept: true,
        ..email.clone()
    };
    for (claim, bytes) in [(email, "01826361646109"), (kept, "01836361646109f5")] {
        check::<Emails>("a@b".to_owned(), (), claim, ["6140620000", "", bytes]);
    }
    let token = petrel_social::accounts::ConfirmationToken {
        account: ADA,
        email: Email("a@b".to_owned()),
    };
    check::<ConfirmationTokens>(
        HASH,
        (),
        token,
        [&"ab".repeat(32), "", "01821b010203040506070863614062"],
    );
    check::<ConfirmationLetters>(
        ADA,
        2,
        ConfirmationLetter { asked_at_ms: 9 },
        ["0102030405060708", "02", "018109"],
    );
}

#[test]
fn apps() {
    let app = AppRow {
        name: "A".to_owned(),
        website: None,
        redirect_uris: vec!["b:c".to_owned()],
        scopes: Scopes::parse("read push").unwrap(),
        client_id: "id".to_owned(),
        secret_hash: HASH,
    };
    check::<Apps>(
        APP,
        (),
        app,
        [
            "0000000000000007",
            "",
            "01866141f68163623a63697265616420707573686269645820abababababababababababababababababababababababababababababababab",
        ],
    );
    check::<AppsByClientId>("id".to_owned(), (), APP, ["69640000", "", "0107"]);
}

#[test]
fn access() {
    let hash = "ab".repeat(32);
    let code = AuthorizationCode {
        app: APP,
        account: ADA,
        redirect_uri: "b:c".to_owned(),
        scopes: Scopes::parse("read").unwrap(),
        challenge: Some("x".to_owned()),
        used_by: None,
        access_ended: None,
    };
    check::<AuthorizationCodes>(
        HASH,
        (),
        code,
        [&hash, "", "0185071b010203040506070863623a6364726561646178"],
    );
    let token = AccessTokenRow {
        id: Id(5),
        on: true,
        account: Some(ADA),
        app: APP,
        scopes: Scopes::parse("read").unwrap(),
        access_ended: None,
    };
    let token_before = token.clone();
    check::<AccessTokens>(
        HASH,
        (),
        token,
        [&hash, "", "018505f51b0102030405060708076472656164"],
    );
    let session = SessionRow {
        id: Id(5),
        on: true,
        account: ADA,
        access_ended: None,
    };
    let seen = Some(Stamp(9));
    let session_now = SessionRow {
        access_ended: seen,
        ..session.clone()
    };
    let token_now = AccessTokenRow {
        access_ended: seen,
        ..token_before
    };
    check::<Sessions>(HASH, (), session, [&hash, "", "018305f51b0102030405060708"]);
    check::<Sessions>(
        HASH,
        (),
        session_now,
        [&hash, "", "018405f51b010203040506070809"],
    );
    check::<AccessTokens>(
        HASH,
        (),
        token_now,
        [&hash, "", "018605f51b010203040506070807647265616409"],
    );
    let entry = AccessEntry {
        kind: AccessKind::Token,
        hash: HASH,
        app: Some(APP),
    };
    check::<AccessByAccount>(
        ADA,
        Id(5),
        entry,
        [
            "0102030405060708",
            "0000000000000005",
            "0183005820abababababababababababababababababababababababababababababababab07",
        ],
    );
}
