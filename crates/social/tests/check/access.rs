//! Tokens, sessions, names and e-mails.

use crate::checked::{Checked, HOUR_MS};
use crate::common::id;
use petrel_model::id::Id;
use petrel_social::accounts::claims::{Emails, Names};
use petrel_social::accounts::table::{AccountSort, Accounts};
use petrel_social::check::{Repair, What};
use petrel_social::oauth::table::{
    AccessByAccount, AccessEntry, AccessKind, AccessTokens, AppsByClientId, Sessions,
};
use petrel_store::sim::LATE_BOUND_S;

#[tokio::test]
async fn the_indexes_of_access_are_mended() {
    let checked = Checked::new().await;
    let ann = id(&checked.people[0]);
    let entries = checked.all::<AccessByAccount>().await;
    assert_eq!(entries.len(), 3, "two tokens and a session");
    for (account, entry) in &entries {
        checked
            .remove::<AccessByAccount>(account, &entry.sort)
            .await;
        let named = checked.difference(false).await;
        assert_eq!(
            (named.table, named.what),
            ("access_by_account", What::Missing)
        );
        checked.pass_the_late_bound();
        assert_eq!(checked.difference(true).await.repair, Repair::Done);
        let mended = checked
            .store()
            .get::<AccessByAccount>(account, &entry.sort)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (mended.value, mended.expires_at_s),
            (entry.value.clone(), entry.expires_at_s)
        );
    }
    for kind in [AccessKind::Token, AccessKind::Session] {
        let entry = AccessEntry {
            kind,
            hash: [7; 32],
            app: None,
        };
        checked.put::<AccessByAccount>(&ann, &Id(99), &entry).await;
        let named = checked.difference(true).await;
        assert_eq!(
            (named.table, named.what, named.repair),
            ("access_by_account", What::Orphan, Repair::Later)
        );
        checked.pass_the_late_bound();
        assert_eq!(checked.difference(true).await.repair, Repair::Done);
    }
    let (client_id, app) = checked.all::<AppsByClientId>().await.pop().unwrap();
    checked.remove::<AppsByClientId>(&client_id, &()).await;
    assert_eq!(checked.difference(false).await.what, What::Missing);
    checked.pass_the_late_bound();
    assert_eq!(checked.difference(true).await.repair, Repair::Done);
    checked
        .put::<AppsByClientId>(&"stray".to_owned(), &(), &app.value)
        .await;
    assert_eq!(checked.difference(false).await.what, What::Orphan);
    checked.pass_the_late_bound();
    assert_eq!(checked.difference(true).await.repair, Repair::Done);
    checked.assert_clean("indexes of access").await;
    let tokens = checked.all::<AccessTokens>().await.len() + checked.all::<Sessions>().await.len();
    assert_eq!(tokens, 4, "with the session that ended");
}

#[tokio::test]
async fn names_and_emails_are_told_and_left_alone() {
    let checked = Checked::new().await;
    let store = checked.store();
    let name = "p13".to_owned();
    let claim = store.get::<Names>(&name, &()).await.unwrap().unwrap();
    let account = claim.value.account;
    let email = "p13@example.com".to_owned();
    store
        .write_if::<Emails>(&email)
        .present(&())
        .delete(&())
        .commit()
        .await
        .unwrap();
    let named = checked.difference(true).await;
    assert_eq!(
        (named.table, named.what, named.repair),
        ("emails", What::Missing, Repair::Never)
    );
    assert!(!named.text.contains(&email));
    store
        .write_if::<Names>(&name)
        .present(&())
        .delete(&())
        .commit()
        .await
        .unwrap();
    checked
        .assert_clean("the job may still drop the account")
        .await;
    checked
        .world
        .wall
        .advance_ms(LATE_BOUND_S * 1_000 + 2 * HOUR_MS);
    let named = checked.difference(true).await;
    assert_eq!(
        (named.table, named.what, named.repair),
        ("accounts", What::Orphan, Repair::Never)
    );
    store
        .write_if::<Names>(&name)
        .absent(&())
        .put(&(), &claim.value)
        .commit()
        .await
        .unwrap();
    checked
        .remove::<Accounts>(&account, &AccountSort::Created)
        .await;
    let named = checked.difference(true).await;
    assert_eq!(
        (named.table, named.what, named.repair),
        ("names", What::Orphan, Repair::Never)
    );
}
