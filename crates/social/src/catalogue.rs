//! The one catalogue of all tables. Ids are for ever: a dropped table leaves a tombstone.

use petrel_jobs::TABLES as JOBS;
use petrel_store::events::Events;
use petrel_store::{Latest, Nodes, TableSpec};

use crate::account_lists::table::{AccountListMembers, AccountLists};
use crate::accounts::claims::{Emails, Names};
use crate::accounts::table::Accounts;
use crate::accounts::{ConfirmationLetters, ConfirmationTokens};
use crate::conversations::table::{ConversationStates, Conversations};
use crate::domain_blocks::DomainBlocks;
use crate::emojis::table::CustomEmojis;
use crate::featured_tags::FeaturedTags;
use crate::filters::table::Filters;
use crate::lists::Lists;
use crate::markers::Markers;
use crate::marks::table::Marks;
use crate::media::{MediaClaims, MediaTable, ServerSecrets};
use crate::notifications::table::Notifications;
use crate::oauth::table::{
    AccessByAccount, AccessTokens, Apps, AppsByClientId, AuthorizationCodes, Sessions,
};
use crate::relations::table::Relations;
use crate::reports::Reports;
use crate::scheduled::{PublishKeys, ScheduledStatuses};
use crate::statuses::IdempotencyKeys;
use crate::statuses::table::Statuses;
use crate::tag_follows::TagFollows;
use crate::tags::Tags;

/// Every table there is, those of jobs too, in the order of their ids.
pub const TABLES: &[TableSpec] = &[
    TableSpec::of::<Events>(),
    TableSpec::of::<Latest>(),
    TableSpec::of::<Nodes>(),
    JOBS[0],
    JOBS[1],
    JOBS[2],
    JOBS[3],
    TableSpec::of::<Lists>(),
    TableSpec::of::<Tags>(),
    TableSpec::of::<Accounts>(),
    TableSpec::of::<Statuses>(),
    TableSpec::of::<Marks>(),
    TableSpec::of::<Relations>(),
    TableSpec::of::<Notifications>(),
    TableSpec::of::<IdempotencyKeys>(),
    TableSpec::of::<DomainBlocks>(),
    TableSpec::of::<MediaTable>(),
    TableSpec::of::<AccountLists>(),
    TableSpec::of::<TagFollows>(),
    TableSpec::of::<FeaturedTags>(),
    TableSpec::of::<Filters>(),
    TableSpec::of::<Conversations>(),
    TableSpec::of::<Markers>(),
    TableSpec::of::<ScheduledStatuses>(),
    TableSpec::of::<Reports>(),
    TableSpec::of::<CustomEmojis>(),
    TableSpec::of::<Names>(),
    TableSpec::of::<Emails>(),
    TableSpec::of::<ConfirmationTokens>(),
    TableSpec::of::<Apps>(),
    TableSpec::of::<AppsByClientId>(),
    TableSpec::of::<AuthorizationCodes>(),
    TableSpec::of::<AccessTokens>(),
    TableSpec::of::<Sessions>(),
    TableSpec::of::<AccessByAccount>(),
    TableSpec::of::<PublishKeys>(),
    TableSpec::of::<ServerSecrets>(),
    TableSpec::of::<MediaClaims>(),
    TableSpec::of::<AccountListMembers>(),
    TableSpec::of::<ConversationStates>(),
    TableSpec::of::<ConfirmationLetters>(),
];
