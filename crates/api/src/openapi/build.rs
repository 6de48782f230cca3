//! The words that entries are written in.

pub use petrel_model::scope::Scope;
pub use serde_json::Value;

pub use super::entry::{Entry, delete, get, patch, post, put};
pub use super::param::*;
pub use crate::entities::*;
pub(crate) use crate::paging;

/// `{}`.
#[derive(schemars::JsonSchema)]
pub struct Empty {}

pub const VISIBILITIES: &[&str] = &["public", "unlisted", "private", "direct"];
pub const HTML: &str = "text/html";
