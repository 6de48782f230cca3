//! Holds a JSON value against the table of Mastodon's entities, for tests.

use std::collections::BTreeSet;

use serde_json::Value;

const TABLE: &str = include_str!("../../tests/data/entities.tsv");

struct Row {
    entity: &'static str,
    /// `configuration[statuses][max_characters]`.
    field: &'static str,
    kind: &'static str,
    nullable: bool,
    optional: bool,
    values: &'static str,
}

fn rows() -> impl Iterator<Item = Row> {
    TABLE.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
        Row {
            entity: cell(0),
            field: cell(1),
            kind: cell(2),
            nullable: cell(3) == "yes",
            optional: cell(4) == "yes" || cell(7).contains("deprecated"),
            values: cell(6),
        }
    })
}

/// What differs between `value` and the table; `entities` are all that it is at once.
pub fn differences(value: &Value, entities: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    check(value, entities, &mut found);
    found
}

fn check(value: &Value, entities: &[&str], found: &mut Vec<String>) {
    let rows: Vec<Row> = rows()
        .filter(|row| entities.contains(&row.entity))
        .collect();
    if rows.is_empty() {
        found.push(format!("no rows for {entities:?}"));
    }
    for row in &rows {
        let path: Vec<String> = segments(row.field);
        visit(value, &path, row, found);
    }
    let known: BTreeSet<Vec<String>> = rows.iter().map(|row| segments(row.field)).collect();
    let Value::Object(map) = value else {
        found.push(format!("{entities:?} is not an object: {value}"));
        return;
    };
    for name in map.keys() {
        if !known.iter().any(|path| &path[0] == name) {
            found.push(format!(
                "{entities:?} has {name}, which the table does not know"
            ));
        }
    }
}

/// `a[b][]` is `a`, `b`, and an empty one that stands for each item; so is `a.b[]`.
fn segments(field: &str) -> Vec<String> {
    let parts = field.split(['[', '.']);
    parts
        .map(|part| part.trim_end_matches(']').to_owned())
        .collect()
}

fn visit(value: &Value, path: &[String], row: &Row, found: &mut Vec<String>) {
    let Some((first, rest)) = path.split_first() else {
        leaf(value, row, found);
        return;
    };
    if first.is_empty() {
        for item in value.as_array().into_iter().flatten() {
            visit(item, rest, row, found);
        }
        return;
    }
    match value.get(first) {
        Some(inner) => visit(inner, rest, row, found),
        None if row.optional || value.is_null() => {}
        // What is missing further up has a row of its own, which says whether it may be.
        None if !rest.is_empty() && has_own_row(row, rest) => {}
        None => found.push(format!("{} lacks {}", row.entity, row.field)),
    }
}

/// Whether what lies `below` has a parent that the table lists.
fn has_own_row(row: &Row, below: &[String]) -> bool {
    let path = segments(row.field);
    let parent = &path[..path.len() - below.len()];
    rows().any(|other| other.entity == row.entity && segments(other.field) == parent)
}

fn leaf(value: &Value, row: &Row, found: &mut Vec<String>) {
    if value.is_null() {
        if !row.nullable {
            found.push(format!("{} {} is null", row.entity, row.field));
        }
        return;
    }
    let before = found.len();
    if let Some(inner) = row.kind.strip_prefix("Array of ") {
        match value {
            Value::Array(items) => items.iter().for_each(|item| one(item, inner, row, found)),
            _ => found.push(String::from("not an array")),
        }
    } else {
        one(value, row.kind, row, found);
    }
    for text in &mut found[before..] {
        *text = format!("{} {}: {text}", row.entity, row.field);
    }
}

fn one(value: &Value, kind: &str, row: &Row, found: &mut Vec<String>) {
    let text = value.as_str();
    let is_right = match kind {
        "Boolean" => value.is_boolean(),
        "Integer" => value.is_u64(),
        "Float" => value.is_number(),
        "Hash" => value.is_object(),
        _ if kind == "Float" || kind.starts_with("Number") => value.is_number(),
        _ if kind.starts_with("String (int as string)") => text.is_some_and(is_decimal),
        _ if kind.starts_with("String (Datetime)") => text.is_some_and(is_datetime),
        _ if kind.starts_with("String (Date)") => text.is_some_and(is_date),
        _ if kind.starts_with("String (URL)") => text.is_some_and(|text| text.contains("://")),
        _ if kind.starts_with("String (enum)") => {
            text.is_some_and(|text| row.values.split('|').any(|value| value == text))
        }
        _ if kind.starts_with("String") => text.is_some(),
        entity => {
            check(value, &[entity], found);
            true
        }
    };
    if !is_right {
        found.push(format!("{value} is not {kind}"));
    }
}

fn is_decimal(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

fn is_datetime(text: &str) -> bool {
    text.len() == "2024-02-29T12:00:00.000Z".len() && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok() && text.len() == "2024-02-29".len()
}

#[test]
fn the_checker_sees_what_is_wrong() {
    let right = serde_json::json!({ "error": "x" });
    assert_eq!(differences(&right, &["Error"]), Vec::<String>::new());
    for wrong in [
        serde_json::json!({}),
        serde_json::json!({ "error": null }),
        serde_json::json!({ "error": 1 }),
        serde_json::json!({ "error": "x", "other": 1 }),
        serde_json::json!([]),
    ] {
        assert!(!differences(&wrong, &["Error"]).is_empty(), "{wrong}");
    }
    let source = serde_json::json!({ "id": "x1", "text": "", "spoiler_text": "" });
    assert_eq!(differences(&source, &["StatusSource"]).len(), 1);
}
