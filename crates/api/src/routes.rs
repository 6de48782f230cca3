//! Every route as data: the router is built from this table, and tests walk it.

use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::handlers::{
    account_verbs, accounts, apps, authorize, conversations, discovery, domain_blocks, emojis,
    empty, files, filters, filters_v1, instance, lists, markers, marks, media, notifications,
    openapi, pictures, polls, profile, registration, relations, reports, scheduled_statuses,
    search, sessions, sign_up, statuses, tags, timelines, token,
};
use crate::middleware::Limit;
use crate::state::ApiState;
use crate::{pages, streaming};

/// What an answer may show that is not for everyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// Statuses, and with them accounts.
    Statuses,
    Accounts,
    /// Neither.
    Nothing,
}

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Programs, from any origin.
    Api,
    /// People, in a browser that keeps cookies for us.
    Page,
}

pub struct Route {
    pub method: Method,
    /// As axum writes it: `/api/v1/statuses/{id}`.
    pub path: &'static str,
    pub returns: Returns,
    pub surface: Surface,
    pub(crate) limit: Option<&'static Limit>,
    /// Its body may take long to come.
    pub(crate) is_slow: bool,
    pub(crate) mount: fn(MethodFilter) -> MethodRouter<ApiState>,
}

type Mount = fn(MethodFilter) -> MethodRouter<ApiState>;

const fn api(method: Method, path: &'static str, returns: Returns, mount: Mount) -> Route {
    Route {
        method,
        path,
        returns,
        surface: Surface::Api,
        limit: None,
        is_slow: false,
        mount,
    }
}

const fn page(method: Method, path: &'static str, mount: Mount) -> Route {
    Route {
        method,
        path,
        returns: Returns::Nothing,
        surface: Surface::Page,
        limit: None,
        is_slow: false,
        mount,
    }
}

impl Route {
    const fn limited(mut self, limit: &'static Limit) -> Route {
        self.limit = Some(limit);
        self
    }

    const fn slow(mut self) -> Route {
        self.is_slow = true;
        self
    }
}

pub fn route_table() -> &'static [Route] {
    ROUTES
}

use Returns::{Accounts, Nothing, Statuses};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

#[rustfmt::skip]
static ROUTES: &[Route] = &[
    // What this place is.
    api(GET, "/api/v1/instance", Nothing, |m| on(m, instance::v1)),
    api(GET, "/api/v2/instance", Nothing, |m| on(m, instance::v2)),
    api(GET, "/api/v1/instance/rules", Nothing, |m| on(m, instance::rules)),
    api(GET, "/api/v1/instance/peers", Nothing, |m| on(m, instance::nothing)),
    api(GET, "/api/v1/custom_emojis", Nothing, |m| on(m, emojis::list)),
    api(GET, "/emojis/{id}/{file}", Nothing, |m| on(m, emojis::show)).limited(&Limit::FETCH),
    api(GET, "/api/openapi.json", Nothing, |m| on(m, openapi::document)),
    api(GET, "/api/v1/instance/domain_blocks", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/api/v1/instance/extended_description", Nothing, |m| on(m, instance::extended_description)),
    api(GET, "/api/v1/instance/privacy_policy", Nothing, |m| on(m, instance::privacy_policy)),
    api(GET, "/api/v1/instance/terms_of_service", Nothing, |m| on(m, instance::terms_of_service)),
    api(GET, "/api/v1/instance/languages", Nothing, |m| on(m, instance::languages)),
    api(GET, "/api/v1/instance/translation_languages", Nothing, |m| on(m, empty::map_for_everyone)),
    api(GET, "/api/v1/announcements", Nothing, |m| on(m, empty::for_people)),
    api(GET, "/api/v1/trends", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/api/v1/trends/tags", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/api/v1/trends/statuses", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/api/v1/trends/links", Nothing, |m| on(m, empty::for_everyone)),
    api(GET, "/health", Nothing, |m| on(m, instance::health)),
    api(GET, "/nodeinfo/2.0", Nothing, |m| on(m, discovery::nodeinfo)),
    api(GET, "/.well-known/nodeinfo", Nothing, |m| on(m, discovery::nodeinfo_links)),
    api(GET, "/.well-known/webfinger", Accounts, |m| on(m, discovery::webfinger)),
    api(GET, "/.well-known/host-meta", Nothing, |m| on(m, discovery::host_meta)),
    api(GET, "/.well-known/host-meta.json", Nothing, |m| on(m, discovery::host_meta_json)),
    api(GET, "/.well-known/oauth-authorization-server", Nothing, |m| on(m, discovery::authorization_server)),

    // Access.
    api(POST, "/api/v1/apps", Nothing, |m| on(m, apps::create)).limited(&Limit::REGISTER_APP),
    api(GET, "/api/v1/apps/verify_credentials", Nothing, |m| on(m, apps::verify_credentials)),
    api(POST, "/api/v1/accounts", Nothing, |m| on(m, registration::create)).limited(&Limit::SIGN_UP),
    api(POST, "/oauth/token", Nothing, |m| on(m, token::create)),
    api(POST, "/oauth/revoke", Nothing, |m| on(m, token::revoke)),
    api(GET, "/oauth/userinfo", Accounts, |m| on(m, token::userinfo)),
    api(POST, "/oauth/userinfo", Accounts, |m| on(m, token::userinfo)),
    page(GET, "/oauth/authorize", |m| on(m, authorize::show)),
    page(POST, "/oauth/authorize", |m| on(m, authorize::decide)),
    page(DELETE, "/oauth/authorize", |m| on(m, authorize::decide)),
    page(GET, "/auth/sign_in", |m| on(m, sessions::show)),
    page(POST, "/auth/sign_in", |m| on(m, sessions::create)).limited(&Limit::LOG_IN),
    page(POST, "/auth/sign_out", |m| on(m, sessions::delete)),
    page(GET, "/auth/sign_up", |m| on(m, sign_up::show)),
    page(POST, "/auth/sign_up", |m| on(m, sign_up::create)).limited(&Limit::SIGN_UP),
    page(GET, "/auth/confirmation", |m| on(m, sign_up::confirm)).limited(&Limit::LOG_IN),
    page(GET, "/auth/style.css", |m| on(m, pages::style)),

    // The caller's own account.
    api(GET, "/api/v1/accounts/verify_credentials", Accounts, |m| on(m, profile::verify_credentials)),
    api(PATCH, "/api/v1/accounts/update_credentials", Accounts, |m| on(m, profile::update_credentials)).limited(&Limit::PROFILE).slow(),
    api(PUT, "/api/v1/accounts/update_credentials", Accounts, |m| on(m, profile::update_credentials)).limited(&Limit::PROFILE).slow(),
    api(DELETE, "/api/v1/profile/avatar", Accounts, |m| on(m, pictures::delete_avatar)),
    api(DELETE, "/api/v1/profile/header", Accounts, |m| on(m, pictures::delete_header)),
    api(GET, "/api/v1/preferences", Nothing, |m| on(m, profile::preferences)),
    api(GET, "/api/v1/follow_requests", Accounts, |m| on(m, relations::follow_requests)),
    api(POST, "/api/v1/follow_requests/{id}/authorize", Nothing, |m| on(m, account_verbs::authorize)),
    api(POST, "/api/v1/follow_requests/{id}/reject", Nothing, |m| on(m, account_verbs::reject)),
    api(GET, "/api/v1/blocks", Accounts, |m| on(m, relations::blocks)),
    api(GET, "/api/v1/mutes", Accounts, |m| on(m, relations::mutes)),

    // What the caller filters.
    api(GET, "/api/v1/filters", Nothing, |m| on(m, filters_v1::list)),
    api(POST, "/api/v1/filters", Nothing, |m| on(m, filters_v1::create)),
    api(GET, "/api/v1/filters/{id}", Nothing, |m| on(m, filters_v1::show)),
    api(PUT, "/api/v1/filters/{id}", Nothing, |m| on(m, filters_v1::update)),
    api(PATCH, "/api/v1/filters/{id}", Nothing, |m| on(m, filters_v1::update)),
    api(DELETE, "/api/v1/filters/{id}", Nothing, |m| on(m, filters_v1::delete)),
    api(GET, "/api/v2/filters", Nothing, |m| on(m, filters::list)),
    api(POST, "/api/v2/filters", Nothing, |m| on(m, filters::create)),
    api(GET, "/api/v2/filters/{id}", Nothing, |m| on(m, filters::show)),
    api(PUT, "/api/v2/filters/{id}", Nothing, |m| on(m, filters::update)),
    api(PATCH, "/api/v2/filters/{id}", Nothing, |m| on(m, filters::update)),
    api(DELETE, "/api/v2/filters/{id}", Nothing, |m| on(m, filters::delete)),
    api(GET, "/api/v2/filters/{id}/keywords", Nothing, |m| on(m, filters::keywords)),
    api(POST, "/api/v2/filters/{id}/keywords", Nothing, |m| on(m, filters::add_keyword)),
    api(GET, "/api/v2/filters/keywords/{id}", Nothing, |m| on(m, filters::show_keyword)),
    api(PUT, "/api/v2/filters/keywords/{id}", Nothing, |m| on(m, filters::change_keyword)),
    api(PATCH, "/api/v2/filters/keywords/{id}", Nothing, |m| on(m, filters::change_keyword)),
    api(DELETE, "/api/v2/filters/keywords/{id}", Nothing, |m| on(m, filters::remove_keyword)),
    api(GET, "/api/v2/filters/{id}/statuses", Nothing, |m| on(m, filters::statuses)),
    api(POST, "/api/v2/filters/{id}/statuses", Nothing, |m| on(m, filters::add_status)),
    api(GET, "/api/v2/filters/statuses/{id}", Nothing, |m| on(m, filters::show_status)),
    api(DELETE, "/api/v2/filters/statuses/{id}", Nothing, |m| on(m, filters::remove_status)),
    api(GET, "/api/v1/domain_blocks", Nothing, |m| on(m, domain_blocks::list)),
    api(POST, "/api/v1/domain_blocks", Nothing, |m| on(m, domain_blocks::block)),
    api(DELETE, "/api/v1/domain_blocks", Nothing, |m| on(m, domain_blocks::unblock)),
    api(GET, "/api/v1/domain_blocks/preview", Nothing, |m| on(m, domain_blocks::preview)),
    api(POST, "/api/v1/reports", Accounts, |m| on(m, reports::create)).limited(&Limit::REPORT),
    api(GET, "/api/v1/markers", Nothing, |m| on(m, markers::show)),
    api(POST, "/api/v1/markers", Nothing, |m| on(m, markers::update)),
    api(GET, "/api/v1/endorsements", Nothing, |m| on(m, empty::for_people)),
    api(GET, "/api/v1/suggestions", Nothing, |m| on(m, empty::for_people)),
    api(GET, "/api/v2/suggestions", Nothing, |m| on(m, empty::for_people)),

    // Accounts.
    api(GET, "/api/v1/accounts", Accounts, |m| on(m, accounts::list)),
    api(GET, "/api/v1/accounts/lookup", Accounts, |m| on(m, accounts::lookup)),
    api(GET, "/api/v1/accounts/search", Accounts, |m| on(m, accounts::search)),
    api(GET, "/api/v1/accounts/relationships", Nothing, |m| on(m, accounts::relationships)),
    api(GET, "/api/v1/accounts/familiar_followers", Accounts, |m| on(m, accounts::familiar_followers)),
    api(GET, "/api/v1/accounts/{id}", Accounts, |m| on(m, accounts::show)),
    api(GET, "/api/v1/accounts/{id}/statuses", Statuses, |m| on(m, accounts::statuses)),
    api(GET, "/api/v1/accounts/{id}/followers", Accounts, |m| on(m, accounts::followers)),
    api(GET, "/api/v1/accounts/{id}/following", Accounts, |m| on(m, accounts::following)),
    api(GET, "/api/v1/accounts/{id}/endorsements", Nothing, |m| on(m, empty::of_account)),
    api(GET, "/api/v1/accounts/{id}/identity_proofs", Nothing, |m| on(m, empty::of_account)),
    api(POST, "/api/v1/accounts/{id}/follow", Nothing, |m| on(m, account_verbs::follow)).limited(&Limit::FOLLOW),
    api(POST, "/api/v1/accounts/{id}/unfollow", Nothing, |m| on(m, account_verbs::unfollow)),
    api(POST, "/api/v1/accounts/{id}/block", Nothing, |m| on(m, account_verbs::block)),
    api(POST, "/api/v1/accounts/{id}/unblock", Nothing, |m| on(m, account_verbs::unblock)),
    api(POST, "/api/v1/accounts/{id}/mute", Nothing, |m| on(m, account_verbs::mute)),
    api(POST, "/api/v1/accounts/{id}/unmute", Nothing, |m| on(m, account_verbs::unmute)),
    api(POST, "/api/v1/accounts/{id}/note", Nothing, |m| on(m, account_verbs::note)),
    api(POST, "/api/v1/accounts/{id}/remove_from_followers", Nothing, |m| on(m, account_verbs::remove_from_followers)),

    // Lists of accounts.
    api(GET, "/api/v1/lists", Nothing, |m| on(m, lists::all)),
    api(POST, "/api/v1/lists", Nothing, |m| on(m, lists::create)),
    api(GET, "/api/v1/lists/{id}", Nothing, |m| on(m, lists::show)),
    api(PUT, "/api/v1/lists/{id}", Nothing, |m| on(m, lists::update)),
    api(PATCH, "/api/v1/lists/{id}", Nothing, |m| on(m, lists::update)),
    api(DELETE, "/api/v1/lists/{id}", Nothing, |m| on(m, lists::delete)),
    api(GET, "/api/v1/lists/{id}/accounts", Accounts, |m| on(m, lists::accounts)),
    api(POST, "/api/v1/lists/{id}/accounts", Nothing, |m| on(m, lists::add)),
    api(DELETE, "/api/v1/lists/{id}/accounts", Nothing, |m| on(m, lists::remove)),
    api(GET, "/api/v1/accounts/{id}/lists", Nothing, |m| on(m, lists::of_account)),
    api(GET, "/api/v1/timelines/list/{id}", Statuses, |m| on(m, lists::timeline)),

    // Statuses.
    api(GET, "/api/v1/statuses", Statuses, |m| on(m, statuses::list)),
    api(POST, "/api/v1/statuses", Statuses, |m| on(m, statuses::create)).limited(&Limit::POST),
    api(GET, "/api/v1/statuses/{id}", Statuses, |m| on(m, statuses::show)),
    api(PUT, "/api/v1/statuses/{id}", Statuses, |m| on(m, statuses::edit)),
    api(PATCH, "/api/v1/statuses/{id}", Statuses, |m| on(m, statuses::edit)),
    api(DELETE, "/api/v1/statuses/{id}", Statuses, |m| on(m, statuses::delete)).limited(&Limit::DELETE),
    api(GET, "/api/v1/statuses/{id}/context", Statuses, |m| on(m, statuses::context)),
    api(GET, "/api/v1/statuses/{id}/history", Statuses, |m| on(m, statuses::history)),
    api(GET, "/api/v1/statuses/{id}/source", Statuses, |m| on(m, statuses::source)),
    api(GET, "/api/v1/statuses/{id}/favourited_by", Accounts, |m| on(m, marks::favourited_by)),
    api(GET, "/api/v1/statuses/{id}/reblogged_by", Accounts, |m| on(m, marks::reblogged_by)),
    api(POST, "/api/v1/statuses/{id}/favourite", Statuses, |m| on(m, marks::favourite)),
    api(POST, "/api/v1/statuses/{id}/unfavourite", Statuses, |m| on(m, marks::unfavourite)),
    api(POST, "/api/v1/statuses/{id}/reblog", Statuses, |m| on(m, marks::reblog)).limited(&Limit::POST),
    api(POST, "/api/v1/statuses/{id}/unreblog", Statuses, |m| on(m, marks::unreblog)).limited(&Limit::DELETE),
    api(POST, "/api/v1/statuses/{id}/bookmark", Statuses, |m| on(m, marks::bookmark)),
    api(POST, "/api/v1/statuses/{id}/unbookmark", Statuses, |m| on(m, marks::unbookmark)),
    api(POST, "/api/v1/statuses/{id}/pin", Statuses, |m| on(m, marks::pin)),
    api(POST, "/api/v1/statuses/{id}/unpin", Statuses, |m| on(m, marks::unpin)),
    api(POST, "/api/v1/statuses/{id}/mute", Statuses, |m| on(m, marks::mute)),
    api(POST, "/api/v1/statuses/{id}/unmute", Statuses, |m| on(m, marks::unmute)),
    api(GET, "/api/v1/polls/{id}", Statuses, |m| on(m, polls::show)),
    api(POST, "/api/v1/polls/{id}/votes", Nothing, |m| on(m, polls::vote)),
    api(GET, "/api/v1/scheduled_statuses", Nothing, |m| on(m, scheduled_statuses::list)),
    api(GET, "/api/v1/scheduled_statuses/{id}", Nothing, |m| on(m, scheduled_statuses::show)),
    api(PUT, "/api/v1/scheduled_statuses/{id}", Nothing, |m| on(m, scheduled_statuses::update)),
    api(PATCH, "/api/v1/scheduled_statuses/{id}", Nothing, |m| on(m, scheduled_statuses::update)),
    api(DELETE, "/api/v1/scheduled_statuses/{id}", Nothing, |m| on(m, scheduled_statuses::delete)),
    api(GET, "/api/v1/favourites", Statuses, |m| on(m, marks::favourites)),
    api(GET, "/api/v1/bookmarks", Statuses, |m| on(m, marks::bookmarks)),

    // Media.
    api(POST, "/api/v1/media", Nothing, |m| on(m, media::create_and_wait)).limited(&Limit::UPLOAD).slow(),
    api(POST, "/api/v2/media", Nothing, |m| on(m, media::create)).limited(&Limit::UPLOAD).slow(),
    api(GET, "/api/v1/media/{id}", Nothing, |m| on(m, media::show)),
    api(PUT, "/api/v1/media/{id}", Nothing, |m| on(m, media::update)).slow(),
    api(PATCH, "/api/v1/media/{id}", Nothing, |m| on(m, media::update)).slow(),
    api(DELETE, "/api/v1/media/{id}", Nothing, |m| on(m, media::delete)),
    api(GET, "/media/{id}/{file}", Nothing, |m| on(m, files::show)).limited(&Limit::FETCH),

    // Timelines, notifications, search.
    api(GET, "/api/v1/conversations", Statuses, |m| on(m, conversations::list)),
    api(POST, "/api/v1/conversations/{id}/read", Statuses, |m| on(m, conversations::read)),
    api(POST, "/api/v1/conversations/{id}/unread", Statuses, |m| on(m, conversations::unread)),
    api(DELETE, "/api/v1/conversations/{id}", Nothing, |m| on(m, conversations::remove)),
    api(GET, "/api/v1/timelines/home", Statuses, |m| on(m, timelines::home)),
    api(GET, "/api/v1/timelines/public", Statuses, |m| on(m, timelines::public)),
    api(GET, "/api/v1/timelines/tag/{name}", Statuses, |m| on(m, timelines::tag)),
    api(GET, "/api/v1/notifications", Statuses, |m| on(m, notifications::list)),
    api(GET, "/api/v1/notifications/unread_count", Nothing, |m| on(m, notifications::unread_count)),
    api(POST, "/api/v1/notifications/clear", Nothing, |m| on(m, notifications::clear)),
    api(DELETE, "/api/v1/notifications/destroy_multiple", Nothing, |m| on(m, notifications::dismiss_many)),
    api(GET, "/api/v1/notifications/{id}", Statuses, |m| on(m, notifications::show)),
    api(DELETE, "/api/v1/notifications/{id}", Nothing, |m| on(m, notifications::dismiss)),
    api(POST, "/api/v1/notifications/{id}/dismiss", Nothing, |m| on(m, notifications::dismiss)),
    api(GET, "/api/v2/search", Statuses, |m| on(m, search::search)),

    // Hashtags.
    api(GET, "/api/v1/tags/{name}", Nothing, |m| on(m, tags::show)),
    api(POST, "/api/v1/tags/{name}/follow", Nothing, |m| on(m, tags::follow)).limited(&Limit::FOLLOW),
    api(POST, "/api/v1/tags/{name}/unfollow", Nothing, |m| on(m, tags::unfollow)),
    api(POST, "/api/v1/tags/{name}/feature", Nothing, |m| on(m, tags::feature)),
    api(POST, "/api/v1/tags/{name}/unfeature", Nothing, |m| on(m, tags::unfeature)),
    api(GET, "/api/v1/followed_tags", Nothing, |m| on(m, tags::followed)),
    api(GET, "/api/v1/featured_tags", Nothing, |m| on(m, tags::featured)),
    api(POST, "/api/v1/featured_tags", Nothing, |m| on(m, tags::feature_named)),
    api(DELETE, "/api/v1/featured_tags/{id}", Nothing, |m| on(m, tags::unfeature_by_id)),
    api(GET, "/api/v1/featured_tags/suggestions", Nothing, |m| on(m, tags::suggestions)),
    api(GET, "/api/v1/accounts/{id}/featured_tags", Nothing, |m| on(m, tags::featured_by)),

    // Streaming.
    api(GET, "/api/v1/streaming", Statuses, |m| on(m, streaming::socket)),
    api(GET, "/api/v1/streaming/health", Nothing, |m| on(m, instance::health)),
    api(GET, "/api/v1/streaming/user", Statuses, |m| on(m, streaming::user)),
    api(GET, "/api/v1/streaming/user/notification", Statuses, |m| on(m, streaming::user_notification)),
    api(GET, "/api/v1/streaming/public", Statuses, |m| on(m, streaming::public)),
    api(GET, "/api/v1/streaming/public/local", Statuses, |m| on(m, streaming::public_local)),
    api(GET, "/api/v1/streaming/public/remote", Statuses, |m| on(m, streaming::public_remote)),
    api(GET, "/api/v1/streaming/hashtag", Statuses, |m| on(m, streaming::hashtag)),
    api(GET, "/api/v1/streaming/hashtag/local", Statuses, |m| on(m, streaming::hashtag_local)),
    api(GET, "/api/v1/streaming/list", Statuses, |m| on(m, streaming::list)),
    api(GET, "/api/v1/streaming/direct", Statuses, |m| on(m, streaming::direct)),
];
