use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use petrel_jobs::{Handler, Job, JobError};
use petrel_model::entropy::SeededEntropy;
use petrel_model::scope::Scopes;
use petrel_model::visibility::Visibility;
use petrel_social::accounts::table::{AccountRow, AccountSort, Accounts, Profile};
use petrel_social::accounts::{self, ProfileUpdate};
use petrel_social::views::ProfileField;
use petrel_social::{Caller, Ctx, Error};

use crate::support::calm;

fn field(name: &str, value: &str) -> ProfileField {
    ProfileField {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

#[tokio::test]
async fn what_is_not_named_stays() {
    let world = calm();
    let ada = world.account("ada").await;
    let ctx = world.acting(ada);
    let first = ProfileUpdate {
        display_name: Some(" Ada Lovelace ".to_owned()),
        note: Some("Numbers.".to_owned()),
        fields: Some(vec![field("Site", "https://ada.example"), field(" ", "")]),
        locked: Some(true),
        discoverable: Some(false),
        privacy: Some(Visibility::Private),
        language: Some("en-GB".to_owned()),
        ..ProfileUpdate::default()
    };
    accounts::update(&ctx, first).await.unwrap();
    let second = ProfileUpdate {
        bot: Some(true),
        sensitive: Some(true),
        language: Some(String::new()),
        ..ProfileUpdate::default()
    };
    accounts::update(&ctx, second).await.unwrap();
    let own = accounts::credentials_view(&ctx).await.unwrap();
    let profile = &own.account.profile;
    assert_eq!(profile.display_name, "Ada Lovelace");
    assert_eq!(profile.note, "Numbers.");
    assert_eq!(profile.fields, [field("Site", "https://ada.example")]);
    assert!(profile.locked && profile.bot && profile.discoverable == Some(false));
    assert_eq!(profile.hide_collections, None);
    let settings = &own.settings;
    assert_eq!(
        (settings.privacy, settings.sensitive),
        (Visibility::Private, true)
    );
    assert_eq!(settings.language, None);
    assert_eq!(own.follow_requests_count, 0);
}

#[tokio::test]
async fn a_profile_of_one_row_reads_and_is_changed_as_before() {
    let world = calm();
    let ada = world.account("ada").await;
    let ctx = world.acting(ada);
    let all_in_one = Profile {
        display_name: "Ada".to_owned(),
        locked: true,
        bot: true,
        indexable: true,
        discoverable: Some(true),
        hide_collections: Some(true),
        ..Profile::default()
    };
    let mut batch = ctx.store().batch();
    let row = AccountRow::Profile(all_in_one.clone());
    batch.put::<Accounts>(&ada, &AccountSort::Profile, &row);
    batch.commit().await.unwrap();
    let profile = async || {
        let own = accounts::credentials_view(&ctx).await.unwrap();
        own.account.profile.clone()
    };
    assert!(profile().await.locked && profile().await.hide_collections == Some(true));
    let off = ProfileUpdate {
        locked: Some(false),
        bot: Some(false),
        indexable: Some(false),
        discoverable: Some(false),
        hide_collections: Some(false),
        ..ProfileUpdate::default()
    };
    accounts::update(&ctx, off).await.unwrap();
    let named = ProfileUpdate {
        display_name: Some("Ada L.".to_owned()),
        ..ProfileUpdate::default()
    };
    accounts::update(&ctx, named).await.unwrap();
    let now = profile().await;
    assert_eq!(now.display_name, "Ada L.");
    assert!(!now.locked && !now.bot && !now.indexable);
    assert_eq!(
        (now.discoverable, now.hide_collections),
        (Some(false), Some(false))
    );
}

#[tokio::test]
async fn what_is_too_long_or_unknown_changes_nothing() {
    let world = calm();
    let ctx = world.acting(world.account("ada").await);
    let base = ProfileUpdate {
        locked: Some(true),
        ..ProfileUpdate::default()
    };
    let long = |chars| Some("ж".repeat(chars));
    let refused = [
        ProfileUpdate {
            display_name: long(31),
            ..base.clone()
        },
        ProfileUpdate {
            display_name: Some(format!("e{}", "\u{301}".repeat(300))),
            ..base.clone()
        },
        ProfileUpdate {
            note: long(501),
            ..base.clone()
        },
        ProfileUpdate {
            fields: Some(vec![field("a", "b"); 5]),
            ..base.clone()
        },
        ProfileUpdate {
            fields: Some(vec![field("a", &"b".repeat(256))]),
            ..base.clone()
        },
        ProfileUpdate {
            fields: Some(vec![field("", "b")]),
            ..base.clone()
        },
        ProfileUpdate {
            privacy: Some(Visibility::Direct),
            ..base.clone()
        },
    ];
    for update in refused {
        let answer = accounts::update(&ctx, update.clone()).await;
        assert!(
            matches!(answer, Err(Error::Invalid(_))),
            "{update:?}: {answer:?}"
        );
    }
    assert!(
        !accounts::credentials_view(&ctx)
            .await
            .unwrap()
            .account
            .profile
            .locked
    );
    let most = ProfileUpdate {
        display_name: long(30),
        note: long(500),
        fields: Some(vec![field(&"ж".repeat(255), &"ж".repeat(255)); 4]),
        ..base
    };
    accounts::update(&ctx, most).await.unwrap();
}

#[tokio::test]
async fn a_language_that_is_not_known_is_none() {
    let world = calm();
    let ada = world.account("ada").await;
    let ctx = world.acting(ada);
    let of = |code: &str| ProfileUpdate {
        language: Some(code.to_owned()),
        ..ProfileUpdate::default()
    };
    for (code, kept) in [("de-AT", Some("de")), ("fil", None)] {
        accounts::update(&ctx, of(code)).await.unwrap();
        let own = accounts::credentials_view(&ctx).await.unwrap();
        assert_eq!(own.settings.language.as_deref(), kept, "{code}");
    }
}

/// Counts what is to be looked at, and looks at nothing.
#[derive(Default)]
struct Looks(AtomicUsize);

#[async_trait]
impl Handler for Looks {
    fn kind(&self) -> &'static str {
        "accounts.verify_link"
    }

    async fn run(&self, _: &Job) -> Result<(), JobError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn links_that_are_not_verified_are_looked_at_each_time_they_are_saved() {
    let world = calm();
    let ada = world.account("ada").await;
    let ctx = world.acting(ada);
    let looks = Arc::new(Looks::default());
    let entropy = Arc::new(SeededEntropy::new(1));
    let fields = vec![field("Site", "https://ada.example"), field("Pets", "two")];
    let save = async |fields: Option<Vec<ProfileField>>| {
        let update = ProfileUpdate {
            fields,
            ..ProfileUpdate::default()
        };
        accounts::update(&ctx, update).await.unwrap();
        let handlers: Vec<Arc<dyn Handler>> = vec![looks.clone()];
        petrel_jobs::run_due(ctx.store(), entropy.clone(), handlers)
            .await
            .unwrap();
        looks.0.swap(0, Ordering::SeqCst)
    };
    assert_eq!(save(Some(fields.clone())).await, 1);
    assert_eq!(save(Some(fields)).await, 1, "as they were");
    assert_eq!(save(None).await, 0, "nothing was said of them");
    assert_eq!(save(Some(Vec::new())).await, 0);
}

#[tokio::test]
async fn a_scope_is_needed() {
    let world = calm();
    let ada = world.account("ada").await;
    let with = |scopes: &str| Ctx {
        caller: Caller::User {
            account: ada,
            token: None,
            app: None,
            scopes: Scopes::parse(scopes).unwrap(),
        },
        ..world.anyone()
    };
    let nothing = ProfileUpdate::default();
    let read = accounts::update(&with("read"), nothing.clone()).await;
    assert!(matches!(read, Err(Error::Scope)));
    let anyone = accounts::update(&world.anyone(), nothing.clone()).await;
    assert!(matches!(anyone, Err(Error::Unauthenticated)));
    accounts::update(&with("write:accounts"), nothing)
        .await
        .unwrap();
    assert!(accounts::own_view(&with("write:accounts")).await.is_ok());
    assert!(accounts::credentials_view(&with("profile")).await.is_ok());
    assert!(matches!(
        accounts::credentials_view(&with("write")).await,
        Err(Error::Scope)
    ));
}
