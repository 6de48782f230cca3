//! What belongs to moderation: a report as its reporter sees it, and what a domain block costs.

use petrel_model::id::{Id, StatusId};
use petrel_social::reports::ReportView;
use petrel_social::settings::Settings;
use schemars::JsonSchema;
use serde::Serialize;

use super::Account;
use super::values::{Moment, Shown};

#[derive(JsonSchema, Serialize)]
pub struct Report<'a> {
    id: Shown<Id>,
    /// What moderators did is not told here.
    action_taken: bool,
    action_taken_at: Option<Moment>,
    category: &'static str,
    comment: &'a str,
    /// Every account is of this server, so there is nobody to forward it to.
    forwarded: bool,
    created_at: Moment,
    status_ids: Vec<Shown<StatusId>>,
    collection_ids: Option<Vec<Shown<Id>>>,
    rule_ids: Option<Vec<Shown<u32>>>,
    target_account: Account<'a>,
}

impl<'a> Report<'a> {
    pub fn new(view: &'a ReportView, settings: &Settings) -> Report<'a> {
        let report = &view.report;
        let rules: Vec<_> = report.rules.iter().copied().map(Shown).collect();
        Report {
            id: Shown(view.id),
            action_taken: false,
            action_taken_at: None,
            category: report.category.as_str(),
            comment: &report.comment,
            forwarded: false,
            created_at: Moment(view.id.time_ms()),
            status_ids: report.statuses.iter().copied().map(Shown).collect(),
            collection_ids: None,
            rule_ids: (!rules.is_empty()).then_some(rules),
            target_account: Account::new(&view.target, settings),
        }
    }
}

/// Whom one would lose by blocking a domain.
#[derive(JsonSchema, Serialize)]
pub struct DomainBlockPreview {
    following_count: u64,
    followers_count: u64,
}

impl DomainBlockPreview {
    /// There are no accounts of other domains.
    pub const NOBODY: DomainBlockPreview = DomainBlockPreview {
        following_count: 0,
        followers_count: 0,
    };
}
