//! What people report to those who look after the place.

use axum::extract::State;
use petrel_model::id::{AccountId, Id};
use petrel_social::context::Ctx;
use petrel_social::reports::{self, NewReport};

use crate::entities::Report;
use crate::error::Result;
use crate::params::{Fields, ParamError, Params};
use crate::reply;
use crate::state::ApiState;

pub async fn create(ctx: Ctx, State(api): State<ApiState>, params: Params) -> Result {
    let fields = params.fields();
    let new = new_report(fields)?;
    let target: Option<AccountId> = fields.id("account_id")?;
    let target = target.unwrap_or(AccountId::MIN);
    let rules_known = api.config.rules.len();
    let report = reports::create(&ctx, target, new, rules_known).await?;
    Ok(reply::json(&Report::new(&report, ctx.settings())))
}

fn new_report(fields: Fields<'_>) -> Result<NewReport, ParamError> {
    let rules: Vec<Id> = fields.ids("rule_ids")?;
    Ok(NewReport {
        statuses: fields.ids("status_ids")?,
        comment: fields.text("comment")?.unwrap_or_default(),
        category: fields
            .parsed("category", "is not a category")?
            .unwrap_or_default(),
        // What is no place in the list is told so with the others.
        rules: rules
            .iter()
            .map(|id| u32::try_from(id.0).unwrap_or(u32::MAX))
            .collect(),
        forward: fields.is_set("forward")?,
    })
}
