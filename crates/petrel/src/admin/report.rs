//! What people reported, for whoever looks after the place.

use anyhow::Result;
use petrel_social::reports::{self, ReportSummary};
use serde::{Deserialize, Serialize};

use super::Reply;
use crate::node::Node;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportLine {
    pub id: String,
    pub created_at_ms: u64,
    /// Names, or ids of accounts that are gone.
    pub by: String,
    pub about: String,
    pub category: String,
    pub comment: String,
    pub status_ids: Vec<String>,
    /// Places in the list of rules, from 1.
    pub rules: Vec<u32>,
}

impl ReportLine {
    fn of(summary: ReportSummary) -> ReportLine {
        let report = summary.report;
        ReportLine {
            id: summary.id.to_string(),
            created_at_ms: summary.id.time_ms(),
            by: summary
                .account
                .unwrap_or_else(|| report.account.to_string()),
            about: summary.target.unwrap_or_else(|| report.target.to_string()),
            category: report.category.as_str().to_owned(),
            status_ids: report.statuses.iter().map(ToString::to_string).collect(),
            rules: report.rules,
            comment: report.comment,
        }
    }
}

pub async fn list(node: &Node, limit: usize) -> Result<Reply> {
    let reports = reports::list(&node.ctx(), limit).await?;
    let lines = reports.into_iter().map(ReportLine::of);
    Ok(Reply::Reports(lines.collect()))
}
