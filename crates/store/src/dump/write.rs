use std::io::Write;

use super::format::{DumpRow, DumpTable, Frame, FrameWriter, Header, VERSION};
use super::{DumpError, OnProgress, Phase, Progress, Summary};
use crate::catalogue::Catalogue;
use crate::engine::{Engine, TableScanner};
use crate::record::RECORD_VERSION;
use crate::table::{Mode, TableSpec};

/// How many rows are asked for at a time; with values of the largest size a frame stays below its
/// bound.
pub(super) const PAGE_ROWS: usize = 1_000;

/// Writes all tables of the catalogue as of one moment, out of an engine that has snapshots; of one
/// that several nodes share, [`write_store`](super::write_store). `now_ms` is noted in the dump, in Unix
/// milliseconds. The caller makes it durable, and puts the file in place when it is whole.
pub async fn write(
    engine: &dyn Engine,
    catalogue: &Catalogue,
    now_ms: u64,
    out: &mut (dyn Write + Send),
    progress: OnProgress<'_>,
) -> Result<Summary, DumpError> {
    let snapshot = engine.snapshot().await?;
    let mut writer = FrameWriter::begin(out, VERSION)?;
    let header = Header {
        begun_ms: now_ms,
        engine: engine.name().to_owned(),
        record_version: RECORD_VERSION,
        tables: catalogue.tables().map(table_of).collect(),
    };
    writer.frame(&Frame::Header(header))?;
    let mut counts = Vec::new();
    for spec in catalogue.tables() {
        let before: u64 = counts.iter().map(|(_, rows)| rows).sum();
        let mut told = |rows: u64, bytes: u64| {
            progress(Progress {
                phase: Phase::Writing,
                table: spec.name,
                rows: before + rows,
                bytes,
            });
        };
        let rows = write_table(&*snapshot, spec, &mut writer, &mut told).await?;
        counts.push((spec.id, rows));
    }
    let tables = catalogue
        .tables()
        .zip(&counts)
        .map(|(spec, (_, rows))| (spec.name.to_owned(), *rows))
        .collect();
    Ok(Summary {
        begun_ms: now_ms,
        closed_ms: now_ms,
        engine: engine.name().to_owned(),
        tables,
        bytes: writer.end(counts)?,
    })
}

async fn write_table(
    snapshot: &dyn TableScanner,
    spec: &TableSpec,
    writer: &mut FrameWriter<'_>,
    told: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<u64, DumpError> {
    let mut count = 0;
    let mut token = None;
    loop {
        let (rows, next) = snapshot.scan_table(spec.id, token, PAGE_ROWS).await?;
        if !rows.is_empty() {
            count += rows.len() as u64;
            let rows = rows.into_iter().map(DumpRow::from).collect();
            let table = spec.id;
            writer.frame(&Frame::Rows { table, rows })?;
        }
        told(count, writer.bytes);
        token = next;
        if token.is_none() {
            return Ok(count);
        }
    }
}

pub(super) fn table_of(spec: &TableSpec) -> DumpTable {
    DumpTable {
        id: spec.id,
        name: spec.name.to_owned(),
        is_conditional: spec.mode == Mode::Cas,
    }
}
