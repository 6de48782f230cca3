//! What is stored stays readable: the bytes of each table's key and value.

use petrel_jobs::TABLES;

#[test]
fn ids_and_bounds_are_as_they_were() {
    let known: Vec<_> = TABLES.iter().map(|table| (table.id, table.name)).collect();
    assert_eq!(
        known,
        [
            (10, "jobs"),
            (11, "queue_cursors"),
            (12, "dead_letters"),
            (13, "leases")
        ]
    );
    assert!(TABLES.iter().all(|table| !table.bound.is_empty()));
}
