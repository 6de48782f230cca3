use std::collections::HashSet;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::inner::Core;
use crate::cache::Place;
use crate::events::EventRow;

/// Most partitions that one collector holds; a dump that is overtaken by more is given up.
const PLACES_MAX: usize = 1_000_000;

/// The partitions that events have named since it began, this node's own and those of others.
#[derive(Default)]
pub(crate) struct Collector {
    places: Mutex<HashSet<Place>>,
}

/// More was written than a collector can hold.
#[derive(Debug)]
pub(crate) struct Overrun;

impl Collector {
    /// What was named since the last time.
    pub fn take(&self) -> Result<HashSet<Place>, Overrun> {
        let mut places = self.places.lock();
        if places.len() >= PLACES_MAX {
            return Err(Overrun);
        }
        Ok(std::mem::take(&mut *places))
    }

    fn add(&self, named: &[Place]) {
        let mut places = self.places.lock();
        if places.len() < PLACES_MAX {
            places.extend(named.iter().cloned());
        }
    }
}

/// Those that are still in use.
#[derive(Default)]
pub(super) struct Collectors(Mutex<Vec<Weak<Collector>>>);

impl Core {
    /// Collects until it is dropped.
    pub fn collect(&self) -> Arc<Collector> {
        let collector = Arc::new(Collector::default());
        self.collectors.0.lock().push(Arc::downgrade(&collector));
        collector
    }

    pub(super) fn name(&self, places: impl FnOnce() -> Vec<Place>) {
        let mut collectors = self.collectors.0.lock();
        collectors.retain(|collector| collector.strong_count() > 0);
        if collectors.is_empty() {
            return;
        }
        let places = places();
        for collector in collectors.iter().filter_map(Weak::upgrade) {
            collector.add(&places);
        }
    }
}

/// The partitions that an event row names.
pub(super) fn named_by(rows: &[EventRow]) -> Vec<Place> {
    let voids = rows.iter().flat_map(|row| &row.voids);
    voids.filter_map(|void| Place::from_void(void)).collect()
}
