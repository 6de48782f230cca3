//! What people do about their filters, with clients that speak either version.

use petrel_social::Ctx;
use petrel_social::error::{Error, Result};
use petrel_social::filters::{self, FilterChange, KeywordChange, V1Change};

use crate::act::Answer;
use crate::effects::Effects;
use crate::model::reading::TAGS;
use crate::model::{Key, Model, Post, Tag, Value};

/// Which version of filters a client speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speaks {
    V1,
    V2,
}

#[derive(Clone, Debug)]
pub enum FilterDeed {
    /// `filter` is the place that was drafted for it; it has one keyword.
    Make {
        filter: usize,
        tag: Tag,
        speaks: Speaks,
    },
    Word {
        filter: usize,
        tag: Tag,
        speaks: Speaks,
    },
    Unword {
        filter: usize,
        speaks: Speaks,
    },
    /// A keyword in place of the one that was taken away.
    Reword {
        filter: usize,
        tag: Tag,
    },
    /// It bears a status.
    Bear {
        filter: usize,
        post: Post,
    },
    Unbear {
        filter: usize,
        post: Post,
    },
    Rename(usize),
    Drop(usize),
}

impl FilterDeed {
    /// Whether the same once more would make another.
    pub fn makes(&self) -> bool {
        matches!(
            self,
            FilterDeed::Make { .. } | FilterDeed::Reword { .. } | FilterDeed::Bear { .. }
        )
    }

    pub fn filter(&self) -> usize {
        match self {
            FilterDeed::Make { filter, .. }
            | FilterDeed::Word { filter, .. }
            | FilterDeed::Unword { filter, .. }
            | FilterDeed::Reword { filter, .. }
            | FilterDeed::Bear { filter, .. }
            | FilterDeed::Unbear { filter, .. }
            | FilterDeed::Rename(filter)
            | FilterDeed::Drop(filter) => *filter,
        }
    }

    pub(super) async fn perform(&self, ctx: &Ctx, model: &Model) -> Result<Answer> {
        if let FilterDeed::Make {
            filter,
            tag,
            speaks,
        } = self
        {
            return make(ctx, *filter, *tag, *speaks).await;
        }
        let filter = &model.filters[self.filter()];
        let (id, keyword) = filter.ids.ok_or(Error::NotFound)?;
        match self {
            FilterDeed::Word { tag, speaks, .. } => match speaks {
                Speaks::V1 => drop(filters::update_v1(ctx, keyword, phrase(*tag)).await?),
                Speaks::V2 => drop(filters::change_keyword(ctx, keyword, word(*tag)).await?),
            },
            FilterDeed::Unword { speaks, .. } => match speaks {
                Speaks::V1 => filters::delete_v1(ctx, keyword).await?,
                Speaks::V2 => filters::remove_keyword(ctx, keyword).await?,
            },
            FilterDeed::Reword { tag, .. } => {
                let keyword = filters::add_keyword(ctx, id, word(*tag)).await?;
                return Ok(Answer::Filter(id, keyword.id));
            }
            FilterDeed::Bear { post, .. } => {
                let view = filters::add_status(ctx, id, model.statuses[*post].id).await?;
                return Ok(Answer::FilterStatus(view.id));
            }
            FilterDeed::Unbear { post, .. } => {
                let borne = filter.bears.get(post).copied().flatten();
                filters::remove_status(ctx, borne.ok_or(Error::NotFound)?).await?;
            }
            FilterDeed::Rename(_) => {
                let change = FilterChange {
                    title: Some("another name".to_owned()),
                    ..FilterChange::default()
                };
                filters::update(ctx, id, change).await?;
            }
            FilterDeed::Drop(_) => filters::delete(ctx, id).await?,
            FilterDeed::Make { .. } => unreachable!("that has no ids yet"),
        }
        Ok(Answer::Done)
    }

    pub(super) fn effects(&self) -> Effects {
        let number = |tag: &Tag| Value::Number(*tag as u64);
        match self {
            FilterDeed::Make { filter, tag, .. } => vec![
                (Key::FilterThere(*filter), Value::On),
                (Key::FilterWord(*filter), number(tag)),
            ],
            FilterDeed::Word { filter, tag, .. } | FilterDeed::Reword { filter, tag } => {
                vec![(Key::FilterWord(*filter), number(tag))]
            }
            FilterDeed::Unword { filter, .. } => vec![(Key::FilterWord(*filter), Value::Off)],
            FilterDeed::Bear { filter, post } => {
                vec![(Key::FilterBears(*filter, *post), Value::On)]
            }
            FilterDeed::Unbear { filter, post } => {
                vec![(Key::FilterBears(*filter, *post), Value::Off)]
            }
            FilterDeed::Rename(_) => Vec::new(),
            FilterDeed::Drop(filter) => vec![(Key::FilterThere(*filter), Value::Off)],
        }
    }
}

/// A filter with one keyword.
async fn make(ctx: &Ctx, filter: usize, tag: Tag, speaks: Speaks) -> Result<Answer> {
    let contexts = Some(vec!["home".to_owned()]);
    if speaks == Speaks::V1 {
        let new = V1Change {
            contexts,
            ..phrase(tag)
        };
        let view = filters::create_v1(ctx, new).await?;
        return Ok(Answer::Filter(view.filter.id, view.keyword.id));
    }
    let new = FilterChange {
        title: Some(format!("filter {filter}")),
        contexts,
        keywords: vec![word(tag)],
        ..FilterChange::default()
    };
    let view = filters::create(ctx, new).await?;
    let keyword = view.keywords.first().ok_or(Error::NotFound)?;
    Ok(Answer::Filter(view.id, keyword.id))
}

fn word(tag: Tag) -> KeywordChange {
    KeywordChange {
        keyword: Some(TAGS[tag].to_owned()),
        whole_word: Some(true),
        ..KeywordChange::default()
    }
}

/// What a client of old says of a filter.
fn phrase(tag: Tag) -> V1Change {
    V1Change {
        phrase: Some(TAGS[tag].to_owned()),
        whole_word: Some(true),
        ..V1Change::default()
    }
}
