//! Which fields a handler asked for, and as what. Nobody listens but tests, which hold it against
//! what the OpenAPI document says of the route.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// As what a field was asked for, from the vaguest to the most exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AskedAs {
    /// Only whether it is there.
    Anything,
    Text,
    Number,
    Flag,
    Id,
    List,
    Ids,
    Map,
    Maps,
    File,
}

/// Put into a request's extensions, it hears what is asked of the request's fields.
#[derive(Debug, Default)]
pub struct Heard(Mutex<BTreeMap<String, AskedAs>>);

impl Heard {
    /// Full names as `source[privacy]`, each with the most exact that it was asked for as.
    pub fn taken(&self) -> BTreeMap<String, AskedAs> {
        std::mem::take(&mut *self.0.lock())
    }

    pub(super) fn note(&self, name: String, asked: AskedAs) {
        let mut heard = self.0.lock();
        let known = heard.entry(name).or_insert(asked);
        *known = asked.max(*known);
    }
}
