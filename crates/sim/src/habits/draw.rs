//! What people do next about what they read.

use std::collections::BTreeMap;

use petrel_model::id::Id;

use super::filters::Speaks;
use super::{ConversationDeed, FilterDeed, Habit, ListDeed};
use crate::draw::Draw;
use crate::model::reading::{DOMAINS, Filter, TAGS};
use crate::model::{AccountList, Key, List, Person, Post, Tie};

/// Lists and filters that one person keeps, about.
const LISTS_OF_ONE: usize = 3;
const FILTERS_OF_ONE: usize = 2;

impl Draw<'_> {
    pub fn habit(&mut self, actor: Person) -> Habit {
        let on = self.dice.happens(600);
        let tag = self.dice.index(TAGS.len());
        match self.dice.below(21) {
            20 => {
                self.model.reports += 1;
                Habit::Report(self.someone_else(actor), self.model.reports)
            }
            0..5 => Habit::FollowTag(tag, on),
            5..11 => Habit::List(self.list_deed(actor)),
            11..15 => self.vote(actor),
            15..17 => Habit::Filter(self.filter_deed(actor)),
            17 => Habit::Feature(tag, on),
            18 => Habit::BlockDomain(self.dice.index(DOMAINS.len()), on),
            _ => self.conversation_deed(actor, tag),
        }
    }

    fn list_deed(&mut self, actor: Person) -> ListDeed {
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
            return ListDeed::Make { list, exclusive };
        }
        let list = *self.dice.one_of(&own);
        match self.dice.below(10) {
            0 => ListDeed::Drop(list),
            1..3 => ListDeed::Change { list, exclusive },
            _ => ListDeed::Member {
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

    fn filter_deed(&mut self, actor: Person) -> FilterDeed {
        let speaks = *self.dice.one_of(&[Speaks::V1, Speaks::V2]);
        let tag = self.dice.index(TAGS.len());
        let own: Vec<usize> = (0..self.model.filters.len())
            .filter(|filter| self.model.filters[*filter].owner == actor)
            .filter(|filter| self.model.filters[*filter].ids.is_some())
            .filter(|filter| self.model.on(Key::FilterThere(*filter)).maybe())
            .collect();
        if own.is_empty() || (own.len() < FILTERS_OF_ONE && self.dice.happens(200)) {
            self.model.filters.push(Filter {
                owner: actor,
                ids: None,
                was_reworded: false,
                bears: BTreeMap::new(),
            });
            let filter = self.model.filters.len() - 1;
            return FilterDeed::Make {
                filter,
                tag,
                speaks,
            };
        }
        let filter = *self.dice.one_of(&own);
        let has_word = self.model.truly(Key::FilterWord(filter)).maybe();
        // One keyword at most: nobody can tell two of them apart by what they filter.
        if !has_word && !self.model.filters[filter].was_reworded {
            self.model.filters[filter].was_reworded = true;
            return FilterDeed::Reword { filter, tag };
        }
        let bears = &self.model.filters[filter].bears;
        let borne: Vec<Post> = bears.keys().copied().collect();
        let other = self.recent(|_| true).filter(|post| !borne.contains(post));
        match (self.dice.below(10), other) {
            (0, _) => FilterDeed::Drop(filter),
            (1, _) => FilterDeed::Rename(filter),
            (2, _) => FilterDeed::Unword { filter, speaks },
            (3..6, Some(post)) => {
                self.model.filters[filter].bears.insert(post, None);
                FilterDeed::Bear { filter, post }
            }
            (6, _) if !borne.is_empty() => FilterDeed::Unbear {
                filter,
                post: *self.dice.one_of(&borne),
            },
            _ => FilterDeed::Word {
                filter,
                tag,
                speaks,
            },
        }
    }

    fn conversation_deed(&mut self, actor: Person, tag: usize) -> Habit {
        let seen: Vec<Id> = match self.model.conversations.get(&actor) {
            Some(seen) if !seen.is_empty() => seen.clone(),
            _ => return Habit::UnfeatureShown(tag),
        };
        let id = *self.dice.one_of(&seen);
        Habit::Conversation(match self.dice.below(5) {
            0..2 => ConversationDeed::Read(id),
            2..4 => ConversationDeed::Unread(id),
            _ => {
                self.model.removed_some.insert(actor);
                ConversationDeed::Remove(id)
            }
        })
    }
}
