//! The one catalogue names every table there is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use petrel_social::catalogue::TABLES;

/// Folders whose tables are a test's.
const OF_TESTS: &str = "conformance";

/// Id → name of each `impl Table for` in the sources of all crates.
fn tables_in_sources() -> BTreeMap<u16, String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeMap::new();
    for folder in std::fs::read_dir(crates).expect("the crates are there") {
        let source = folder.expect("an entry").path().join("src");
        if source.is_dir() {
            look_into(&source, &mut found);
        }
    }
    found
}

fn look_into(folder: &Path, found: &mut BTreeMap<u16, String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with(OF_TESTS) {
            look_into(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            // Those of a module of tests are indented.
            for table in text.split("\nimpl Table for ").skip(1) {
                let id = between(table, "const ID: u16 = ", ";").parse();
                let name = between(table, "const NAME: &'static str = \"", "\"");
                let id = id.unwrap_or_else(|_| panic!("no id in {}", path.display()));
                let other = found.insert(id, name.to_owned());
                assert_eq!(other, None, "two tables bear id {id}");
            }
        }
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_default();
    rest.split_once(after).unwrap_or_default().0
}

#[test]
fn every_table_is_in_the_catalogue() {
    let catalogue: BTreeMap<u16, String> = TABLES
        .iter()
        .map(|spec| (spec.id, spec.name.to_owned()))
        .collect();
    assert_eq!(catalogue, tables_in_sources());
    assert!(catalogue.len() >= 20);
}

#[test]
fn ids_and_names_are_unique_and_bounds_are_said() {
    assert!(TABLES.is_sorted_by_key(|spec| spec.id));
    let ids: BTreeSet<_> = TABLES.iter().map(|spec| spec.id).collect();
    let names: BTreeSet<_> = TABLES.iter().map(|spec| spec.name).collect();
    assert_eq!((ids.len(), names.len()), (TABLES.len(), TABLES.len()));
    for spec in TABLES {
        let mut kinds = ["cap:", "time bucket:", "chapters"].into_iter();
        let is_bound = kinds.any(|kind| spec.bound.starts_with(kind));
        assert!(is_bound, "{}: {:?}", spec.name, spec.bound);
    }
    for table in petrel_jobs::TABLES {
        assert!(ids.contains(&table.id), "{} is missing", table.name);
    }
}
