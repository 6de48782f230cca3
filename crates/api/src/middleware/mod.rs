//! What every request passes before and after its handler.

mod cors;
mod counts;
mod door;
mod rate;

pub use cors::cors;
pub use counts::{Counted, RateLimits};
pub use door::{Door, door};
pub use rate::{Limit, Who};
