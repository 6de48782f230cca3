//! Hashtags that an account features on its profile.

use std::collections::HashMap;
use std::sync::Arc;

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id, StatusId};
use petrel_model::limits::FEATURED_TAGS_MAX;
use petrel_model::scope::Scope;
use petrel_model::text::fold;
use petrel_store::{Partition, Plain, Row, Table};

use crate::accounts::view;
use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::lists::{self, List, Owner};
use crate::own_sets::{self, Member, OwnSet, on};
use crate::page::PageRequest;
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::Statuses;
use crate::tag_follows::{self, TagFollows, folded};

/// Account → the folded hashtags that it features.
pub struct FeaturedTags;

impl Table for FeaturedTags {
    const ID: u16 = 32;
    const NAME: &'static str = "featured_tags";
    type Partition = AccountId;
    type Sort = String;
    type Value = FeaturedTag;
    type Mode = Plain;
    const BOUND: &'static str = "cap: FEATURED_TAGS_MAX, and those that were taken back lately";
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct FeaturedTag {
    #[n(0)]
    pub id: Id,
    #[n(1)]
    pub on: bool,
    /// As its owner wrote it.
    #[n(2)]
    pub name: String,
}

/// A featured hashtag with what its owner did under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeaturedTagView {
    pub id: Id,
    pub name: String,
    pub url: String,
    pub statuses_count: u64,
    pub last_status_at_ms: Option<u64>,
}

impl Member for FeaturedTag {
    fn is_on(&self) -> bool {
        self.on
    }
}

impl OwnSet for FeaturedTags {
    const ON_MAX: usize = FEATURED_TAGS_MAX;
    const ROWS_MAX: usize = 500;

    fn full() -> Error {
        Error::invalid("You have already featured the maximum number of hashtags")
    }
}

/// Newest statuses of an account among which those under a hashtag are counted: the figures of whoever
/// has written more are of these. They are counted anew at each look.
pub const COUNTED_STATUSES_MAX: usize = 400;
/// Hashtags that are suggested to be featured.
const SUGGESTIONS_MAX: usize = 10;

/// What an account did under one hashtag lately.
struct Used {
    name: String,
    count: u64,
    last_ms: u64,
}

/// Featured already: nothing changes.
pub async fn feature(ctx: &Ctx, name: &str) -> Result<FeaturedTagView> {
    let account = ctx.require_user(Scope::WriteAccounts)?;
    let name = name.trim().trim_start_matches('#');
    let tag = folded(name).map_err(|_| Error::invalid("Name is invalid"))?;
    let _turn = own_sets::turn::<FeaturedTags>(ctx, account).await;
    let mut batch = ctx.batch();
    let featured = FeaturedTag {
        id: ctx.clock().next_id(),
        on: true,
        name: name.to_owned(),
    };
    if own_sets::put_on::<FeaturedTags>(&mut batch, account, &tag, featured).await? {
        batch.commit().await?;
    }
    let known = ctx.store().partition::<FeaturedTags>(&account).await?;
    let row = on(&known).find(|row| row.sort == tag);
    one(ctx, account, row.ok_or(Error::NotFound)?).await
}

/// By the id that it has on the profile.
pub async fn unfeature(ctx: &Ctx, id: Id) -> Result<()> {
    let account = ctx.require_user(Scope::WriteAccounts)?;
    let known = ctx.store().partition::<FeaturedTags>(&account).await?;
    let tag = on(&known).find(|row| row.value.id == id);
    let tag = tag.ok_or(Error::NotFound)?.sort.clone();
    put_off(ctx, account, tag).await
}

pub async fn unfeature_named(ctx: &Ctx, name: &str) -> Result<()> {
    let account = ctx.require_user(Scope::WriteAccounts)?;
    put_off(ctx, account, folded(name)?).await
}

async fn put_off(ctx: &Ctx, account: AccountId, tag: String) -> Result<()> {
    let _turn = own_sets::turn::<FeaturedTags>(ctx, account).await;
    let mut batch = ctx.batch();
    own_sets::put_off::<FeaturedTags>(&mut batch, account, &tag).await?;
    batch.commit().await?;
    Ok(())
}

/// The caller's own, the most used first.
pub async fn own(ctx: &Ctx) -> Result<Vec<FeaturedTagView>> {
    let account = ctx.require_user(Scope::ReadAccounts)?;
    views(ctx, account).await
}

/// Those of an account, for whoever may know of it.
pub async fn of_account(ctx: &Ctx, account: AccountId) -> Result<Vec<FeaturedTagView>> {
    view::get(ctx, account).await?;
    let eyes = Eyes::of(ctx).await?;
    let blocked = eyes.blocked_by(ctx.store(), &[account]).await?;
    match blocked.contains(&true) {
        true => Ok(Vec::new()),
        false => views(ctx, account).await,
    }
}

/// Names of hashtags that the caller uses most and does not feature yet.
pub async fn suggestions(ctx: &Ctx) -> Result<Vec<String>> {
    let account = ctx.require_user(Scope::ReadAccounts)?;
    let known = ctx.store().partition::<FeaturedTags>(&account).await?;
    let mut used: Vec<(String, Used)> = used(ctx, account).await?.into_iter().collect();
    used.retain(|(tag, _)| on(&known).all(|row| row.sort != *tag));
    used.sort_unstable_by(|(a, one), (b, other)| {
        other.count.cmp(&one.count).then_with(|| a.cmp(b))
    });
    used.truncate(SUGGESTIONS_MAX);
    Ok(used.into_iter().map(|(_, used)| used.name).collect())
}

/// What somebody has to do with a hashtag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TagTie {
    pub following: bool,
    pub featuring: bool,
}

/// What the caller has to do with hashtags; nothing without an account.
pub struct TagTies {
    followed: Arc<Partition<TagFollows>>,
    featured: Arc<Partition<FeaturedTags>>,
}

impl TagTies {
    pub async fn of(ctx: &Ctx) -> Result<Option<TagTies>> {
        let Some(account) = ctx.viewer() else {
            return Ok(None);
        };
        Ok(Some(TagTies {
            followed: ctx.store().partition(&account).await?,
            featured: ctx.store().partition(&account).await?,
        }))
    }

    pub fn to(&self, name: &str) -> TagTie {
        let tag = fold::tag(name);
        TagTie {
            following: tag_follows::on(&self.followed).any(|row| row.sort == tag),
            featuring: on(&self.featured).any(|row| row.sort == tag),
        }
    }
}

async fn one(ctx: &Ctx, account: AccountId, row: &Row<FeaturedTags>) -> Result<FeaturedTagView> {
    let used = used(ctx, account).await?;
    let url = view::get(ctx, account).await?.url.clone();
    Ok(shown(row, &used, &url))
}

async fn views(ctx: &Ctx, account: AccountId) -> Result<Vec<FeaturedTagView>> {
    let rows = ctx.store().partition::<FeaturedTags>(&account).await?;
    if on(&rows).next().is_none() {
        return Ok(Vec::new());
    }
    let used = used(ctx, account).await?;
    let url = view::get(ctx, account).await?.url.clone();
    let mut views: Vec<_> = on(&rows).map(|row| shown(row, &used, &url)).collect();
    views.sort_by_key(|view| (std::cmp::Reverse(view.statuses_count), view.id));
    Ok(views)
}

fn shown(row: &Row<FeaturedTags>, used: &HashMap<String, Used>, url: &str) -> FeaturedTagView {
    let used = used.get(&row.sort);
    FeaturedTagView {
        id: row.value.id,
        name: row.value.name.clone(),
        url: format!("{url}/tagged/{}", row.sort),
        statuses_count: used.map_or(0, |used| used.count),
        last_status_at_ms: used.map(|used| used.last_ms),
    }
}

/// What the account wrote under hashtags for all to see, by their folded names.
async fn used(ctx: &Ctx, account: AccountId) -> Result<HashMap<String, Used>> {
    let owner = Owner::Account(account);
    let page = PageRequest::first(COUNTED_STATUSES_MAX);
    let rows = lists::read(ctx.store(), List::StatusesByAccount, &owner, &page).await?;
    let is_open = |row: &&Row<lists::Lists>| {
        let visibility = row.value.visibility;
        visibility.is_some_and(|visibility| visibility.is_open()) && row.value.reblog != Some(true)
    };
    let ids: Vec<StatusId> = rows
        .iter()
        .filter(is_open)
        .map(|row| StatusId(row.value.id))
        .collect();
    let found = ctx.store().partitions::<Statuses>(&ids).await?;
    let mut used: HashMap<String, Used> = HashMap::new();
    for (id, rows) in ids.into_iter().zip(found) {
        let Some(facts) = StatusFacts::of(id, &rows) else {
            continue;
        };
        for tag in &facts.content().tags {
            let used = used.entry(tag.name.clone()).or_insert_with(|| Used {
                name: tag.text.clone(),
                count: 0,
                last_ms: id.time_ms(),
            });
            used.count += 1;
        }
    }
    Ok(used)
}
