//! What several pages show.

pub mod avatar;
pub mod connect;
pub mod feed;
pub mod status;
