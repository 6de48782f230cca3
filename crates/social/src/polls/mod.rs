//! Polls: part of a status's content. A vote is a mark; how many there are is a view.

mod compose;
mod end;
pub mod table;
mod view;
mod vote;

pub use compose::NewPoll;
pub(crate) use compose::{compose, recompose};
pub use end::EndPoll;
pub(crate) use end::enqueue_end;
pub use view::get;
pub(crate) use view::present;
pub use vote::vote;
