use std::path::Path;
use std::sync::Arc;

use petrel_jobs::run_due;
use petrel_model::id::AccountId;
use petrel_model::scope::Scopes;
use petrel_social::accounts::claims::{Claim, Taken};
use petrel_social::accounts::table::{AccountSort, Accounts};
use petrel_social::accounts::{
    self, ConfirmationMail, LETTERS_AGAIN_MAX, LETTERS_WITHIN_S, PasswordCheck, Unconfirmed,
};
use petrel_social::mail::Mailer;
use petrel_social::settings::Settings;
use petrel_social::statuses::{self, Draft};
use petrel_social::{Caller, Ctx, Error, oauth};
use petrel_store::sim::Hostility;

use crate::support::{World, calm, codes, person, settings, world};

/// A world whose mail goes to a folder, and an account there that is not confirmed.
async fn unconfirmed(outbox: &Path) -> (World, AccountId) {
    let mut settings = settings();
    settings.confirm_at_once = false;
    settings.mail.outbox = outbox.to_owned();
    let world = world(1, Hostility::CALM, settings);
    let ada = person("ada", "ada@example.org");
    let ada = accounts::register(&world.anyone(), ada).await.unwrap();
    (world, ada)
}

async fn send_mail(world: &World) {
    world.wall.advance_ms(1_001);
    let social = &world.social;
    let mail = Arc::new(ConfirmationMail {
        social: social.clone(),
        mailer: Mailer::new(&social.settings.mail).unwrap(),
    });
    run_due(&social.store, social.entropy.clone(), vec![mail])
        .await
        .unwrap();
}

/// The secrets in the outbox, oldest first.
fn tokens(outbox: &Path) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(outbox)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mails = paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap());
    let begin = "\r\nhttps://petrel.example/auth/confirmation?confirmation_token=";
    mails
        .map(|mail| {
            assert!(mail.contains("To: ada@example.org\r\n"), "{mail}");
            let (_, rest) = mail
                .split_once(begin)
                .expect("the link stands on its own line");
            rest.split_once("\r\n").unwrap().0.to_owned()
        })
        .collect()
}

#[tokio::test]
async fn whoever_brings_the_secret_of_the_mail_is_confirmed() {
    let outbox = tempfile::tempdir().unwrap();
    let (world, ada) = unconfirmed(outbox.path()).await;
    let app = world.app("read write").await;
    let token = oauth::issue(&world.social, app.id, ada, app.scopes)
        .await
        .unwrap()
        .token;
    let who = || oauth::authenticate(&world.social, &token);
    match who().await {
        Err(Error::Forbidden(why)) => {
            assert_eq!(why, "Your login is missing a confirmed e-mail address")
        }
        other => panic!("{other:?}"),
    }
    let unconfirmed = oauth::authenticate_unconfirmed(&world.social, &token)
        .await
        .unwrap();
    assert!(matches!(unconfirmed, Some(Caller::User { account, .. }) if account == ada));
    let check = async || {
        let log_in = accounts::check_password(&world.social, "ada", crate::support::PASSWORD);
        log_in.await.unwrap().map(|log_in| log_in.account)
    };
    assert_eq!(check().await, None);

    send_mail(&world).await;
    let tokens = tokens(outbox.path());
    let confirm = |token: String| {
        let ctx = world.anyone();
        async move { accounts::confirm(&ctx, &token).await }
    };
    assert!(matches!(
        confirm("wrong".to_owned()).await,
        Err(Error::NotFound)
    ));
    for _twice in 0..2 {
        assert_eq!(confirm(tokens[0].clone()).await.unwrap(), ada);
    }
    assert!(who().await.unwrap().is_some());
    assert_eq!(check().await, Some(ada));
    let again = accounts::resend_confirmation(&world.acting(ada)).await;
    assert!(matches!(again, Err(Error::Forbidden(_))));
}

#[tokio::test]
async fn a_mail_can_be_sent_again_and_its_secret_expires() {
    let outbox = tempfile::tempdir().unwrap();
    let (world, ada) = unconfirmed(outbox.path()).await;
    send_mail(&world).await;
    world.wall.advance_ms(2 * 24 * 3_600 * 1_000);
    let first = tokens(outbox.path()).remove(0);
    let late = accounts::confirm(&world.anyone(), &first).await;
    assert!(matches!(late, Err(Error::NotFound)));
    accounts::resend_confirmation(&world.acting(ada))
        .await
        .unwrap();
    send_mail(&world).await;
    let second = tokens(outbox.path()).remove(1);
    assert_eq!(
        accounts::confirm(&world.anyone(), &second).await.unwrap(),
        ada
    );
}

#[tokio::test]
async fn whoever_comes_with_the_right_password_gets_a_few_letters_more() {
    let outbox = tempfile::tempdir().unwrap();
    let (world, ada) = unconfirmed(outbox.path()).await;
    send_mail(&world).await;
    let come = async |password: &str| {
        let checked = accounts::check_log_in(&world.social, "ada@example.org", password);
        checked.await.unwrap()
    };
    assert_eq!(come("a wrong one").await, PasswordCheck::Wrong);
    let PasswordCheck::Unconfirmed(somebody) = come(crate::support::PASSWORD).await else {
        panic!("it is not confirmed");
    };
    assert_eq!(somebody.account, ada);
    let again = async || {
        let sent = accounts::resend_to(&world.anyone(), somebody).await;
        send_mail(&world).await;
        sent
    };
    for _ in 0..LETTERS_AGAIN_MAX {
        again().await.unwrap();
    }
    assert!(matches!(again().await, Err(Error::TooMany)));
    assert_eq!(
        tokens(outbox.path()).len(),
        1 + usize::from(LETTERS_AGAIN_MAX)
    );
    world.wall.advance_ms(LETTERS_WITHIN_S * 1_000);
    again().await.unwrap();
    let token = tokens(outbox.path()).pop().unwrap();
    let confirmed = accounts::confirm(&world.anyone(), &token).await;
    assert_eq!(confirmed.unwrap(), ada);
    assert!(matches!(again().await, Err(Error::Forbidden(_))));
    let now = come(crate::support::PASSWORD).await;
    assert!(matches!(now, PasswordCheck::Right(log_in) if log_in.account == ada));
}

#[tokio::test]
async fn an_operator_lets_somebody_in_whom_no_letter_reached() {
    let outbox = tempfile::tempdir().unwrap();
    let (world, ada) = unconfirmed(outbox.path()).await;
    let eve = person("eve", "eve@example.org");
    let eve = accounts::register(&world.anyone(), eve).await.unwrap();
    for somebody in [world.anyone(), world.acting(eve), world.acting(ada)] {
        let refused = accounts::confirm_unasked(&somebody, ada).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    }
    for _twice in 0..2 {
        let confirmed = accounts::confirm_unasked(&world.system(), ada).await;
        confirmed.unwrap();
    }
    let state = async |id| accounts::summary(&world.system(), id).await.unwrap();
    assert!(state(ada).await.confirmed && !state(eve).await.confirmed);
    let nobody = AccountId(petrel_model::id::Id(7));
    let missing = accounts::confirm_unasked(&world.system(), nobody).await;
    assert!(matches!(missing, Err(Error::NotFound)));
}

#[tokio::test]
async fn nobody_is_shown_before_they_are_confirmed() {
    let outbox = tempfile::tempdir().unwrap();
    let (world, ada) = unconfirmed(outbox.path()).await;
    let eve = world.account("eve").await;
    let known = async |by: Ctx| {
        let by_name = accounts::lookup(&by, "ada").await;
        let by_id = accounts::get(&by, ada).await;
        let many = accounts::get_many(&by, &[ada, eve]).await.unwrap();
        (by_name.is_ok(), by_id.is_ok(), many.len())
    };
    let mentions = async || {
        let draft = Draft {
            text: "Where are you, @ada?".to_owned(),
            ..Draft::default()
        };
        let said = statuses::create(&world.acting(eve), draft).await;
        said.unwrap().mentions.len()
    };
    for by in [world.anyone(), world.acting(eve)] {
        assert_eq!(known(by).await, (false, false, 1));
    }
    assert_eq!(known(world.acting(ada)).await, (true, true, 2));
    assert_eq!(mentions().await, 0);
    let confirmed = accounts::confirm_unasked(&world.system(), ada).await;
    confirmed.unwrap();
    for by in [world.anyone(), world.acting(eve)] {
        assert_eq!(known(by).await, (true, true, 2));
    }
    assert_eq!(mentions().await, 1);
}

const WEEK_MS: u64 = accounts::claims::UNCONFIRMED_MS_MAX;

#[tokio::test]
async fn an_address_that_was_not_confirmed_for_a_week_is_free_again() {
    let outbox = tempfile::tempdir().unwrap();
    let (world, ada) = unconfirmed(outbox.path()).await;
    let sign_up = async |name: &str| {
        accounts::register(&world.anyone(), person(name, "ada@example.org")).await
    };
    world.wall.advance_ms(WEEK_MS - 60_000);
    assert_eq!(codes(sign_up("victim").await), [("email", "ERR_TAKEN")]);
    world.wall.advance_ms(60_000);
    let before = Unconfirmed { account: ada };
    accounts::resend_to(&world.anyone(), before).await.unwrap();
    send_mail(&world).await;
    let old = tokens(outbox.path()).pop().unwrap();
    let victim = sign_up("victim").await.unwrap();
    let found = accounts::claims::find_by_email(&world.social, "ada@example.org").await;
    assert_eq!(found.unwrap(), Some(victim));
    // Who had it before neither gets it back, nor letters to it.
    let late = accounts::confirm(&world.anyone(), &old).await;
    assert!(matches!(late, Err(Error::NotFound)));
    let late = accounts::confirm_unasked(&world.system(), ada).await;
    assert!(matches!(late, Err(Error::Refused(_))));
    let letter = accounts::resend_to(&world.anyone(), before).await;
    assert!(matches!(letter, Err(Error::Refused(_))));
    assert_eq!(codes(sign_up("ada").await)[0], ("username", "ERR_TAKEN"));
    send_mail(&world).await;
    let token = tokens(outbox.path()).pop().unwrap();
    let confirmed = accounts::confirm(&world.anyone(), &token).await;
    assert_eq!(confirmed.unwrap(), victim);
    world.wall.advance_ms(2 * WEEK_MS);
    assert_eq!(codes(sign_up("third").await), [("email", "ERR_TAKEN")]);
}

#[tokio::test]
async fn whoever_confirms_late_keeps_the_address_that_nobody_took() {
    let outbox = tempfile::tempdir().unwrap();
    let (world, ada) = unconfirmed(outbox.path()).await;
    world.account("made").await;
    world.wall.advance_ms(2 * WEEK_MS);
    let sign_up =
        async |email: &str| accounts::register(&world.anyone(), person("eve", email)).await;
    accounts::confirm_unasked(&world.system(), ada)
        .await
        .unwrap();
    for email in ["ada@example.org", "made@example.org"] {
        assert_eq!(codes(sign_up(email).await), [("email", "ERR_TAKEN")]);
    }
}

#[tokio::test]
async fn of_who_confirms_and_who_takes_the_address_one_wins() {
    let (mut kept, mut taken) = (0, 0);
    for seed in 0..60 {
        let mut settings = settings();
        settings.confirm_at_once = false;
        let world = world(seed, Hostility::SLOW, settings);
        let ada = person("ada", "ada@example.org");
        let ada = accounts::register(&world.anyone(), ada).await.unwrap();
        world.wall.advance_ms(WEEK_MS);
        let system = world.system();
        let claim = Claim::new(&world.social, "eve", "ada@example.org");
        let (confirmed, claimed) =
            tokio::join!(accounts::confirm_unasked(&system, ada), claim.take());
        let state = accounts::summary(&system, ada).await.unwrap();
        assert_eq!(state.confirmed, confirmed.is_ok());
        match (confirmed, claimed.unwrap()) {
            (Ok(()), Err(Taken::Email)) => kept += 1,
            (Err(Error::Refused(_)), Ok(())) => taken += 1,
            both => panic!("seed {seed}: {both:?}"),
        }
        // Who gives up what they took leaves it to whoever had it before.
        claim.free().await;
        accounts::confirm_unasked(&system, ada).await.unwrap();
        let again = Claim::new(&world.social, "eve", "ada@example.org");
        assert_eq!(again.take().await.unwrap(), Err(Taken::Email));
    }
    assert!(kept > 0 && taken > 0, "{kept}, {taken}");
}

#[tokio::test]
async fn who_is_suspended_before_they_confirm_is_told_nothing() {
    let outbox = tempfile::tempdir().unwrap();
    let (world, ada) = unconfirmed(outbox.path()).await;
    accounts::suspend(&world.system(), ada).await.unwrap();
    let checked = accounts::check_log_in(&world.social, "ada", crate::support::PASSWORD);
    assert_eq!(checked.await.unwrap(), PasswordCheck::Wrong);
}

#[tokio::test]
async fn no_mail_goes_to_an_account_that_never_came_to_be() {
    let outbox = tempfile::tempdir().unwrap();
    let (world, ada) = unconfirmed(outbox.path()).await;
    // As if the process had died before the name was done.
    let done = world.rows::<accounts::claims::Names>().await.remove(0);
    let store = &world.social.store;
    let write = store.write_if::<accounts::claims::Names>(&done.0);
    write
        .revision(&(), done.1.revision)
        .delete(&())
        .commit()
        .await
        .unwrap();
    let mut batch = store.batch();
    batch.delete::<Accounts>(&ada, &AccountSort::Claimed);
    batch.commit().await.unwrap();
    let fresh = crate::support::reopened(&world);
    send_mail(&fresh).await;
    assert!(std::fs::read_dir(outbox.path()).unwrap().next().is_none());
    assert_eq!(accounts::get(&fresh.anyone(), ada).await.ok(), None);
    let app = fresh.app("read").await;
    let token = oauth::issue(&fresh.social, app.id, ada, app.scopes).await;
    assert!(matches!(token, Err(Error::NotFound)));
}

#[tokio::test]
async fn what_is_taken_is_said_field_by_field() {
    let world = calm();
    world.account("ada").await;
    let register = |username: &'static str, email: &'static str| {
        let ctx = world.anyone();
        async move { accounts::register(&ctx, person(username, email)).await }
    };
    let both = [("username", "ERR_TAKEN"), ("email", "ERR_TAKEN")];
    assert_eq!(codes(register("ADA", "ADA@example.org").await), both);
    assert_eq!(
        codes(register("ada", "x").await),
        [("email", "ERR_INVALID"), ("username", "ERR_TAKEN")]
    );
    match register("ada", "new@example.org").await {
        Err(why) => assert_eq!(
            why.to_string(),
            "Validation failed: Username has already been taken"
        ),
        Ok(_) => panic!("two of a name"),
    }
    assert!(register("eve", "eve@example.org").await.is_ok());
}

#[tokio::test]
async fn only_those_who_may_sign_up_do() {
    let app_with = |world: &World, scopes: &str| Ctx {
        caller: Caller::App {
            app: petrel_model::id::AppId::MIN,
            scopes: Scopes::parse(scopes).unwrap(),
        },
        ..world.anyone()
    };
    let world = calm();
    let read = accounts::register(&app_with(&world, "read"), person("a", "a@example.org")).await;
    assert!(matches!(read, Err(Error::Scope)));
    let write = app_with(&world, "write:accounts");
    assert!(
        accounts::register(&write, person("a", "a@example.org"))
            .await
            .is_ok()
    );
    let closed = Settings {
        registrations_open: false,
        ..settings()
    };
    let world = crate::support::world(1, Hostility::CALM, closed);
    let refused = accounts::register(&world.anyone(), person("a", "a@example.org")).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    // Operators may, and may hand out reserved names; nobody else calls that way.
    let admin = person("admin", "admin@example.org");
    let options = accounts::CreateOptions::default();
    let refused = accounts::create(&world.anyone(), admin.clone(), options).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    assert!(
        accounts::create(&world.system(), admin, options)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_row_says_what_the_operator_chose() {
    let world = calm();
    let options = accounts::CreateOptions {
        role: petrel_social::views::Role::Owner,
        locked: true,
        discoverable: Some(true),
        confirmed: true,
    };
    let ada = world.account_with("Ada", options).await;
    let view = accounts::lookup(&world.anyone(), "@ada").await.unwrap();
    assert_eq!((view.id, view.username.as_str()), (ada, "Ada"));
    assert_eq!(view.role, petrel_social::views::Role::Owner);
    assert!(view.profile.locked && view.profile.discoverable == Some(true));
    let summary = accounts::summary(&world.system(), ada).await.unwrap();
    assert_eq!(summary.email.unwrap().0, "Ada@example.org");
    world.account("eve").await;
    let (all, _) = accounts::list(&world.system(), None, 10).await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(accounts::list(&world.acting(ada), None, 10).await.is_err());
}
