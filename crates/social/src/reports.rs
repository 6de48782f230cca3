//! What people report to those who look after the place. Facts only: what becomes of a report is
//! not told here.

use std::sync::Arc;

use minicbor::{Decode, Encode};
use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::limits::{
    REPORT_COMMENT_CHARS_MAX, REPORT_RULES_MAX, REPORT_STATUSES_MAX, REPORTS_PAGE_MAX,
};
use petrel_model::scope::Scope;
use petrel_model::text::count;
use petrel_store::{Plain, Table};

use crate::accounts::facts::AccountFacts;
use crate::accounts::view;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::statuses;
use crate::views::AccountView;

/// A week, in milliseconds.
const WEEK_MS: u64 = 7 * 24 * 3_600 * 1_000;
/// How far back reports are listed, in weeks.
const LISTED_WEEKS_MAX: u32 = 104;

pub struct Reports;

impl Table for Reports {
    const ID: u16 = 37;
    const NAME: &'static str = "reports";
    /// Weeks since 1970.
    type Partition = u32;
    type Sort = Id;
    type Value = Report;
    type Mode = Plain;
    const BOUND: &'static str =
        "time bucket: a week of reports, of which each account may make so many in a day";
    const CACHED: bool = false;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Category {
    #[default]
    #[n(0)]
    Other,
    #[n(1)]
    Spam,
    #[n(2)]
    Legal,
    #[n(3)]
    Violation,
}

impl Category {
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Other => "other",
            Category::Spam => "spam",
            Category::Legal => "legal",
            Category::Violation => "violation",
        }
    }
}

impl std::str::FromStr for Category {
    type Err = ();

    fn from_str(text: &str) -> Result<Category, ()> {
        let all = [
            Category::Other,
            Category::Spam,
            Category::Legal,
            Category::Violation,
        ];
        let known = all.into_iter().find(|category| category.as_str() == text);
        known.ok_or(())
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Report {
    /// Who reports.
    #[n(0)]
    pub account: AccountId,
    /// Who is reported.
    #[n(1)]
    pub target: AccountId,
    #[n(2)]
    pub statuses: Vec<StatusId>,
    #[n(3)]
    pub comment: String,
    #[n(4)]
    pub category: Category,
    /// Places of the rules in the operator's list, from 1.
    #[n(5)]
    pub rules: Vec<u32>,
    /// Whether the reported account's own server may be told.
    #[n(6)]
    pub forward: bool,
}

/// What somebody reports.
#[derive(Clone, Debug, Default)]
pub struct NewReport {
    pub statuses: Vec<StatusId>,
    pub comment: String,
    pub category: Category,
    pub rules: Vec<u32>,
    pub forward: bool,
}

/// A report as the reporter is shown it.
#[derive(Clone, Debug)]
pub struct ReportView {
    pub id: Id,
    pub report: Report,
    pub target: Arc<AccountView>,
}

/// A report as operators see it.
#[derive(Clone, Debug)]
pub struct ReportSummary {
    pub id: Id,
    pub report: Report,
    /// Names of reporter and reported, where these still exist.
    pub account: Option<String>,
    pub target: Option<String>,
}

/// Reports an account, and statuses of it that the caller can see. `rules_known` is how many rules
/// there are.
///
/// # Errors
/// `NotFound` if the account or one of the statuses is not there for the caller, or the status is
/// not of that account.
pub async fn create(
    ctx: &Ctx,
    target: AccountId,
    new: NewReport,
    rules_known: usize,
) -> Result<ReportView> {
    let account = ctx.require_user(Scope::WriteReports)?;
    judge(&new, rules_known)?;
    let mut batch = ctx.batch();
    let eyes = Eyes::of(ctx).await?;
    batch.note(eyes.revision);
    let shown = view::shown(ctx, &eyes, &[target], Surface::ById)
        .await?
        .pop();
    let shown = shown.ok_or(Error::NotFound)?;
    require_statuses(ctx, target, &new.statuses).await?;
    let id = ctx.clock().next_id();
    let report = Report {
        account,
        target,
        statuses: new.statuses,
        comment: new.comment,
        category: if new.rules.is_empty() {
            new.category
        } else {
            Category::Violation
        },
        rules: new.rules,
        forward: new.forward,
    };
    batch.put::<Reports>(&week_of(id.time_ms()), &id, &report);
    batch.commit().await?;
    Ok(ReportView {
        id,
        report,
        target: shown,
    })
}

/// The newest reports, at most two years old.
pub async fn list(ctx: &Ctx, limit: usize) -> Result<Vec<ReportSummary>> {
    ctx.require_system()?;
    let limit = limit.min(REPORTS_PAGE_MAX);
    let newest = week_of(ctx.clock().now_ms());
    let mut found = Vec::new();
    for week in (newest.saturating_sub(LISTED_WEEKS_MAX)..=newest).rev() {
        if found.len() >= limit {
            break;
        }
        let left = limit - found.len();
        found.extend(
            ctx.store()
                .scan::<Reports>(&week)
                .descending()
                .limit(left)
                .await?,
        );
    }
    let mut summaries = Vec::with_capacity(found.len());
    for row in found {
        summaries.push(ReportSummary {
            id: row.sort,
            account: name_of(ctx, row.value.account).await?,
            target: name_of(ctx, row.value.target).await?,
            report: row.value,
        });
    }
    Ok(summaries)
}

fn judge(new: &NewReport, rules_known: usize) -> Result<()> {
    if count::chars(&new.comment) > REPORT_COMMENT_CHARS_MAX
        || new.comment.len() > 4 * REPORT_COMMENT_CHARS_MAX
    {
        return Err(Error::invalid(format!(
            "Comment is too long (maximum is {REPORT_COMMENT_CHARS_MAX} characters)"
        )));
    }
    if new.statuses.len() > REPORT_STATUSES_MAX || new.rules.len() > REPORT_RULES_MAX {
        return Err(Error::invalid("Too many statuses or rules in one report"));
    }
    let is_known = |rule: &u32| (1..=rules_known).contains(&(*rule as usize));
    if !new.rules.iter().all(is_known) {
        return Err(Error::invalid("Rules does not reference valid rules"));
    }
    Ok(())
}

/// Whoever may report may be shown what they report, whether or not the token may read.
async fn require_statuses(ctx: &Ctx, target: AccountId, ids: &[StatusId]) -> Result<()> {
    let own = ctx
        .viewer()
        .map(|viewer| Ctx::acting_for(ctx.social.clone(), viewer));
    let shown = statuses::get_many(own.as_ref().unwrap_or(ctx), ids).await?;
    let theirs = |id: &StatusId| {
        let status = shown.iter().find(|status| status.id == *id);
        status.is_some_and(|status| status.account.id == target)
    };
    match ids.iter().all(theirs) {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

async fn name_of(ctx: &Ctx, id: AccountId) -> Result<Option<String>> {
    let facts = AccountFacts::find(&ctx.social, id).await?;
    Ok(facts.map(|facts| facts.username().to_owned()))
}

fn week_of(ms: u64) -> u32 {
    u32::try_from(ms / WEEK_MS).unwrap_or(u32::MAX)
}
