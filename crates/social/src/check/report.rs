//! What a check found, for people and for programs.

/// Differences that are named one by one; further ones are only counted.
pub const NAMED_MAX: usize = 10_000;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Every table with its rows, in the order of the catalogue.
    pub tables: Vec<TableRows>,
    /// The first of the differences, in the order in which they were found.
    pub differences: Vec<Difference>,
    /// All differences, the unnamed ones too.
    pub differences_count: u64,
    /// Those of them that were mended.
    pub mended_count: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableRows {
    pub table: &'static str,
    pub rows: u64,
}

/// One thing that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    pub table: &'static str,
    /// Which list, for rows of the table of lists.
    pub list: Option<&'static str>,
    /// Whose row it is: the partition, as far as people would name it.
    pub owner: String,
    /// Which row of theirs.
    pub id: String,
    pub what: What,
    /// For people, in full.
    pub text: String,
    pub repair: Repair,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// Its bytes are not a row of this table.
    Undecodable,
    /// A fact is on, and this row of it is not there.
    Missing,
    /// There is no fact that has this row.
    Orphan,
    /// Its fact is on, and this row says something else.
    Wrong,
}

impl What {
    pub fn as_str(self) -> &'static str {
        match self {
            What::Undecodable => "undecodable",
            What::Missing => "missing",
            What::Orphan => "orphan",
            What::Wrong => "wrong",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Repair {
    /// Nobody asked for repairs.
    NotAsked,
    Done,
    /// It is too young, or it changed meanwhile: a later check mends it if it is still there.
    Later,
    /// Nothing but a person can decide about it.
    Never,
}

impl Repair {
    pub fn as_str(self) -> &'static str {
        match self {
            Repair::NotAsked => "not asked for",
            Repair::Done => "mended",
            Repair::Later => "later",
            Repair::Never => "by hand",
        }
    }
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.differences_count == 0
    }

    /// Differences that are still there.
    pub fn left_count(&self) -> u64 {
        self.differences_count - self.mended_count
    }

    pub fn rows_count(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    pub(super) fn add(&mut self, difference: Difference) {
        self.differences_count += 1;
        self.mended_count += u64::from(difference.repair == Repair::Done);
        if self.differences.len() < NAMED_MAX {
            self.differences.push(difference);
        }
    }
}
