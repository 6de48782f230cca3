//! `petrel check`: every row decodes, and lists and facts agree.

use std::path::Path;

use anyhow::Result;
use petrel_social::check::{CheckOptions, Difference, Report};
use petrel_store_embedded::{repair_journal, survey_journal};

use crate::admin::{CheckLines, DifferenceLine, Reply, TableLine};
use crate::node::Node;

/// Checks what is in the store; others go on reading and writing.
pub async fn check(node: &Node, repair: bool) -> Result<Reply> {
    let report = report(node, repair).await?;
    Ok(Reply::Check(CheckLines::of(report)))
}

pub async fn report(node: &Node, repair: bool) -> Result<Report> {
    let options = CheckOptions {
        repair,
        progress: &|_| {},
    };
    Ok(petrel_social::check::check(&node.store, options).await?)
}

/// Looks at the journal of a store that nobody has open, and cuts it at the last whole batch if
/// that is asked for. Says what is, or was, to be cut; nothing if the journal is whole.
pub fn check_journal(data: &Path, repair: bool) -> Result<Option<String>> {
    let found = survey_journal(data)?;
    if found.cuts.is_empty() {
        return Ok(None);
    }
    let told = if repair { repair_journal(data)? } else { found };
    Ok(Some(told.to_string().trim_end().to_owned()))
}

impl CheckLines {
    fn of(report: Report) -> CheckLines {
        let tables = report.tables.iter().map(|table| TableLine {
            table: table.table.to_owned(),
            rows: table.rows,
        });
        CheckLines {
            rows: report.rows_count(),
            tables: tables.collect(),
            differences_count: report.differences_count,
            mended_count: report.mended_count,
            differences: report.differences.into_iter().map(Into::into).collect(),
            journal: None,
        }
    }
}

impl From<Difference> for DifferenceLine {
    fn from(difference: Difference) -> DifferenceLine {
        DifferenceLine {
            table: difference.table.to_owned(),
            list: difference.list.map(str::to_owned),
            owner: difference.owner,
            id: difference.id,
            what: difference.what.as_str().to_owned(),
            text: difference.text,
            repair: difference.repair.as_str().to_owned(),
        }
    }
}
