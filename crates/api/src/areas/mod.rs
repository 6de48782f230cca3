//! The API by areas. A new endpoint is a handler, and in the file of its area its route and what the
//! document says of it.

mod access;
mod accounts;
mod conversations;
mod filters;
mod lists;
mod media;
mod moderation;
mod notifications;
mod place;
mod statuses;
mod streams;
mod tags;
mod timelines;

use std::sync::LazyLock;

use crate::openapi::entry::Entry;
use crate::routes::Route;

pub struct Area {
    pub name: &'static str,
    pub routes: &'static [Route],
    pub entries: fn() -> Vec<Entry>,
}

/// In the order of the document.
pub static AREAS: &[Area] = &[
    area("place", place::ROUTES, place::entries),
    area("access", access::ROUTES, access::entries),
    area("accounts", accounts::ROUTES, accounts::entries),
    area("statuses", statuses::ROUTES, statuses::entries),
    area("lists", lists::ROUTES, lists::entries),
    area("media", media::ROUTES, media::entries),
    area("timelines", timelines::ROUTES, timelines::entries),
    area("tags", tags::ROUTES, tags::entries),
    area("filters", filters::ROUTES, filters::entries),
    area("moderation", moderation::ROUTES, moderation::entries),
    area(
        "conversations",
        conversations::ROUTES,
        conversations::entries,
    ),
    area(
        "notifications",
        notifications::ROUTES,
        notifications::entries,
    ),
    area("streams", streams::ROUTES, streams::entries),
];

/// Every route: the router is built from this table, and tests walk it.
pub fn route_table() -> &'static [&'static Route] {
    static TABLE: LazyLock<Vec<&Route>> = LazyLock::new(|| {
        let areas = AREAS.iter();
        areas.flat_map(|area| area.routes).collect()
    });
    &TABLE
}

const fn area(name: &'static str, routes: &'static [Route], entries: fn() -> Vec<Entry>) -> Area {
    Area {
        name,
        routes,
        entries,
    }
}
