//! What a node has to do beside its work when others stand on the same store: keep its lease,
//! tell the others and hear them, and mind its clock.

mod bus;
mod clocks;
mod join;
mod loops;
mod rates;
mod status;

pub use bus::connect;
pub use join::{Joining, Member};
pub use loops::Loops;
