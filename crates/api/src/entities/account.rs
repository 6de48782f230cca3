//! Account, and what an account sees of itself and of those it mutes.

use petrel_model::id::AccountId;
use petrel_social::settings::Settings;
use petrel_social::views::{AccountView, CredentialView, Role};
use schemars::JsonSchema;
use serde::Serialize;

use super::CustomEmoji;
use super::values::{Day, Moment, NOTHING, Nothing, Shown};

#[derive(JsonSchema, Serialize)]
pub struct Account<'a> {
    id: Shown<AccountId>,
    username: &'a str,
    acct: &'a str,
    display_name: &'a str,
    locked: bool,
    bot: bool,
    discoverable: Option<bool>,
    indexable: bool,
    group: bool,
    created_at: Moment,
    note: &'a str,
    url: &'a str,
    uri: &'a str,
    avatar: String,
    avatar_static: String,
    avatar_description: &'static str,
    header: String,
    header_static: String,
    header_description: &'static str,
    followers_count: u64,
    following_count: u64,
    statuses_count: u64,
    last_status_at: Option<Day>,
    hide_collections: Option<bool>,
    noindex: bool,
    show_media: bool,
    show_media_replies: bool,
    show_featured: bool,
    #[serde(skip_serializing_if = "is_false")]
    suspended: bool,
    emojis: Vec<CustomEmoji<'a>>,
    roles: Vec<AccountRole>,
    fields: Vec<Field<'a>>,
    feature_approval: FeatureApproval,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl<'a> Account<'a> {
    pub fn new(view: &'a AccountView, settings: &Settings) -> Account<'a> {
        let profile = &view.profile;
        let hidden = view.suspended;
        let avatar = view.avatar.as_ref().filter(|_| !hidden);
        let header = view.header.as_ref().filter(|_| !hidden);
        Account {
            id: Shown(view.id),
            username: &view.username,
            acct: &view.acct,
            display_name: if hidden { "" } else { &profile.display_name },
            locked: profile.locked,
            bot: profile.bot,
            discoverable: profile.discoverable,
            indexable: profile.indexable,
            group: false,
            created_at: Moment(view.created_at_ms).midnight(),
            note: if hidden { "" } else { &view.note_html },
            url: &view.url,
            uri: &view.uri,
            avatar: settings.avatar_url(avatar),
            avatar_static: settings.avatar_static_url(avatar),
            avatar_description: "",
            header: settings.header_url(header),
            header_static: settings.header_static_url(header),
            header_description: "",
            followers_count: view.followers_count,
            following_count: view.following_count,
            statuses_count: view.statuses_count,
            last_status_at: view.last_status_at_ms.map(Day),
            hide_collections: profile.hide_collections,
            noindex: !profile.indexable,
            show_media: true,
            show_media_replies: true,
            show_featured: true,
            suspended: hidden,
            emojis: if hidden {
                Vec::new()
            } else {
                CustomEmoji::all(&view.emojis)
            },
            roles: AccountRole::of(view.role).into_iter().collect(),
            fields: if hidden {
                Vec::new()
            } else {
                Field::of_profile(view)
            },
            feature_approval: FeatureApproval::NONE,
        }
    }
}

/// A role that is shown on a profile.
#[derive(JsonSchema, Serialize)]
struct AccountRole {
    id: &'static str,
    name: &'static str,
    color: &'static str,
}

impl AccountRole {
    fn of(role: Role) -> Option<AccountRole> {
        let (id, name) = role_of(role)?;
        Some(AccountRole {
            id,
            name,
            color: "",
        })
    }
}

/// Id and name of a role, as Mastodon numbers those that it comes with.
fn role_of(role: Role) -> Option<(&'static str, &'static str)> {
    match role {
        Role::User => None,
        Role::Moderator => Some(("1", "Moderator")),
        Role::Admin => Some(("2", "Admin")),
        Role::Owner => Some(("3", "Owner")),
    }
}

#[derive(JsonSchema, Serialize)]
struct Field<'a> {
    name: &'a str,
    value: &'a str,
    verified_at: Option<Moment>,
}

impl<'a> Field<'a> {
    /// The fields with the values as they are shown, or as they were written.
    fn all(
        view: &'a AccountView,
        fields: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Vec<Field<'a>> {
        let verified = view.fields_verified_at_ms.iter().copied();
        fields
            .zip(verified.chain(std::iter::repeat(None)))
            .map(|((name, value), at_ms)| Field {
                name,
                value,
                verified_at: at_ms.map(Moment),
            })
            .collect()
    }

    fn of_profile(view: &'a AccountView) -> Vec<Field<'a>> {
        let fields = view.fields_html.iter();
        Field::all(
            view,
            fields.map(|(name, html)| (name.as_str(), html.as_str())),
        )
    }

    fn of_source(view: &'a AccountView) -> Vec<Field<'a>> {
        let fields = view.profile.fields.iter();
        Field::all(
            view,
            fields.map(|field| (field.name.as_str(), field.value.as_str())),
        )
    }
}

/// Nobody can be put into a collection yet.
#[derive(JsonSchema, Serialize)]
struct FeatureApproval {
    automatic: Nothing,
    manual: Nothing,
    current_user: &'static str,
}

impl FeatureApproval {
    const NONE: FeatureApproval = FeatureApproval {
        automatic: NOTHING,
        manual: NOTHING,
        current_user: "denied",
    };
}

#[derive(JsonSchema, Serialize)]
pub struct CredentialAccount<'a> {
    #[serde(flatten)]
    account: Account<'a>,
    source: Source<'a>,
    role: AccountOwnRole,
}

#[derive(JsonSchema, Serialize)]
struct Source<'a> {
    privacy: &'static str,
    sensitive: bool,
    language: &'a str,
    note: &'a str,
    fields: Vec<Field<'a>>,
    follow_requests_count: u64,
    hide_collections: Option<bool>,
    discoverable: Option<bool>,
    indexable: bool,
    attribution_domains: Nothing,
    quote_policy: &'static str,
}

/// The role with its rights. There is no moderation API yet, so none of them gives any.
#[derive(JsonSchema, Serialize)]
struct AccountOwnRole {
    id: &'static str,
    name: &'static str,
    color: &'static str,
    permissions: &'static str,
    highlighted: bool,
    collection_limit: u32,
}

impl<'a> CredentialAccount<'a> {
    pub fn new(view: &'a CredentialView, settings: &Settings) -> CredentialAccount<'a> {
        let profile = &view.account.profile;
        let (id, name) = role_of(view.account.role).unwrap_or(("-99", ""));
        CredentialAccount {
            account: Account::new(&view.account, settings),
            source: Source {
                privacy: view.settings.privacy.as_str(),
                sensitive: view.settings.sensitive,
                language: view.settings.language.as_deref().unwrap_or_default(),
                note: &profile.note,
                fields: Field::of_source(&view.account),
                follow_requests_count: view.follow_requests_count,
                hide_collections: profile.hide_collections,
                discoverable: profile.discoverable,
                indexable: profile.indexable,
                attribution_domains: NOTHING,
                quote_policy: "nobody",
            },
            role: AccountOwnRole {
                id,
                name,
                color: "",
                permissions: "0",
                highlighted: view.account.role != Role::User,
                collection_limit: 0,
            },
        }
    }
}

#[derive(JsonSchema, Serialize)]
pub struct MutedAccount<'a> {
    #[serde(flatten)]
    account: Account<'a>,
    mute_expires_at: Option<Moment>,
}

impl<'a> MutedAccount<'a> {
    pub fn new(
        view: &'a AccountView,
        expires_at_ms: Option<u64>,
        settings: &Settings,
    ) -> MutedAccount<'a> {
        MutedAccount {
            account: Account::new(view, settings),
            mute_expires_at: expires_at_ms.map(Moment),
        }
    }
}
