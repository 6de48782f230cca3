use std::sync::Arc;

use petrel_jobs::run_due;
use petrel_model::scope::Scopes;
use petrel_social::accounts::{self, CreateOptions};
use petrel_social::oauth::table::{AccessByAccount, AccessTokens};
use petrel_social::oauth::{self, ClearEndedAccess};
use petrel_social::views::Role;
use petrel_social::{Ctx, Error};

use crate::support::{PASSWORD, REDIRECT_URI, World, calm, codes};

const NEW_PASSWORD: &str = "battery staple";

async fn logs_in(world: &World, name: &str, password: &str) -> bool {
    let account = accounts::check_password(&world.social, name, password).await;
    account.unwrap().is_some()
}

#[tokio::test]
async fn an_email_or_a_name_and_the_password_log_in() {
    let world = calm();
    let ada = world.account("Ada").await;
    world.account("eve").await;
    for name in ["ada", "ADA", " Ada ", "ada@example.org", "ADA@EXAMPLE.ORG"] {
        let log_in = accounts::check_password(&world.social, name, PASSWORD).await;
        let account = log_in.unwrap().map(|log_in| log_in.account);
        assert_eq!(account, Some(ada), "{name}");
    }
    for (name, password) in [
        ("ada", "Correct horse"),
        ("ada", ""),
        ("nobody", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("", PASSWORD),
        ("@ada", PASSWORD),
    ] {
        assert!(!logs_in(&world, name, password).await, "{name} {password}");
    }
    accounts::suspend(&world.system(), ada).await.unwrap();
    assert!(!logs_in(&world, "ada", PASSWORD).await);
}

#[tokio::test]
async fn a_new_password_ends_all_access_and_nothing_that_comes_after() {
    let world = calm();
    let social = &world.social;
    let (ada, eve) = (world.account("ada").await, world.account("eve").await);
    let app = world.app("read write").await;
    let issue = |account| oauth::issue(social, app.id, account, app.scopes);
    let (old, others) = (issue(ada).await.unwrap(), issue(eve).await.unwrap());
    let session = oauth::start_session(social, ada).await.unwrap();
    let acting = world.acting(ada);
    let code = oauth::authorize(&acting, &app, REDIRECT_URI, app.scopes, None);
    let code = code.await.unwrap();
    assert!(
        oauth::authenticate(social, &old.token)
            .await
            .unwrap()
            .is_some()
    );

    accounts::reset_password(&world.system(), ada, NEW_PASSWORD)
        .await
        .unwrap();
    assert!(!logs_in(&world, "ada", PASSWORD).await);
    assert!(logs_in(&world, "ada", NEW_PASSWORD).await);
    let exchange = crate::oauth::exchange(&app, code);
    let used = oauth::token_by_code(&world.anyone(), exchange).await;
    assert!(matches!(
        used,
        Err(Error::OAuth(oauth::OAuthError::InvalidGrant))
    ));

    let new = issue(ada).await.unwrap();
    let new_session = oauth::start_session(social, ada).await.unwrap();
    let clear = Arc::new(ClearEndedAccess {
        social: social.clone(),
    });
    for _before_and_after_clearing in 0..2 {
        let caller = oauth::authenticate(social, &old.token).await.unwrap();
        assert!(caller.is_none());
        assert_eq!(oauth::session(social, &session).await.unwrap(), None);
        assert!(
            oauth::authenticate(social, &new.token)
                .await
                .unwrap()
                .is_some()
        );
        assert!(
            oauth::authenticate(social, &others.token)
                .await
                .unwrap()
                .is_some()
        );
        assert_eq!(
            oauth::session(social, &new_session).await.unwrap(),
            Some(ada)
        );
        let entropy = social.entropy.clone();
        run_due(&social.store, entropy, vec![clear.clone()])
            .await
            .unwrap();
    }
    // Ada's new token and session, Eve's token.
    assert_eq!(world.rows::<AccessByAccount>().await.len(), 3);
}

/// The password is checked, then reset, and only then what the log-in becomes is written.
#[tokio::test]
async fn a_log_in_under_way_while_the_password_is_reset_lets_nobody_in() {
    let world = calm();
    let social = &world.social;
    let ada = world.account("ada").await;
    let checked = accounts::check_password(social, "ada", PASSWORD).await;
    let log_in = checked.unwrap().unwrap();
    accounts::reset_password(&world.system(), ada, NEW_PASSWORD)
        .await
        .unwrap();
    let cookie = oauth::log_in(social, log_in).await.unwrap();
    assert_eq!(oauth::session(social, &cookie).await.unwrap(), None);

    let checked = accounts::check_password(social, "ada", NEW_PASSWORD).await;
    let cookie = oauth::log_in(social, checked.unwrap().unwrap()).await;
    let session = oauth::session(social, &cookie.unwrap()).await.unwrap();
    assert_eq!(session, Some(ada));
}

/// A token that was made before the reset, and whose row is written after it.
#[tokio::test]
async fn a_token_written_after_a_reset_that_its_maker_had_not_seen_lets_nobody_in() {
    let world = calm();
    let social = &world.social;
    let ada = world.account("ada").await;
    let app = world.app("read write").await;
    let token = oauth::issue(social, app.id, ada, app.scopes).await.unwrap();
    let (hash, row) = world.rows::<AccessTokens>().await.pop().unwrap();
    accounts::reset_password(&world.system(), ada, NEW_PASSWORD)
        .await
        .unwrap();
    let mut late = social.store.batch();
    late.put::<AccessTokens>(&hash, &(), &row.value);
    late.commit().await.unwrap();
    let caller = oauth::authenticate(social, &token.token).await.unwrap();
    assert!(caller.is_none());
}

#[tokio::test]
async fn only_those_above_set_somebodys_password() {
    let world = calm();
    let ranked = |role| CreateOptions {
        role,
        ..CreateOptions::default()
    };
    let ada = world.account("ada").await;
    let moderator = world.account_with("mo", ranked(Role::Moderator)).await;
    let admin = world.account_with("al", ranked(Role::Admin)).await;
    let session = |account| Ctx {
        caller: petrel_social::Caller::User {
            account,
            token: None,
            app: None,
            scopes: Scopes::NONE,
        },
        ..world.anyone()
    };
    let reset = |by: Ctx, of| async move { accounts::reset_password(&by, of, NEW_PASSWORD).await };
    for (by, of) in [
        (ada, ada),
        (ada, moderator),
        (moderator, ada),
        (admin, admin),
    ] {
        let refused = reset(session(by), of).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    }
    let nobody = reset(world.anyone(), ada).await;
    assert!(matches!(nobody, Err(Error::Forbidden(_))));
    assert!(reset(session(admin), moderator).await.is_ok());
    let short = accounts::reset_password(&world.system(), ada, "short").await;
    assert_eq!(codes(short), [("password", "ERR_TOO_SHORT")]);
    let random = accounts::random_password(&*world.social.entropy);
    assert_eq!(random.len(), 20);
    accounts::reset_password(&world.system(), ada, &random)
        .await
        .unwrap();
    assert!(logs_in(&world, "ada", &random).await);
}
