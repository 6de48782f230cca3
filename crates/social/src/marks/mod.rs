//! What accounts do to statuses: favourite, reblog, bookmark, pin, mute the thread.

mod lists;
mod reblog;
mod set;
pub mod table;

pub use lists::{bookmarks, favourited_by, favourites, reblogged_by};
pub use reblog::{reblog, take_back as take_back_reblog, unreblog};
pub use set::{
    bookmark, favourite, index_rows, mute_thread, pin, put_unpinned, unbookmark, unfavourite,
    unmute_thread, unpin,
};
