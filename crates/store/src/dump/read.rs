use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom};

use super::format::{DumpRow, Frame, FrameReader, Header};
use super::{DumpError, OnProgress, Phase, Progress, Summary};
use crate::catalogue::Catalogue;
use crate::engine::{Engine, FullRow};
use crate::record::RECORD_VERSION;
use crate::table::{Mode, TableId};

/// Reads a dump whole: every checksum, the counts, the end, and whether this Petrel knows its
/// tables and records.
pub fn verify(
    catalogue: &Catalogue,
    input: &mut (dyn Read + Send),
    progress: OnProgress<'_>,
) -> Result<Summary, DumpError> {
    read_whole(catalogue, input, progress).map(|(summary, _)| summary)
}

/// For partitions that were replaced: rows of frames before this one do not count.
type Replaced = HashMap<(TableId, Vec<u8>), u64>;

fn read_whole(
    catalogue: &Catalogue,
    input: &mut (dyn Read + Send),
    progress: OnProgress<'_>,
) -> Result<(Summary, Replaced), DumpError> {
    let mut replaced = Replaced::new();
    let mut reader = FrameReader::begin(input)?;
    let header = header(&mut reader, catalogue)?;
    let mut rows_so_far = 0;
    let mut counts: BTreeMap<TableId, u64> = BTreeMap::new();
    loop {
        let at = reader.bytes;
        match reader.frame()? {
            Frame::Header(_) => return Err(DumpError::corrupt(at, "a second header")),
            Frame::Rows { table, rows } => {
                let name = name_of(&header, table)
                    .ok_or_else(|| DumpError::corrupt(at, "rows of a table not announced"))?;
                *counts.entry(table).or_default() += rows.len() as u64;
                rows_so_far += rows.len() as u64;
                progress(Progress {
                    phase: Phase::Verifying,
                    table: name,
                    rows: rows_so_far,
                    bytes: reader.bytes,
                });
            }
            Frame::Replaced { table, partitions } => {
                if name_of(&header, table).is_none() {
                    return Err(DumpError::corrupt(
                        at,
                        "partitions of a table not announced",
                    ));
                }
                let keys = partitions.into_iter().map(|key| (table, Vec::from(key)));
                replaced.extend(keys.map(|key| (key, at)));
            }
            Frame::Trailer(trailer) => {
                let count = |id| counts.get(&id).copied().unwrap_or(0);
                let told = trailer.counts.iter().copied();
                let counted = header
                    .tables
                    .iter()
                    .map(|table| (table.id, count(table.id)));
                if !told.eq(counted) {
                    return Err(DumpError::corrupt(at, "the numbers of rows differ"));
                }
                let names = header.tables.into_iter();
                let summary = Summary {
                    begun_ms: header.begun_ms,
                    closed_ms: header.begun_ms,
                    engine: header.engine,
                    tables: names.map(|table| (table.name, count(table.id))).collect(),
                    bytes: reader.bytes,
                };
                return Ok((summary, replaced));
            }
        }
    }
}

/// Verifies a dump and loads it into an empty engine that serves nobody yet. If it fails while
/// loading, or its process ends, the engine holds a part: the caller restores into a new folder
/// and puts it in place when this has returned Ok. Rows of tables dropped since are left out, and
/// so is what tells only of the life of the dumped store ([`Table::RESTORED`](crate::Table::RESTORED)),
/// event rows among it: a restored node may number its starts anew, and its events would fall among
/// those of another life. Views are rebuilt from facts.
pub async fn restore<R: Read + Seek + Send>(
    engine: &dyn Engine,
    catalogue: &Catalogue,
    input: &mut R,
    progress: OnProgress<'_>,
) -> Result<Summary, DumpError> {
    require_empty(engine, catalogue).await?;
    input.seek(SeekFrom::Start(0))?;
    let (summary, replaced) = read_whole(catalogue, input, progress)?;
    input.seek(SeekFrom::Start(0))?;
    let mut reader = FrameReader::begin(input)?;
    let header = header(&mut reader, catalogue)?;
    let mut rows_so_far = 0;
    loop {
        let at = reader.bytes;
        let (table, mut rows) = match reader.frame()? {
            Frame::Rows { table, rows } => (table, rows),
            Frame::Replaced { .. } => continue,
            Frame::Header(_) | Frame::Trailer(_) => break,
        };
        rows_so_far += rows.len() as u64;
        if !replaced.is_empty() {
            let since = |row: &DumpRow| replaced.get(&(table, row.partition.to_vec()));
            rows.retain(|row| since(row).is_none_or(|since| at > *since));
        }
        if catalogue.get(table).is_some_and(|spec| spec.is_restored) {
            engine.load(table, full_rows(rows)).await?;
        }
        progress(Progress {
            phase: Phase::Loading,
            table: name_of(&header, table).unwrap_or_default(),
            rows: rows_so_far,
            bytes: reader.bytes,
        });
    }
    Ok(summary)
}

fn full_rows(rows: Vec<DumpRow>) -> Vec<FullRow> {
    rows.into_iter().map(FullRow::from).collect()
}

fn header(reader: &mut FrameReader<'_>, catalogue: &Catalogue) -> Result<Header, DumpError> {
    let at = reader.bytes;
    let Frame::Header(header) = reader.frame()? else {
        return Err(DumpError::corrupt(at, "it does not begin with a header"));
    };
    if header.record_version > RECORD_VERSION {
        return Err(DumpError::RecordVersion {
            found: header.record_version,
        });
    }
    for table in &header.tables {
        let is_known = catalogue.get(table.id).is_some_and(|spec| {
            spec.name == table.name && (spec.mode == Mode::Cas) == table.is_conditional
        });
        if !is_known && !catalogue.was_dropped(table.id, &table.name) {
            return Err(DumpError::UnknownTable {
                id: table.id,
                name: table.name.clone(),
            });
        }
    }
    Ok(header)
}

fn name_of(header: &Header, id: TableId) -> Option<&str> {
    let table = header.tables.iter().find(|table| table.id == id)?;
    Some(&table.name)
}

async fn require_empty(engine: &dyn Engine, catalogue: &Catalogue) -> Result<(), DumpError> {
    for spec in catalogue.tables() {
        let mut token = None;
        loop {
            let (rows, next) = engine.scan_table(spec.id, token, 1).await?;
            if !rows.is_empty() {
                let table = spec.name;
                return Err(DumpError::NotEmpty { table });
            }
            token = next;
            if token.is_none() {
                break;
            }
        }
    }
    Ok(())
}
