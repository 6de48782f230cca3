//! What happens, while it happens.

use super::build::*;

const EVENTS: &str = "text/event-stream";
const STREAMS: &[&str] = &[
    "user",
    "user:notification",
    "public",
    "public:media",
    "public:local",
    "public:local:media",
    "public:remote",
    "public:remote:media",
    "hashtag",
    "hashtag:local",
    "direct",
];

pub fn entries() -> Vec<Entry> {
    let stream = |path, summary| {
        let entry = get(path, summary).user(Scope::ReadStatuses);
        entry.sends(200, EVENTS).takes([flag("only_media")])
    };
    vec![
        get(
            "/api/v1/streaming",
            "All streams over one WebSocket; one as events",
        )
        .user(Scope::ReadStatuses)
        .takes([choice("stream", STREAMS), text("tag")])
        .sends(101, "")
        .sends(200, EVENTS),
        get("/api/v1/streaming/health", "Whether streams are served")
            .everyone()
            .sends(200, "text/plain"),
        stream("/api/v1/streaming/user", "Home and notifications"),
        stream("/api/v1/streaming/user/notification", "Notifications")
            .user(Scope::ReadNotifications),
        stream("/api/v1/streaming/public", "What is public"),
        stream(
            "/api/v1/streaming/public/local",
            "What is public and from here",
        ),
        stream(
            "/api/v1/streaming/public/remote",
            "What is public and from elsewhere",
        ),
    ]
}
