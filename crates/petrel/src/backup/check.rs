//! `petrel check`: every row decodes, and lists and facts agree.

use std::path::Path;

use anyhow::Result;
use async_trait::async_trait;
use petrel_media::Depot;
use petrel_social::check::{CheckOptions, Difference, Files, Report, check_files};
use petrel_store_embedded::{repair_journal, survey_journal};

use crate::admin::{CheckLines, DifferenceLine, Reply, TableLine};
use crate::media::Media;
use crate::node::Node;

/// Checks what is in the store, and that the files are there which it names; others go on reading
/// and writing. If the files cannot be looked for, the reply says so beside what was done.
pub async fn check(node: &Node, media: &Media, repair: bool) -> Result<Reply> {
    let mut report = report(node, repair).await?;
    let files = InDepot(&media.depot);
    let looked = check_files(&node.store, &files, &mut report).await;
    let mut lines = CheckLines::of(report);
    lines.files_unchecked = looked.err().map(|why| why.to_string());
    Ok(Reply::Check(lines))
}

struct InDepot<'a>(&'a Depot);

#[async_trait]
impl Files for InDepot<'_> {
    async fn has(&self, key: &str) -> Result<bool, String> {
        self.0.has(key).await.map_err(|error| error.to_string())
    }
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
            files_unchecked: None,
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
