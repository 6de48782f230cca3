//! Statuses: created, edited, deleted, and shown.

mod cards;
mod cleanup;
mod compose;
mod create;
mod delete;
mod edit;
pub mod facts;
mod find;
mod idempotency;
mod index;
pub(crate) mod notify;
mod of_account;
mod present;
mod replay;
pub mod table;
mod thread;
pub(crate) mod viewer_marks;
pub mod world;

pub use cards::{Card, cards};
pub use cleanup::CleanUp;
pub use create::{Draft, create, create_at};
pub(crate) use create::{hash_of, publish, resolve, was_written};
pub use delete::{delete, delete_with_media};
pub use edit::{Edit, edit, history, source};
pub use find::find_by_address;
pub use idempotency::{IdempotencyKey, IdempotencyKeys};
pub(crate) use idempotency::{Key, Settled, settle};
pub use index::index_rows;
pub use notify::{NotifyBells, NotifyEdited, NotifyMentions};
pub use of_account::{AccountFilter, of_account};
pub(crate) use present::one;
pub use present::{content_html, hydrate, present};
pub use replay::{Replayed, events_of, replay};
pub use thread::context;

use petrel_model::gate::Surface;
use petrel_model::id::StatusId;
use petrel_model::scope::Scope;

use crate::context::Ctx;
use crate::error::Result;
use crate::page::require_few;
use crate::views::StatusView;

/// One status by id.
pub async fn get(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    ctx.allow_public(Scope::ReadStatuses)?;
    one(ctx, id).await
}

/// Those of the statuses that the caller may see by id, in order.
pub async fn get_many(ctx: &Ctx, ids: &[StatusId]) -> Result<Vec<StatusView>> {
    ctx.allow_public(Scope::ReadStatuses)?;
    require_few(ids)?;
    hydrate(ctx, ids, Surface::ById).await
}
