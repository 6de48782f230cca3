//! Profile and posting settings, as their owner changes them.

use petrel_model::event::{AccountChange, Event};
use petrel_model::limits::{
    DISPLAY_NAME_BYTES_MAX, DISPLAY_NAME_CHARS_MAX, FIELD_CHARS_MAX, NOTE_BYTES_MAX,
    NOTE_CHARS_MAX, PROFILE_FIELDS_MAX,
};
use petrel_model::scope::Scope;
use petrel_model::text::count;
use petrel_model::text::language::Language;
use petrel_model::visibility::Visibility;
use petrel_store::Batch;

use crate::accounts::facts::AccountFacts;
use crate::accounts::links;
use crate::accounts::table::{
    AccountRow, AccountSort, Accounts, PostingSettings, Profile, ProfileField, ProfileSwitch,
};
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::relations;

/// What is to change; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfileUpdate {
    pub display_name: Option<String>,
    /// Plain text.
    pub note: Option<String>,
    /// All of them; those without name and value are left out.
    pub fields: Option<Vec<ProfileField>>,
    pub locked: Option<bool>,
    pub bot: Option<bool>,
    pub discoverable: Option<bool>,
    pub indexable: Option<bool>,
    pub hide_collections: Option<bool>,
    /// Of new statuses.
    pub privacy: Option<Visibility>,
    pub sensitive: Option<bool>,
    /// BCP 47; empty, or what is not known, for none.
    pub language: Option<String>,
}

/// Changes the calling account's profile and settings.
///
/// # Errors
/// `Invalid` says what is too long or unknown.
pub async fn update(ctx: &Ctx, update: ProfileUpdate) -> Result<()> {
    let id = ctx.require_user(Scope::WriteAccounts)?;
    // The texts of a profile are one row, and those that are not to change are written back as they
    // were read. What gives rights, or takes them, is a row each, and written only if it is said.
    let _turn = ctx.turns().accounts(id, id).await;
    let mut batch = ctx.batch();
    let facts = AccountFacts::require(&ctx.social, &mut batch, id).await?;
    let profile = changed_profile(&facts.profile, &update)?;
    let settings = changed_settings(&facts.settings, &update)?;
    if update.fields.is_some() {
        links::put_gone(&mut batch, &facts, &profile.fields);
        links::enqueue_looks(ctx, &mut batch, &facts, &profile.fields);
    }
    if profile != facts.profile {
        if facts.profile.locked && !profile.locked {
            relations::accept_waiting(ctx, &mut batch, id);
        }
        put_profile(&mut batch, &facts, profile);
    }
    if settings != facts.settings {
        batch.put::<Accounts>(&id, &AccountSort::Settings, &AccountRow::Settings(settings));
    }
    if !batch.is_empty() {
        batch.commit().await?;
    }
    Ok(())
}

/// What changed of it.
fn put_profile(batch: &mut Batch<'_>, old: &AccountFacts, new: Profile) {
    let (id, old) = (old.id, &old.profile);
    for switch in ProfileSwitch::ALL {
        let on = new.switch(switch);
        if let Some(on) = on.filter(|_| on != old.switch(switch)) {
            let row = AccountRow::Switch(on);
            batch.put::<Accounts>(&id, &AccountSort::Switch(switch), &row);
        }
    }
    let texts = |profile: &Profile| {
        let fields = profile.fields.clone();
        (profile.display_name.clone(), profile.note.clone(), fields)
    };
    if texts(&new) != texts(old) {
        batch.put::<Accounts>(&id, &AccountSort::Profile, &AccountRow::Profile(new));
    }
    batch.emit(Event::AccountChanged {
        account: id,
        change: AccountChange::Profile,
    });
}

fn changed_profile(old: &Profile, update: &ProfileUpdate) -> Result<Profile> {
    let mut profile = old.clone();
    if let Some(name) = &update.display_name {
        profile.display_name = display_name(name)?;
    }
    if let Some(text) = &update.note {
        profile.note = note(text)?;
    }
    if let Some(all) = &update.fields {
        profile.fields = fields(all)?;
    }
    profile.locked = update.locked.unwrap_or(profile.locked);
    profile.bot = update.bot.unwrap_or(profile.bot);
    profile.indexable = update.indexable.unwrap_or(profile.indexable);
    profile.discoverable = update.discoverable.or(profile.discoverable);
    profile.hide_collections = update.hide_collections.or(profile.hide_collections);
    Ok(profile)
}

fn display_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.chars().count() > DISPLAY_NAME_CHARS_MAX || name.len() > DISPLAY_NAME_BYTES_MAX {
        return Err(too_long("Display name", DISPLAY_NAME_CHARS_MAX));
    }
    Ok(name.to_owned())
}

fn note(text: &str) -> Result<String> {
    if count::text_chars(text) > NOTE_CHARS_MAX || text.len() > NOTE_BYTES_MAX {
        return Err(Error::Invalid(format!(
            "Note character limit of {NOTE_CHARS_MAX} exceeded"
        )));
    }
    Ok(text.to_owned())
}

fn fields(all: &[ProfileField]) -> Result<Vec<ProfileField>> {
    let mut fields = Vec::new();
    for field in all {
        let (name, value) = (field.name.trim(), field.value.trim());
        if name.is_empty() && value.is_empty() {
            continue;
        }
        if name.is_empty() {
            return Err(Error::invalid("Profile field name can't be blank"));
        }
        for text in [name, value] {
            if text.chars().count() > FIELD_CHARS_MAX {
                return Err(too_long("Profile field", FIELD_CHARS_MAX));
            }
        }
        fields.push(ProfileField {
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }
    if fields.len() > PROFILE_FIELDS_MAX {
        return Err(Error::Invalid(format!(
            "A profile has at most {PROFILE_FIELDS_MAX} fields"
        )));
    }
    Ok(fields)
}

fn changed_settings(old: &PostingSettings, update: &ProfileUpdate) -> Result<PostingSettings> {
    let mut settings = old.clone();
    if let Some(privacy) = update.privacy {
        if privacy == Visibility::Direct {
            return Err(Error::invalid("Default privacy cannot be direct"));
        }
        settings.privacy = privacy;
    }
    settings.sensitive = update.sensitive.unwrap_or(settings.sensitive);
    if let Some(code) = &update.language {
        // As Mastodon does: one that is not known is none.
        settings.language = Language::parse(code).map(|language| language.code().to_owned());
    }
    Ok(settings)
}

fn too_long(what: &str, max: usize) -> Error {
    Error::Invalid(format!("{what} is too long (maximum is {max} characters)"))
}
