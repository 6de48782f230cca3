//! Timelines are views: nothing is promised by them and nothing is lost with them. Home is pulled
//! out of one in-memory log of the recent world when it is read, never pushed into inboxes.

pub mod log;
