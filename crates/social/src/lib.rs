//! Petrel's domain: commands and queries over accounts, statuses, relations and notifications.
//!
//! Every function takes [`context::Ctx`] first and authorises its caller itself. A command reads
//! through one batch, builds everything that follows from it into that batch, and commits once.

pub mod access;
pub mod account_lists;
pub mod accounts;
pub mod bounds;
pub mod catalogue;
pub mod check;
mod contended;
pub mod context;
pub mod conversations;
pub mod counts;
pub mod domain_blocks;
pub mod emojis;
pub mod error;
mod expiry;
pub mod eyes;
pub mod featured_tags;
pub mod filters;
pub mod lists;
pub mod mail;
pub mod markers;
pub mod marks;
pub mod media;
pub mod notifications;
pub mod oauth;
mod own_sets;
pub mod page;
pub mod polls;
pub mod relations;
pub mod reports;
pub mod round_trips;
pub mod scheduled;
mod secret;
pub mod settings;
pub mod statuses;
pub mod tag_follows;
pub mod tags;
pub mod testing;
mod turns;
pub mod views;
pub mod work;

pub use context::{Caller, Ctx, Social};
pub use error::{Error, Result};
