//! What people do about what they read: lists of accounts, hashtags, polls, filters, conversations.

mod draw;
mod filters;

use petrel_model::id::Id;
use petrel_social::account_lists::{self, ListUpdate, NewList};
use petrel_social::error::{Error, Result};
use petrel_social::reports::{self, NewReport};
use petrel_social::{Ctx, conversations, domain_blocks, featured_tags, polls, tag_follows};

pub use self::filters::FilterDeed;
use crate::act::Answer;
use crate::effects::Effects;
use crate::model::reading::{DOMAINS, TAGS, report};
use crate::model::{Key, List, Model, Person, Post, Tag, Value};

#[derive(Clone, Debug)]
pub enum Habit {
    FollowTag(Tag, bool),
    Feature(Tag, bool),
    /// By the id that the profile shows.
    UnfeatureShown(Tag),
    BlockDomain(usize, bool),
    Vote {
        post: Post,
        places: Vec<usize>,
    },
    List(ListDeed),
    Filter(FilterDeed),
    Conversation(ConversationDeed),
    /// The number is in the comment.
    Report(Person, u64),
}

#[derive(Clone, Debug)]
pub enum ListDeed {
    /// `list` is the place that was drafted for it.
    Make {
        list: List,
        exclusive: bool,
    },
    Change {
        list: List,
        exclusive: bool,
    },
    Drop(List),
    Member {
        list: List,
        other: Person,
        on: bool,
    },
}

#[derive(Clone, Debug)]
pub enum ConversationDeed {
    Read(Id),
    Unread(Id),
    Remove(Id),
}

impl Habit {
    /// Whether the same once more would make another.
    pub fn makes(&self) -> bool {
        matches!(self, Habit::List(ListDeed::Make { .. }) | Habit::Report(..))
            || matches!(self, Habit::Filter(deed) if deed.makes())
    }

    /// # Errors
    /// Those of the command.
    pub async fn perform(&self, ctx: &Ctx, model: &Model) -> Result<Answer> {
        match self {
            Habit::FollowTag(tag, true) => tag_follows::follow(ctx, TAGS[*tag]).await?,
            Habit::FollowTag(tag, false) => tag_follows::unfollow(ctx, TAGS[*tag]).await?,
            Habit::Feature(tag, true) => drop(featured_tags::feature(ctx, TAGS[*tag]).await?),
            Habit::Feature(tag, false) => featured_tags::unfeature_named(ctx, TAGS[*tag]).await?,
            Habit::UnfeatureShown(tag) => {
                let own = featured_tags::own(ctx).await?;
                let shown = own.into_iter().find(|view| view.name == TAGS[*tag]);
                featured_tags::unfeature(ctx, shown.ok_or(Error::NotFound)?.id).await?;
            }
            Habit::BlockDomain(at, true) => domain_blocks::block(ctx, DOMAINS[*at]).await?,
            Habit::BlockDomain(at, false) => domain_blocks::unblock(ctx, DOMAINS[*at]).await?,
            Habit::Vote { post, places } => {
                let id = model.statuses[*post].id.ok_or(Error::NotFound)?;
                polls::vote(ctx, id, places).await?;
            }
            Habit::Report(other, number) => {
                let new = NewReport {
                    comment: report(*number),
                    ..NewReport::default()
                };
                reports::create(ctx, model.people[*other].id, new, 0).await?;
            }
            Habit::List(deed) => return deed.perform(ctx, model).await,
            Habit::Filter(deed) => return deed.perform(ctx, model).await,
            Habit::Conversation(ConversationDeed::Read(id)) => {
                conversations::mark_read(ctx, *id).await?;
            }
            Habit::Conversation(ConversationDeed::Unread(id)) => {
                conversations::mark_unread(ctx, *id).await?;
            }
            Habit::Conversation(ConversationDeed::Remove(id)) => {
                conversations::remove(ctx, *id).await?;
            }
        }
        Ok(Answer::Done)
    }

    pub fn effects(&self, me: Person) -> Effects {
        match self {
            Habit::FollowTag(tag, on) => vec![(Key::TagFollow(me, *tag), Value::of(*on))],
            Habit::Feature(tag, on) => vec![(Key::Featured(me, *tag), Value::of(*on))],
            Habit::UnfeatureShown(tag) => vec![(Key::Featured(me, *tag), Value::Off)],
            Habit::BlockDomain(at, on) => vec![(Key::DomainBlock(me, *at), Value::of(*on))],
            Habit::Vote { post, places } => {
                let bits = places.iter().map(|place| 1 << place).sum();
                vec![(Key::Vote(me, *post), Value::Number(bits))]
            }
            Habit::Report(_, number) => vec![(Key::Reported(*number), Value::On)],
            Habit::List(deed) => deed.effects(),
            Habit::Filter(deed) => deed.effects(),
            Habit::Conversation(_) => Vec::new(),
        }
    }
}

impl ListDeed {
    async fn perform(&self, ctx: &Ctx, model: &Model) -> Result<Answer> {
        let list_id = |list: &List| model.lists[*list].id.ok_or(Error::NotFound);
        match self {
            ListDeed::Make { list, exclusive } => {
                let new = NewList {
                    title: format!("list {list}"),
                    exclusive: *exclusive,
                    ..NewList::default()
                };
                return Ok(Answer::List(account_lists::create(ctx, new).await?.id));
            }
            ListDeed::Change { list, exclusive } => {
                let update = ListUpdate {
                    exclusive: Some(*exclusive),
                    ..ListUpdate::default()
                };
                account_lists::update(ctx, list_id(list)?, update).await?;
            }
            ListDeed::Drop(list) => account_lists::delete(ctx, list_id(list)?).await?,
            ListDeed::Member { list, other, on } => {
                let (id, accounts) = (list_id(list)?, [model.people[*other].id]);
                match on {
                    true => account_lists::add(ctx, id, &accounts).await?,
                    false => account_lists::remove(ctx, id, &accounts).await?,
                }
            }
        }
        Ok(Answer::Done)
    }

    fn effects(&self) -> Effects {
        match self {
            ListDeed::Make { list, exclusive } => vec![
                (Key::ListThere(*list), Value::On),
                (Key::ListExclusive(*list), Value::of(*exclusive)),
            ],
            ListDeed::Change { list, exclusive } => {
                vec![(Key::ListExclusive(*list), Value::of(*exclusive))]
            }
            ListDeed::Drop(list) => vec![(Key::ListThere(*list), Value::Off)],
            ListDeed::Member { list, other, on } => {
                vec![(Key::ListMember(*list, *other), Value::of(*on))]
            }
        }
    }
}
