//! What reads answer: facts put together for one viewer, judged by the gate, ready to be presented.

use std::sync::Arc;

use petrel_model::choices::Choices;
use petrel_model::id::{AccountId, Id, NotificationId, StatusId};
use petrel_model::visibility::Visibility;

pub use crate::accounts::table::{
    Picture, PictureFiles, PostingSettings, Profile, ProfileField, Role,
};
pub use crate::filters::table::{FilterAction, FilterContext, FilterSettings};
pub use crate::media::{MediaState, MediaView};
pub use crate::notifications::table::NotificationKind;
pub use crate::scheduled::table::{ScheduledPoll, ScheduledStatus};

#[derive(Clone, Debug, PartialEq)]
pub struct AccountView {
    pub id: AccountId,
    pub username: String,
    pub acct: String,
    pub profile: Profile,
    pub created_at_ms: u64,
    pub suspended: bool,
    pub role: Role,
    pub followers_count: u64,
    pub following_count: u64,
    pub statuses_count: u64,
    pub last_status_at_ms: Option<u64>,
    pub note_html: String,
    /// Name and HTML of each field.
    pub fields_html: Vec<(String, String)>,
    /// When each field was found to link back, in Unix milliseconds.
    pub fields_verified_at_ms: Vec<Option<u64>>,
    pub url: String,
    pub uri: String,
    pub avatar: Option<Picture>,
    pub header: Option<Picture>,
    /// The custom emojis in its texts.
    pub emojis: Vec<Arc<EmojiView>>,
}

/// What an account sees of itself.
#[derive(Clone, Debug)]
pub struct CredentialView {
    pub account: Arc<AccountView>,
    pub settings: PostingSettings,
    pub follow_requests_count: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StatusView {
    pub id: StatusId,
    pub created_at_ms: u64,
    pub account: Arc<AccountView>,
    pub visibility: Visibility,
    pub sensitive: bool,
    pub spoiler_text: String,
    pub language: Option<String>,
    /// As its author wrote it.
    pub text: String,
    pub content_html: String,
    pub in_reply_to: Option<(StatusId, AccountId)>,
    pub mentions: Vec<MentionView>,
    /// As written.
    pub tags: Vec<String>,
    pub application: Option<ApplicationView>,
    pub edited_at_ms: Option<u64>,
    pub uri: String,
    pub url: String,
    pub replies_count: u64,
    pub reblogs_count: u64,
    pub favourites_count: u64,
    pub reblog: Option<Box<StatusView>>,
    /// As the viewer may fetch it.
    pub media: Vec<MediaView>,
    /// None for an anonymous viewer.
    pub viewer: Option<ViewerState>,
    /// The viewer's filters that match it.
    pub filtered: Vec<FilterResult>,
    pub poll: Option<PollView>,
    /// The custom emojis in its texts, its poll's included.
    pub emojis: Vec<Arc<EmojiView>>,
}

/// A poll at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollView {
    /// Of its status.
    pub id: StatusId,
    pub options: Vec<PollOptionView>,
    pub expires_at_ms: u64,
    pub expired: bool,
    pub multiple: bool,
    pub votes_count: u64,
    pub voters_count: u64,
    /// None for an anonymous viewer.
    pub viewer: Option<PollViewer>,
    /// The custom emojis in its options.
    pub emojis: Vec<Arc<EmojiView>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollOptionView {
    pub title: String,
    /// None while it is hidden.
    pub votes_count: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollViewer {
    pub voted: bool,
    pub own_votes: Choices,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewerState {
    pub favourited: bool,
    pub reblogged: bool,
    pub bookmarked: bool,
    pub muted: bool,
    /// Meaningful for the viewer's own statuses.
    pub pinned: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentionView {
    pub id: AccountId,
    pub username: String,
    pub acct: String,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationView {
    pub name: String,
    pub website: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationshipView {
    pub id: AccountId,
    pub following: bool,
    pub showing_reblogs: bool,
    pub notifying: bool,
    pub languages: Option<Vec<String>>,
    pub followed_by: bool,
    pub blocking: bool,
    pub blocked_by: bool,
    pub muting: bool,
    pub muting_notifications: bool,
    pub muting_expires_at_ms: Option<u64>,
    pub requested: bool,
    pub requested_by: bool,
    pub note: String,
}

#[derive(Clone, Debug)]
pub struct NotificationView {
    pub id: NotificationId,
    pub kind: NotificationKind,
    pub created_at_ms: u64,
    pub account: Arc<AccountView>,
    pub status: Option<StatusView>,
}

/// One version of a status.
#[derive(Clone, Debug)]
pub struct EditView {
    pub content_html: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub created_at_ms: u64,
    pub account: Arc<AccountView>,
    pub media: Vec<MediaView>,
    /// What could be chosen in its poll.
    pub poll_options: Option<Vec<String>>,
    pub emojis: Vec<Arc<EmojiView>>,
}

/// A custom emoji.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmojiView {
    /// Without colons.
    pub shortcode: String,
    pub id: Id,
    pub files: PictureFiles,
    pub url: String,
    /// The same, not moving.
    pub static_url: String,
    pub category: Option<String>,
    pub visible_in_picker: bool,
}

/// One filter of its owner's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterView {
    pub id: Id,
    pub settings: FilterSettings,
    pub keywords: Vec<FilterKeywordView>,
    pub statuses: Vec<FilterStatusView>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterKeywordView {
    pub id: Id,
    pub keyword: String,
    pub whole_word: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterStatusView {
    /// Of its being in the filter.
    pub id: Id,
    pub status: StatusId,
}

/// A filter of the viewer's that matches a status, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterResult {
    pub filter: Arc<FilterView>,
    /// As it stands in the status.
    pub keyword: Option<String>,
    /// None if the filter has no statuses at all.
    pub statuses: Option<Vec<StatusId>>,
}

/// A status that waits for its time.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduledView {
    pub id: Id,
    /// Unix milliseconds.
    pub at_ms: u64,
    pub status: ScheduledStatus,
    pub media: Vec<MediaView>,
}

/// The direct statuses of one thread among the same people, as one of them finds it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationView {
    pub id: Id,
    pub unread: bool,
    /// Everybody else, or oneself if there is nobody else.
    pub accounts: Vec<Arc<AccountView>>,
    pub last_status: Option<StatusView>,
}
