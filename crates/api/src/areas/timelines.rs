//! Timelines, search and hashtags.

use std::collections::BTreeMap;

use crate::handlers::{markers, search, timelines};
use crate::openapi::build::*;
use crate::routes::*;

const KINDS: &[&str] = &["accounts", "hashtags", "statuses"];

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/markers", Nothing, |m| on(m, markers::show)),
    api(POST, "/api/v1/markers", Nothing, |m| on(m, markers::update)),
    api(GET, "/api/v1/timelines/home", Statuses, |m| on(m, timelines::home)),
    api(GET, "/api/v1/timelines/public", Statuses, |m| on(m, timelines::public)),
    api(GET, "/api/v1/timelines/tag/{name}", Statuses, |m| on(m, timelines::tag)),
    api(GET, "/api/v2/search", Statuses, |m| on(m, search::search)),
];

pub fn entries() -> Vec<Entry> {
    vec![
        get("/api/v1/timelines/home", "Home")
            .user(Scope::ReadStatuses)
            .paged(paging::STATUSES)
            .gives::<Vec<Status>>(),
        get("/api/v1/timelines/public", "What is public")
            .open(Scope::ReadStatuses)
            .paged(paging::STATUSES)
            .takes([flag("local"), flag("remote"), flag("only_media")])
            .gives::<Vec<Status>>(),
        get("/api/v1/timelines/tag/{name}", "What is under a hashtag")
            .open(Scope::ReadStatuses)
            .paged(paging::STATUSES)
            .takes([texts("any"), texts("all"), texts("none")])
            .takes([flag("local"), flag("remote"), flag("only_media")])
            .gives::<Vec<Status>>(),
        get(
            "/api/v2/search",
            "Accounts, hashtags and statuses by what is typed",
        )
        .open(Scope::ReadSearch)
        .also([401])
        .takes([
            text("q").required(),
            choice("type", KINDS),
            number("offset"),
            flag("following"),
            flag("resolve"),
        ])
        .limited(paging::SEARCH)
        .gives::<Search>(),
        get("/api/v1/markers", "How far one has read")
            .user(Scope::ReadStatuses)
            .takes([texts("timeline").says("home, notifications")])
            .gives::<BTreeMap<String, Marker>>(),
        post("/api/v1/markers", "Say how far one has read")
            .user(Scope::WriteStatuses)
            .takes([
                map("home", [id("last_read_id")]),
                map("notifications", [id("last_read_id")]),
            ])
            .gives::<BTreeMap<String, Marker>>()
            .also([409]),
    ]
}
