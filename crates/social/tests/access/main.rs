//! Accounts, credentials and access, on the simulated engine.

mod claims;
mod credentials;
mod golden;
mod moderation;
mod oauth;
mod profile;
mod sign_up;
mod support;
