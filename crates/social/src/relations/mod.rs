//! What accounts are to each other: follows, requests, blocks, mutes, private notes.

mod behind_block;
mod block;
mod facts;
mod familiar;
mod follow;
mod lists;
mod mute;
mod note;
mod requests;
pub mod table;
mod unlocked;
mod view;

pub use block::{block, unblock};
pub use facts::index_rows;
pub use familiar::familiar_followers;
pub use follow::{FollowOptions, follow, remove_follower, unfollow};
pub use lists::{blocks, follow_requests, follow_requests_count, followers, following, mutes};
pub use mute::{MuteOptions, mute, unmute};
pub use note::set_note;
pub use requests::{authorize_request, reject_request};
pub use unlocked::AcceptRequests;
pub(crate) use unlocked::accept_waiting;
pub use view::relationships;
