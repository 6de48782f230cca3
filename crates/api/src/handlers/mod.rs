//! One function for each route: extractors, one service call, the wire type.

pub mod account_verbs;
pub mod accounts;
pub mod apps;
pub mod authorize;
pub mod discovery;
pub mod domain_blocks;
pub mod empty;
pub mod filters;
pub mod filters_v1;
pub mod instance;
pub mod markers;
pub mod marks;
pub mod notifications;
pub mod openapi;
pub mod polls;
pub mod profile;
pub mod registration;
pub mod relations;
pub mod reports;
pub mod search;
pub mod sessions;
pub mod sign_up;
pub mod statuses;
pub mod timelines;
pub mod token;
