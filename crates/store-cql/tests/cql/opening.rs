//! How a store opens: made once by whoever is first, and refused with a reason.

use futures_util::future::join;
use petrel_store::conformance::TABLES;
use petrel_store::{Engine, Mode};
use petrel_store::{MadeIn, Open};
use petrel_store_cql::{Cql, OpenError, Options, SCHEMA_VERSION};

use crate::common::{Keyspaces, NOW_MS, batch, clock, put, row};

async fn refusal(options: Options) -> OpenError {
    match Cql::open(options).await {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_start_at_once_one_makes_the_schema() {
    let Some(keyspaces) = Keyspaces::new() else {
        return;
    };
    let (one, other) = join(keyspaces.open(), keyspaces.open()).await;
    assert!(
        one.made_schema() != other.made_schema(),
        "one made it and the other waited"
    );
    one.write(batch(NOW_MS * 1_000, vec![put("p", "s", "seen")]))
        .await
        .unwrap();
    assert!(row(&other, "p", "s").await.is_some());
    assert!(!keyspaces.open().await.made_schema());
    assert_eq!(one.late_bound_s(), 10 * 24 * 3_600 + 3_600);
    assert!(
        one.warnings()
            .iter()
            .all(|warning| !warning.contains("copies"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_new_in_the_catalogue_is_made() {
    let Some(keyspaces) = Keyspaces::new() else {
        return;
    };
    let mut older = keyspaces.options(clock());
    older.tables.retain(|spec| spec.mode == Mode::Cas);
    older.open = Open::OrMake(MadeIn::Dev);
    assert_eq!(Cql::open(older).await.unwrap().made_in(), MadeIn::Dev);
    let mut newer = keyspaces.options(clock());
    newer.open = Open::Existing;
    let engine = Cql::open(newer).await.unwrap();
    assert!(engine.made_schema() && engine.made_in() == MadeIn::Dev);
    engine
        .write(batch(NOW_MS * 1_000, vec![put("p", "s", "x")]))
        .await
        .unwrap();
    let patience = format!(
        "ALTER TABLE {}.{} WITH gc_grace_seconds = 900000",
        keyspaces.name, TABLES[1].name
    );
    keyspaces.run(&patience).await;
    let again = Cql::open(Options {
        open: Open::AnyOrMake(MadeIn::Standard),
        ..keyspaces.options(clock())
    });
    assert_eq!(again.await.unwrap().late_bound_s(), 900_000 + 3_600);
    // It keeps its mode for life.
    let error = refusal(keyspaces.options(clock())).await;
    assert!(
        matches!(
            error,
            OpenError::MadeIn {
                made: MadeIn::Dev,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_is_refused_and_both_versions_are_named() {
    let Some(keyspaces) = Keyspaces::new() else {
        return;
    };
    let mut options = keyspaces.options(clock());
    options.tables.truncate(1);
    Cql::open(options.clone()).await.unwrap();
    let newer = SCHEMA_VERSION + 6;
    let set = format!(
        "UPDATE {}.petrel_meta SET n = {newer} WHERE k = 'schema' IF EXISTS",
        keyspaces.cas()
    );
    keyspaces.run(&set).await;
    let error = refusal(options).await;
    let text = error.to_string();
    assert!(matches!(error, OpenError::Newer { .. }), "{text}");
    let names = |number: i64| text.contains(&format!(" {number}"));
    assert!(names(newer) && names(SCHEMA_VERSION), "{text}");
}

/// An engine of another version may call them something else, and then nobody would be warned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_settings_that_matter_are_there_to_be_read() {
    let Some(keyspaces) = Keyspaces::new() else {
        return;
    };
    let session = keyspaces.session().await;
    let text = "SELECT name FROM system_views.settings";
    let answer = session.query_unpaged(text, ()).await.unwrap();
    let answer = answer.into_rows_result().unwrap();
    let rows = answer.rows::<(String,)>().unwrap();
    let names: Vec<String> = rows.map(|row| row.unwrap().0).collect();
    for setting in petrel_store_cql::SETTINGS {
        assert!(
            names.iter().any(|name| name == setting),
            "{setting} is none of {names:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_said() {
    let Some(keyspaces) = Keyspaces::new() else {
        return;
    };
    let options = || keyspaces.options(clock());
    let existing = Options {
        open: Open::Existing,
        ..options()
    };
    let error = refusal(existing).await;
    assert!(matches!(error, OpenError::NotThere { .. }), "{error}");
    let nobody = Options {
        hosts: vec!["127.0.0.250:9042".to_owned()],
        ..options()
    };
    let error = refusal(nobody).await;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.250"), "{error}");
    let elsewhere = Options {
        datacenter: Some("atlantis".to_owned()),
        ..options()
    };
    let error = refusal(elsewhere).await;
    assert!(matches!(error, OpenError::Datacenter { .. }), "{error}");
    assert!(error.to_string().contains("dc1"), "{error}");
}
