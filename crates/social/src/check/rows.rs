//! Whether each row of each table decodes.

use petrel_store::TableSpec;
use petrel_store::engine::FullRow;

use super::Checker;
use super::look::PAGE_ROWS;
use super::report::{Difference, Repair, TableRows, What};
use crate::catalogue::TABLES;
use crate::error::Result;

/// Bytes of a key that are shown.
const SHOWN_BYTES_MAX: usize = 64;

pub async fn decode(checker: &mut Checker<'_>) -> Result<()> {
    checker.begin("reading every row");
    for spec in TABLES {
        let mut counted = TableRows {
            table: spec.name,
            rows: 0,
        };
        let mut token = None;
        loop {
            let engine = checker.store.engine();
            let (rows, next) = engine.scan_table(spec.id, token, PAGE_ROWS).await?;
            counted.rows += rows.len() as u64;
            checker.advance(rows.len());
            for full in &rows {
                judge(checker, spec, full);
            }
            match next {
                None => break,
                next => token = next,
            }
        }
        checker.report.tables.push(counted);
    }
    Ok(())
}

fn judge(checker: &mut Checker<'_>, spec: &TableSpec, full: &FullRow) {
    let row = &full.row;
    let Err(why) = (spec.verify)(&full.partition, &row.sort, &row.value) else {
        return;
    };
    let (owner, id) = (shown(&full.partition), shown(&row.sort));
    checker.report.add(Difference {
        table: spec.name,
        list: None,
        text: format!(
            "a row of {} does not decode ({why}); partition {owner}, sort key {id}",
            spec.name
        ),
        owner,
        id,
        what: What::Undecodable,
        repair: Repair::Never,
    });
}

fn shown(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(SHOWN_BYTES_MAX);
    let mut text: String = shown.map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > SHOWN_BYTES_MAX {
        text.push('…');
    }
    text
}
