//! Statuses as they are shown: content as HTML, counts, and the viewer's own marks.

use std::collections::HashMap;
use std::sync::Arc;

use petrel_model::gate::Surface;
use petrel_model::id::{AccountId, AppId, StatusId};
use petrel_model::text::acct::Acct;
use petrel_model::text::fold;
use petrel_model::text::html::{self, Links, MentionLink};

use crate::accounts::view;
use crate::context::Ctx;
use crate::emojis::{self, EmojiBook};
use crate::error::{Error, Result};
use crate::filters::Filtering;
use crate::media::MediaLinks;
use crate::oauth;
use crate::polls;
use crate::settings::Settings;
use crate::statuses::facts::StatusFacts;
use crate::statuses::table::{Mention, StatusContent};
use crate::statuses::viewer_marks::ViewerMarks;
use crate::statuses::world::World;
use crate::views::{AccountView, ApplicationView, FilterResult, MentionView, StatusView};

/// Those of the statuses that the gate lets the caller see there, in order.
pub async fn hydrate(ctx: &Ctx, ids: &[StatusId], surface: Surface) -> Result<Vec<StatusView>> {
    let world = World::load(ctx, ids).await?;
    present(ctx, &world, ids, surface).await
}

/// One status by id, in answer to a command too: whoever may favourite is shown what they did.
pub async fn one(ctx: &Ctx, id: StatusId) -> Result<StatusView> {
    let mut shown = hydrate(ctx, &[id], Surface::ById).await?;
    shown.pop().ok_or(Error::NotFound)
}

/// As [`hydrate`], in a world that is loaded already.
pub async fn present(
    ctx: &Ctx,
    world: &World,
    ids: &[StatusId],
    surface: Surface,
) -> Result<Vec<StatusView>> {
    let shown: Vec<StatusId> = ids
        .iter()
        .copied()
        .filter(|id| world.may_see(*id, surface))
        .collect();
    let presenter = Presenter::of(ctx, world, &shown).await?;
    let mut views = Vec::with_capacity(shown.len());
    for id in shown {
        views.push(presenter.present(id).await?);
    }
    Ok(views)
}

/// A reblog, as its author is shown it who takes it back: without what it reblogs, and empty, if
/// they may see that no longer.
pub(super) async fn own_reblog(
    ctx: &Ctx,
    world: &World,
    facts: &StatusFacts,
) -> Result<StatusView> {
    let id = facts.id;
    if let Some(view) = present(ctx, world, &[id], Surface::ById).await?.pop() {
        return Ok(view);
    }
    let presenter = Presenter::of(ctx, world, &[id]).await?;
    presenter.view(facts, None, Vec::new()).await
}

struct Presenter<'a> {
    ctx: &'a Ctx,
    world: &'a World,
    accounts: HashMap<AccountId, Arc<AccountView>>,
    apps: HashMap<AppId, ApplicationView>,
    marks: ViewerMarks,
    links: MediaLinks,
    filtering: Filtering,
    emojis: Arc<EmojiBook>,
}

impl<'a> Presenter<'a> {
    async fn of(ctx: &'a Ctx, world: &'a World, shown: &[StatusId]) -> Result<Presenter<'a>> {
        let facts = shown.iter().filter_map(|id| world.statuses.get(id));
        let targets = facts.clone().filter_map(|facts| reblogged(world, facts));
        let all: Vec<&StatusFacts> = facts.map(AsRef::as_ref).chain(targets).collect();
        let (marks, filtering, apps, (), links, emojis) = tokio::try_join!(
            ViewerMarks::load(ctx.store(), world, shown),
            Filtering::load(ctx.store(), &world.eyes),
            applications(ctx, &all),
            count(ctx, &all),
            MediaLinks::for_statuses(ctx, all.iter().copied()),
            emojis::book(ctx)
        )?;
        let mut presenter = Presenter {
            ctx,
            world,
            accounts: HashMap::new(),
            apps,
            marks,
            links,
            filtering,
            emojis,
        };
        for facts in all {
            presenter.prepare(facts).await?;
        }
        Ok(presenter)
    }

    async fn prepare(&mut self, facts: &StatusFacts) -> Result<()> {
        let author = facts.account();
        if !self.accounts.contains_key(&author)
            && let Some(seen) = self.world.accounts.get(&author)
        {
            let view = view::present(self.ctx, &seen.facts).await?;
            self.accounts.insert(author, Arc::new(view));
        }
        Ok(())
    }

    async fn present(&self, id: StatusId) -> Result<StatusView> {
        let facts = self.world.statuses.get(&id).ok_or(Error::NotFound)?;
        if facts.reblog_of().is_none() {
            let filtered = self.filtering.results(facts, None);
            return self.view(facts, None, filtered).await;
        }
        let target = reblogged(self.world, facts).ok_or(Error::NotFound)?;
        let filtered = self.filtering.results(facts, Some(target));
        let reblog = self.view(target, None, filtered.clone()).await?;
        self.view(facts, Some(Box::new(reblog)), filtered).await
    }

    async fn view(
        &self,
        facts: &StatusFacts,
        reblog: Option<Box<StatusView>>,
        filtered: Vec<FilterResult>,
    ) -> Result<StatusView> {
        let account = self.accounts.get(&facts.account()).ok_or(Error::NotFound)?;
        let settings = self.ctx.settings();
        let content = facts.content();
        let (username, id) = (&account.username, facts.id);
        // A reblog shows the reblogged status's content and figures as its own, as clients expect.
        if let Some(reblog) = reblog {
            return Ok(StatusView {
                id,
                created_at_ms: id.time_ms(),
                account: account.clone(),
                visibility: facts.created.visibility,
                uri: settings.reblog_uri(username, id),
                url: settings.reblog_uri(username, id),
                in_reply_to: None,
                application: None,
                edited_at_ms: None,
                viewer: reblog.viewer,
                reblog: Some(reblog.clone()),
                ..*reblog
            });
        }
        let figures = self.ctx.social.counts.status(self.ctx.store(), id).await?;
        Ok(StatusView {
            id,
            created_at_ms: id.time_ms(),
            account: account.clone(),
            visibility: facts.created.visibility,
            sensitive: content.sensitive,
            spoiler_text: content.spoiler_text.clone(),
            language: content.language.clone(),
            text: content.text.clone(),
            content_html: content_html(settings, content),
            in_reply_to: facts.in_reply_to(),
            mentions: content
                .mentions
                .iter()
                .map(|mention| self.mention(mention))
                .collect(),
            tags: content.tags.iter().map(|tag| tag.text.clone()).collect(),
            application: facts
                .created
                .app
                .and_then(|app| self.apps.get(&app).cloned()),
            edited_at_ms: facts.edited_at_ms(),
            uri: settings.status_uri(username, id),
            url: settings.status_url(username, id),
            replies_count: figures.replies,
            reblogs_count: figures.reblogs,
            favourites_count: figures.favourites,
            reblog: None,
            media: self.links.shown(facts.created.visibility, &content.media),
            viewer: self.marks.state_of(facts),
            filtered,
            poll: polls::present(self.ctx, facts, &self.marks).await?,
            emojis: self.emojis.used_in(content.texts()),
        })
    }

    fn mention(&self, mention: &Mention) -> MentionView {
        MentionView {
            id: mention.account,
            username: mention.username.clone(),
            acct: mention.username.clone(),
            url: self.ctx.settings().account_url(&mention.username),
        }
    }
}

fn reblogged<'a>(world: &'a World, facts: &StatusFacts) -> Option<&'a StatusFacts> {
    let (target, _) = facts.reblog_of()?;
    world.statuses.get(&target).map(AsRef::as_ref)
}

async fn applications(
    ctx: &Ctx,
    shown: &[&StatusFacts],
) -> Result<HashMap<AppId, ApplicationView>> {
    let mut ids: Vec<AppId> = shown.iter().filter_map(|facts| facts.created.app).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = oauth::get_apps(ctx, &ids).await?;
    let views = found.into_iter().map(|app| {
        let view = ApplicationView {
            name: app.name,
            website: app.website,
        };
        (app.id, view)
    });
    Ok(views.collect())
}

/// Counts what is shown, all of it at once.
pub(super) async fn count(ctx: &Ctx, shown: &[&StatusFacts]) -> Result<()> {
    // A reblog has the figures of what it reblogs.
    let own = shown.iter().filter(|facts| facts.reblog_of().is_none());
    let statuses: Vec<StatusId> = own.map(|facts| facts.id).collect();
    let authors: Vec<AccountId> = shown.iter().map(|facts| facts.account()).collect();
    let polls = shown.iter().filter_map(|facts| {
        let poll = facts.content().poll.as_ref();
        poll.map(|poll| (facts.id, poll.id))
    });
    let polls: Vec<_> = polls.collect();
    let counts = &ctx.social.counts;
    tokio::try_join!(
        counts.load(ctx.store(), &statuses, &authors),
        counts.load_polls(ctx.store(), &polls)
    )?;
    Ok(())
}

/// The text as HTML, with the mentions that were resolved when it was written.
pub fn content_html(settings: &Settings, content: &StatusContent) -> String {
    html::render(&content.text, &ContentLinks { settings, content })
}

struct ContentLinks<'a> {
    settings: &'a Settings,
    content: &'a StatusContent,
}

impl Links for ContentLinks<'_> {
    fn mention(&self, acct: &Acct) -> Option<MentionLink> {
        let acct = acct.clone().on(&self.settings.domain);
        if acct.domain.is_some() {
            return None;
        }
        let folded = acct.folded_username();
        let mut mentions = self.content.mentions.iter();
        let known = mentions.find(|mention| fold::username(&mention.username) == folded)?;
        Some(MentionLink {
            url: self.settings.account_url(&known.username),
            acct: Acct::local(known.username.clone()),
        })
    }

    fn tag_url(&self, name: &str) -> String {
        self.settings.tag_url(&fold::tag(name))
    }
}
