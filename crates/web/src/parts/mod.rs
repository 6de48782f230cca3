//! What several pages show.

pub mod avatar;
pub mod connect;
pub mod emoji;
pub mod feed;
mod media;
mod poll;
pub mod status;
