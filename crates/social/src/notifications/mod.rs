//! What accounts are told.

mod clear;
mod judged;
mod list;
mod standing;
pub mod table;
pub(crate) mod write;

pub use clear::{RemoveCleared, clear};
pub use list::{NotificationFilter, dismiss, get, list, unread_count};
