use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use petrel_jobs::{Reconciler, Status};
use petrel_model::id::{Id, MediaId};
use petrel_social::Ctx;
use petrel_social::context::Social;
use petrel_social::emojis;
use petrel_social::media::MediaFacts;

use super::{INCOMING, ORPHAN_MS, SHOWN};
use crate::depot::{Depot, Found};
use crate::emojis::EMOJIS;

const PERIOD: Duration = Duration::from_secs(6 * 3_600);

/// Deletes from the depot what no row names: uploads that were given up, and what a crash left
/// between a file and its row.
pub struct SweepDepot {
    pub social: Arc<Social>,
    pub depot: Depot,
}

#[async_trait]
impl Reconciler for SweepDepot {
    fn name(&self) -> &'static str {
        "orphaned files"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    async fn run(&self) -> Status {
        let mut status = Status::default();
        let swept = self.sweep(&mut status).await;
        status.failed = swept.err();
        status
    }
}

impl SweepDepot {
    async fn sweep(&self, status: &mut Status) -> Result<(), String> {
        let now_ms = self.social.clock.now_ms();
        let given_up = now_ms.saturating_sub(ORPHAN_MS);
        let mut uploads = self.depot.list(INCOMING);
        while let Some(found) = uploads.try_next().await.map_err(text)? {
            status.looked_at += 1;
            if found.modified_ms < given_up {
                self.delete(&found, status).await?;
            }
        }
        // A row of before may land until the late bound is over.
        let late_ms = self.social.store.late_bound_ms();
        let settled = given_up.saturating_sub(late_ms);
        let mut shown = self.depot.list(SHOWN);
        let mut last: Option<(MediaId, bool)> = None;
        while let Some(found) = shown.try_next().await.map_err(text)? {
            status.looked_at += 1;
            let Some(id) = id_of(&found.key).filter(|id| id.time_ms() < settled) else {
                continue;
            };
            let is_known = match last {
                Some((known, is_known)) if known == id => is_known,
                _ => self.is_known(id).await?,
            };
            last = Some((id, is_known));
            if !is_known && found.modified_ms < settled {
                self.delete(&found, status).await?;
            }
        }
        self.sweep_emojis(settled, status).await
    }

    async fn sweep_emojis(&self, settled: u64, status: &mut Status) -> Result<(), String> {
        let ctx = Ctx::system(self.social.clone());
        let mut files = self.depot.list(EMOJIS);
        while let Some(found) = files.try_next().await.map_err(text)? {
            status.looked_at += 1;
            let id = id_of(&found.key).map(|id| id.0);
            let Some(id) = id.filter(|id: &Id| id.time_ms() < settled) else {
                continue;
            };
            let name = found.key.rsplit('/').next().unwrap_or_default();
            let is_known = emojis::file(&ctx, id, name).await.map_err(text)?;
            if !is_known && found.modified_ms < settled {
                self.delete(&found, status).await?;
            }
        }
        Ok(())
    }

    async fn is_known(&self, id: MediaId) -> Result<bool, String> {
        let ctx = Ctx::system(self.social.clone());
        let facts = MediaFacts::find(ctx.store(), id).await.map_err(text)?;
        Ok(facts.is_some())
    }

    async fn delete(&self, found: &Found, status: &mut Status) -> Result<(), String> {
        self.depot.delete(&found.key).await.map_err(text)?;
        status.changed += 1;
        Ok(())
    }
}

/// Of "media/<id>/original.jpg".
fn id_of(key: &str) -> Option<MediaId> {
    key.split('/').nth(1)?.parse().ok()
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
