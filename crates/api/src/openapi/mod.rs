//! What the API is, as an OpenAPI 3.1 document. Every route has an entry in the file of its area
//! (`areas/`); a test names those that have none. What the entries say is held against
//! what the handlers do: `tests/http/openapi.rs` compares fields and scopes, schemathesis compares
//! statuses and bodies. Schemas come from the wire types.

pub(crate) mod build;
mod document;
pub mod entry;
pub mod param;

use std::sync::LazyLock;

use crate::areas::AREAS;
use entry::Entry;

/// Every area and its routes.
pub fn areas() -> Vec<(&'static str, Vec<Entry>)> {
    let areas = AREAS.iter();
    areas.map(|area| (area.name, (area.entries)())).collect()
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
