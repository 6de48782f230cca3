//! How far the caller has read, shared between their devices.

use petrel_social::context::Ctx;
use petrel_social::markers::{self, MarkedTimeline};

use crate::entities::Marker;
use crate::error::Result;
use crate::params::Params;
use crate::reply;

pub async fn show(ctx: Ctx, params: Params) -> Result {
    let asked = params.fields().list("timeline")?;
    let known = MarkedTimeline::ALL.into_iter();
    let timelines: Vec<_> = known
        .filter(|timeline| asked.iter().any(|name| name == timeline.as_str()))
        .collect();
    let found = markers::get(&ctx, &timelines).await?;
    Ok(reply::json(&Marker::map(&found)))
}

pub async fn update(ctx: Ctx, params: Params) -> Result {
    let fields = params.fields();
    let mut moves = Vec::new();
    for timeline in MarkedTimeline::ALL {
        if let Some(marker) = fields.map(timeline.as_str())?
            && let Some(last_read) = marker.id("last_read_id")?
        {
            moves.push((timeline, last_read));
        }
    }
    let moved = markers::set(&ctx, &moves).await?;
    Ok(reply::json(&Marker::map(&moved)))
}
