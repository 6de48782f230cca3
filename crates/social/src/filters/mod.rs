//! Keywords and statuses that an account wants to be warned of, not to see, or to see blurred.

mod apply;
mod clean_up;
mod command;
mod edit;
mod facts;
mod get;
mod keywords;
mod statuses;
pub mod table;
mod v1;

pub use apply::Filtering;
pub use clean_up::CleanUpFilters;
pub use edit::{FilterChange, create, delete, update};
pub use facts::FilterFacts;
pub use get::{get, get_keyword, get_status, list};
pub use keywords::{KeywordChange, add_keyword, change_keyword, remove_keyword};
pub use statuses::{add_status, remove_status};
pub use v1::{V1Change, V1Filter, create_v1, delete_v1, get_v1, list_v1, update_v1};
