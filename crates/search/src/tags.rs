use std::collections::BTreeMap;
use std::ops::Bound;

use petrel_store::Stamp;

/// Hashtags by their folded names.
#[derive(Default)]
pub(crate) struct Tags {
    tags: BTreeMap<Box<str>, Tag>,
}

#[derive(Clone, Debug)]
pub(crate) struct Tag {
    /// As it was first written.
    pub(crate) name: String,
    /// When it was first used.
    pub(crate) first: Stamp,
    /// A public status bears it, or bore it since the start.
    pub(crate) public: bool,
}

impl Tags {
    pub(crate) fn knows(&self, folded: &str) -> bool {
        self.tags.contains_key(folded)
    }

    pub(crate) fn get(&self, folded: &str) -> Option<&Tag> {
        self.tags.get(folded)
    }

    pub(crate) fn set(&mut self, folded: &str, name: String, first: Stamp) {
        let public = self.tags.get(folded).is_some_and(|tag| tag.public);
        self.tags.insert(
            folded.into(),
            Tag {
                name,
                first,
                public,
            },
        );
    }

    pub(crate) fn set_public(&mut self, folded: &str) {
        if let Some(tag) = self.tags.get_mut(folded) {
            tag.public = true;
        }
    }

    /// Up to `limit` tags that begin so, with their folded names: the one that is just that first,
    /// the others in the order of their first use.
    pub(crate) fn find(&self, start: &str, limit: usize) -> Vec<(String, Tag)> {
        let range = self
            .tags
            .range::<str, _>((Bound::Included(start), Bound::Unbounded));
        let mut found: Vec<(String, Tag)> = range
            .take_while(|(folded, _)| folded.starts_with(start))
            .take(limit)
            .map(|(folded, tag)| (folded.to_string(), tag.clone()))
            .collect();
        found.sort_by(|(a, one), (b, other)| {
            let rank = |folded: &str, tag: &Tag| (folded != start, tag.first);
            rank(a, one).cmp(&rank(b, other)).then_with(|| a.cmp(b))
        });
        found
    }
}
