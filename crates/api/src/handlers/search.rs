//! Accounts, hashtags and statuses by what is typed.

use axum::extract::State;
use axum::http::StatusCode;
use petrel_model::scope::Scope;
use petrel_social::context::Ctx;
use petrel_social::featured_tags::TagTies;

use crate::entities::Search;
use crate::error::{ApiError, Result};
use crate::handlers::tags::shown;
use crate::paging;
use crate::params::Params;
use crate::reply;
use crate::state::ApiState;

pub async fn search(ctx: Ctx, State(api): State<ApiState>, params: Params) -> Result {
    ctx.allow_public(Scope::ReadSearch)?;
    let fields = params.fields();
    let query = fields.require_text("q")?;
    let kind = fields.filled("type")?;
    let offset = fields.number("offset")?.unwrap_or(0) as usize;
    let limit = paging::SEARCH.limit(fields)?;
    let following = fields.is_set("following")?;
    refuse_to_strangers(&ctx, offset > 0, fields.is_set("resolve")?)?;
    let wanted = |name: &str| kind.as_deref().is_none_or(|kind| kind == name);
    let (search, settings) = (&api.search, ctx.settings());
    let accounts = match wanted("accounts") {
        true => {
            search
                .accounts(&ctx, &query, limit, offset, following)
                .await?
        }
        false => Vec::new(),
    };
    let statuses = match wanted("statuses") && offset == 0 {
        true => search.statuses(&ctx, &query).await?,
        false => Vec::new(),
    };
    let tags = match wanted("hashtags") {
        true => search.hashtags(&ctx, &query, limit, offset).await?,
        false => Vec::new(),
    };
    let ties = TagTies::of(&ctx).await?;
    let tags = tags
        .iter()
        .map(|name| shown(&ctx, &api, name, ties.as_ref()));
    let found = Search::new(&accounts, &statuses, tags.collect(), settings);
    Ok(reply::json(&found))
}

fn refuse_to_strangers(ctx: &Ctx, pages: bool, resolves: bool) -> Result<()> {
    let why = match (pages, resolves) {
        _ if ctx.viewer().is_some() => return Ok(()),
        (true, _) => "Search queries pagination is not supported without authentication",
        (_, true) => {
            "Search queries that resolve remote resources are not supported without authentication"
        }
        _ => return Ok(()),
    };
    Err(ApiError::new(StatusCode::UNAUTHORIZED, why))
}
