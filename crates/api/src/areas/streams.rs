//! What happens, while it happens.

use petrel_timeline::Channel;

use crate::handlers::instance;
use crate::openapi::build::*;
use crate::routes::*;
use crate::streaming;

const EVENTS: &str = "text/event-stream";

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
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

pub fn entries() -> Vec<Entry> {
    let stream = |path, summary| {
        let entry = get(path, summary).user(Scope::ReadStatuses);
        // Each reads its query: some clients send the token there.
        entry.also([400]).sends(200, EVENTS)
    };
    vec![
        get(
            "/api/v1/streaming",
            "All streams over one WebSocket; one as events",
        )
        .user(Scope::ReadStatuses)
        .takes([choice("stream", Channel::NAMES), text("tag"), text("list")])
        .sends(101, "")
        .sends(200, EVENTS),
        get("/api/v1/streaming/health", "Whether streams are served")
            .everyone()
            .sends(200, "text/plain"),
        stream("/api/v1/streaming/user", "Home and notifications"),
        stream("/api/v1/streaming/user/notification", "Notifications")
            .user(Scope::ReadNotifications),
        stream("/api/v1/streaming/public", "What is public").takes([flag("only_media")]),
        stream(
            "/api/v1/streaming/public/local",
            "What is public and from here",
        )
        .takes([flag("only_media")]),
        stream(
            "/api/v1/streaming/public/remote",
            "What is public and from elsewhere",
        )
        .takes([flag("only_media")]),
        stream("/api/v1/streaming/hashtag", "What is under a hashtag").takes([text("tag")]),
        stream(
            "/api/v1/streaming/hashtag/local",
            "What is under a hashtag and from here",
        )
        .takes([text("tag")]),
        stream("/api/v1/streaming/list", "What those on a list say").takes([text("list")]),
        stream("/api/v1/streaming/direct", "Direct statuses"),
    ]
}
