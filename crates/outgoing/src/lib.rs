//! The one client by which Petrel asks servers that strangers name. It asks nobody in an inner
//! network, whatever the address looks like, wherever a redirect leads, and whatever the name
//! server says a moment later; and nothing that answers can cost more than `limits` say.
//!
//! No cookies, no credentials, no proxy of the environment, no connection that is kept.

mod body;
mod client;
mod connect;
mod error;
mod places;
mod target;

pub mod address;
pub mod limits;

pub use client::{Answer, Ask, Outgoing};
pub use connect::{Resolver, SystemResolver};
pub use error::FetchError;
pub use target::Permits;
