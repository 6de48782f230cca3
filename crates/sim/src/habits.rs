//! What people do about what they read: lists of accounts, hashtags, votes.

use petrel_model::id::Id;
use petrel_social::account_lists::{self, ListUpdate, NewList};
use petrel_social::error::{Error, Result};
use petrel_social::{Ctx, polls, tag_follows};

use crate::act::Answer;
use crate::draw::Draw;
use crate::effects::Effects;
use crate::model::reading::TAGS;
use crate::model::{AccountList, Key, List, Model, Person, Post, Tag, Tie, Value};

/// Lists that one person keeps, about.
const LISTS_OF_ONE: usize = 3;

#[derive(Clone, Debug)]
pub enum Habit {
    FollowTag(Tag, bool),
    /// `list` is the place that was drafted for it.
    MakeList {
        list: List,
        exclusive: bool,
    },
    ChangeList {
        list: List,
        exclusive: bool,
    },
    DropList(List),
    Member {
        list: List,
        other: Person,
        on: bool,
    },
    Vote {
        post: Post,
        places: Vec<usize>,
    },
}

impl Habit {
    /// # Errors
    /// Those of the command.
    pub async fn perform(&self, ctx: &Ctx, model: &Model) -> Result<Answer> {
        let list_id = |list: &List| model.lists[*list].id.ok_or(Error::NotFound);
        match self {
            Habit::FollowTag(tag, true) => tag_follows::follow(ctx, TAGS[*tag]).await?,
            Habit::FollowTag(tag, false) => tag_follows::unfollow(ctx, TAGS[*tag]).await?,
            Habit::MakeList { list, exclusive } => {
                let new = NewList {
                    title: format!("list {list}"),
                    exclusive: *exclusive,
                    ..NewList::default()
                };
                return Ok(Answer::List(account_lists::create(ctx, new).await?.id));
            }
            Habit::ChangeList { list, exclusive } => {
                let update = ListUpdate {
                    exclusive: Some(*exclusive),
                    ..ListUpdate::default()
                };
                account_lists::update(ctx, list_id(list)?, update).await?;
            }
            Habit::DropList(list) => account_lists::delete(ctx, list_id(list)?).await?,
            Habit::Member { list, other, on } => {
                let (id, accounts) = (list_id(list)?, [model.people[*other].id]);
                match on {
                    true => account_lists::add(ctx, id, &accounts).await?,
                    false => account_lists::remove(ctx, id, &accounts).await?,
                }
            }
            Habit::Vote { post, places } => {
                let id = model.statuses[*post].id.ok_or(Error::NotFound)?;
                polls::vote(ctx, id, places).await?;
            }
        }
        Ok(Answer::Done)
    }

    pub fn effects(&self, me: Person) -> Effects {
        match self {
            Habit::FollowTag(tag, on) => vec![(Key::TagFollow(me, *tag), Value::of(*on))],
            Habit::MakeList { list, exclusive } => vec![
                (Key::ListThere(*list), Value::On),
                (Key::ListExclusive(*list), Value::of(*exclusive)),
            ],
            Habit::ChangeList { list, exclusive } => {
                vec![(Key::ListExclusive(*list), Value::of(*exclusive))]
            }
            Habit::DropList(list) => vec![(Key::ListThere(*list), Value::Off)],
            Habit::Member { list, other, on } => {
                vec![(Key::ListMember(*list, *other), Value::of(*on))]
            }
            Habit::Vote { post, places } => {
                let bits = places.iter().map(|place| 1 << place).sum();
                vec![(Key::Vote(me, *post), Value::Number(bits))]
            }
        }
    }
}

impl Model {
    /// The list's id becomes known.
    pub fn name_list(&mut self, list: List, id: Id) {
        self.lists[list].id = Some(id);
    }
}

impl Draw<'_> {
    pub fn habit(&mut self, actor: Person) -> Habit {
        match self.dice.below(10) {
            0..3 => {
                let on = self.dice.happens(600);
                Habit::FollowTag(self.dice.index(TAGS.len()), on)
            }
            3..7 => self.list_habit(actor),
            _ => self.vote(actor),
        }
    }

    fn list_habit(&mut self, actor: Person) -> Habit {
        let own: Vec<List> = (0..self.model.lists.len())
            .filter(|list| self.model.lists[*list].owner == actor)
            .filter(|list| self.model.lists[*list].id.is_some())
            .filter(|list| self.model.on(Key::ListThere(*list)).maybe())
            .collect();
        let exclusive = self.dice.happens(650);
        if own.is_empty() || (own.len() < LISTS_OF_ONE && self.dice.happens(150)) {
            self.model.lists.push(AccountList {
                owner: actor,
                id: None,
            });
            let list = self.model.lists.len() - 1;
            return Habit::MakeList { list, exclusive };
        }
        let list = *self.dice.one_of(&own);
        match self.dice.below(10) {
            0 => Habit::DropList(list),
            1..3 => Habit::ChangeList { list, exclusive },
            _ => Habit::Member {
                list,
                other: self.of_mine(actor, Tie::Follow),
                on: self.dice.happens(700),
            },
        }
    }

    fn vote(&mut self, actor: Person) -> Habit {
        let has_poll = |status: &crate::model::Status| status.poll.is_some();
        let Some(post) = self.recent(has_poll) else {
            return Habit::FollowTag(0, self.model.on(Key::TagFollow(actor, 0)).maybe());
        };
        let poll = self.model.statuses[post].poll;
        let (options, multiple) = poll.map_or((1, false), |poll| (poll.options, poll.multiple));
        let first = self.dice.index(options);
        let second = (first + 1) % options;
        let places = match multiple && self.dice.happens(500) {
            true => vec![first, second],
            false => vec![first],
        };
        Habit::Vote { post, places }
    }
}
