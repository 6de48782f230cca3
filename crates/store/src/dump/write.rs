use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;

use super::format::{DumpRow, DumpTable, Frame, FrameWriter, Header};
use super::{DumpError, OnProgress, Phase, Progress, Summary};
use crate::catalogue::Catalogue;
use crate::engine::{Engine, TableScanner};
use crate::record::RECORD_VERSION;
use crate::table::{Mode, TableSpec};

/// How many rows are asked for at a time; with values of the largest size a frame stays below its
/// bound.
const PAGE_ROWS: usize = 1_000;

/// Writes all tables of the catalogue as of one moment. `now_ms` is noted in the dump, in Unix
/// milliseconds. The caller makes it durable.
pub async fn write(
    engine: &dyn Engine,
    catalogue: &Catalogue,
    now_ms: u64,
    out: &mut (dyn Write + Send),
    progress: OnProgress<'_>,
) -> Result<Summary, DumpError> {
    let snapshot = engine.snapshot().await?;
    let mut writer = FrameWriter::begin(out)?;
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

fn table_of(spec: &TableSpec) -> DumpTable {
    DumpTable {
        id: spec.id,
        name: spec.name.to_owned(),
        is_conditional: spec.mode == Mode::Cas,
    }
}

/// As [`write`], to a new file that is there whole and synced, or not at all.
pub async fn write_file(
    engine: &dyn Engine,
    catalogue: &Catalogue,
    now_ms: u64,
    path: &Path,
    progress: OnProgress<'_>,
) -> Result<Summary, DumpError> {
    if path.exists() {
        return Err(DumpError::exists(path));
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(partial)?;
    let mut out = BufWriter::new(file);
    let written = write(engine, catalogue, now_ms, &mut out, progress).await;
    let finished = written.and_then(|summary| {
        out.get_ref().sync_all()?;
        // A link, unlike a rename, never replaces what someone has put there meanwhile.
        std::fs::hard_link(partial, path).or_else(|_| std::fs::rename(partial, path))?;
        Ok(summary)
    });
    // Best effort: after the rename there is nothing to remove.
    let _ = std::fs::remove_file(partial);
    let summary = finished?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(summary)
}
