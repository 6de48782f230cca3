//! Which hosts are asked for links that lead back at this moment. Whoever writes the same address on
//! many profiles must not make this server a flood for somebody else's.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;

/// Hosts that one node asks at once.
const HOSTS_AT_ONCE_MAX: usize = 4;

#[derive(Default)]
pub struct Asked(Mutex<HashSet<String>>);

/// As long as it is kept, its host is being asked.
pub struct Asking {
    asked: Arc<Asked>,
    host: String,
}

impl Asked {
    /// None if that host is being asked already, or enough others are.
    pub fn begin(self: &Arc<Asked>, host: &str) -> Option<Asking> {
        let mut hosts = self.0.lock();
        if hosts.len() >= HOSTS_AT_ONCE_MAX || !hosts.insert(host.to_owned()) {
            return None;
        }
        Some(Asking {
            asked: self.clone(),
            host: host.to_owned(),
        })
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.asked.0.lock().remove(&self.host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_asked_once_at_a_time_and_only_a_few_are() {
        let asked = Arc::new(Asked::default());
        let first = asked.begin("a.example");
        assert!(first.is_some() && asked.begin("a.example").is_none());
        drop(first);
        let names = ["a", "b", "c", "d"];
        let all: Vec<_> = names.iter().map(|name| asked.begin(name)).collect();
        assert!(all.iter().all(Option::is_some) && asked.begin("e").is_none());
        drop(all);
        assert!(asked.begin("e").is_some());
    }
}
