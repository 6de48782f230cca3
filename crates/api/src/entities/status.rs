//! Status, its threads, its earlier versions and its source.

use petrel_model::id::{AccountId, StatusId};
use petrel_social::settings::Settings;
use petrel_social::views::{EditView, MentionView, StatusView};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Moment, NOTHING, Nothing, Shown};
use super::{Account, CustomEmoji, FilterResult, MediaAttachment, Poll};

#[derive(JsonSchema, Serialize)]
pub struct Status<'a> {
    id: Shown<StatusId>,
    created_at: Moment,
    in_reply_to_id: Option<Shown<StatusId>>,
    in_reply_to_account_id: Option<Shown<AccountId>>,
    sensitive: bool,
    spoiler_text: &'a str,
    visibility: &'static str,
    language: Option<&'a str>,
    uri: &'a str,
    url: &'a str,
    replies_count: u64,
    reblogs_count: u64,
    favourites_count: u64,
    quotes_count: u64,
    edited_at: Option<Moment>,
    // What only a viewer who is logged in is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    favourited: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reblogged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    muted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bookmarked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filtered: Option<Vec<FilterResult<'a>>>,
    content: &'a str,
    /// What its author wrote; only given with a status that was deleted, to be written anew.
    text: Option<&'a str>,
    reblog: Option<Box<Status<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<StatusApplication<'a>>,
    account: Account<'a>,
    media_attachments: Vec<MediaAttachment<'a>>,
    mentions: Vec<Mention<'a>>,
    tags: Vec<StatusTag<'a>>,
    emojis: Vec<CustomEmoji<'a>>,
    card: Option<()>,
    poll: Option<Poll<'a>>,
    quote: Option<()>,
    quote_approval: QuoteApproval,
    tagged_collections: Nothing,
}

impl<'a> Status<'a> {
    pub fn new(view: &'a StatusView, settings: &'a Settings) -> Status<'a> {
        let reblog = view.reblog.as_deref();
        let viewer = view.viewer;
        Status {
            id: Shown(view.id),
            created_at: Moment(view.created_at_ms),
            in_reply_to_id: view.in_reply_to.map(|(status, _)| Shown(status)),
            in_reply_to_account_id: view.in_reply_to.map(|(_, account)| Shown(account)),
            sensitive: view.sensitive,
            spoiler_text: &view.spoiler_text,
            visibility: view.visibility.as_str(),
            language: view.language.as_deref(),
            uri: &view.uri,
            url: &view.url,
            replies_count: view.replies_count,
            reblogs_count: view.reblogs_count,
            favourites_count: view.favourites_count,
            quotes_count: 0,
            edited_at: view.edited_at_ms.map(Moment),
            favourited: viewer.map(|state| state.favourited),
            reblogged: viewer.map(|state| state.reblogged),
            muted: viewer.map(|state| state.muted),
            bookmarked: viewer.map(|state| state.bookmarked),
            pinned: viewer.map(|state| state.pinned),
            filtered: viewer.map(|_| FilterResult::all(&view.filtered)),
            content: &view.content_html,
            text: None,
            reblog: reblog.map(|inner| Box::new(Status::new(inner, settings))),
            application: view.application.as_ref().map(|app| StatusApplication {
                name: &app.name,
                website: app.website.as_deref(),
            }),
            account: Account::new(&view.account, settings),
            media_attachments: MediaAttachment::all(&view.media),
            mentions: view.mentions.iter().map(Mention::new).collect(),
            tags: StatusTag::of(&view.tags, settings),
            emojis: CustomEmoji::all(&view.emojis),
            card: None,
            poll: view.poll.as_ref().map(Poll::new),
            quote: None,
            quote_approval: QuoteApproval::NONE,
            tagged_collections: NOTHING,
        }
    }

    /// As it is given to its author when it was deleted.
    pub fn with_source(view: &'a StatusView, settings: &'a Settings) -> Status<'a> {
        Status {
            text: Some(&view.text),
            ..Status::new(view, settings)
        }
    }
}

#[derive(JsonSchema, Serialize)]
struct StatusApplication<'a> {
    name: &'a str,
    website: Option<&'a str>,
}

#[derive(JsonSchema, Serialize)]
struct Mention<'a> {
    id: Shown<AccountId>,
    username: &'a str,
    url: &'a str,
    acct: &'a str,
}

impl<'a> Mention<'a> {
    fn new(view: &'a MentionView) -> Mention<'a> {
        Mention {
            id: Shown(view.id),
            username: &view.username,
            url: &view.url,
            acct: &view.acct,
        }
    }
}

#[derive(JsonSchema, Serialize)]
struct StatusTag<'a> {
    name: &'a str,
    url: String,
}

impl<'a> StatusTag<'a> {
    fn of(tags: &'a [String], settings: &Settings) -> Vec<StatusTag<'a>> {
        let tags = tags.iter().map(|name| StatusTag {
            name,
            url: settings.tag_url(name),
        });
        tags.collect()
    }
}

/// Nobody can quote yet.
#[derive(JsonSchema, Serialize)]
struct QuoteApproval {
    automatic: Nothing,
    manual: Nothing,
    current_user: &'static str,
}

impl QuoteApproval {
    const NONE: QuoteApproval = QuoteApproval {
        automatic: NOTHING,
        manual: NOTHING,
        current_user: "denied",
    };
}

#[derive(JsonSchema, Serialize)]
pub struct Context<'a> {
    ancestors: Vec<Status<'a>>,
    descendants: Vec<Status<'a>>,
}

impl<'a> Context<'a> {
    pub fn new(
        ancestors: &'a [StatusView],
        descendants: &'a [StatusView],
        settings: &'a Settings,
    ) -> Context<'a> {
        let entities = |views: &'a [StatusView]| {
            let views = views.iter();
            views.map(|view| Status::new(view, settings)).collect()
        };
        Context {
            ancestors: entities(ancestors),
            descendants: entities(descendants),
        }
    }
}

#[derive(JsonSchema, Serialize)]
pub struct StatusEdit<'a> {
    content: &'a str,
    spoiler_text: &'a str,
    sensitive: bool,
    created_at: Moment,
    account: Account<'a>,
    media_attachments: Vec<MediaAttachment<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<EditedPoll<'a>>,
    emojis: Vec<CustomEmoji<'a>>,
}

/// What could be chosen in the poll of an earlier version.
#[derive(JsonSchema, Serialize)]
struct EditedPoll<'a> {
    options: Vec<EditedOption<'a>>,
}

#[derive(JsonSchema, Serialize)]
struct EditedOption<'a> {
    title: &'a str,
}

impl<'a> EditedPoll<'a> {
    fn new(options: &'a [String]) -> EditedPoll<'a> {
        let options = options.iter().map(|title| EditedOption { title });
        EditedPoll {
            options: options.collect(),
        }
    }
}

impl<'a> StatusEdit<'a> {
    pub fn new(view: &'a EditView, settings: &Settings) -> StatusEdit<'a> {
        StatusEdit {
            content: &view.content_html,
            spoiler_text: &view.spoiler_text,
            sensitive: view.sensitive,
            created_at: Moment(view.created_at_ms),
            account: Account::new(&view.account, settings),
            media_attachments: MediaAttachment::all(&view.media),
            poll: view.poll_options.as_deref().map(EditedPoll::new),
            emojis: CustomEmoji::all(&view.emojis),
        }
    }
}

#[derive(JsonSchema, Serialize)]
pub struct StatusSource<'a> {
    pub id: Shown<StatusId>,
    pub text: &'a str,
    pub spoiler_text: &'a str,
}
