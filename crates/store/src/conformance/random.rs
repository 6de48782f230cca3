//! Random operations beside a map that says what they must have done. One client, so everything
//! it sees is determined by the stamps that it was told.

use std::collections::BTreeMap;

use petrel_model::entropy::{Entropy, SeededEntropy};

use super::bench::{bytes, key_in, put_key, serial_put};
use super::{Bench, Harness, Other, Plains, Serials};
use crate::Stamp;
use crate::engine::{
    Condition, Direction, FullRow, Op, RawMend, RawOutcome, RawRow, RawScan, RowKey, is_expired,
};
use crate::table::{Mode, Table, TableId};

/// Names a seed to run instead of the usual ones.
pub const SEED_VARIABLE: &str = "PETREL_SEED";

const PARTITIONS: [&str; 4] = ["", "a", "a\0", "b"];
const SORTS: [&str; 6] = ["", "\0", "1", "1\0", "2", "\u{10FFFF}"];
/// How many acknowledged batches are remembered, to be sent once more.
const REMEMBERED: usize = 12;

/// The seeds to run: that of the environment, or so many from `first` on.
pub fn seeds(first: u64, count: u64) -> Vec<u64> {
    match std::env::var(SEED_VARIABLE) {
        Ok(seed) => vec![seed.parse().expect("PETREL_SEED is a number")],
        Err(_) => (first..first + count).collect(),
    }
}

/// Runs so many random steps; prints its seed, so that a failure can be replayed.
pub async fn run(harness: &dyn Harness, seed: u64, steps: usize) {
    eprintln!("random operations, {SEED_VARIABLE}={seed}");
    let mut run = Run {
        bench: Bench::open(harness).await,
        dice: SeededEntropy::new(seed),
        model: Model::default(),
        sent: Vec::new(),
        values: 0,
    };
    for step in 0..steps {
        match run.below(100) {
            0..40 => run.write().await,
            40..46 => run.repeat().await,
            46..50 => run.delete_partition().await,
            50..60 => run.write_if().await,
            60..64 => run.mend().await,
            64..74 => run.get_many().await,
            74..88 => run.scan().await,
            88..92 => run.check_tables().await,
            92..99 => run.bench.wall.advance_ms(run.below(2_500)),
            _ => run.bench = run.bench.reopen().await,
        }
        if step % 50 == 49 {
            run.check_tables().await;
        }
    }
    run.check_tables().await;
}

#[derive(Clone)]
struct Cell {
    stamp: Stamp,
    /// Absent when deleted.
    value: Option<(String, Option<u64>)>,
}

#[derive(Default)]
struct Model {
    cells: BTreeMap<RowKey, Cell>,
    dropped: BTreeMap<(TableId, bytes::Bytes), Stamp>,
}

impl Model {
    fn apply(&mut self, op: &Op, stamp: Stamp) {
        let key = op.key();
        let place = (key.table, key.partition.clone());
        if self
            .dropped
            .get(&place)
            .is_some_and(|&dropped| stamp <= dropped)
        {
            return;
        }
        let value = match op {
            Op::Put {
                value,
                expires_at_s,
                ..
            } => Some((String::from_utf8_lossy(value).into_owned(), *expires_at_s)),
            Op::Delete { .. } => None,
        };
        let cell = Cell { stamp, value };
        let rank = |cell: &Cell| (cell.stamp, cell.value.is_none(), cell.value.clone());
        match self.cells.get(key) {
            Some(old) if rank(old) > rank(&cell) => {}
            _ => {
                self.cells.insert(key.clone(), cell);
            }
        }
    }

    fn row(&self, key: &RowKey, now_s: u64) -> Option<RawRow> {
        let cell = self.cells.get(key)?;
        let (value, expires_at_s) = cell.value.clone()?;
        (!is_expired(expires_at_s, now_s)).then(|| RawRow {
            sort: key.sort.clone(),
            value: bytes(&value),
            revision: cell.stamp,
            expires_at_s,
        })
    }

    fn scan(&self, scan: &RawScan, now_s: u64) -> Vec<RawRow> {
        let mut rows: Vec<RawRow> = self
            .cells
            .keys()
            .filter(|key| key.table == scan.table && key.partition == scan.partition)
            .filter(|key| scan.from.as_ref().is_none_or(|from| key.sort >= *from))
            .filter(|key| scan.to.as_ref().is_none_or(|to| key.sort < *to))
            .filter_map(|key| self.row(key, now_s))
            .collect();
        if scan.direction == Direction::Descending {
            rows.reverse();
        }
        rows.truncate(scan.limit);
        rows
    }

    fn table(&self, table: TableId, now_s: u64) -> Vec<FullRow> {
        let keys = self.cells.keys().filter(|key| key.table == table);
        keys.filter_map(|key| {
            let partition = key.partition.clone();
            self.row(key, now_s).map(|row| FullRow { partition, row })
        })
        .collect()
    }
}

struct Run<'a> {
    bench: Bench<'a>,
    dice: SeededEntropy,
    model: Model,
    sent: Vec<(Stamp, Vec<Op>)>,
    values: u64,
}

impl Run<'_> {
    fn below(&self, bound: u64) -> u64 {
        self.dice.next_u64() % bound
    }

    fn pick<'t>(&self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len() as u64) as usize]
    }

    fn key(&self) -> RowKey {
        let table = if self.below(3) == 0 {
            Other::ID
        } else {
            Plains::ID
        };
        key_in(table, self.pick(&PARTITIONS), self.pick(&SORTS))
    }

    /// Every value is written once only.
    fn value(&mut self) -> String {
        self.values += 1;
        format!("value {}", self.values)
    }

    async fn write(&mut self) {
        let mut ops: Vec<Op> = Vec::new();
        for _ in 0..=self.below(12) {
            let key = self.key();
            if ops.iter().any(|op| *op.key() == key) {
                continue;
            }
            let expires_at_s = self.bench.now_s() + self.below(5);
            let value = bytes(&self.value());
            ops.push(match self.below(6) {
                0 | 1 => Op::Delete { key },
                2 => Op::Put {
                    key,
                    value,
                    expires_at_s: Some(expires_at_s),
                },
                _ => Op::Put {
                    key,
                    value,
                    expires_at_s: None,
                },
            });
        }
        // One batch in four comes from a clock that lags.
        let lag_us = if self.below(4) == 0 {
            self.below(900_000)
        } else {
            0
        };
        let stamp = Stamp(self.bench.stamp().0 - lag_us);
        let stamp = self.bench.write_at(stamp, ops.clone()).await;
        ops.iter().for_each(|op| self.model.apply(op, stamp));
        if self.sent.len() == REMEMBERED {
            self.sent.remove(0);
        }
        self.sent.push((stamp, ops));
    }

    async fn repeat(&mut self) {
        if self.sent.is_empty() {
            return;
        }
        let (stamp, ops) = self.sent[self.below(self.sent.len() as u64) as usize].clone();
        self.bench.repeat(stamp, ops.clone()).await;
        ops.iter().for_each(|op| self.model.apply(op, stamp));
    }

    async fn delete_partition(&mut self) {
        let partition = self.pick(&PARTITIONS);
        let stamp = self.bench.stamp();
        self.bench.delete_partition(partition, stamp).await;
        let place = (Plains::ID, bytes(partition));
        for (key, cell) in &mut self.model.cells {
            if (key.table, &key.partition) == (place.0, &place.1) && cell.stamp <= stamp {
                cell.value = None;
            }
        }
        self.model.dropped.insert(place, stamp);
    }

    async fn write_if(&mut self) {
        let (partition, sort) = (self.pick(&PARTITIONS), self.pick(&SORTS));
        let key = key_in(Serials::ID, partition, sort);
        let now = self.model.row(&key, self.bench.now_s());
        let revision = now.as_ref().map_or(Stamp(7), |row| row.revision);
        let (condition, holds) = match self.below(4) {
            0 => (Condition::Absent, now.is_none()),
            1 => (Condition::Present, now.is_some()),
            2 => (Condition::Revision(revision), now.is_some()),
            _ => (Condition::Revision(Stamp(revision.0 + 1)), false),
        };
        let value = self.value();
        let mut write = serial_put(self.bench.stamp(), partition, sort, condition, &value);
        if condition == Condition::Present && now.is_some() && self.below(2) == 0 {
            write.ops = vec![Op::Delete { key: key.clone() }];
        }
        match self.bench.write_if(write.clone()).await {
            RawOutcome::Applied(stamp) => {
                assert!(holds, "{condition:?} held of {now:?}");
                self.model.cells.remove(&key);
                self.model.apply(&write.ops[0], stamp);
            }
            RawOutcome::Conflict(rows) => {
                assert!(!holds, "{condition:?} did not hold of {now:?}");
                assert_eq!(rows, [(bytes(sort), now)]);
            }
        }
    }

    /// Repairs rows that are there: at a revision above, below or equal to their own.
    async fn mend(&mut self) {
        let (fact, row) = (self.key(), self.key());
        let now_s = self.bench.now_s();
        let Some(old) = self.model.row(&row, now_s) else {
            return;
        };
        let premise = self.model.row(&fact, now_s).map(|row| row.revision);
        let holds = self.below(3) > 0;
        let told = if holds {
            premise
        } else {
            Some(self.bench.stamp())
        };
        let mut mend = RawMend {
            premises: vec![(fact, told), (row.clone(), Some(old.revision))],
            ..RawMend::default()
        };
        let stamp = match self.below(3) {
            0 => Stamp(old.revision.0 - 1),
            1 => old.revision,
            _ => self.bench.stamp(),
        };
        let op = if stamp == old.revision {
            mend.deletes.push((row.clone(), stamp));
            Op::Delete { key: row }
        } else {
            let value = self.value();
            mend.puts.push((row.clone(), bytes(&value), None, stamp));
            put_key(row, &value)
        };
        assert_eq!(self.bench.mend(mend).await, holds);
        if holds {
            self.model.apply(&op, stamp);
        }
    }

    async fn get_many(&mut self) {
        let keys: Vec<RowKey> = (0..self.below(9)).map(|_| self.key()).collect();
        let now_s = self.bench.now_s();
        let expected: Vec<_> = keys.iter().map(|key| self.model.row(key, now_s)).collect();
        assert_eq!(self.bench.get_many(&keys).await, expected, "{keys:?}");
        if let Some(key) = keys.first() {
            assert_eq!(
                self.bench.get_in(Mode::Plain, key).await,
                expected[0],
                "{key:?}"
            );
        }
    }

    async fn scan(&mut self) {
        let key = self.key();
        let bound = |sort: &str, some: bool| some.then(|| bytes(sort));
        let scan = RawScan {
            table: key.table,
            mode: Mode::Plain,
            partition: key.partition,
            from: bound(self.pick(&SORTS), self.below(2) == 0),
            to: bound(self.pick(&SORTS), self.below(2) == 0),
            direction: if self.below(2) == 0 {
                Direction::Ascending
            } else {
                Direction::Descending
            },
            limit: self.below(8) as usize,
        };
        let expected = self.model.scan(&scan, self.bench.now_s());
        assert_eq!(self.bench.scan(scan.clone()).await, expected, "{scan:?}");
    }

    async fn check_tables(&mut self) {
        for table in [Plains::ID, Other::ID, Serials::ID] {
            let limit = 1 + self.below(20) as usize;
            let expected = self.model.table(table, self.bench.now_s());
            assert_eq!(self.bench.table(table, limit).await, expected);
        }
    }
}
