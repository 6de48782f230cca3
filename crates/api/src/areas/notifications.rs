//! What happened to the caller.

use crate::handlers::notifications;
use crate::openapi::build::*;
use crate::routes::*;

#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is needed")]
struct Count {
    count: u64,
}

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/notifications", Statuses, |m| on(m, notifications::list)),
    api(GET, "/api/v1/notifications/unread_count", Nothing, |m| on(m, notifications::unread_count)),
    api(POST, "/api/v1/notifications/clear", Nothing, |m| on(m, notifications::clear)),
    api(DELETE, "/api/v1/notifications/destroy_multiple", Nothing, |m| on(m, notifications::dismiss_many)),
    api(GET, "/api/v1/notifications/{id}", Statuses, |m| on(m, notifications::show)),
    api(DELETE, "/api/v1/notifications/{id}", Nothing, |m| on(m, notifications::dismiss)),
    api(POST, "/api/v1/notifications/{id}/dismiss", Nothing, |m| on(m, notifications::dismiss)),
];

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
        .limited(paging::UNREAD_NOTIFICATIONS)
        .takes([texts("types"), texts("exclude_types"), id("account_id")])
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
