//! `petrel check`: every row decodes, and lists and facts agree.

use anyhow::Result;

use crate::admin::{CheckLines, Reply};
use crate::node::{self, Node};

/// Rows read at once.
const PAGE_ROWS: usize = 1_000;
/// Differences that are told; more are only counted by asking again after these are mended.
const PROBLEMS_MAX: usize = 1_000;

pub async fn check(node: &Node, _repair: bool) -> Result<Reply> {
    let mut lines = CheckLines::default();
    lines.rows = verify_rows(node, &mut lines.problems).await?;
    Ok(Reply::Check(lines))
}

pub async fn problems_of(node: &Node) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    verify_rows(node, &mut problems).await?;
    Ok(problems)
}

/// Reads every row of every table as of one moment, and says which do not decode.
async fn verify_rows(node: &Node, problems: &mut Vec<String>) -> Result<u64> {
    let snapshot = node.store.engine().snapshot().await?;
    let mut count = 0;
    for table in node::catalogue().tables() {
        let mut token = None;
        loop {
            let (rows, next) = snapshot.scan_table(table.id, token, PAGE_ROWS).await?;
            count += rows.len() as u64;
            for full in rows {
                let verified = (table.verify)(&full.partition, &full.row.sort, &full.row.value);
                if let Err(why) = verified
                    && problems.len() < PROBLEMS_MAX
                {
                    let (partition, sort) = (hex(&full.partition), hex(&full.row.sort));
                    problems.push(format!("{} {partition}/{sort}: {why}", table.name));
                }
            }
            match next {
                None => break,
                next => token = next,
            }
        }
    }
    Ok(count)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
