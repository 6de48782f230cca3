//! The log on disk: what the log was told, in its order, as files in the data folder. They are a
//! cache: whoever deletes them, or finds one damaged, has the log rebuilt from the store.

mod chunk;
mod folder;
mod journal;
mod watermark;

pub(crate) use chunk::{Chunk, Damaged};
pub(crate) use journal::Journal;
