//! Scheduled statuses: written down now, published by a job when their time comes, or cancelled
//! before. Which of the two happens is decided once, by a conditional write.

mod command;
mod list;
mod publish;
pub mod table;

pub use command::{cancel, reschedule, schedule};
pub use list::{get, list};
pub use publish::PublishScheduled;
pub use table::{PublishKeys, ScheduledStatuses};
