//! Which faults a seed has, and how much of each: drawn per seed, so that some seeds have few of
//! them and much of those.

use petrel_bus::Faults as BusFaults;
use petrel_store::sim::Hostility;
use petrel_timeline::log::LogSettings;

use crate::dice::Dice;
use crate::wall::APART_MS_MAX;

#[derive(Clone, Debug)]
pub struct Swarm {
    pub people: usize,
    pub hostility: Hostility,
    pub bus: BusFaults,
    /// Each node's clock, ahead in milliseconds and its drift in parts of a million.
    pub clocks: [(i64, i64); 3],
    /// What one way to the engine takes at most, in milliseconds.
    pub way_ms_max: u64,
    /// Of a thousand steps, how many have one of these.
    pub crash: u64,
    pub bus_cut: u64,
    pub engine_cut: u64,
    pub engine_crash: u64,
    pub check: u64,
    /// Of a thousand commands, how many come twice.
    pub twice: u64,
    /// Of a thousand steps, how many are a duel: several commands about one thing.
    pub duel: u64,
    /// How long a step takes at most, in milliseconds.
    pub pause_ms_max: u64,
    pub log: LogSettings,
    pub chapter_rows: usize,
}

impl Swarm {
    pub fn draw(dice: &Dice) -> Swarm {
        // Each fault is there in about two of three seeds.
        let some = |of: u64| {
            if dice.happens(650) {
                dice.between(of / 5, of)
            } else {
                0
            }
        };
        let half = APART_MS_MAX / 2;
        let clock = || {
            if dice.happens(300) {
                return (0, 0);
            }
            let ahead = dice.between(0, APART_MS_MAX as u64) as i64 - half;
            (ahead, dice.between(0, 400) as i64 - 200)
        };
        let mut clocks = [clock(), clock(), clock()];
        if dice.happens(400) {
            // As far apart as may be.
            let first = dice.index(3);
            clocks[first] = (half, 0);
            clocks[(first + 1) % 3] = (-half, 0);
        }
        let small = LogSettings {
            slots_max: 64,
            segment_bits: 4,
        };
        let large = LogSettings {
            slots_max: 1 << 14,
            segment_bits: 8,
        };
        Swarm {
            people: dice.between(6, 10) as usize,
            hostility: Hostility {
                turns_max: dice.below(3),
                torn: dice.happens(800),
                in_doubt: some(80),
                unavailable: some(30),
                read_timeout: some(15),
                shuffled: dice.happens(700),
            },
            bus: BusFaults {
                lost_percent: some(80) as u8,
                twice_percent: some(40) as u8,
                late_messages_max: some(20) as u32,
            },
            clocks,
            way_ms_max: *dice.one_of(&[0, 2, 2, 5, 20]),
            crash: some(12),
            bus_cut: some(12),
            engine_cut: some(6),
            engine_crash: some(6),
            check: some(6),
            twice: dice.between(30, 120),
            duel: dice.between(60, 250),
            pause_ms_max: *dice.one_of(&[20, 60, 200]),
            log: if dice.happens(500) { small } else { large },
            chapter_rows: *dice.one_of(&[10, 10, 100_000]),
        }
    }
}
