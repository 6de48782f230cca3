use std::collections::VecDeque;
use std::sync::Arc;

use petrel_model::event::About;
use petrel_model::home::{self, Entry};
use petrel_model::id::{Id, StatusId};
use petrel_model::limits::{PAGE_ROWS_MAX, REBLOG_GAP};
use petrel_social::error::Result;

use crate::home::{Cold, Descent, Viewer};
use crate::read::Reading;

/// Rows of a page that are read from the store at a time.
const STEP_ROWS: usize = 64;

/// Home from old to new, beginning above an id.
pub(crate) struct Ascent<'a> {
    reading: &'a Reading<'a>,
    viewer: Arc<Viewer>,
    above: StatusId,
    below: Option<StatusId>,
    cold: Option<Cold>,
    /// The entries that belong just below the next one, newest first; none until asked for.
    older: Option<VecDeque<Entry>>,
    ready: VecDeque<Entry>,
    looked: usize,
    last_looked: Option<StatusId>,
    ended: bool,
}

impl<'a> Ascent<'a> {
    pub(crate) fn new(
        reading: &'a Reading<'a>,
        viewer: Arc<Viewer>,
        above: StatusId,
        below: Option<StatusId>,
    ) -> Ascent<'a> {
        Ascent {
            reading,
            viewer,
            above,
            below,
            cold: None,
            older: None,
            ready: VecDeque::new(),
            looked: 0,
            last_looked: None,
            ended: false,
        }
    }

    /// Up to `count` further entries of home, oldest first, judged without text.
    pub(crate) async fn take(&mut self, count: usize) -> Result<Vec<Entry>> {
        while self.ready.len() < count && !self.ended && self.looked < PAGE_ROWS_MAX {
            let rows = self.rows().await?;
            self.ended = rows.is_empty();
            self.looked += rows.len();
            self.last_looked = rows.last().map(|entry| entry.id).or(self.last_looked);
            let viewer = self.viewer.clone();
            let judge = self.reading.judge(&viewer, &rows).await?;
            let belonging = rows
                .into_iter()
                .filter(|entry| home::belongs(entry, &judge));
            self.decide(belonging.collect()).await?;
        }
        let count = count.min(self.ready.len());
        Ok(self.ready.drain(..count).collect())
    }

    /// Where the next newer page begins if this one stopped because it had looked at enough rows.
    pub(crate) fn stopped_at(&self) -> Option<StatusId> {
        self.last_looked
            .filter(|_| !self.ended && self.ready.is_empty())
    }

    async fn decide(&mut self, belonging: Vec<Entry>) -> Result<()> {
        for entry in belonging {
            let is_reblog = matches!(entry.about, About::Reblog { .. });
            let older = match &mut self.older {
                Some(older) => older,
                None => {
                    let floor = StatusId(Id(self.above.0.0.saturating_add(1)));
                    let mut below = Descent::new(self.reading, self.viewer.clone(), Some(floor));
                    self.older.insert(below.neighbours().await?)
                }
            };
            if !(is_reblog && home::is_repeated(&entry, older.iter())) {
                self.ready.push_back(entry);
            }
            older.push_front(entry);
            older.truncate(REBLOG_GAP);
        }
        Ok(())
    }

    async fn rows(&mut self) -> Result<Vec<Entry>> {
        let above = self.last_looked.unwrap_or(self.above);
        if self.cold.is_none() {
            let (chains, limit) = (self.viewer.chains(), PAGE_ROWS_MAX - self.looked);
            let found = self.reading.log.oldest(chains, above, self.below, limit);
            // With a later start, something may be missing between `above` and the log.
            if found.start.0.0 <= above.0.0.saturating_add(1) {
                return Ok(found.entries);
            }
        }
        let cold = match &mut self.cold {
            Some(cold) => cold,
            None => {
                let cold = self.reading.cold.above(&self.viewer, above, self.below);
                self.cold.insert(cold)
            }
        };
        cold.rows(self.reading, STEP_ROWS).await
    }
}
