use std::collections::BTreeMap;

use petrel_model::id::Id;
use petrel_social::markers::{self, MarkedTimeline};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Moment, Shown};

#[derive(JsonSchema, Serialize)]
pub struct Marker {
    last_read_id: Shown<Id>,
    version: u64,
    updated_at: Moment,
}

impl Marker {
    /// By the names of their timelines.
    pub fn map(markers: &[(MarkedTimeline, markers::Marker)]) -> BTreeMap<&'static str, Marker> {
        let all = markers.iter().map(|(timeline, marker)| {
            let shown = Marker {
                last_read_id: Shown(marker.last_read),
                version: marker.version,
                updated_at: Moment(marker.updated_at_ms),
            };
            (timeline.as_str(), shown)
        });
        all.collect()
    }
}
