use std::collections::BTreeMap;

use crate::table::{TableId, TableSpec};

/// The grave of a table: its number and its name are never given again.
#[derive(Clone, Copy, Debug)]
pub struct Dropped {
    pub id: TableId,
    pub name: &'static str,
}

/// All tables there are. Ids are for ever.
#[derive(Clone, Debug)]
pub struct Catalogue {
    tables: BTreeMap<TableId, TableSpec>,
    dropped: Vec<Dropped>,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("table id {id} is borne by {first} and by {second}")]
    SameId {
        id: TableId,
        first: &'static str,
        second: &'static str,
    },
    #[error("the name {name} is borne by tables {first} and {second}")]
    SameName {
        name: &'static str,
        first: TableId,
        second: TableId,
    },
    #[error("table {id} {name} reuses the id or the name of a dropped table")]
    FromTheGrave { id: TableId, name: &'static str },
    #[error("table {0} does not say what bounds its partitions")]
    Unbounded(&'static str),
    #[error("table {0} is not named in lower case letters, digits and underscores")]
    BadName(&'static str),
}

impl Catalogue {
    pub fn new(
        specs: impl IntoIterator<Item = TableSpec>,
        dropped: &[Dropped],
    ) -> Result<Catalogue, CatalogueError> {
        let mut tables: BTreeMap<TableId, TableSpec> = BTreeMap::new();
        let mut names: BTreeMap<&str, TableId> = BTreeMap::new();
        for spec in specs {
            let TableSpec { id, name, .. } = spec;
            let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
            if name.is_empty() || !name.bytes().all(plain) {
                return Err(CatalogueError::BadName(name));
            }
            if spec.bound.trim().is_empty() {
                return Err(CatalogueError::Unbounded(name));
            }
            if dropped
                .iter()
                .any(|grave| grave.id == id || grave.name == name)
            {
                return Err(CatalogueError::FromTheGrave { id, name });
            }
            if let Some(first) = names.insert(name, id) {
                let second = id;
                return Err(CatalogueError::SameName {
                    name,
                    first,
                    second,
                });
            }
            if let Some(first) = tables.insert(id, spec) {
                return Err(CatalogueError::SameId {
                    id,
                    first: first.name,
                    second: name,
                });
            }
        }
        Ok(Catalogue {
            tables,
            dropped: dropped.to_vec(),
        })
    }

    /// In the order of their ids.
    pub fn tables(&self) -> impl Iterator<Item = &TableSpec> {
        self.tables.values()
    }

    pub fn get(&self, id: TableId) -> Option<&TableSpec> {
        self.tables.get(&id)
    }

    /// Whether a table of this id and name was here once and is no more.
    pub fn was_dropped(&self, id: TableId, name: &str) -> bool {
        let grave = |grave: &Dropped| grave.id == id && grave.name == name;
        self.dropped.iter().any(grave)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;

    const fn spec(id: TableId, name: &'static str, bound: &'static str) -> TableSpec {
        TableSpec {
            id,
            name,
            mode: Mode::Plain,
            bound,
            is_named: true,
            takes_rights: None,
            is_restored: true,
            verify: |_, _, _| Ok(()),
        }
    }

    fn error(specs: &[TableSpec], dropped: &[Dropped]) -> Option<CatalogueError> {
        Catalogue::new(specs.iter().copied(), dropped).err()
    }

    #[test]
    fn it_refuses_what_would_confuse_two_tables_or_let_a_partition_grow() {
        let good = [spec(1, "statuses", "cap"), spec(2, "marks", "month")];
        assert_eq!(error(&good, &[]), None);
        let same_id = [good[0], spec(1, "marks", "month")];
        assert!(matches!(
            error(&same_id, &[]),
            Some(CatalogueError::SameId { id: 1, .. })
        ));
        let same_name = [good[0], spec(2, "statuses", "month")];
        assert!(matches!(
            error(&same_name, &[]),
            Some(CatalogueError::SameName { .. })
        ));
        for bound in ["", "  "] {
            let unbounded = [spec(3, "lists", bound)];
            assert_eq!(
                error(&unbounded, &[]),
                Some(CatalogueError::Unbounded("lists"))
            );
        }
        for name in ["", "Status", "my table"] {
            assert_eq!(
                error(&[spec(3, name, "cap")], &[]),
                Some(CatalogueError::BadName(name))
            );
        }
        for grave in [
            Dropped { id: 2, name: "old" },
            Dropped {
                id: 9,
                name: "marks",
            },
        ] {
            let from_the_grave = error(&good, &[grave]);
            assert!(matches!(
                from_the_grave,
                Some(CatalogueError::FromTheGrave { id: 2, .. })
            ));
        }
    }
}
