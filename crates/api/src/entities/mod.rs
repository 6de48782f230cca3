//! The wire types: what Mastodon's clients read, field by field. They borrow from the domain's views
//! and are written straight into the answer.

mod account;
mod application;
mod conversation;
mod document;
mod emoji;
mod filter;
mod instance;
mod instance_v1;
mod list;
mod marker;
mod media;
mod notification;
mod poll;
mod preferences;
mod relationship;
mod report;
mod scheduled_status;
mod search;
mod status;
mod tag;
mod values;

pub use account::{Account, CredentialAccount, MutedAccount};
pub use application::{Application, Token};
pub use conversation::Conversation;
pub use document::{Document, TermsOfService};
pub use emoji::CustomEmoji;
pub use filter::{Filter, FilterKeyword, FilterResult, FilterStatus, FilterV1};
pub use instance::{Instance, Language, Rule};
pub use instance_v1::InstanceV1;
pub use list::List;
pub use marker::Marker;
pub use media::MediaAttachment;
pub use notification::Notification;
pub use poll::Poll;
pub use preferences::Preferences;
pub use relationship::{FamiliarFollowers, Relationship};
pub use report::{DomainBlockPreview, Report};
pub use scheduled_status::{Posted, ScheduledStatus};
pub use search::Search;

pub use status::{Context, Status, StatusEdit, StatusSource};
pub use tag::{FeaturedTag, Tag};
pub use values::{Day, Moment, Shown};

#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
