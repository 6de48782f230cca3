use std::collections::BTreeSet;
use std::ops::Deref;

use parking_lot::Mutex;

/// Changes that are taken in at a time.
const STEP_CHANGED: usize = 2_000;

/// What changed and was not read again yet.
pub(crate) struct Changed<T> {
    waiting: Mutex<BTreeSet<T>>,
    /// All that changed since [`Changed::note_all`], read or not.
    noted: Mutex<Option<BTreeSet<T>>>,
    /// Held while some are read, so that others wait for them instead of missing them.
    reading: tokio::sync::Mutex<()>,
}

/// Some of what changed. It counts as not read until [`Reading::done`], whatever comes in between.
pub(crate) struct Reading<'a, T: Ord> {
    items: Vec<T>,
    from: &'a Changed<T>,
    _reading: tokio::sync::MutexGuard<'a, ()>,
}

impl<T> Default for Changed<T> {
    fn default() -> Changed<T> {
        Changed {
            waiting: Mutex::default(),
            noted: Mutex::default(),
            reading: tokio::sync::Mutex::new(()),
        }
    }
}

impl<T: Clone + Ord> Changed<T> {
    pub(crate) fn add(&self, items: impl IntoIterator<Item = T>) {
        let mut noted = self.noted.lock();
        let mut waiting = self.waiting.lock();
        for item in items {
            if let Some(noted) = &mut *noted {
                noted.insert(item.clone());
            }
            waiting.insert(item);
        }
    }

    /// From now on whatever changes is also noted, because something older may yet be put over
    /// what is read of it.
    pub(crate) fn note_all(&self) {
        *self.noted.lock() = Some(BTreeSet::new());
    }

    /// Lets all be read again that was noted.
    pub(crate) fn again(&self) {
        let noted = self.noted.lock().take();
        self.waiting.lock().extend(noted.into_iter().flatten());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.lock().is_empty()
    }

    pub(crate) async fn some(&self) -> Reading<'_, T> {
        let reading = self.reading.lock().await;
        let mut waiting = self.waiting.lock();
        let pop = || waiting.pop_first();
        let items: Vec<T> = std::iter::from_fn(pop).take(STEP_CHANGED).collect();
        Reading {
            items,
            from: self,
            _reading: reading,
        }
    }
}

impl<T: Ord> Reading<'_, T> {
    pub(crate) fn done(mut self) {
        self.items.clear();
    }
}

impl<T: Ord> Deref for Reading<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T: Ord> Drop for Reading<'_, T> {
    fn drop(&mut self) {
        self.from.waiting.lock().extend(self.items.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_changed_while_all_was_read_is_read_again_once() {
        let changed = Changed::default();
        changed.note_all();
        changed.add([1]);
        changed.some().await.done();
        assert!(changed.is_empty());
        changed.again();
        assert_eq!(*changed.some().await, [1]);
        changed.some().await.done();
        changed.add([2]);
        changed.some().await.done();
        changed.again();
        assert!(changed.is_empty());
    }
}
