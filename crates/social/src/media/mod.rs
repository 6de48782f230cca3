//! Uploaded files: what is known of them, whose they are, what they are attached to, and who may
//! fetch them. The files themselves are elsewhere; here they are only named.

mod attach;
mod claims;
mod create;
mod facts;
mod fetch;
mod links;
mod picture;
mod preview;
mod remove;
mod secret;
pub mod table;
mod update;
mod view;
mod work;

pub use attach::MediaAttributes;
pub(crate) use attach::{
    Attaching, For, TOO_MANY, put_attached, put_let_go, put_said, put_scheduled, resolve,
};
pub use claims::{MediaClaim, MediaClaims};
pub use create::{Upload, create};
pub use facts::{MediaFacts, Place};
pub use fetch::{Fetched, fetch};
pub use links::{MediaLinks, Ticket, is_open, plain};
pub use picture::remove_picture;
pub use preview::{Awaited, GivenPreview, PREVIEW, PreviewKept, awaits_preview, finish_preview};
pub(crate) use remove::put_removal;
pub use remove::{REMOVE, Removal, SweepUnattached, delete};
pub(crate) use secret::Secrets;
pub use secret::{ServerSecret, ServerSecrets};
pub use table::{
    Focus, MediaKind, MediaTable, OwnPreview, PreviewMade, Processed, Purpose, Variant,
};
pub use update::{MediaUpdate, update};
pub(crate) use view::of_owner;
pub use view::{MediaState, MediaView, await_preview, await_state, get};
pub use work::{PROCESS, Pending, fail, finish, forget, pending, removed};
