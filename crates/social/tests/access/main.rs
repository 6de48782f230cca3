//! Accounts, credentials and access, on the simulated engine.
// A test's helpers are tests too.
#![allow(clippy::unwrap_used)]

mod claims;
mod credentials;
mod golden;
mod moderation;
mod oauth;
mod profile;
mod sign_up;
mod support;
