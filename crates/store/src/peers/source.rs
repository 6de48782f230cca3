use std::collections::BTreeMap;

use petrel_model::clock::Stamp;

use super::tables::{NodeRow, NodeState};
use crate::cache::Place;
use crate::events::{BLOCK_EVENTS, EventRow, Happened};

/// Most places of one source that may be missing or unsettled. What lies beyond is read later.
const OPEN_MAX: u64 = 100_000;
/// Blocks of one source that are read in one round trip.
const BLOCKS_MAX: u64 = 8;
/// A gap younger than this is asked for in every round and catch-up, in microseconds.
const YOUNG_US: u64 = 60 * 1_000_000;
/// An older one, and a tail without a writer, again after this part of their age.
const SELDOM: u64 = 8;

/// Whether a source holds the watermark back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Life {
    Live,
    /// It writes no more; its tail is to be read once more.
    Leaving,
    Gone,
}

/// One start of another node, and what is known of its sequence. No clock, no I/O.
pub(super) struct Source {
    pub node: u16,
    pub token: u64,
    pub row: NodeRow,
    pub revision: Stamp,
    /// When the row was first seen as it is, by the boot-time clock in microseconds.
    pub changed_us: u64,
    pub life: Life,
    /// Whether its row is in the table of nodes.
    pub is_listed: bool,
    /// When something was last heard or read of it, in the same way.
    pub heard_us: u64,
    /// When it went, and when its tail is read next.
    gone_us: u64,
    tail_due_us: u64,
    /// One beyond the greatest place seen.
    end: u64,
    /// All places below `end` that are not settled.
    open: BTreeMap<u64, Open>,
    /// The greatest stamp seen of events behind the last open place.
    tail: Stamp,
    settled_below: u64,
}

struct Open {
    /// The greatest stamp of the events between the open place before this one and this one.
    before: Stamp,
    held: Held,
}

enum Held {
    Missing { since_us: u64, ask_us: u64 },
    Seen(Box<Seen>),
}

struct Seen {
    happened: Happened,
    voids: Vec<Place>,
    /// The catch-up during or after which it was last told.
    told: u64,
}

/// An event as it was heard or read.
pub(super) struct Heard {
    pub sequence: u64,
    pub stamp: Stamp,
    pub row: EventRow,
    /// Its writer was told that it is written.
    pub whole: bool,
}

/// What is to be voided, and what to be told.
pub(super) struct Tell {
    pub voids: Vec<Place>,
    pub happened: Happened,
}

impl Source {
    /// All before `begin` need not be heard of.
    pub fn new(node: u16, row: NodeRow, revision: Stamp, begin: u64, now_us: u64) -> Source {
        Source {
            node,
            token: row.token,
            settled_below: row.settled_below,
            row,
            revision,
            changed_us: now_us,
            life: Life::Live,
            is_listed: true,
            heard_us: now_us,
            gone_us: 0,
            tail_due_us: 0,
            end: begin,
            open: BTreeMap::new(),
            tail: Stamp::MIN,
        }
    }

    /// The row as it is now.
    pub fn renew(&mut self, row: NodeRow, revision: Stamp, now_us: u64, tells: &mut Vec<Tell>) {
        if revision <= self.revision {
            return;
        }
        if row.state != NodeState::Ended {
            self.life = Life::Live;
        }
        self.revision = revision;
        self.changed_us = now_us;
        self.settle_below(row.settled_below, tells);
        self.row = row;
    }

    /// False if it is too far ahead of what was heard so far.
    pub fn take(&mut self, heard: Heard, now_us: u64, pass: u64, tells: &mut Vec<Tell>) -> bool {
        let Heard {
            sequence,
            stamp,
            row,
            whole,
        } = heard;
        if sequence >= self.end && !self.reach(sequence, now_us) {
            return false;
        }
        let settled_below = row.settled_below;
        let known_below = self.settled_below.max(settled_below);
        let is_whole = whole || self.life == Life::Gone || sequence < known_below;
        if let Some(open) = self.open.get_mut(&sequence) {
            if let Held::Missing { .. } = open.held {
                let happened = Happened {
                    node: self.node,
                    token: self.token,
                    sequence,
                    stamp,
                    event: row.event,
                    settled: false,
                };
                let voids: Vec<Place> = row
                    .voids
                    .iter()
                    .filter_map(|void| Place::from_void(void))
                    .collect();
                if !is_whole {
                    tells.push(Tell {
                        voids: voids.clone(),
                        happened: happened.clone(),
                    });
                }
                open.held = Held::Seen(Box::new(Seen {
                    happened,
                    voids,
                    told: pass,
                }));
                if !row.raised {
                    self.note(sequence, stamp);
                }
            }
            if is_whole {
                self.close(sequence, tells);
            }
        }
        self.settle_below(settled_below, tells);
        true
    }

    /// All places up to this one are there, missing for now.
    fn reach(&mut self, sequence: u64, now_us: u64) -> bool {
        let open = (sequence - self.end).saturating_add(self.open.len() as u64);
        if open >= OPEN_MAX {
            return false;
        }
        for place in self.end..=sequence {
            let open = Open {
                before: self.tail,
                held: Held::Missing {
                    since_us: now_us,
                    ask_us: now_us,
                },
            };
            self.open.insert(place, open);
        }
        self.end = sequence + 1;
        true
    }

    /// The event at this place bears this stamp.
    fn note(&mut self, sequence: u64, stamp: Stamp) {
        let next = self.open.range_mut(sequence + 1..).next();
        let before = next.map_or(&mut self.tail, |(_, open)| &mut open.before);
        *before = stamp.max(*before);
    }

    fn close(&mut self, sequence: u64, tells: &mut Vec<Tell>) {
        let Some(open) = self.open.remove(&sequence) else {
            return;
        };
        self.note(sequence, open.before);
        if let Held::Seen(seen) = open.held {
            let Seen {
                mut happened,
                voids,
                ..
            } = *seen;
            happened.settled = true;
            tells.push(Tell { voids, happened });
        }
    }

    /// The writer knows the outcome of all places below this one.
    fn settle_below(&mut self, place: u64, tells: &mut Vec<Tell>) {
        if place <= self.settled_below {
            return;
        }
        self.settled_below = place;
        self.close_seen(place, tells);
    }

    fn close_seen(&mut self, below: u64, tells: &mut Vec<Tell>) {
        let seen = self
            .open
            .range(..below)
            .filter(|(_, open)| matches!(open.held, Held::Seen(_)));
        let seen: Vec<u64> = seen.map(|(place, _)| *place).collect();
        seen.into_iter().for_each(|place| self.close(place, tells));
    }

    /// Its tail was read after it had stopped writing.
    pub fn leave(&mut self, now_us: u64, tells: &mut Vec<Tell>) {
        if self.life == Life::Leaving {
            self.life = Life::Gone;
            self.gone_us = now_us;
            self.tail_due_us = now_us;
            self.close_seen(u64::MAX, tells);
        }
    }

    /// What was seen and told before this catch-up began, and is not settled, is to be told again.
    pub fn tell_again(&mut self, pass: u64, tells: &mut Vec<Tell>) {
        for open in self.open.values_mut() {
            if let Held::Seen(seen) = &mut open.held
                && seen.told < pass
            {
                seen.told = pass;
                let (voids, happened) = (seen.voids.clone(), seen.happened.clone());
                tells.push(Tell { voids, happened });
            }
        }
    }

    /// The blocks to be read, and from which place on: the tail, as far as it is known to reach
    /// and one block more.
    pub fn tail_blocks(&self) -> std::ops::RangeInclusive<u64> {
        let first = self.end / BLOCK_EVENTS;
        let known = self.row.drawn / BLOCK_EVENTS;
        first..=known.max(first + 1).min(first + BLOCKS_MAX - 1)
    }

    pub fn end(&self) -> u64 {
        self.end
    }

    /// Missing places that are to be asked for: in a catch-up those that matter to it, in a round
    /// the older ones too when they are due. With each, whether its absence now would mean that
    /// nothing was written there.
    pub fn gaps(&self, now_us: u64, with_older: bool, late_bound_us: u64) -> Vec<(u64, bool)> {
        let due = |(place, open): (&u64, &Open)| match open.held {
            Held::Missing { since_us, ask_us } => {
                let age_us = now_us.saturating_sub(since_us);
                let is_settled = *place < self.settled_below;
                let is_due = is_settled || age_us < YOUNG_US || (with_older && ask_us <= now_us);
                is_due.then_some((*place, is_settled || age_us > late_bound_us))
            }
            Held::Seen(_) => None,
        };
        self.open.iter().filter_map(due).collect()
    }

    /// A gap was asked for and there was nothing.
    pub fn absent(&mut self, sequence: u64, is_nothing: bool, now_us: u64, tells: &mut Vec<Tell>) {
        let Some(open) = self.open.get_mut(&sequence) else {
            return;
        };
        let Held::Missing { since_us, ask_us } = &mut open.held else {
            return;
        };
        *ask_us = now_us + now_us.saturating_sub(*since_us) / SELDOM;
        if is_nothing {
            self.close(sequence, tells);
        }
    }

    /// Whether the tail of one that is gone should be looked at: a batch in doubt may land there.
    pub fn is_tail_due(&self, now_us: u64, late_bound_us: u64) -> bool {
        self.life == Life::Gone
            && self.tail_due_us <= now_us
            && now_us.saturating_sub(self.gone_us) <= late_bound_us
    }

    pub fn tail_was_read(&mut self, now_us: u64) {
        self.heard_us = now_us;
        self.tail_due_us = now_us + (now_us.saturating_sub(self.gone_us) / SELDOM).max(YOUNG_US);
    }

    /// Nothing is awaited of it any more.
    pub fn is_over(&self) -> bool {
        self.life == Life::Gone && self.open.is_empty()
    }

    /// All places below are settled.
    pub fn next(&self) -> u64 {
        self.open
            .first_key_value()
            .map_or(self.end, |(place, _)| *place)
    }

    /// All its events up to this stamp are told and settled.
    pub fn watermark(&self) -> Stamp {
        let by_events = self
            .open
            .first_key_value()
            .map_or(self.tail, |(_, open)| open.before);
        // What it draws after its row is stamped later than the row.
        let by_row = (self.next() >= self.row.drawn).then_some(self.revision);
        by_events.max(by_row.unwrap_or(Stamp::MIN))
    }

    pub fn counts(&self) -> (usize, usize) {
        let missing = |open: &&Open| matches!(open.held, Held::Missing { .. });
        let gaps = self.open.values().filter(missing).count();
        (gaps, self.open.len() - gaps)
    }
}
