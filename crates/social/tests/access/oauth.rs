use petrel_model::id::AppId;
use petrel_model::scope::Scopes;
use petrel_social::oauth::table::{AccessByAccount, AccessTokens};
use petrel_social::oauth::{self, App, Challenge, CodeExchange, NewApp, OAuthError};
use petrel_social::settings::Settings;
use petrel_social::{Caller, Error, Result};
use petrel_store::sim::Hostility;

use crate::support::{PASSWORD, REDIRECT_URI, World, calm, settings, world};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub fn exchange(app: &App, code: String) -> CodeExchange {
    CodeExchange {
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone().unwrap(),
        code,
        redirect_uri: REDIRECT_URI.to_owned(),
        code_verifier: None,
    }
}

fn refusal<T: std::fmt::Debug>(answer: Result<T>) -> OAuthError {
    match answer {
        Err(Error::OAuth(why)) => why,
        other => panic!("not an OAuth refusal: {other:?}"),
    }
}

fn scopes(text: &str) -> Scopes {
    Scopes::parse(text).unwrap()
}

async fn is_known(world: &World, token: &str) -> bool {
    let caller = oauth::authenticate(&world.social, token).await;
    caller.unwrap().is_some()
}

#[tokio::test]
async fn a_code_becomes_a_token_once() {
    let world = calm();
    let ada = world.account("ada").await;
    let app = world.app("read write follow").await;
    let asked = scopes("read write:statuses");
    let challenge = Some(Challenge(CHALLENGE.to_owned()));
    let ctx = world.acting(ada);
    let code = oauth::authorize(&ctx, &app, REDIRECT_URI, asked, challenge);
    let good = CodeExchange {
        code_verifier: Some(VERIFIER.to_owned()),
        ..exchange(&app, code.await.unwrap())
    };
    let other = world.app("read").await;
    let wrong = [
        CodeExchange {
            code_verifier: None,
            ..good.clone()
        },
        CodeExchange {
            code_verifier: Some("x".repeat(43)),
            ..good.clone()
        },
        CodeExchange {
            redirect_uri: oauth::OUT_OF_BAND.to_owned(),
            ..good.clone()
        },
        CodeExchange {
            code: "x".to_owned(),
            ..good.clone()
        },
        CodeExchange {
            client_id: other.client_id.clone(),
            client_secret: other.client_secret.clone().unwrap(),
            ..good.clone()
        },
    ];
    for exchange in wrong {
        let answer = oauth::token_by_code(&world.anyone(), exchange).await;
        assert_eq!(refusal(answer), OAuthError::InvalidGrant);
    }
    let stranger = CodeExchange {
        client_secret: "x".to_owned(),
        ..good.clone()
    };
    let answer = oauth::token_by_code(&world.anyone(), stranger).await;
    assert_eq!(refusal(answer), OAuthError::InvalidClient);

    let token = oauth::token_by_code(&world.anyone(), good.clone())
        .await
        .unwrap();
    assert_eq!(token.scopes, asked);
    match oauth::authenticate(&world.social, &token.token)
        .await
        .unwrap()
    {
        Some(Caller::User {
            account,
            app: by,
            scopes,
            token: Some(_),
        }) => {
            assert_eq!((account, by, scopes), (ada, Some(app.id), asked));
        }
        other => panic!("{other:?}"),
    }
    let again = oauth::token_by_code(&world.anyone(), good).await;
    assert_eq!(refusal(again), OAuthError::InvalidGrant);
}

#[tokio::test]
async fn codes_expire_and_a_verifier_needs_a_challenge() {
    let world = calm();
    let ctx = world.acting(world.account("ada").await);
    let app = world.app("read").await;
    let code = oauth::authorize(&ctx, &app, REDIRECT_URI, app.scopes, None)
        .await
        .unwrap();
    let downgraded = CodeExchange {
        code_verifier: Some(VERIFIER.to_owned()),
        ..exchange(&app, code.clone())
    };
    let answer = oauth::token_by_code(&world.anyone(), downgraded).await;
    assert_eq!(refusal(answer), OAuthError::InvalidGrant);
    world.wall.advance_ms(10 * 60 * 1_000);
    let answer = oauth::token_by_code(&world.anyone(), exchange(&app, code)).await;
    assert_eq!(refusal(answer), OAuthError::InvalidGrant);
}

#[tokio::test]
async fn of_many_who_bring_one_code_one_gets_a_token() {
    for seed in 0..10 {
        let world = world(seed, Hostility::CALM, settings());
        let ctx = world.acting(world.account("ada").await);
        let app = world.app("read").await;
        let code = oauth::authorize(&ctx, &app, REDIRECT_URI, app.scopes, None)
            .await
            .unwrap();
        world.engine.set_hostility(Hostility::SLOW);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (ctx, exchange) = (world.anyone(), exchange(&app, code.clone()));
            tasks.spawn(async move { oauth::token_by_code(&ctx, exchange).await });
        }
        let won = tasks
            .join_all()
            .await
            .into_iter()
            .filter(Result::is_ok)
            .count();
        assert_eq!(won, 1);
        assert_eq!(world.rows::<AccessTokens>().await.len(), 1);
    }
}

#[tokio::test]
async fn an_app_asks_for_what_it_registered() {
    let world = calm();
    let ada = world.account("ada").await;
    let ctx = world.acting(ada);
    let app = world.app("read:accounts write").await;
    let more = oauth::authorize(&ctx, &app, REDIRECT_URI, scopes("read"), None).await;
    assert_eq!(refusal(more), OAuthError::InvalidScope);
    let elsewhere = oauth::authorize(&ctx, &app, "https://evil.example", app.scopes, None).await;
    assert_eq!(refusal(elsewhere), OAuthError::InvalidRedirectUri);
    let bad = Some(Challenge("short".to_owned()));
    let bad = oauth::authorize(&ctx, &app, REDIRECT_URI, app.scopes, bad).await;
    assert_eq!(refusal(bad), OAuthError::InvalidRequest);
    // A token does not authorize further apps.
    let token = oauth::issue(&world.social, app.id, ada, app.scopes)
        .await
        .unwrap();
    let mut ctx = world.anyone();
    ctx.caller = oauth::authenticate(&world.social, &token.token)
        .await
        .unwrap()
        .unwrap();
    let by_token = oauth::authorize(&ctx, &app, REDIRECT_URI, app.scopes, None).await;
    assert!(matches!(by_token, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn an_apps_own_token_is_nobodys() {
    let world = calm();
    let app = world.app("read write:accounts").await;
    let (id, secret) = (&app.client_id, app.client_secret.as_deref().unwrap());
    let ctx = world.anyone();
    let token = oauth::token_by_client_credentials(&ctx, id, secret, None)
        .await
        .unwrap();
    assert_eq!(token.scopes, scopes("read"));
    let asked = Some(scopes("write:accounts"));
    let token = oauth::token_by_client_credentials(&ctx, id, secret, asked)
        .await
        .unwrap();
    let caller = oauth::authenticate(&world.social, &token.token)
        .await
        .unwrap();
    assert!(matches!(caller, Some(Caller::App { app: by, .. }) if by == app.id));
    let more = oauth::token_by_client_credentials(&ctx, id, secret, Some(scopes("push"))).await;
    assert_eq!(refusal(more), OAuthError::InvalidScope);
    let stranger = oauth::token_by_client_credentials(&ctx, id, "wrong", None).await;
    assert_eq!(refusal(stranger), OAuthError::InvalidClient);
    let nobody = oauth::token_by_client_credentials(&ctx, "nobody", secret, None).await;
    assert_eq!(refusal(nobody), OAuthError::InvalidClient);
}

#[tokio::test]
async fn the_password_grant_is_for_development() {
    let by_password = async |world: &World, password: &str| {
        let app = world.app("read write").await;
        let (id, secret) = (app.client_id.clone(), app.client_secret.clone().unwrap());
        let ctx = world.anyone();
        let all = Some(app.scopes);
        oauth::token_by_password(&ctx, &id, &secret, "ada@example.org", password, all).await
    };
    let dev = calm();
    dev.account("ada").await;
    let token = by_password(&dev, PASSWORD).await.unwrap();
    assert!(is_known(&dev, &token.token).await);
    assert_eq!(
        refusal(by_password(&dev, "wrong").await),
        OAuthError::InvalidGrant
    );
    let real = Settings {
        password_grant: false,
        ..settings()
    };
    let real = world(1, Hostility::CALM, real);
    real.account("ada").await;
    assert_eq!(
        refusal(by_password(&real, PASSWORD).await),
        OAuthError::UnsupportedGrantType
    );
}

#[tokio::test]
async fn a_token_is_revoked_by_its_own_app() {
    let world = calm();
    let ada = world.account("ada").await;
    let (app, other) = (world.app("read").await, world.app("read").await);
    let token = oauth::issue(&world.social, app.id, ada, app.scopes)
        .await
        .unwrap()
        .token;
    let revoke = async |app: &App, secret: &str, token: &str| {
        oauth::revoke(&world.anyone(), &app.client_id, secret, token).await
    };
    let secret = |app: &App| app.client_secret.clone().unwrap();
    for answer in [
        revoke(&other, &secret(&other), &token).await,
        revoke(&app, "wrong", &token).await,
    ] {
        assert_eq!(refusal(answer), OAuthError::UnauthorizedClient);
    }
    assert!(is_known(&world, &token).await);
    for _twice in 0..2 {
        revoke(&app, &secret(&app), &token).await.unwrap();
        assert!(!is_known(&world, &token).await);
    }
    revoke(&app, &secret(&app), "never issued").await.unwrap();
    assert!(world.rows::<AccessByAccount>().await.is_empty());
    // What was switched off is forgotten in the end, and the token stays unknown.
    world.wall.advance_ms(365 * 24 * 3_600 * 1_000);
    assert!(!is_known(&world, &token).await);
}

#[tokio::test]
async fn sessions_begin_end_and_expire() {
    let world = calm();
    let social = &world.social;
    let ada = world.account("ada").await;
    let (one, two) = (
        oauth::start_session(social, ada).await.unwrap(),
        oauth::start_session(social, ada).await.unwrap(),
    );
    assert_eq!(oauth::session(social, &one).await.unwrap(), Some(ada));
    assert_eq!(oauth::session(social, "guess").await.unwrap(), None);
    // A cookie is no token.
    assert!(!is_known(&world, &one).await);
    oauth::end_session(social, &one).await.unwrap();
    oauth::end_session(social, &one).await.unwrap();
    assert_eq!(oauth::session(social, &one).await.unwrap(), None);
    assert_eq!(oauth::session(social, &two).await.unwrap(), Some(ada));
    world.wall.advance_ms(oauth::SESSION_KEPT_S * 1_000);
    assert_eq!(oauth::session(social, &two).await.unwrap(), None);
}

#[tokio::test]
async fn beyond_the_cap_the_oldest_ends() {
    let world = calm();
    let ada = world.account("ada").await;
    let app = world.app("read").await;
    let issue = || oauth::issue(&world.social, app.id, ada, app.scopes);
    let first = issue().await.unwrap().token;
    let second = issue().await.unwrap().token;
    for _ in 0..198 {
        issue().await.unwrap();
    }
    assert!(is_known(&world, &first).await);
    issue().await.unwrap();
    assert!(!is_known(&world, &first).await);
    assert!(is_known(&world, &second).await);
    assert_eq!(world.rows::<AccessByAccount>().await.len(), 200);
}

#[tokio::test]
async fn literals_are_for_operators_in_development() {
    let dev = calm();
    let ada = dev.account("ada").await;
    let literal = NewApp {
        name: "Fixed".to_owned(),
        redirect_uris: vec![oauth::OUT_OF_BAND.to_owned()],
        scopes: scopes("read write"),
        website: None,
        fixed: Some(("id".to_owned(), "secret".to_owned())),
    };
    let refused = oauth::create_app(&dev.anyone(), literal.clone()).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    let app = oauth::create_app(&dev.system(), literal.clone())
        .await
        .unwrap();
    assert_eq!(
        oauth::find_app(&dev.anyone(), "id")
            .await
            .unwrap()
            .unwrap()
            .id,
        app.id
    );
    let twice = oauth::create_app(&dev.system(), literal.clone()).await;
    assert!(matches!(twice, Err(Error::Conflict(_))));

    let fixed =
        async |token: &str| oauth::token_fixed(&dev.system(), ada, app.id, app.scopes, token).await;
    fixed("token").await.unwrap();
    assert!(is_known(&dev, "token").await);
    assert!(matches!(fixed("token").await, Err(Error::Conflict(_))));
    for wrong in ["", "a b", "ä", &"x".repeat(256)] {
        assert!(matches!(fixed(wrong).await, Err(Error::Invalid(_))));
    }
    let by_token = oauth::token_fixed(&dev.acting(ada), ada, app.id, app.scopes, "other").await;
    assert!(matches!(by_token, Err(Error::Forbidden(_))));

    let real = Settings {
        literal_secrets: false,
        ..settings()
    };
    let real = world(1, Hostility::CALM, real);
    let refused = oauth::create_app(&real.system(), literal).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
}

#[tokio::test]
async fn apps_are_judged_when_they_register() {
    let world = calm();
    let register = async |name: &str, uri: &str, website: Option<&str>| {
        let new = NewApp {
            name: name.to_owned(),
            redirect_uris: vec![uri.to_owned()],
            scopes: Scopes::NONE,
            website: website.map(str::to_owned),
            fixed: None,
        };
        oauth::create_app(&world.anyone(), new).await
    };
    for uri in [
        REDIRECT_URI,
        oauth::OUT_OF_BAND,
        "tusky://callback",
        "org.example:/cb",
        "http://localhost:8080/?a=b",
    ] {
        let app = register("App", uri, Some("https://app.example"))
            .await
            .unwrap();
        assert_eq!(app.scopes, scopes("read"));
        assert!(!format!("{app:?}").contains(&app.client_secret.unwrap()));
    }
    let long = "x".repeat(61);
    for (name, uri, website) in [
        (" ", REDIRECT_URI, None),
        (long.as_str(), REDIRECT_URI, None),
        ("App", "", None),
        ("App", "callback", None),
        ("App", "https://app.example/#part", None),
        ("App", "javascript:alert(1)", None),
        ("App", REDIRECT_URI, Some("nonsense")),
        ("App", REDIRECT_URI, Some("javascript:alert(1)")),
    ] {
        let answer = register(name, uri, website).await;
        assert!(
            matches!(answer, Err(Error::Invalid(_))),
            "{name} {uri} {website:?}"
        );
    }
    assert_eq!(
        oauth::get_app(&world.anyone(), AppId::MAX).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn no_secret_is_shown_by_debug_or_stored() {
    let world = calm();
    let ada = world.account("ada").await;
    let app = world.app("read").await;
    let token = oauth::issue(&world.social, app.id, ada, app.scopes)
        .await
        .unwrap();
    assert!(!format!("{token:?}").contains(&token.token));
    let rows = world
        .rows::<petrel_social::accounts::table::Accounts>()
        .await;
    let shown = format!("{rows:?}");
    assert!(!shown.contains("argon2id") && !shown.contains("ada@example.org"));
    let rows = world.rows::<AccessTokens>().await;
    assert!(!format!("{rows:?}").contains(&token.token));
}
