//! Equipment for tests: the services of a small place, and people who may act at once.

use std::sync::Arc;

use petrel_model::entropy::SeededEntropy;
use petrel_store::Store;

use crate::accounts::password::PasswordCost;
use crate::accounts::{self, CreateOptions, NewAccount};
use crate::context::{Ctx, Social};
use crate::counts::Counts;
use crate::error::Result;
use crate::settings::{MailSettings, Settings};

/// What everybody chooses.
pub const PASSWORD: &str = "correct horse battery";

/// Of a place in which nothing waits: whoever signs up is confirmed, and passwords cost little.
pub fn settings() -> Settings {
    Settings {
        domain: "petrel.example".to_owned(),
        url: "https://petrel.example".to_owned(),
        registrations_open: true,
        confirm_at_once: true,
        password_grant: true,
        literal_secrets: true,
        password_cost: PasswordCost::CHEAP,
        mail: MailSettings {
            from: "Petrel <no-reply@petrel.example>".to_owned(),
            smtp_url: None,
            outbox: std::env::temp_dir().join("petrel-test-outbox"),
        },
        chapter_rows: Settings::CHAPTER_ROWS,
    }
}

/// The services over a store whose listeners `counts` are among.
pub fn social(store: Store, counts: Arc<Counts>, seed: u64, settings: Settings) -> Arc<Social> {
    Arc::new(Social {
        clock: store.clock().clone(),
        store,
        entropy: Arc::new(SeededEntropy::new(seed)),
        settings,
        counts,
        access: Default::default(),
    })
}

/// A new account, confirmed whatever the options say.
///
/// # Errors
/// Those of [`accounts::create`].
pub async fn person(social: &Arc<Social>, name: &str, options: CreateOptions) -> Result<Ctx> {
    let new = NewAccount {
        username: name.to_owned(),
        email: format!("{name}@example.com"),
        password: PASSWORD.to_owned(),
        agreement: true,
        locale: None,
        reason: None,
    };
    let options = CreateOptions {
        confirmed: true,
        ..options
    };
    let id = accounts::create(&Ctx::system(social.clone()), new, options).await?;
    Ok(Ctx::acting_for(social.clone(), id))
}
