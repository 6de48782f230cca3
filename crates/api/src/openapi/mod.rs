//! What the API is, as an OpenAPI 3.1 document. Every route of the table has an entry in one of the
//! files of this folder; a test names those that have none. What the entries say is held against
//! what the handlers do: `tests/http/openapi.rs` compares fields and scopes, schemathesis compares
//! statuses and bodies. Schemas come from the wire types.

mod access;
mod accounts;
mod build;
mod conversations;
mod document;
pub mod entry;
mod filters;
mod lists;
mod media;
mod moderation;
mod notifications;
pub mod param;
mod place;
mod statuses;
mod streams;
mod tags;
mod timelines;

use std::sync::LazyLock;

use entry::Entry;

/// Every area and its routes.
pub fn areas() -> Vec<(&'static str, Vec<Entry>)> {
    vec![
        ("place", place::entries()),
        ("access", access::entries()),
        ("accounts", accounts::entries()),
        ("statuses", statuses::entries()),
        ("lists", lists::entries()),
        ("media", media::entries()),
        ("timelines", timelines::entries()),
        ("tags", tags::entries()),
        ("filters", filters::entries()),
        ("moderation", moderation::entries()),
        ("conversations", conversations::entries()),
        ("notifications", notifications::entries()),
        ("streams", streams::entries()),
    ]
}

/// The document for people, as `petrel openapi` prints it.
pub fn text() -> String {
    format!("{:#}\n", document::document(&areas()))
}

/// The document as it is served.
pub fn served() -> &'static str {
    static SERVED: LazyLock<String> = LazyLock::new(|| document::document(&areas()).to_string());
    &SERVED
}

#[cfg(test)]
mod tests;
