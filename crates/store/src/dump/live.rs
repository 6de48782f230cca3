//! A dump while several nodes write, of an engine that has no snapshot. All tables are scanned;
//! then what events have named since is read again, in rounds, until a round is short. The last
//! round takes only what was written before it began, so that facts and their indexes are of one
//! moment; and then come, until there are no more, the rows that take rights away.
//!
//! Everything that was acknowledged before it began is in it. What was forbidden when it was
//! closed, at the beginning of its last round, cannot be read in it: each such row is later in the
//! file than all that it hides.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use super::format::{DumpRow, Frame, FrameWriter, Header, VERSION_LIVE};
use super::write::{PAGE_ROWS, table_of};
use super::{DumpError, OnProgress, Phase, Progress, Summary};
use crate::cache::Place;
use crate::catalogue::Catalogue;
use crate::engine::{Direction, FullRow, RawRow, RawScan};
use crate::peers::{Collector, Core};
use crate::record::RECORD_VERSION;
use crate::store::Store;
use crate::table::{Mode, TableId, TableSpec};
use crate::{Stamp, StoreError};

/// A round that names no more partitions than this is short.
const SHORT_ROUND: usize = 100;
/// After so many rounds the next one is the last, short or not.
const ROUNDS_MAX: usize = 20;
/// Rounds for rows that take rights away, the last of which must find none.
const RIGHTS_ROUNDS_MAX: usize = 100;
/// Partitions read at a time.
const STEP_PLACES: usize = 32;

/// The rows that were written by the rounds at the end, by their keys and revisions.
type Written = HashSet<(Place, Bytes, Stamp)>;

struct Live<'a> {
    store: &'a Store,
    catalogue: &'a Catalogue,
    collector: Arc<Collector>,
    writer: FrameWriter<'a>,
    counts: BTreeMap<TableId, u64>,
    progress: OnProgress<'a>,
}

pub(super) async fn write(
    store: &Store,
    core: &Core,
    catalogue: &Catalogue,
    now_ms: u64,
    out: &mut (dyn std::io::Write + Send),
    progress: OnProgress<'_>,
) -> Result<Summary, DumpError> {
    let engine = store.engine().name().to_owned();
    let mut writer = FrameWriter::begin(out, VERSION_LIVE)?;
    writer.frame(&Frame::Header(Header {
        begun_ms: now_ms,
        engine: engine.clone(),
        record_version: RECORD_VERSION,
        tables: catalogue.tables().map(table_of).collect(),
    }))?;
    let mut live = Live {
        store,
        catalogue,
        collector: core.collect(),
        writer,
        counts: BTreeMap::new(),
        progress,
    };
    // Who writes from now on is heard, and what was written before is there to be scanned.
    store.catch_up().await?;
    for spec in live.tables(|_| true) {
        live.table(spec, Stamp(u64::MAX)).await?;
    }
    let last = live.rounds().await?;
    let closed_ms = live.rights(last).await?;
    let Live { writer, counts, .. } = live;
    let count = |spec: &TableSpec| counts.get(&spec.id).copied().unwrap_or(0);
    let of_all = catalogue.tables().map(|spec| (spec.id, count(spec)));
    let tables = catalogue
        .tables()
        .map(|spec| (spec.name.to_owned(), count(spec)));
    Ok(Summary {
        begun_ms: now_ms,
        closed_ms,
        engine,
        tables: tables.collect(),
        bytes: writer.end(of_all.collect())?,
    })
}

impl Live<'_> {
    fn tables(&self, filter: impl Fn(&TableSpec) -> bool) -> Vec<TableSpec> {
        let ours = |spec: &&TableSpec| spec.is_restored && filter(spec);
        self.catalogue.tables().filter(ours).copied().collect()
    }

    /// The rows of a whole table that were written up to a stamp.
    async fn table(&mut self, spec: TableSpec, until: Stamp) -> Result<(), DumpError> {
        let mut token = None;
        loop {
            let engine = self.store.engine();
            let (mut rows, next) = engine.scan_table(spec.id, token, PAGE_ROWS).await?;
            rows.retain(|full| full.row.revision <= until);
            self.rows(spec.id, rows)?;
            token = next;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// Until a round is short, however many were named meanwhile after so many rounds; then what is
    /// of one moment with all that was read so far. Answers with the partitions of the last round.
    async fn rounds(&mut self) -> Result<HashSet<Place>, DumpError> {
        for _ in 0..ROUNDS_MAX {
            self.store.catch_up().await?;
            let named = self.named()?;
            let is_short = named.len() <= SHORT_ROUND;
            self.replace(named).await?;
            if is_short {
                break;
            }
        }
        self.store.catch_up().await?;
        let named = self.named()?;
        let until = self.store.clock().next_stamp(Stamp::MIN);
        let places: Vec<Place> = named.iter().cloned().collect();
        for step in places.chunks(STEP_PLACES) {
            for (place, mut rows) in self.read(step).await? {
                rows.retain(|row| row.revision <= until);
                self.rows(place.table, full(&place, rows))?;
            }
        }
        // No event names what is written here.
        for spec in self.tables(|spec| !spec.is_named) {
            self.table(spec, until).await?;
        }
        Ok(named)
    }

    /// What was named is from now on as it is read here.
    async fn replace(&mut self, named: HashSet<Place>) -> Result<(), DumpError> {
        let mut places: Vec<Place> = named.into_iter().collect();
        places.sort_by(|a, b| (a.table, &a.partition).cmp(&(b.table, &b.partition)));
        for of_table in places.chunk_by(|a, b| a.table == b.table) {
            for step in of_table.chunks(STEP_PLACES) {
                let found = self.read(step).await?;
                let partitions = step.iter().map(|place| place.partition.to_vec().into());
                self.writer.frame(&Frame::Replaced {
                    table: of_table[0].table,
                    partitions: partitions.collect(),
                })?;
                for (place, rows) in found {
                    self.rows(place.table, full(&place, rows))?;
                }
            }
        }
        Ok(())
    }

    /// Rows that take rights away, until a round finds no new one: all that were acknowledged
    /// before it are in the dump then. Answers with when it began, in Unix milliseconds.
    async fn rights(&mut self, last: HashSet<Place>) -> Result<u64, DumpError> {
        let takes: BTreeMap<TableId, _> = self
            .catalogue
            .tables()
            .filter_map(|spec| spec.takes_rights.map(|takes| (spec.id, takes)))
            .collect();
        let mut written = Written::new();
        let mut named = last;
        for round in 0..RIGHTS_ROUNDS_MAX {
            let begun_ms = self.store.clock().now_ms();
            self.store.catch_up().await?;
            named.extend(self.named()?);
            named.retain(|place| takes.contains_key(&place.table));
            let places: Vec<Place> = named.drain().collect();
            let mut has_new = false;
            for step in places.chunks(STEP_PLACES) {
                for (place, mut rows) in self.read(step).await? {
                    rows.retain(|row| {
                        takes[&place.table](&row.sort)
                            && written.insert((place.clone(), row.sort.clone(), row.revision))
                    });
                    has_new |= !rows.is_empty();
                    self.rows(place.table, full(&place, rows))?;
                }
            }
            if round > 0 && !has_new {
                return Ok(begun_ms);
            }
        }
        Err(DumpError::Restless)
    }

    fn named(&self) -> Result<HashSet<Place>, DumpError> {
        let mut named = self.collector.take().map_err(|_| DumpError::Restless)?;
        named.retain(|place| {
            let spec = self.catalogue.get(place.table);
            spec.is_some_and(|spec| spec.is_restored)
        });
        Ok(named)
    }

    /// These partitions whole, in one round trip as long as they are small.
    async fn read(&self, places: &[Place]) -> Result<Vec<(Place, Vec<RawRow>)>, StoreError> {
        let engine = self.store.engine();
        let scans: Vec<RawScan> = places.iter().map(scan).collect();
        let mut answers = Vec::with_capacity(places.len());
        for (place, mut rows) in places.iter().zip(engine.scan_many(&scans).await?) {
            let mut page = rows.len();
            while let (PAGE_ROWS, Some(reached)) = (page, rows.last()) {
                let from = [&reached.sort[..], &[0]].concat();
                let more = RawScan {
                    from: Some(from.into()),
                    ..scan(place)
                };
                let found = engine.scan(&more).await?;
                page = found.len();
                rows.extend(found);
            }
            answers.push((place.clone(), rows));
        }
        Ok(answers)
    }

    fn rows(&mut self, table: TableId, rows: Vec<FullRow>) -> Result<(), DumpError> {
        let mut rows = rows.into_iter();
        loop {
            let page: Vec<DumpRow> = rows.by_ref().take(PAGE_ROWS).map(DumpRow::from).collect();
            if page.is_empty() {
                break;
            }
            *self.counts.entry(table).or_default() += page.len() as u64;
            self.writer.frame(&Frame::Rows { table, rows: page })?;
        }
        (self.progress)(Progress {
            phase: Phase::Writing,
            table: self.catalogue.get(table).map_or("", |spec| spec.name),
            rows: self.counts.values().sum(),
            bytes: self.writer.bytes,
        });
        Ok(())
    }
}

fn scan(place: &Place) -> RawScan {
    RawScan {
        table: place.table,
        mode: Mode::Plain,
        partition: place.partition.clone(),
        from: None,
        to: None,
        direction: Direction::Ascending,
        limit: PAGE_ROWS,
    }
}

fn full(place: &Place, rows: Vec<RawRow>) -> Vec<FullRow> {
    let partition = &place.partition;
    let full = |row| FullRow {
        partition: partition.clone(),
        row,
    };
    rows.into_iter().map(full).collect()
}
