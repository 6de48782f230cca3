//! What happened to the caller.

use super::build::*;

#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is needed")]
struct Count {
    count: u64,
}

pub fn entries() -> Vec<Entry> {
    let (reads, writes) = (Scope::ReadNotifications, Scope::WriteNotifications);
    let dismissal = |entry: Entry| entry.user(writes).gives::<Empty>();
    vec![
        get("/api/v1/notifications", "What happened")
            .user(reads)
            .paged(paging::NOTIFICATIONS)
            .takes([texts("types"), texts("exclude_types"), id("account_id")])
            .gives::<Vec<Notification>>(),
        get(
            "/api/v1/notifications/unread_count",
            "How much of it is unread",
        )
        .user(reads)
        .gives::<Count>(),
        get("/api/v1/notifications/{id}", "One of them")
            .user(reads)
            .gives::<Notification>(),
        dismissal(post("/api/v1/notifications/clear", "Be rid of all")),
        dismissal(delete("/api/v1/notifications/{id}", "Be rid of one")),
        dismissal(post("/api/v1/notifications/{id}/dismiss", "Be rid of one")),
        dismissal(delete(
            "/api/v1/notifications/destroy_multiple",
            "Be rid of several",
        ))
        .takes([ids("ids")]),
    ]
}
