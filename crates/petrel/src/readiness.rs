//! What a node is lacking beside what its store knows, in words for operators: shown by health
//! checks and `petrel status`, and given to whoever wants to write meanwhile.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// What a node may be lacking, beside its lease and its place among others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    Clock,
    /// Timelines do not reach back far enough. Writes are taken.
    Log,
}

impl Part {
    fn is_needed_for_writes(self) -> bool {
        self != Part::Log
    }
}

/// Told why no writes are taken, or that they are.
type Tell = Box<dyn Fn(Option<&str>) + Send + Sync>;

/// What this node lacks now.
#[derive(Default)]
pub struct Readiness {
    lacking: Mutex<BTreeMap<Part, String>>,
    tell: Option<Tell>,
}

impl Readiness {
    /// `tell` is called at each change, in order. Must not block.
    pub fn telling(tell: Tell) -> Readiness {
        Readiness {
            lacking: Mutex::default(),
            tell: Some(tell),
        }
    }

    /// True if that is news, apart from its words.
    pub fn lacks(&self, part: Part, why: String) -> bool {
        self.change(|lacking| lacking.insert(part, why).is_none())
    }

    /// True if it was lacking.
    pub fn has(&self, part: Part) -> bool {
        self.change(|lacking| lacking.remove(&part).is_some())
    }

    /// Nothing if the node is ready.
    pub fn reasons(&self) -> Vec<String> {
        self.lacking.lock().values().cloned().collect()
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<Part, String>) -> bool) -> bool {
        let mut lacking = self.lacking.lock();
        let is_news = change(&mut lacking);
        let mut needed = lacking
            .iter()
            .filter(|(part, _)| part.is_needed_for_writes());
        let why = needed.next().map(|(_, why)| why.as_str());
        // Under the lock, so that what was decided last is what was told last.
        if let Some(tell) = &self.tell {
            tell(why);
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn writes_wait_for_all_that_they_need() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let ear = told.clone();
        let tell = move |why: Option<&str>| ear.lock().push(why.map(str::to_owned));
        let readiness = Readiness::telling(Box::new(tell));
        let last = || told.lock().last().cloned().flatten();
        assert!(readiness.lacks(Part::Clock, "2 s ahead".to_owned()));
        assert!(!readiness.lacks(Part::Clock, "3 s ahead".to_owned()));
        assert_eq!(last().as_deref(), Some("3 s ahead"));
        assert!(readiness.lacks(Part::Log, "no log".to_owned()));
        assert!(readiness.has(Part::Clock) && !readiness.has(Part::Clock));
        assert_eq!(last(), None);
        assert_eq!(readiness.reasons(), ["no log"]);
    }
}
