use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::areas::route_table;

fn parsed() -> Value {
    serde_json::from_str(served()).unwrap()
}

#[test]
fn every_route_has_an_entry_and_every_entry_a_route() {
    let name = |method: &axum::http::Method, path: &str| format!("{method} {path}");
    let routes: BTreeSet<_> = route_table()
        .iter()
        .map(|route| name(&route.method, route.path))
        .collect();
    let mut entries = BTreeSet::new();
    for entry in areas().iter().flat_map(|(_, entries)| entries) {
        let new = entries.insert(name(&entry.method, entry.path));
        assert!(new, "two entries for {} {}", entry.method, entry.path);
        assert!(!entry.answers.is_empty(), "{} gives nothing", entry.path);
        assert!(!entry.summary.is_empty(), "{} says nothing", entry.path);
    }
    let without: Vec<_> = routes.difference(&entries).collect();
    assert!(
        without.is_empty(),
        "these routes have no entry; add some lines like those around to the file of \
         their area in crates/api/src/areas: {without:#?}"
    );
    let beyond: Vec<_> = entries.difference(&routes).collect();
    assert!(
        beyond.is_empty(),
        "these entries have no route: {beyond:#?}"
    );
}

#[test]
fn the_snapshot_is_what_is_served() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("PETREL_RENEW").is_some() {
        std::fs::write(&file, text()).unwrap();
    }
    let snapshot = std::fs::read_to_string(&file).unwrap();
    assert!(
        snapshot == text(),
        "docs/openapi.json is not what the code says; look at what changed, and renew it with \
         `make openapi`"
    );
}

/// Two wire types of one name would be told apart by a number only.
#[test]
fn schemas_have_names_of_their_own() {
    let document = parsed();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.len() > 15);
    for name in schemas.keys() {
        let last = name.chars().last().unwrap();
        assert!(
            !last.is_ascii_digit() || name.ends_with("V1"),
            "give one of the two types called {name} another name: #[schemars(rename = …)]"
        );
    }
}

#[test]
fn references_lead_somewhere() {
    fn walk(value: &Value, document: &Value, count: &mut usize) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(target)) = map.get("$ref") {
                    let target = target.strip_prefix('#').unwrap();
                    assert!(document.pointer(target).is_some(), "{target} is nowhere");
                    *count += 1;
                }
                map.values().for_each(|value| walk(value, document, count));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, document, count)),
            _ => {}
        }
    }
    let (document, mut count) = (parsed(), 0);
    walk(&document, &document, &mut count);
    assert!(count > 500);
}

#[test]
fn null_is_said_exactly() {
    let document = parsed();
    let status = &document["components"]["schemas"]["Status"];
    let kind = |name: &str| &status["properties"][name]["type"];
    let required = |name: &str| {
        status["required"]
            .as_array()
            .unwrap()
            .contains(&name.into())
    };
    assert_eq!(kind("favourited"), "boolean");
    assert!(!required("favourited"));
    assert_eq!(*kind("language"), serde_json::json!(["string", "null"]));
    assert!(required("language") && required("id"));
    assert_eq!(kind("content"), "string");
}
