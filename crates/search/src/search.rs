use std::sync::Arc;

use parking_lot::RwLock;
use petrel_model::event::{Event, RelationKind, StatusEvent};
use petrel_model::gate::Surface;
use petrel_model::id::AccountId;
use petrel_model::limits::{QUERY_CHARS_MAX, SEARCH_OFFSET_MAX};
use petrel_model::scope::Scope;
use petrel_model::text::fold;
use petrel_model::visibility::Visibility;
use petrel_social::accounts::facts::AccountFacts;
use petrel_social::accounts::table::{AccountRow, Accounts};
use petrel_social::accounts::view;
use petrel_social::context::Ctx;
use petrel_social::error::Result;
use petrel_social::eyes::Eyes;
use petrel_social::lists::{self, List, Owner};
use petrel_social::page::PageRequest;
use petrel_social::statuses::find_by_address;
use petrel_social::tags::{TagRow, TagSort, Tags as TagTable};
use petrel_social::views::{AccountView, StatusView};
use petrel_store::events::Happened;
use petrel_store::{Listener, Store};

use crate::accounts::Wanted;
use crate::changed::Changed;
use crate::names::{Names, Query};
use crate::tags::Tags;

/// Accounts that are ranked by how many follow them; whatever else matches is not found.
const CANDIDATES_MAX: usize = 100;
/// Accounts that are judged at a time.
const STEP_SHOWN: usize = 40;
/// Hashtags looked through for one answer.
const TAGS_MAX: usize = 2_000;
/// Rows of a hashtag's list among which a public one must be, if none was heard of.
const PUBLIC_ROWS: usize = 40;
/// Rows of a page when whole tables are read.
const SCAN_ROWS: usize = 5_000;

/// The names of this node's accounts and hashtags, and what changed since they were read.
#[derive(Default)]
pub struct Search {
    names: RwLock<Names>,
    tags: RwLock<Tags>,
    changed_accounts: Changed<AccountId>,
    changed_tags: Changed<String>,
}

impl Search {
    /// Reads all names. To be called once at start; events may come meanwhile, and on several nodes
    /// must: it is called after [`petrel_store::Peers::join`].
    pub async fn rebuild(&self, store: &Store) -> Result<()> {
        // A page that was read before a change may be taken in after it.
        self.changed_accounts.note_all();
        let read = self.read_names(store).await;
        self.changed_accounts.again();
        read?;
        self.read_tags(store).await
    }

    async fn read_names(&self, store: &Store) -> Result<()> {
        let mut token = None;
        loop {
            let (rows, next) = store.scan_table::<Accounts>(token, SCAN_ROWS).await?;
            let mut names = self.names.write();
            for (id, row) in rows {
                match row.value {
                    AccountRow::Created(created) => names.set_username(id, &created.username),
                    AccountRow::Profile(profile) => {
                        names.set_display_name(id, &profile.display_name)
                    }
                    _ => {}
                }
            }
            token = next;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// A tag's first writing never changes, so it does not matter what comes meanwhile.
    async fn read_tags(&self, store: &Store) -> Result<()> {
        let mut token = None;
        loop {
            let (rows, next) = store.scan_table::<TagTable>(token, SCAN_ROWS).await?;
            let mut tags = self.tags.write();
            for (folded, row) in rows {
                if let TagRow::Created { name } = row.value {
                    tags.set(&folded, name, row.revision);
                }
            }
            token = next;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// Accounts by name, handle or address: the one of just that name first, then those whom the
    /// caller follows, then the others, each by how many follow them.
    pub async fn accounts(
        &self,
        ctx: &Ctx,
        text: &str,
        limit: usize,
        offset: usize,
        following: bool,
    ) -> Result<Vec<Arc<AccountView>>> {
        allow(ctx)?;
        if is_too_long(text, offset) {
            return Ok(Vec::new());
        }
        let eyes = Eyes::of(ctx).await?;
        let mut ids = match Wanted::of(text, ctx.settings()) {
            Wanted::Nothing => Vec::new(),
            Wanted::Exactly(username) => {
                let id = petrel_social::accounts::find_id(ctx, &username).await?;
                id.into_iter().collect()
            }
            Wanted::Matching { exact, query } => {
                self.take_in_accounts(ctx.store()).await?;
                self.matching(ctx, &eyes, exact.as_deref(), &query).await?
            }
        };
        if following {
            ids.retain(|id| eyes.on(*id, RelationKind::Follow).is_some());
        }
        let mut found = Vec::new();
        for ids in ids.get(offset..).unwrap_or_default().chunks(STEP_SHOWN) {
            if found.len() >= limit {
                break;
            }
            found.extend(view::shown(ctx, &eyes, ids, Surface::Search).await?);
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn matching(
        &self,
        ctx: &Ctx,
        eyes: &Eyes,
        exact: Option<&str>,
        query: &Query,
    ) -> Result<Vec<AccountId>> {
        let mut ids = Vec::new();
        if let Some(exact) = exact {
            ids.extend(petrel_social::accounts::find_id(ctx, exact).await?);
        }
        let (mut followed, mut others) = {
            let names = self.names.read();
            let relations = eyes.relations().iter();
            let on = relations.filter(|row| row.sort.1 == RelationKind::Follow && row.value.on);
            let followed = on
                .map(|row| row.sort.0)
                .filter(|id| names.matches(*id, query));
            let followed: Vec<AccountId> = followed.take(CANDIDATES_MAX).collect();
            (followed, names.find(query, CANDIDATES_MAX))
        };
        followed.retain(|id| !ids.contains(id));
        others.retain(|id| !ids.contains(id) && !followed.contains(id));
        ids.extend(by_followers(ctx, followed).await?);
        ids.extend(by_followers(ctx, others).await?);
        Ok(ids)
    }

    /// The status of that address, if it is one of ours and the caller may see it.
    pub async fn statuses(&self, ctx: &Ctx, text: &str) -> Result<Vec<StatusView>> {
        ctx.allow_public(Scope::ReadSearch)?;
        let found = find_by_address(ctx, text.trim()).await?;
        Ok(found.into_iter().collect())
    }

    /// Hashtags of public statuses that begin so, as they were first written: the one that is just
    /// that first, the others in the order of their first use.
    pub async fn hashtags(
        &self,
        ctx: &Ctx,
        text: &str,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<String>> {
        ctx.allow_public(Scope::ReadSearch)?;
        let start = fold::tag(text.trim().trim_start_matches('#'));
        if start.is_empty() || text.contains('@') || is_too_long(text, offset) {
            return Ok(Vec::new());
        }
        self.take_in_tags(ctx.store()).await?;
        let found = self.tags.read().find(&start, TAGS_MAX);
        let mut shown = Vec::new();
        for (folded, tag) in found {
            if shown.len() >= offset + limit {
                break;
            }
            if tag.public || self.is_public(ctx.store(), &folded).await? {
                shown.push(tag.name);
            }
        }
        Ok(shown.into_iter().skip(offset).collect())
    }

    /// The hashtag as it was first written, or as it is asked for if it is not known.
    pub async fn hashtag(&self, ctx: &Ctx, name: &str) -> Result<String> {
        let name = name.trim_start_matches('#');
        let folded = fold::tag(name);
        self.take_in_tags(ctx.store()).await?;
        let known = self.tags.read().get(&folded).cloned();
        match known {
            Some(tag) if tag.public || self.is_public(ctx.store(), &folded).await? => Ok(tag.name),
            _ => Ok(name.to_owned()),
        }
    }

    /// Takes in what changed; true if there is more.
    pub(crate) async fn take_in(&self, store: &Store) -> Result<bool> {
        self.take_in_accounts(store).await?;
        self.take_in_tags(store).await?;
        Ok(!self.changed_accounts.is_empty() || !self.changed_tags.is_empty())
    }

    async fn take_in_accounts(&self, store: &Store) -> Result<()> {
        let changed = self.changed_accounts.some().await;
        if changed.is_empty() {
            return Ok(());
        }
        let partitions = store.partitions::<Accounts>(&changed).await?;
        let mut names = self.names.write();
        for (id, rows) in changed.iter().zip(partitions) {
            match AccountFacts::assemble(*id, &rows) {
                Some(facts) if !facts.deleted => {
                    names.set_username(*id, facts.username());
                    names.set_display_name(*id, &facts.profile.display_name);
                }
                _ => names.remove(*id),
            }
        }
        changed.done();
        Ok(())
    }

    async fn take_in_tags(&self, store: &Store) -> Result<()> {
        let changed = self.changed_tags.some().await;
        if changed.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = changed
            .iter()
            .map(|tag| (tag.clone(), TagSort::Created))
            .collect();
        let rows = store.get_many::<TagTable>(&keys).await?;
        let mut tags = self.tags.write();
        tags.make_room();
        for (folded, row) in changed.iter().zip(rows) {
            if let Some((TagRow::Created { name }, first)) =
                row.map(|row| (row.value, row.revision))
            {
                tags.set(folded, name, first);
                tags.set_public(folded);
            }
        }
        changed.done();
        Ok(())
    }

    /// Whether a public status bears the tag, as far as its newest tell.
    async fn is_public(&self, store: &Store, folded: &str) -> Result<bool> {
        let owner = Owner::Tag(folded.to_owned());
        let page = PageRequest::first(PUBLIC_ROWS);
        let rows = lists::read(store, List::StatusesByTag, &owner, &page).await?;
        let public = rows
            .iter()
            .any(|row| row.value.visibility == Some(Visibility::Public));
        if public {
            self.tags.write().set_public(folded);
        }
        Ok(public)
    }

    fn hear_status(&self, status: &StatusEvent) {
        if status.visibility != Visibility::Public || status.tags.is_empty() {
            return;
        }
        let is_news = |folded: &&String| {
            let tags = self.tags.read();
            !tags.knows(folded) || tags.get(folded).is_some_and(|tag| !tag.public)
        };
        let news: Vec<String> = status.tags.iter().filter(is_news).cloned().collect();
        self.changed_tags.add(news);
    }
}

impl Listener for Search {
    /// Told several times of one event, it reads as often: the last time, what it tells of is whole.
    fn happened(&self, happened: &Happened) {
        match &happened.event {
            Event::AccountChanged { account, .. } => {
                self.changed_accounts.add([*account]);
            }
            Event::StatusCreated(status) | Event::StatusEdited(status) => self.hear_status(status),
            _ => {}
        }
    }
}

/// Those whom most follow first.
async fn by_followers(ctx: &Ctx, ids: Vec<AccountId>) -> Result<Vec<AccountId>> {
    let mut ranked = Vec::with_capacity(ids.len());
    for id in ids {
        let figures = ctx.social.counts.account(ctx.store(), id).await?;
        ranked.push((std::cmp::Reverse(figures.followers), id));
    }
    ranked.sort_unstable();
    Ok(ranked.into_iter().map(|(_, id)| id).collect())
}

/// Searching in general, or for accounts alone.
fn allow(ctx: &Ctx) -> Result<()> {
    let searches = ctx.allow_public(Scope::ReadSearch);
    searches.or_else(|_| ctx.allow_public(Scope::ReadAccounts))
}

fn is_too_long(text: &str, offset: usize) -> bool {
    text.chars().count() > QUERY_CHARS_MAX || offset > SEARCH_OFFSET_MAX
}
