//! How much there may be of anything that a person writes, owns or asks for.
//!
//! Where Mastodon has a number, it is Mastodon's; the rest keeps commands within the store's limits.

/// Characters of a status, its content warning included, as [`crate::text::count`] counts them.
pub const STATUS_CHARS_MAX: usize = 500;
/// What every link counts, however long it is, in characters.
pub const CHARACTERS_PER_URL: usize = 23;
/// Bytes of a status and its content warning: what 500 characters of four bytes and long links need,
/// and few enough that the largest command stays within one batch.
pub const STATUS_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a status with attachments: its texts and their descriptions. The attachments' own rows
/// take the rest of the batch.
pub const STATUS_WITH_MEDIA_BYTES_MAX: usize = STATUS_BYTES_MAX - 512;
/// Accounts that one status may name.
pub const MENTIONS_MAX: usize = 50;
/// Mentions whose notification is written with the status itself, if there is room for them;
/// further ones go by a job.
pub const MENTIONS_NOTIFIED_AT_ONCE_MAX: usize = 30;
/// Hashtags that one status is listed under; further ones are only shown.
pub const TAGS_MAX: usize = 30;
/// Bytes of the hashtags that one status is listed under, folded or as written, whichever is
/// more; further ones are only shown. Folding may make one many times as long.
pub const TAGS_BYTES_MAX: usize = 1_536;
/// Bytes of one such hashtag, when folded: it is part of a key.
pub const TAG_BYTES_MAX: usize = 512;
/// Characters of a hashtag without its `#`.
pub const TAG_CHARS_MAX: usize = 100;
/// Files attached to a status.
pub const STATUS_MEDIA_MAX: usize = 4;
/// Characters of a file's description.
pub const MEDIA_DESCRIPTION_CHARS_MAX: usize = 1_500;
/// Bytes of a file's description: what as many characters may take.
pub const MEDIA_DESCRIPTION_BYTES_MAX: usize = 4 * MEDIA_DESCRIPTION_CHARS_MAX;
/// How often a status may be edited.
pub const EDITS_MAX: usize = 100;
/// Statuses shown of a thread above a status when asked by a person who is logged in.
pub const ANCESTORS_MAX: usize = 4_096;
/// The same for a visitor.
pub const ANCESTORS_ANONYMOUS_MAX: usize = 40;
/// Statuses shown of a thread below a status when asked by a person who is logged in.
pub const DESCENDANTS_MAX: usize = 4_096;
/// The same for a visitor.
pub const DESCENDANTS_ANONYMOUS_MAX: usize = 60;
/// How deep a visitor sees below a status, in replies.
pub const DESCENDANTS_ANONYMOUS_DEPTH_MAX: usize = 20;
/// Statuses pinned to one profile.
pub const PINS_MAX: usize = 5;

/// Scheduled statuses that one account may have waiting.
pub const SCHEDULED_MAX: usize = 300;
/// Statuses that one account may schedule for one day (UTC).
pub const SCHEDULED_A_DAY_MAX: usize = 25;
/// How far ahead a status is scheduled at least, in milliseconds.
pub const SCHEDULED_AHEAD_MS_MIN: u64 = 5 * 60 * 1_000;

/// Options of a poll at most.
pub const POLL_OPTIONS_MAX: usize = 4;
/// Characters of one option of a poll, as [`crate::text::count::chars`] counts them.
pub const POLL_OPTION_CHARS_MAX: usize = 50;
/// Bytes of one option of a poll: combining characters are free in a character count.
pub const POLL_OPTION_BYTES_MAX: usize = 200;
/// How long a poll is open at least, in seconds.
pub const POLL_OPEN_S_MIN: u64 = 5 * 60;
/// How long a poll is open at most, in seconds: a month.
pub const POLL_OPEN_S_MAX: u64 = 2_629_746;

/// Characters of a user name.
pub const USERNAME_CHARS_MAX: usize = 30;
/// Characters of a display name.
pub const DISPLAY_NAME_CHARS_MAX: usize = 30;
/// Bytes of a display name: combining characters are free in a character count.
pub const DISPLAY_NAME_BYTES_MAX: usize = 400;
/// Characters of a profile's text, as [`crate::text::count`] counts them.
pub const NOTE_CHARS_MAX: usize = 500;
/// Bytes of a profile's text.
pub const NOTE_BYTES_MAX: usize = 8 * 1024;
/// Rows of a profile's table.
pub const PROFILE_FIELDS_MAX: usize = 4;
/// Characters of a profile row's name, and of its value.
pub const FIELD_CHARS_MAX: usize = 255;
/// Bytes of an e-mail address (RFC 5321, 4.5.3.1).
pub const EMAIL_BYTES_MAX: usize = 254;
/// Characters of a password at least.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Bytes of a password at most: hashing is dear.
pub const PASSWORD_BYTES_MAX: usize = 128;
/// Characters of the reason given when asking for an account.
pub const SIGN_UP_REASON_CHARS_MAX: usize = 2_000;
/// Characters of a private note about an account.
pub const RELATION_NOTE_CHARS_MAX: usize = 2_000;

/// Accounts that one account may follow.
pub const FOLLOWS_MAX: usize = 7_500;
/// Follow requests that one account may have waiting at others.
pub const FOLLOW_REQUESTS_MAX: usize = 7_500;
/// Accounts that one account may block.
pub const BLOCKS_MAX: usize = 10_000;
/// Accounts that one account may mute.
pub const MUTES_MAX: usize = 10_000;
/// Private notes about accounts that one account may keep.
pub const RELATION_NOTES_MAX: usize = 10_000;
/// Domains that one account may block.
pub const DOMAIN_BLOCKS_MAX: usize = 1_000;
/// Accounts in one request for who of those one follows follows them.
pub const FAMILIAR_ACCOUNTS_MAX: usize = 10;
/// Characters of a report's comment.
pub const REPORT_COMMENT_CHARS_MAX: usize = 1_000;
/// Statuses in one report.
pub const REPORT_STATUSES_MAX: usize = 100;
/// Rules that one report says are broken.
pub const REPORT_RULES_MAX: usize = 100;
/// Reports that operators are listed at once.
pub const REPORTS_PAGE_MAX: usize = 1_000;
/// Languages that a follow may be narrowed to.
pub const FOLLOW_LANGUAGES_MAX: usize = 20;

/// Filters of one account.
pub const FILTERS_MAX: usize = 100;
/// Characters of a filter's title.
pub const FILTER_TITLE_CHARS_MAX: usize = 256;
/// Keywords of all filters of one account.
pub const FILTER_KEYWORDS_MAX: usize = 400;
/// Characters of a keyword.
pub const FILTER_KEYWORD_CHARS_MAX: usize = 512;
/// Bytes of all keywords of one account: they are made ready for each viewer, and kept.
pub const FILTER_KEYWORDS_BYTES_MAX: usize = 32 * 1024;
/// Keywords that one request adds to a filter, changes or removes.
pub const FILTER_KEYWORDS_PER_REQUEST_MAX: usize = 40;
/// Bytes of the keywords of one request.
pub const FILTER_KEYWORDS_PER_REQUEST_BYTES_MAX: usize = 8 * 1024;
/// Statuses in all filters of one account.
pub const FILTER_STATUSES_MAX: usize = 1_000;

/// Characters of a custom emoji's shortcode, without colons; as Mastodon.
pub const SHORTCODE_CHARS_MIN: usize = 2;
pub const SHORTCODE_CHARS_MAX: usize = 128;
/// Characters of the category that a custom emoji is in.
pub const EMOJI_CATEGORY_CHARS_MAX: usize = 100;
/// Custom emojis of one server, those that were removed lately included.
pub const CUSTOM_EMOJIS_MAX: usize = 2_000;

/// Lists of accounts that one account may have.
pub const ACCOUNT_LISTS_MAX: usize = 50;
/// Accounts on one such list.
pub const ACCOUNT_LIST_MEMBERS_MAX: usize = 5_000;
/// Accounts put on a list, or taken off it, by one request: all are one batch.
pub const ACCOUNT_LIST_CHANGES_MAX: usize = 80;
/// Characters of a list's title.
pub const ACCOUNT_LIST_TITLE_CHARS_MAX: usize = 256;
/// Hashtags that one account may follow.
pub const FOLLOWED_TAGS_MAX: usize = 500;
/// Hashtags that one account may feature on its profile.
pub const FEATURED_TAGS_MAX: usize = 10;

/// Statuses of a page when nothing is asked for.
pub const STATUSES_PAGE_DEFAULT: usize = 20;
/// Statuses of a page at most.
pub const STATUSES_PAGE_MAX: usize = 40;
/// Accounts of a page when nothing is asked for.
pub const ACCOUNTS_PAGE_DEFAULT: usize = 40;
/// Accounts of a page at most.
pub const ACCOUNTS_PAGE_MAX: usize = 80;
/// Blocked domains of a page when nothing is asked for.
pub const DOMAINS_PAGE_DEFAULT: usize = 100;
/// Blocked domains of a page at most.
pub const DOMAINS_PAGE_MAX: usize = 200;
/// Followed hashtags of a page when nothing is asked for.
pub const FOLLOWED_TAGS_PAGE_DEFAULT: usize = 100;
/// Followed hashtags of a page at most.
pub const FOLLOWED_TAGS_PAGE_MAX: usize = 200;
/// Notifications of a page when nothing is asked for.
pub const NOTIFICATIONS_PAGE_DEFAULT: usize = 40;
/// Notifications of a page at most.
pub const NOTIFICATIONS_PAGE_MAX: usize = 80;
/// How far unread notifications are counted when nothing is asked for.
pub const NOTIFICATIONS_UNREAD_DEFAULT: usize = 100;
/// How far unread notifications are counted at most.
pub const NOTIFICATIONS_UNREAD_MAX: usize = 1_000;
/// Search results of a kind when nothing is asked for.
pub const SEARCH_PAGE_DEFAULT: usize = 20;
/// Search results of a kind at most.
pub const SEARCH_PAGE_MAX: usize = 40;
/// How far into its results a search may be paged.
pub const SEARCH_OFFSET_MAX: usize = 1_000;
/// Rows looked at for one page; what is found until then is the page, with a `next` link.
pub const PAGE_ROWS_MAX: usize = 1_000;
/// Ids in one request for several things (relationships, statuses, accounts).
pub const IDS_PER_REQUEST_MAX: usize = 100;
/// Characters of a search query.
pub const QUERY_CHARS_MAX: usize = 500;
/// Words of a display name that an account is found by.
pub const SEARCH_WORDS_MAX: usize = 10;
/// Bytes of a folded search word; the rest is cut off.
pub const SEARCH_WORD_BYTES_MAX: usize = 64;

/// Older entries among which a reblog's target keeps the reblog out of home.
pub const REBLOG_GAP: usize = 40;

/// Characters of an app's name.
pub const APP_NAME_CHARS_MAX: usize = 60;
/// Bytes of an app's website or of one redirect URI.
pub const APP_URI_BYTES_MAX: usize = 2_000;
/// Redirect URIs of an app.
pub const APP_REDIRECT_URIS_MAX: usize = 10;
/// Bytes of an idempotency key.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
