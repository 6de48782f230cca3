use std::collections::VecDeque;
use std::sync::Arc;

use petrel_model::event::About;
use petrel_model::home::{self, Entry};
use petrel_model::id::StatusId;
use petrel_model::limits::{PAGE_ROWS_MAX, REBLOG_GAP};
use petrel_social::error::Result;

use crate::home::{Cold, Viewer};
use crate::log::Newest;
use crate::read::Reading;

/// Rows that are judged at first, if no more are asked for; twice as many each time.
const FIRST_STEP_ROWS: usize = 8;
/// Rows that are judged at a time at most.
const STEP_ROWS_MAX: usize = 64;
/// Rows looked at beyond the page's own to complete the neighbours of its last reblog.
const NEIGHBOUR_ROWS_MAX: usize = 1_000;

/// Home from new to old, entry by entry.
pub(crate) struct Descent<'a> {
    reading: &'a Reading<'a>,
    viewer: Arc<Viewer>,
    log: Newest<'a>,
    /// Where the store goes on; none while the log still has entries.
    pub(crate) cold: Option<Cold>,
    below: Option<StatusId>,
    belonging: VecDeque<Entry>,
    looked: usize,
    step: usize,
    last_looked: Option<StatusId>,
    ended: bool,
}

impl<'a> Descent<'a> {
    pub(crate) fn new(
        reading: &'a Reading<'a>,
        viewer: Arc<Viewer>,
        below: Option<StatusId>,
    ) -> Descent<'a> {
        let log = reading.log.newest(viewer.chains(), below);
        Descent {
            reading,
            viewer,
            log,
            cold: None,
            below,
            belonging: VecDeque::new(),
            looked: 0,
            step: FIRST_STEP_ROWS,
            last_looked: None,
            ended: false,
        }
    }

    /// Up to `count` further entries of home, judged without text. Fewer only where home ends or
    /// the page has looked at enough rows.
    pub(crate) async fn take(&mut self, count: usize) -> Result<Vec<Entry>> {
        let mut taken = Vec::with_capacity(count);
        self.step = self.step.max(count.min(STEP_ROWS_MAX));
        while taken.len() < count {
            self.fill(1, PAGE_ROWS_MAX).await?;
            let Some(entry) = self.belonging.front().copied() else {
                break;
            };
            if matches!(entry.about, About::Reblog { .. }) {
                let rows_max = PAGE_ROWS_MAX + NEIGHBOUR_ROWS_MAX;
                self.fill(REBLOG_GAP + 1, rows_max).await?;
            }
            self.belonging.pop_front();
            if !home::is_repeated(&entry, &self.belonging) {
                taken.push(entry);
            }
        }
        Ok(taken)
    }

    /// The next entries that belong, the reblog rule aside: neighbours of what lies above.
    pub(crate) async fn neighbours(&mut self) -> Result<VecDeque<Entry>> {
        self.fill(REBLOG_GAP, NEIGHBOUR_ROWS_MAX).await?;
        self.belonging.truncate(REBLOG_GAP);
        Ok(std::mem::take(&mut self.belonging))
    }

    /// Where the next page begins if this one stopped because it had looked at enough rows.
    pub(crate) fn stopped_at(&self) -> Option<StatusId> {
        self.last_looked.filter(|_| !self.ended)
    }

    async fn fill(&mut self, want: usize, rows_max: usize) -> Result<()> {
        while self.belonging.len() < want && !self.ended && self.looked < rows_max {
            let missing = (want - self.belonging.len()).min(STEP_ROWS_MAX);
            let step = self.step.max(missing).min(rows_max - self.looked);
            self.step = (self.step * 2).min(STEP_ROWS_MAX);
            let rows = self.rows(step).await?;
            self.ended = rows.is_empty();
            self.looked += rows.len();
            self.last_looked = rows.last().map(|entry| entry.id).or(self.last_looked);
            let viewer = self.viewer.clone();
            let judge = self.reading.judge(&viewer, &rows).await?;
            let belonging = rows
                .into_iter()
                .filter(|entry| home::belongs(entry, &judge));
            self.belonging.extend(belonging);
        }
        Ok(())
    }

    async fn rows(&mut self, count: usize) -> Result<Vec<Entry>> {
        if self.cold.is_none() {
            let rows: Vec<Entry> = self.log.by_ref().take(count).collect();
            let start = self.log.start();
            if !rows.is_empty() || start == StatusId::MIN {
                return Ok(rows);
            }
            // What the log gave out before it forgot more is not given out again.
            let bounds = [Some(start), self.below, self.last_looked];
            let below = bounds.into_iter().flatten().min().unwrap_or(start);
            self.cold = Some(
                self.reading
                    .cold
                    .below(&self.viewer, below, self.reading.now_ms),
            );
        }
        match &mut self.cold {
            Some(cold) => cold.rows(self.reading, count).await,
            None => Ok(Vec::new()),
        }
    }
}
