//! Direct statuses by conversation, as each who takes part finds them.

mod list;
mod parts;
mod set;
mod show;
pub mod table;
mod world;

pub use list::list;
pub use parts::{clear, members, named, part, put_all, put_some};
pub use set::{mark_read, mark_unread, remove};
pub use show::{current, of_status};
