use petrel_model::id::AccountId;
use petrel_model::scope::Scopes;
use petrel_social::accounts::{self, CreateOptions};
use petrel_social::views::Role;
use petrel_social::{Caller, Ctx, Error, Result, oauth};

use crate::support::{World, calm};

fn session(world: &World, account: AccountId) -> Ctx {
    Ctx {
        caller: Caller::User {
            account,
            token: None,
            app: None,
            scopes: Scopes::NONE,
        },
        ..world.anyone()
    }
}

fn is_forbidden<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(Error::Forbidden(_)))
}

#[tokio::test]
async fn nobody_touches_those_who_rank_as_high() {
    let world = calm();
    let mut ranks = Vec::new();
    for role in Role::ALL {
        let options = CreateOptions {
            role,
            ..CreateOptions::default()
        };
        ranks.push((role, world.account_with(role.as_str(), options).await));
    }
    for (by_role, by) in &ranks {
        let ctx = session(&world, *by);
        for (of_role, of) in &ranks {
            let outranks = by_role > of_role;
            let suspended = accounts::suspend(&ctx, *of).await;
            assert_eq!(suspended.is_ok(), outranks && *by_role >= Role::Moderator);
            assert!(suspended.is_ok() || is_forbidden(&suspended));
            if suspended.is_ok() {
                accounts::unsuspend(&ctx, *of).await.unwrap();
            }
            for given in Role::ALL {
                let may = outranks && *by_role >= Role::Admin && given < *by_role;
                let answer = accounts::set_role(&ctx, *of, given).await;
                assert_eq!(
                    answer.is_ok(),
                    may,
                    "{by_role:?} makes {of_role:?} {given:?}"
                );
                accounts::set_role(&world.system(), *of, *of_role)
                    .await
                    .unwrap();
            }
        }
    }
    // No token of an app moderates, whoever's it is.
    let (_, owner) = ranks[3];
    let mut ctx = session(&world, owner);
    ctx.caller = Caller::User {
        account: owner,
        token: Some(petrel_model::id::Id::MIN),
        app: None,
        scopes: Scopes::parse("read write admin:write").unwrap(),
    };
    assert!(is_forbidden(&accounts::suspend(&ctx, ranks[0].1).await));
    let nobody = accounts::suspend(&world.system(), AccountId::MAX).await;
    assert!(matches!(nobody, Err(Error::NotFound)));
}

#[tokio::test]
async fn suspension_shuts_out_and_loses_nothing() {
    let world = calm();
    let social = &world.social;
    let ada = world.account("ada").await;
    let app = world.app("read").await;
    let token = oauth::issue(social, app.id, ada, app.scopes)
        .await
        .unwrap()
        .token;
    let cookie = oauth::start_session(social, ada).await.unwrap();
    accounts::suspend(&world.system(), ada).await.unwrap();
    let shut_out = oauth::authenticate(social, &token).await;
    assert!(is_forbidden(&shut_out));
    assert!(is_forbidden(
        &oauth::authenticate_unconfirmed(social, &token).await
    ));
    assert_eq!(oauth::session(social, &cookie).await.unwrap(), None);
    assert!(
        accounts::summary(&world.system(), ada)
            .await
            .unwrap()
            .suspended
    );
    accounts::unsuspend(&world.system(), ada).await.unwrap();
    assert!(oauth::authenticate(social, &token).await.unwrap().is_some());
    assert_eq!(oauth::session(social, &cookie).await.unwrap(), Some(ada));
    // What was switched off is forgotten, which changes nothing; then on again.
    world.wall.advance_ms(3 * 24 * 3_600 * 1_000);
    assert!(oauth::authenticate(social, &token).await.unwrap().is_some());
    accounts::suspend(&world.system(), ada).await.unwrap();
    world.wall.advance_ms(365 * 24 * 3_600 * 1_000);
    assert!(is_forbidden(&oauth::authenticate(social, &token).await));
}
