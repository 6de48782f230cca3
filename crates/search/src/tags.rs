use std::collections::BTreeMap;
use std::ops::Bound;

use petrel_store::Stamp;

/// Hashtags that are kept: about 100 MB of them. What has no place is found by nobody who does not
/// name it.
const TAGS_KEPT_MAX: usize = 500_000;

/// Hashtags by their folded names.
pub(crate) struct Tags {
    tags: BTreeMap<Box<str>, Tag>,
    /// How many of them are not known to be public.
    unsure: usize,
    kept_max: usize,
}

impl Default for Tags {
    fn default() -> Tags {
        Tags {
            tags: BTreeMap::new(),
            unsure: 0,
            kept_max: TAGS_KEPT_MAX,
        }
    }
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
        let known = self.tags.get(folded);
        let public = known.is_some_and(|tag| tag.public);
        if known.is_none() {
            if self.tags.len() >= self.kept_max {
                return;
            }
            self.unsure += 1;
        }
        self.tags.insert(
            folded.into(),
            Tag {
                name,
                first,
                public,
            },
        );
    }

    /// Where there is no room left, those that are not known to be public give way to what is used
    /// now: they are shown to nobody without another look.
    pub(crate) fn make_room(&mut self) {
        if self.tags.len() >= self.kept_max && self.unsure > 0 {
            self.tags.retain(|_, tag| tag.public);
            self.unsure = 0;
        }
    }

    pub(crate) fn set_public(&mut self, folded: &str) {
        if let Some(tag) = self.tags.get_mut(folded)
            && !std::mem::replace(&mut tag.public, true)
        {
            self.unsure -= 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_what_is_public_stays() {
        let mut tags = Tags {
            kept_max: 3,
            ..Tags::default()
        };
        for name in ["a", "b", "c"] {
            tags.set(name, name.to_owned(), Stamp(1));
        }
        tags.set_public("a");
        tags.set("d", "D".to_owned(), Stamp(2));
        assert!(!tags.knows("d") && tags.knows("b"));
        tags.make_room();
        tags.set("d", "D".to_owned(), Stamp(2));
        assert!(tags.knows("a") && tags.knows("d") && !tags.knows("b"));
        tags.set_public("d");
        tags.set("e", "E".to_owned(), Stamp(3));
        tags.set_public("e");
        tags.make_room();
        tags.set("f", "F".to_owned(), Stamp(4));
        assert!(!tags.knows("f") && tags.tags.len() == 3);
        // One that has its place is still written anew.
        tags.set("e", "Ee".to_owned(), Stamp(3));
        assert_eq!(tags.get("e").map(|tag| &*tag.name), Some("Ee"));
    }
}
