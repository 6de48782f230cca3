//! How many requests run at once, in all and to each host.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{HOSTS_KEPT, REQUESTS_MAX, REQUESTS_PER_HOST_MAX};

pub(crate) struct Places {
    all: Arc<Semaphore>,
    /// Kept for as long as somebody asks the host.
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// Held while a request is under way.
pub(crate) struct Place {
    _of_host: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
    _host: Arc<Semaphore>,
}

impl Places {
    pub fn new() -> Places {
        Places {
            all: Arc::new(Semaphore::new(REQUESTS_MAX)),
            hosts: Mutex::default(),
        }
    }

    /// Waits for a place at the host first: who waits for a slow one keeps nobody else waiting.
    pub async fn take(&self, host: &str) -> Place {
        let at_host = self.at(host);
        let of_host = at_host.clone().acquire_owned().await;
        let of_all = self.all.clone().acquire_owned().await;
        Place {
            _of_host: of_host.expect("these semaphores are never closed"),
            _of_all: of_all.expect("these semaphores are never closed"),
            _host: at_host,
        }
    }

    fn at(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock();
        if let Some(known) = hosts.get(host).and_then(Weak::upgrade) {
            return known;
        }
        if hosts.len() >= HOSTS_KEPT {
            hosts.retain(|_, places| places.strong_count() > 0);
        }
        let places = Arc::new(Semaphore::new(REQUESTS_PER_HOST_MAX));
        hosts.insert(host.to_owned(), Arc::downgrade(&places));
        places
    }
}
