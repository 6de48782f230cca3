//! Development only: three whole nodes in one thread, on one hostile store, with random users and
//! random faults, and oracles that know what was acknowledged. The same seed is the same run.

pub mod act;
pub mod cluster;
pub mod dice;
pub mod draw;
pub mod effects;
pub mod faults;
pub mod files;
pub mod habits;
pub mod looks;
pub mod model;
pub mod node;
pub mod oracle;
pub mod plans;
pub mod play;
pub mod run;
mod take_in;
pub mod trace;
pub mod tri;
pub mod wall;
pub mod wire;

pub use run::{Outcome, run};
