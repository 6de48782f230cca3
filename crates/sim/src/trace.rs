//! What happened in a run: a hash of all of it, and the last lines for whoever looks at a failure.

use std::collections::VecDeque;
use std::hash::Hasher;

use parking_lot::Mutex;

/// Lines that a failing seed prints.
const KEPT_LINES: usize = 60;
const FNV_BASE: u64 = 0xCBF2_9CE4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01B3;

pub struct Trace(Mutex<State>);

struct State {
    hash: Fnv,
    steps: u64,
    lines: VecDeque<String>,
    /// Every line is printed at once.
    aloud: bool,
    /// Every step too: the first line in which two runs of a seed differ says where chance is left.
    every_step: bool,
}

/// FNV-1a: the same on every machine.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
        }
    }
}

impl Trace {
    pub fn new(aloud: bool) -> Trace {
        Trace(Mutex::new(State {
            hash: Fnv(FNV_BASE),
            steps: 0,
            lines: VecDeque::new(),
            aloud,
            every_step: aloud && std::env::var_os("PETREL_STEPS").is_some(),
        }))
    }

    /// Something that is the same in every run of the seed, in few words.
    pub fn note(&self, parts: &[&[u8]]) {
        let mut state = self.0.lock();
        state.steps += 1;
        if state.every_step {
            println!("{}", readable(parts));
        }
        for part in parts {
            state.hash.write(part);
            state.hash.write_u8(0xFF);
        }
    }

    pub fn line(&self, line: String) {
        self.note(&[line.as_bytes()]);
        let mut state = self.0.lock();
        if state.aloud {
            println!("{line}");
        }
        if state.lines.len() >= KEPT_LINES {
            state.lines.pop_front();
        }
        state.lines.push_back(line);
    }

    pub fn hash(&self) -> u64 {
        self.0.lock().hash.finish()
    }

    /// How much is in the hash.
    pub fn steps(&self) -> u64 {
        self.0.lock().steps
    }

    pub fn last_lines(&self) -> Vec<String> {
        self.0.lock().lines.iter().cloned().collect()
    }
}

fn readable(parts: &[&[u8]]) -> String {
    let parts = parts.iter().map(|part| match part.len() {
        1 => part[0].to_string(),
        _ => part.escape_ascii().to_string(),
    });
    parts.collect::<Vec<_>>().join(" ")
}
