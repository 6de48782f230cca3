//! Reading what others have written: the table of nodes, the tails of their sequences, gaps.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::future::{join, try_join};
use minicbor::Decode;
use minicbor::bytes::ByteVec;
use petrel_model::event::Event;

use super::caught_up::CaughtUp;
use super::inner::{Core, Reading, Sources};
use super::source::{Heard, Life, Source};
use super::tables::{NodeState, Nodes};
use crate::StoreError;
use crate::batch::row_key;
use crate::engine::{Direction, RawRow, RawScan, RowKey};
use crate::events::{BLOCK_EVENTS, EventRow, Events};
use crate::key::Key;
use crate::record::{RECORD_VERSION, Record};
use crate::store::decode;
use crate::table::{Mode, Row, Table};

/// A reading of the table of nodes older than this is made anew before a catch-up, in
/// microseconds: a node takes writes three seconds after it has announced itself.
pub(super) const READING_AGE_US_MAX: u64 = 1_000_000;
/// A node whose row has not changed for so long has no standing any more: one and a half times
/// the duration of a node's lease, in microseconds.
const DEAD_AFTER_US: u64 = 15 * 1_000_000;
/// A row that is so old by its own clock when it is first seen is of a dead node, in microseconds.
const STALE_US: u64 = 60 * 1_000_000;
/// Most rows of the table of nodes: node numbers are less.
const NODES_MAX: usize = 1_024;
/// Gaps asked for in one question.
const GAPS_MAX: usize = 500;

type SourceKey = (u16, u64);

/// Whose sequences are read, and which gaps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// All that may have something that was acknowledged.
    All,
    /// Those not heard of for so long, in microseconds, those that leave, and what else is due.
    Silent(u64),
}

impl Core {
    /// What [`Store::catch_up`](crate::Store::catch_up) says.
    pub(super) async fn catch_up_once(&self) -> Result<(), StoreError> {
        let (begun, is_stale) = self.begin_catch_up();
        if is_stale {
            self.read_nodes().await?;
        }
        let pass = {
            let mut sources = self.sources.lock();
            sources.pass += 1;
            sources.pass
        };
        try_join(self.read_tails(Scope::All), self.read_gaps(Scope::All)).await?;
        let mut sources = self.sources.lock();
        for source in sources.map.values_mut() {
            let mut tells = Vec::new();
            source.tell_again(pass, &mut tells);
            self.tell(tells);
        }
        self.move_watermark(&sources);
        *self.caught_up.lock() = begun;
        Ok(())
    }

    /// What holds once it has succeeded, and whether it must be asked who there is.
    fn begin_catch_up(&self) -> (CaughtUp, bool) {
        let number = self.counters.catch_ups.fetch_add(1, Ordering::SeqCst) + 1;
        let began_us = self.now_us();
        let own = self.own.lock().watermark(&self.clock);
        let mut begun = CaughtUp::begin(number, began_us, self.clock.node().number(), own);
        let sources = self.sources.lock();
        // One that is gone draws nothing that is acknowledged.
        let drawing = sources.map.values().filter(|one| one.life != Life::Gone);
        for source in drawing {
            begun.heard_of(source.node, source.watermark());
        }
        let is_stale = sources
            .reading
            .is_none_or(|reading| began_us.saturating_sub(reading.sent_us) > READING_AGE_US_MAX);
        (begun, is_stale)
    }

    /// Who there is.
    pub(super) async fn read_nodes(&self) -> Result<(), StoreError> {
        let (sent_us, wall_us) = (self.now_us(), self.clock.wall().now_us());
        let scan = RawScan {
            table: Nodes::ID,
            mode: Mode::Plain,
            partition: Bytes::from(().to_bytes()),
            from: None,
            to: None,
            direction: Direction::Ascending,
            limit: NODES_MAX,
        };
        let rows = self.engine.scan(&scan).await?;
        let rows = rows
            .into_iter()
            .map(decode::<Nodes>)
            .collect::<Result<Vec<_>, _>>()?;
        let mut sources = self.sources.lock();
        let is_first = sources.reading.is_none();
        if sources
            .reading
            .is_some_and(|reading| reading.sent_us > sent_us)
        {
            return Ok(());
        }
        let others = rows.into_iter().filter(|row| row.sort != self.node());
        let mut seen = Vec::new();
        for row in others {
            self.clock.follow(row.revision);
            seen.push((row.sort, row.value.token));
            self.take_node(&mut sources, row, is_first, wall_us);
        }
        for (key, source) in &mut sources.map {
            source.is_listed = seen.contains(key);
            if source.life == Life::Live && !source.is_listed {
                source.life = Life::Leaving;
            }
        }
        sources
            .map
            .retain(|_, source| source.is_listed || !source.is_over());
        sources.reading = Some(Reading { sent_us, wall_us });
        sources.is_reading_due = false;
        self.hear_strangers(&mut sources);
        self.move_watermark(&sources);
        Ok(())
    }

    fn take_node(&self, sources: &mut Sources, row: Row<Nodes>, is_first: bool, wall_us: u64) {
        let now_us = self.now_us();
        let (node, token, state) = (row.sort, row.value.token, row.value.state);
        let mut tells = Vec::new();
        if let Some(source) = sources.map.get_mut(&(node, token)) {
            source.renew(row.value, row.revision, now_us, &mut tells);
            let is_dead = now_us.saturating_sub(source.changed_us) >= DEAD_AFTER_US;
            if source.life == Life::Live && (is_dead || state == NodeState::Ended) {
                source.life = Life::Leaving;
            }
        } else {
            // What was settled before this node began needs no telling: its caches are empty and
            // its views begin with what they read.
            let begin = if is_first { row.value.settled_below } else { 0 };
            let is_stale = row.value.wall_us.saturating_add(STALE_US) < wall_us;
            let mut source = Source::new(node, row.value, row.revision, begin, now_us);
            if is_stale || state == NodeState::Ended {
                source.life = Life::Leaving;
            }
            sources.map.insert((node, token), source);
        }
        self.tell(tells);
    }

    /// Reads sequences from where they are known to, across blocks, to their ends.
    pub(super) async fn read_tails(&self, scope: Scope) -> Result<(), StoreError> {
        let late_bound_us = self.late_bound_us();
        let (mut todo, leaving) = {
            let sources = self.sources.lock();
            let now_us = self.now_us();
            let is_due = |source: &Source| match (source.life, scope) {
                (Life::Leaving, _) | (Life::Live, Scope::All) => true,
                (Life::Live, Scope::Silent(for_us)) => {
                    now_us.saturating_sub(source.heard_us) >= for_us
                }
                (Life::Gone, Scope::Silent(_)) => source.is_tail_due(now_us, late_bound_us),
                (Life::Gone, Scope::All) => false,
            };
            let due = sources.map.iter().filter(|(_, source)| is_due(source));
            let mut todo = Vec::new();
            let mut leaving = Vec::new();
            for (key, source) in due {
                todo.extend(
                    source
                        .tail_blocks()
                        .map(|block| (*key, block, source.end())),
                );
                if source.life == Life::Leaving {
                    leaving.push((*key, source.revision));
                }
            }
            (todo, leaving)
        };
        let mut read: Vec<SourceKey> = todo.iter().map(|(key, ..)| *key).collect();
        read.dedup();
        while !todo.is_empty() {
            let scans: Vec<RawScan> = todo
                .iter()
                .map(|(key, block, from)| tail(*key, *block, *from))
                .collect();
            let found = self.engine.scan_many(&scans).await?;
            todo = self.take_tails(&todo, found)?;
        }
        if !leaving.is_empty() {
            // What was missing may have been acknowledged too; nobody waits for it once it is gone.
            self.read_gaps(Scope::All).await?;
        }
        let mut sources = self.sources.lock();
        let now_us = self.now_us();
        for key in read {
            if let Some(source) = sources.map.get_mut(&key) {
                source.tail_was_read(now_us);
            }
        }
        for (key, revision) in leaving {
            let mut tells = Vec::new();
            // If it announced itself meanwhile, it lives.
            if let Some(source) = sources
                .map
                .get_mut(&key)
                .filter(|source| source.revision == revision)
            {
                source.leave(now_us, &mut tells);
            }
            self.tell(tells);
        }
        self.move_watermark(&sources);
        Ok(())
    }

    /// Takes in what was found, and says which blocks to read next: those behind a last one that
    /// was not empty. A writer leaves no block without a row behind it.
    fn take_tails(
        &self,
        asked: &[(SourceKey, u64, u64)],
        found: Vec<Vec<RawRow>>,
    ) -> Result<Vec<(SourceKey, u64, u64)>, StoreError> {
        let mut next = Vec::new();
        let mut pages = Vec::with_capacity(found.len());
        for (at, ((key, block, _), rows)) in asked.iter().zip(found).enumerate() {
            let is_last = asked.get(at + 1).is_none_or(|(other, ..)| other != key);
            if is_last && !rows.is_empty() {
                next.extend([block + 1, block + 2].map(|block| (*key, block, 0)));
            }
            let heard = rows
                .into_iter()
                .map(heard_of)
                .collect::<Result<Vec<_>, _>>()?;
            pages.push((*key, heard));
        }
        let mut sources = self.sources.lock();
        let (now_us, pass) = (self.now_us(), sources.pass);
        for (key, heard) in pages {
            let Some(source) = sources.map.get_mut(&key) else {
                continue;
            };
            let mut tells = Vec::new();
            let mut has_room = true;
            for heard in heard {
                self.note(heard.stamp, std::slice::from_ref(&heard.row));
                has_room &= source.take(heard, now_us, pass, &mut tells);
            }
            self.tell(tells);
            if !has_room {
                let why = format!("too much of node {} is missing or in doubt", key.0);
                return Err(StoreError::Unavailable(why));
            }
        }
        self.move_watermark(&sources);
        Ok(next)
    }

    /// Asks for what is missing.
    pub(super) async fn read_gaps(&self, scope: Scope) -> Result<(), StoreError> {
        let late_bound_us = self.late_bound_us();
        let mut asked: Vec<(SourceKey, u64, bool)> = Vec::new();
        {
            let sources = self.sources.lock();
            let now_us = self.now_us();
            let with_older = scope != Scope::All;
            for (key, source) in &sources.map {
                let gaps = source.gaps(now_us, with_older, late_bound_us).into_iter();
                asked.extend(gaps.map(|(place, is_nothing)| (*key, place, is_nothing)));
            }
        }
        for asked in asked.chunks(GAPS_MAX) {
            let keys: Vec<RowKey> = asked
                .iter()
                .map(|((node, token), place, _)| {
                    row_key::<Events>(&(*node, *token, place / BLOCK_EVENTS), place)
                })
                .collect();
            let found = self.engine.get_many(Mode::Plain, &keys).await?;
            let mut sources = self.sources.lock();
            let (now_us, pass) = (self.now_us(), sources.pass);
            for ((key, place, is_nothing), row) in asked.iter().zip(found) {
                let Some(source) = sources.map.get_mut(key) else {
                    continue;
                };
                let mut tells = Vec::new();
                match row {
                    Some(row) => {
                        source.take(heard_of(row)?, now_us, pass, &mut tells);
                    }
                    None => source.absent(*place, *is_nothing, now_us, &mut tells),
                }
                self.tell(tells);
            }
            self.move_watermark(&sources);
        }
        Ok(())
    }

    /// For a round: reads what is due.
    pub(super) async fn read_round(&self, silent_us: u64) -> Result<(), StoreError> {
        let now_us = self.now_us();
        let is_due = {
            let sources = self.sources.lock();
            let is_old =
                |reading: Reading| now_us.saturating_sub(reading.sent_us) >= READING_AGE_US_MAX;
            sources.is_reading_due || sources.reading.is_none_or(is_old)
        };
        if is_due {
            self.read_nodes().await?;
        }
        let scope = Scope::Silent(silent_us);
        let (tails, gaps) = join(self.read_tails(scope), self.read_gaps(scope)).await;
        tails.and(gaps)
    }
}

pub(super) fn tail((node, token): SourceKey, block: u64, from: u64) -> RawScan {
    RawScan {
        table: Events::ID,
        mode: Mode::Plain,
        partition: (node, token, block).to_bytes().into(),
        from: (from > block * BLOCK_EVENTS).then(|| from.to_bytes().into()),
        to: None,
        direction: Direction::Ascending,
        limit: BLOCK_EVENTS as usize,
    }
}

/// What an older binary can read of a newer one's event.
#[derive(Decode)]
struct Frame {
    #[cbor(n(1), default)]
    voids: Vec<ByteVec>,
    #[cbor(n(2), default)]
    settled_below: u64,
    #[cbor(n(3), default)]
    raised: bool,
}

pub(super) fn heard_of(raw: RawRow) -> Result<Heard, StoreError> {
    let sequence =
        u64::from_bytes(&raw.sort).map_err(|error| StoreError::corrupt_key(Events::NAME, error))?;
    let row = match (EventRow::from_value(&raw.value), raw.value.split_first()) {
        (Ok(row), _) => row,
        // A newer binary tells of what this one does not know: at least its voids count.
        (Err(error), Some((&RECORD_VERSION, body))) => {
            let Ok(Frame {
                voids,
                settled_below,
                raised,
            }) = minicbor::decode(body)
            else {
                return Err(StoreError::corrupt_record(Events::NAME, error));
            };
            EventRow {
                event: Event::Nothing,
                voids,
                settled_below,
                raised,
            }
        }
        (Err(error), _) => return Err(StoreError::corrupt_record(Events::NAME, error)),
    };
    Ok(Heard {
        sequence,
        stamp: raw.revision,
        row,
        whole: false,
    })
}
