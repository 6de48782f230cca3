//! What every request passes before and after its handler.

mod cors;
mod door;
mod rate;

pub use cors::cors;
pub use door::{Door, door};
pub use rate::{Limit, RateLimits, Who};
