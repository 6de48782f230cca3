//! One fact as its user may know it: what was acknowledged last, and what is in doubt beside it.

/// The stamp of a command that is still under way.
pub const UNDER_WAY: u64 = u64::MAX;

/// So many earlier values are kept: more than change within the moment that counts.
const BEFORE_MAX: usize = 64;

/// One life of one node.
pub type Life = (usize, u64);

/// A row that is overwritten as a whole, the latest stamp winning.
#[derive(Clone, Debug)]
pub struct Fact<V> {
    /// What it is if nothing that is in doubt lands: one value, or several if commands that were
    /// done at the same time were acknowledged.
    settled: Vec<V>,
    doubts: Vec<Doubt<V>>,
    /// What it may have been a moment ago, and until when (milliseconds of the run) somebody may
    /// still be shown that whom it does not concern.
    before: Vec<(V, u64)>,
}

/// Written or not, and if so it wins over what has an earlier stamp.
#[derive(Clone, Debug)]
struct Doubt<V> {
    value: V,
    stamp: u64,
    /// The number of the command.
    by: u64,
    /// The nodes that have shown it: what is done there from then on is later.
    shown_by: Vec<Life>,
}

impl<V: Clone + PartialEq> Fact<V> {
    pub fn new(value: V) -> Fact<V> {
        Fact {
            settled: vec![value],
            doubts: Vec::new(),
            before: Vec::new(),
        }
    }

    /// What it may be now, for somebody who knows all.
    pub fn possible(&self) -> impl Iterator<Item = &V> {
        let doubts = self.doubts.iter().map(|doubt| &doubt.value);
        self.settled.iter().chain(doubts)
    }

    /// The same but for what this command may make of it: what it may have found.
    pub fn found_by(&self, by: u64) -> impl Iterator<Item = &V> {
        let others = self.doubts.iter().filter(move |doubt| doubt.by != by);
        self.settled.iter().chain(others.map(|doubt| &doubt.value))
    }

    /// The same for somebody who is at most a moment behind, at this time of the run.
    pub fn lately(&self, now_ms: u64) -> impl Iterator<Item = &V> {
        let before = self
            .before
            .iter()
            .filter(move |(_, until_ms)| *until_ms > now_ms);
        self.possible().chain(before.map(|(value, _)| value))
    }

    /// What others than this command may make of it while it is under way, or later.
    pub fn made_by_others(&self, by: u64) -> impl Iterator<Item = &V> {
        let others = self.doubts.iter().filter(move |doubt| doubt.by != by);
        others.map(|doubt| &doubt.value)
    }

    /// The one value that it surely has.
    pub fn surely(&self) -> Option<&V> {
        let first = self.settled.first()?;
        self.possible().all(|value| value == first).then_some(first)
    }

    /// Whether something may yet be written, be it what is there already.
    pub fn is_in_doubt(&self) -> bool {
        !self.doubts.is_empty()
    }

    /// A command begins that may set it.
    pub fn begin(&mut self, value: V, by: u64) {
        self.doubt(value, by, UNDER_WAY);
    }

    /// The command's outcome is known, or its stamp is.
    pub fn end(&mut self, by: u64) {
        self.doubts.retain(|doubt| doubt.by != by);
    }

    pub fn doubt(&mut self, value: V, by: u64, stamp: u64) {
        self.doubts.push(Doubt {
            value,
            stamp,
            by,
            shown_by: Vec::new(),
        });
    }

    /// Commands done at the same time by this life of a node were acknowledged: these are the
    /// values that they set. `stamp` is the earliest of theirs, none if nothing was written.
    /// Who is behind may be shown what was before until `behind_ms`.
    pub fn acknowledge(&mut self, values: Vec<V>, stamp: Option<u64>, life: Life, behind_ms: u64) {
        let rests = |value: &V| self.doubts.iter().any(|doubt| doubt.value == *value);
        if stamp.is_none() && values.len() == 1 && values.iter().all(rests) {
            // Nothing was written because what is in doubt was there already: it stays in doubt.
            return;
        }
        let before: Vec<V> = self.possible().cloned().collect();
        self.before
            .extend(before.into_iter().map(|value| (value, behind_ms)));
        if self.before.len() > BEFORE_MAX {
            self.before.drain(..self.before.len() - BEFORE_MAX);
        }
        self.settled = values;
        if let Some(stamp) = stamp {
            let beats = |doubt: &Doubt<V>| doubt.stamp <= stamp || doubt.shown_by.contains(&life);
            self.doubts.retain(|doubt| !beats(doubt));
        }
    }

    /// Somebody who may know was shown this by a node. False if it cannot be.
    pub fn show(&mut self, value: &V, life: Life) -> bool {
        if self.settled.contains(value) {
            return true;
        }
        let mut explains = self.doubts.iter_mut().filter(|doubt| doubt.value == *value);
        let Some(one) = explains.next() else {
            return false;
        };
        if explains.next().is_none() && !one.shown_by.contains(&life) {
            one.shown_by.push(life);
        }
        true
    }
}
