//! What people write: finding things in it, counting it, comparing it, showing it.

pub mod acct;
pub mod count;
pub mod fold;
pub mod html;
pub mod language;
pub mod sanitize;
pub mod scan;
pub mod username;
