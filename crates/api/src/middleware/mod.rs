//! What every request passes before and after its handler.

mod cors;
mod guard;
mod rate;
mod request;

pub use cors::cors;
pub use guard::{Guard, guard};
pub use rate::{Limit, RateLimits};
pub use request::{panicked, request};
