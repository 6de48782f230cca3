//! Hashtags that an account follows: public statuses under them come into its home.

use minicbor::{Decode, Encode};
use petrel_model::event::Event;
use petrel_model::id::{AccountId, Id};
use petrel_model::limits::{FOLLOWED_TAGS_MAX, TAG_BYTES_MAX};
use petrel_model::scope::Scope;
use petrel_model::text::{fold, scan};
use petrel_store::{Batch, Plain, Row, Table};

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::own_sets::{self, Member, OwnSet};
use crate::page::{Page, PageRequest};

/// Account → the folded hashtags that it follows.
pub struct TagFollows;

impl Table for TagFollows {
    const ID: u16 = 31;
    const NAME: &'static str = "tag_follows";
    type Partition = AccountId;
    type Sort = String;
    type Value = TagFollow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: FOLLOWED_TAGS_MAX";
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct TagFollow {
    #[n(0)]
    pub id: Id,
    #[n(1)]
    pub on: bool,
    /// As it is shown.
    #[n(2)]
    pub name: String,
}

impl Member for TagFollow {
    fn is_on(&self) -> bool {
        self.on
    }
}

impl OwnSet for TagFollows {
    const ON_MAX: usize = FOLLOWED_TAGS_MAX;
    const ROWS_MAX: usize = 2 * FOLLOWED_TAGS_MAX;

    fn full() -> Error {
        Error::invalid(format!(
            "You cannot follow more than {FOLLOWED_TAGS_MAX} hashtags"
        ))
    }
}

/// Follows the hashtag, which is shown as it is written here. Followed already: nothing changes.
pub async fn follow(ctx: &Ctx, name: &str) -> Result<()> {
    let account = ctx.require_user(Scope::WriteFollows)?;
    let tag = folded(name)?;
    let _turn = own_sets::turn::<TagFollows>(ctx, account).await;
    let mut batch = ctx.batch();
    let follow = TagFollow {
        id: ctx.clock().next_id(),
        on: true,
        name: name.to_owned(),
    };
    if own_sets::put_on::<TagFollows>(&mut batch, account, &tag, follow).await? {
        tell(batch, account, tag, true).await?;
    }
    Ok(())
}

pub async fn unfollow(ctx: &Ctx, name: &str) -> Result<()> {
    let account = ctx.require_user(Scope::WriteFollows)?;
    let tag = folded(name)?;
    let _turn = own_sets::turn::<TagFollows>(ctx, account).await;
    let mut batch = ctx.batch();
    own_sets::put_off::<TagFollows>(&mut batch, account, &tag).await?;
    tell(batch, account, tag, false).await
}

async fn tell(mut batch: Batch<'_>, account: AccountId, tag: String, on: bool) -> Result<()> {
    batch.emit(Event::TagFollowed { account, tag, on });
    batch.commit().await?;
    Ok(())
}

/// The names of the hashtags that the caller follows, last followed first.
pub async fn followed(ctx: &Ctx, page: PageRequest) -> Result<Page<String>> {
    let account = ctx.require_user(Scope::ReadFollows)?;
    let rows = ctx.store().partition::<TagFollows>(&account).await?;
    let mut on: Vec<&TagFollow> = on(&rows).map(|row| &row.value).collect();
    on.sort_unstable_by_key(|follow| std::cmp::Reverse(follow.id));
    let chosen = page.cursor().select(on, |follow| follow.id, page.limit);
    let ids: Vec<Id> = chosen.iter().map(|follow| follow.id).collect();
    let names = chosen.into_iter().map(|follow| follow.name.clone());
    Ok(Page::of(names.collect(), &ids, page.limit))
}

/// The rows of what is followed.
pub fn on(rows: &[Row<TagFollows>]) -> impl Iterator<Item = &Row<TagFollows>> {
    own_sets::on(rows)
}

/// What is no hashtag cannot be found.
pub(crate) fn folded(name: &str) -> Result<String> {
    let tag = fold::tag(name);
    let is_tag = scan::is_tag(name) && !tag.is_empty() && tag.len() <= TAG_BYTES_MAX;
    is_tag.then_some(tag).ok_or(Error::NotFound)
}
