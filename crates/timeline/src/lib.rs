//! Timelines are views: nothing is promised by them and nothing is lost with them. Home is pulled
//! out of one in-memory log of the recent world when it is read, never pushed into inboxes.

mod chain_page;
mod coverage;
mod hear;
mod home;
mod keep;
mod kept;
pub mod log;
mod one_status;
mod read;
mod rebuild;
mod streams;
mod tag_history;
mod timelines;

pub use chain_page::{PublicFilter, TagFilter};
pub use keep::KeepTimelines;
pub use rebuild::Rebuilt;
pub use streams::{Channel, NoChannel, Payload, StreamEvent, Streams, Subscription};
pub use tag_history::{HISTORY_DAYS, TagDay};
pub use timelines::Timelines;
