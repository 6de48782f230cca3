use std::sync::atomic::{AtomicU64, Ordering};

use petrel_model::text::language::Language;
use petrel_model::visibility::Visibility;

const VISIBILITY_MASK: u64 = 0b11;
const REPLY: u64 = 1 << 2;
const REBLOG: u64 = 1 << 3;
const LINK: u64 = 1 << 4;
const FLAGS_SHIFT: u32 = 16;
const FLAGS_MASK: u64 = 0xFFFF;
const LANGUAGE_MASK: u64 = 0xFFFF;

/// 24 bytes of the log. Three things lie in slots:
/// - an entry: id | chain, index of the chain's previous entry | flags, language;
/// - after a reply or reblog, what it is about: id of that status | 0 | id of its author;
/// - a link, which puts an entry into a further chain: id | chain, previous | index of the entry, flags.
///
/// Slots that are neither entry nor link bear chain 0, which no chain has.
#[derive(Default)]
pub(crate) struct Slot([AtomicU64; 3]);

/// What a slot says when read as an entry or link.
#[derive(Clone, Copy)]
pub(crate) struct SlotHead {
    pub(crate) id: u64,
    pub(crate) chain: u32,
    pub(crate) previous: u32,
}

#[derive(Clone, Copy)]
pub(crate) struct SlotBody {
    /// Of a link: index of the entry.
    pub(crate) entry: u32,
    flags: u64,
    pub(crate) language: Option<Language>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Reply,
    Reblog,
}

impl SlotBody {
    pub(crate) fn entry(
        visibility: Visibility,
        kind: Kind,
        language: Option<Language>,
    ) -> SlotBody {
        let place = Visibility::ALL.iter().position(|one| *one == visibility);
        let kind = match kind {
            Kind::Plain => 0,
            Kind::Reply => REPLY,
            Kind::Reblog => REBLOG,
        };
        SlotBody {
            entry: 0,
            flags: place.unwrap_or(0) as u64 | kind,
            language,
        }
    }

    pub(crate) fn link(entry: u32) -> SlotBody {
        SlotBody {
            entry,
            flags: LINK,
            language: None,
        }
    }

    pub(crate) fn is_link(self) -> bool {
        self.flags & LINK != 0
    }

    pub(crate) fn kind(self) -> Kind {
        match self.flags & (REPLY | REBLOG) {
            REPLY => Kind::Reply,
            REBLOG => Kind::Reblog,
            _ => Kind::Plain,
        }
    }

    pub(crate) fn visibility(self) -> Visibility {
        Visibility::ALL[(self.flags & VISIBILITY_MASK) as usize]
    }

    fn pack(self) -> u64 {
        let language = self
            .language
            .map_or(0, |language| u64::from(language.number()) + 1);
        u64::from(self.entry) << 32 | self.flags << FLAGS_SHIFT | language
    }

    fn unpack(word: u64) -> SlotBody {
        let number = (word & LANGUAGE_MASK).checked_sub(1);
        SlotBody {
            entry: (word >> 32) as u32,
            flags: (word >> FLAGS_SHIFT) & FLAGS_MASK,
            language: number.and_then(|number| Language::from_number(number as u8)),
        }
    }
}

impl Slot {
    pub(crate) fn head(&self) -> SlotHead {
        let link = self.0[1].load(Ordering::Acquire);
        SlotHead {
            id: self.0[0].load(Ordering::Acquire),
            chain: (link >> 32) as u32,
            previous: link as u32,
        }
    }

    pub(crate) fn set_head(&self, head: SlotHead) {
        self.0[0].store(head.id, Ordering::Release);
        self.0[1].store(pair(head.chain, head.previous), Ordering::Release);
    }

    pub(crate) fn body(&self) -> SlotBody {
        SlotBody::unpack(self.0[2].load(Ordering::Acquire))
    }

    pub(crate) fn set_body(&self, body: SlotBody) {
        self.0[2].store(body.pack(), Ordering::Release);
    }

    /// What the entry before this slot is about: the ids of a status and of its author.
    pub(crate) fn about(&self) -> (u64, u64) {
        (
            self.0[0].load(Ordering::Acquire),
            self.0[2].load(Ordering::Acquire),
        )
    }

    pub(crate) fn set_about(&self, status: u64, author: u64) {
        self.0[0].store(status, Ordering::Release);
        self.0[2].store(author, Ordering::Release);
    }
}

/// Two halves of a word.
fn pair(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_gives_back_what_was_put_in() {
        let slot = Slot::default();
        for visibility in Visibility::ALL {
            for language in Language::all().map(Some).chain([None]) {
                slot.set_body(SlotBody::entry(visibility, Kind::Reblog, language));
                let body = slot.body();
                assert_eq!((body.visibility(), body.language), (visibility, language));
                assert!(body.kind() == Kind::Reblog && !body.is_link());
            }
        }
        slot.set_body(SlotBody::link(u32::MAX));
        assert!(slot.body().is_link() && slot.body().entry == u32::MAX);
    }
}
