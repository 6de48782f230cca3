//! Direct statuses by conversation.

use crate::handlers::conversations;
use crate::openapi::build::*;
use crate::routes::*;

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/conversations", Statuses, |m| on(m, conversations::list)),
    api(POST, "/api/v1/conversations/{id}/read", Statuses, |m| on(m, conversations::read)),
    api(POST, "/api/v1/conversations/{id}/unread", Statuses, |m| on(m, conversations::unread)),
    api(DELETE, "/api/v1/conversations/{id}", Nothing, |m| on(m, conversations::remove)),
];

pub fn entries() -> Vec<Entry> {
    let writes = Scope::WriteConversations;
    vec![
        get(
            "/api/v1/conversations",
            "All conversations, each at its last status",
        )
        .user(Scope::ReadStatuses)
        .paged(paging::STATUSES)
        .gives::<Vec<Conversation>>(),
        post("/api/v1/conversations/{id}/read", "Nothing in it is news")
            .user(writes)
            .gives::<Conversation>(),
        post("/api/v1/conversations/{id}/unread", "It is news again")
            .user(writes)
            .gives::<Conversation>(),
        delete(
            "/api/v1/conversations/{id}",
            "Out of the list, until there is news",
        )
        .user(writes)
        .gives::<Empty>(),
    ]
}
