//! What is stored: cells with stamps, shadows of what is gone, and batches that are still on
//! their way. Pure data and rules; time is handed in.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use bytes::Bytes;

use crate::Stamp;
use crate::engine::{Direction, FullRow, Op, RawRow, RawScan, RowKey, is_expired};
use crate::table::TableId;

pub(super) type Place = (TableId, Bytes);

/// One change inside a partition, with the stamp it bears.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Put {
        sort: Bytes,
        value: Bytes,
        expires_at_s: Option<u64>,
        stamp: Stamp,
    },
    Delete {
        sort: Bytes,
        stamp: Stamp,
    },
    DropPartition {
        stamp: Stamp,
    },
}

/// The changes of one batch in one partition of one table: they become visible together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub place: Place,
    pub changes: Vec<Change>,
}

/// A batch of which some groups have not landed yet.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub groups: VecDeque<Group>,
    /// Something of it has landed, so the rest must.
    pub begun: bool,
    /// When the rest lands by itself, in Unix seconds.
    pub due_s: u64,
}

#[derive(Clone, Debug)]
struct Cell {
    stamp: Stamp,
    landed_s: u64,
    /// Absent in a tombstone.
    value: Option<Bytes>,
    expires_at_s: Option<u64>,
}

impl Cell {
    fn is_live(&self, now_s: u64) -> bool {
        self.value.is_some() && !is_expired(self.expires_at_s, now_s)
    }

    /// A dead cell shadows older writes until the late bound has passed, and an expiring one at
    /// least until it expires; then it may be forgotten, and here it is.
    fn is_forgotten(&self, now_s: u64, late_bound_s: u64) -> bool {
        !self.is_live(now_s) && self.landed_s + late_bound_s <= now_s
    }

    /// The latest stamp wins; in a tie a delete, and of two values the greater.
    fn beats(&self, other: &Cell) -> bool {
        let rank = |cell: &Cell| (cell.stamp, cell.value.is_none(), cell.value.clone());
        rank(self) >= rank(other)
    }

    fn row(&self, sort: &Bytes, now_s: u64) -> Option<RawRow> {
        if !self.is_live(now_s) {
            return None;
        }
        Some(RawRow {
            sort: sort.clone(),
            value: self.value.clone()?,
            revision: self.stamp,
            expires_at_s: self.expires_at_s,
        })
    }
}

#[derive(Clone, Debug, Default)]
struct Partition {
    cells: BTreeMap<Bytes, Cell>,
    dropped: Option<(Stamp, u64)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct World {
    partitions: BTreeMap<Place, Partition>,
    pub flights: BTreeMap<u64, Flight>,
    next_flight: u64,
    pub last: Stamp,
    /// Raised by a crash; who is in the middle of a write then gives up.
    pub crashes: u64,
    late_bound_s: u64,
}

impl World {
    pub fn new(late_bound_s: u64) -> World {
        World {
            late_bound_s,
            ..World::default()
        }
    }

    pub fn take_off(&mut self, flight: Flight) -> u64 {
        self.next_flight += 1;
        self.flights.insert(self.next_flight, flight);
        self.next_flight
    }

    /// Lands the next group of a flight; false when nothing of it is left.
    pub fn land_next(&mut self, flight: u64, now_s: u64) -> bool {
        let Some(batch) = self.flights.get_mut(&flight) else {
            return false;
        };
        batch.begun = true;
        let group = batch.groups.pop_front();
        if batch.groups.is_empty() {
            self.flights.remove(&flight);
        }
        if let Some(group) = group {
            self.land(group, now_s);
        }
        self.flights.contains_key(&flight)
    }

    /// Lands what is due by `until_s`.
    pub fn land_due(&mut self, until_s: u64, now_s: u64) {
        let due: Vec<u64> = self
            .flights
            .iter()
            .filter(|(_, flight)| flight.due_s <= until_s)
            .map(|(&number, _)| number)
            .collect();
        for flight in due {
            while self.land_next(flight, now_s) {}
        }
    }

    pub fn land(&mut self, group: Group, now_s: u64) {
        let late_bound_s = self.late_bound_s;
        let partition = self.partitions.entry(group.place).or_default();
        for change in group.changes {
            let (stamp, sort, cell) = match change {
                Change::Put {
                    sort,
                    value,
                    expires_at_s,
                    stamp,
                } => (stamp, sort, (Some(value), expires_at_s)),
                Change::Delete { sort, stamp } => (stamp, sort, (None, None)),
                Change::DropPartition { stamp } => {
                    self.last = self.last.max(stamp);
                    partition.drop_up_to(stamp, now_s);
                    continue;
                }
            };
            self.last = self.last.max(stamp);
            let cell = Cell {
                stamp,
                landed_s: now_s,
                value: cell.0,
                expires_at_s: cell.1,
            };
            partition.set(sort, cell, now_s, late_bound_s);
        }
    }

    pub fn get(&self, key: &RowKey, now_s: u64) -> Option<RawRow> {
        let partition = self.partitions.get(&(key.table, key.partition.clone()))?;
        partition.cells.get(&key.sort)?.row(&key.sort, now_s)
    }

    pub fn scan(&self, scan: &RawScan, now_s: u64) -> Vec<RawRow> {
        let Some(partition) = self.partitions.get(&(scan.table, scan.partition.clone())) else {
            return Vec::new();
        };
        if let (Some(from), Some(to)) = (&scan.from, &scan.to)
            && from >= to
        {
            return Vec::new();
        }
        let from = scan.from.clone().map_or(Bound::Unbounded, Bound::Included);
        let to = scan.to.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let live = partition
            .cells
            .range((from, to))
            .filter_map(|(sort, cell)| cell.row(sort, now_s));
        collect(live, scan.direction, scan.limit)
    }

    /// The partitions of a table, in the order of their bytes.
    pub fn partitions_of(&self, table: TableId) -> impl Iterator<Item = &Bytes> {
        self.partitions
            .range((table, Bytes::new())..)
            .take_while(move |((of, _), _)| *of == table)
            .map(|((_, partition), _)| partition)
    }

    /// The live rows of a partition with a sort key above `after`.
    pub fn rows_after(&self, place: &Place, after: Option<&Bytes>, now_s: u64) -> Vec<FullRow> {
        let Some(partition) = self.partitions.get(place) else {
            return Vec::new();
        };
        let from = after.cloned().map_or(Bound::Unbounded, Bound::Excluded);
        partition
            .cells
            .range((from, Bound::Unbounded))
            .filter_map(|(sort, cell)| cell.row(sort, now_s))
            .map(|row| FullRow {
                partition: place.1.clone(),
                row,
            })
            .collect()
    }

    /// The greatest revision in a partition, of the dead too.
    pub fn greatest_stamp(&self, place: &Place) -> Stamp {
        let cells = self.partitions.get(place).into_iter();
        cells
            .flat_map(|partition| partition.cells.values())
            .map(|cell| cell.stamp)
            .max()
            .unwrap_or(Stamp::MIN)
    }

    /// Conditional rows know no shadows: their writes are in one order.
    pub fn apply_in_order(&mut self, place: &Place, ops: &[Op], stamp: Stamp, now_s: u64) {
        self.last = self.last.max(stamp);
        let partition = self.partitions.entry(place.clone()).or_default();
        for op in ops {
            match op {
                Op::Delete { key } => {
                    partition.cells.remove(&key.sort);
                }
                Op::Put {
                    key,
                    value,
                    expires_at_s,
                } => {
                    let cell = Cell {
                        stamp,
                        landed_s: now_s,
                        value: Some(value.clone()),
                        expires_at_s: *expires_at_s,
                    };
                    partition.cells.insert(key.sort.clone(), cell);
                }
            }
        }
    }
}

impl Partition {
    fn set(&mut self, sort: Bytes, cell: Cell, now_s: u64, late_bound_s: u64) {
        if let Some((stamp, dropped_s)) = self.dropped
            && dropped_s + late_bound_s > now_s
            && cell.stamp <= stamp
        {
            return;
        }
        match self.cells.get(&sort) {
            Some(old) if !old.is_forgotten(now_s, late_bound_s) && !cell.beats(old) => {}
            _ => {
                self.cells.insert(sort, cell);
            }
        }
    }

    fn drop_up_to(&mut self, stamp: Stamp, now_s: u64) {
        self.cells.retain(|_, cell| cell.stamp > stamp);
        let stamp = self
            .dropped
            .map_or(stamp, |(earlier, _)| earlier.max(stamp));
        self.dropped = Some((stamp, now_s));
    }
}

fn collect(
    rows: impl DoubleEndedIterator<Item = RawRow>,
    direction: Direction,
    limit: usize,
) -> Vec<RawRow> {
    match direction {
        Direction::Ascending => rows.take(limit).collect(),
        Direction::Descending => rows.rev().take(limit).collect(),
    }
}

/// The changes of a batch by partition, in the order in which partitions are first named.
pub(super) fn groups_of(changes: impl IntoIterator<Item = (RowKey, Change)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (key, change) in changes {
        let place = (key.table, key.partition);
        match groups.iter_mut().find(|group| group.place == place) {
            Some(group) => group.changes.push(change),
            None => groups.push(Group {
                place,
                changes: vec![change],
            }),
        }
    }
    groups
}
