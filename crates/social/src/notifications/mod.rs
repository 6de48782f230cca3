//! What accounts are told.

mod list;
mod standing;
pub mod table;
pub(crate) mod write;

pub use list::{NotificationFilter, clear, dismiss, get, list, unread_count};
