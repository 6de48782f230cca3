//! Accounts as they are shown.

use std::collections::HashMap;
use std::sync::Arc;

use petrel_model::gate::{self, Surface};
use petrel_model::id::AccountId;
use petrel_model::scope::Scope;
use petrel_model::text::acct::Acct;
use petrel_model::text::html::{self, Links, MentionLink};
use petrel_model::text::scan;

use crate::accounts::claims;
use crate::accounts::facts::AccountFacts;
use crate::accounts::links;
use crate::context::Ctx;
use crate::emojis;
use crate::error::{Error, Result};
use crate::eyes::Eyes;
use crate::page::require_few;
use crate::settings::Settings;
use crate::views::AccountView;

/// One account, for whoever may know of it.
pub async fn get(ctx: &Ctx, id: AccountId) -> Result<Arc<AccountView>> {
    ctx.allow_public(Scope::ReadAccounts)?;
    require(ctx, id).await
}

/// As [`get`], in answer to what needs another scope.
pub(crate) async fn require(ctx: &Ctx, id: AccountId) -> Result<Arc<AccountView>> {
    let eyes = Eyes::of(ctx).await?;
    shown(ctx, &eyes, &[id], Surface::ById)
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// Those of the accounts that the caller may know of, in order.
pub async fn get_many(ctx: &Ctx, ids: &[AccountId]) -> Result<Vec<Arc<AccountView>>> {
    ctx.allow_public(Scope::ReadAccounts)?;
    require_few(ids)?;
    let eyes = Eyes::of(ctx).await?;
    shown(ctx, &eyes, ids, Surface::ById).await
}

/// By `name`, `@name` or `name@domain`.
pub async fn lookup(ctx: &Ctx, acct: &str) -> Result<Arc<AccountView>> {
    ctx.allow_public(Scope::ReadAccounts)?;
    let id = find_id(ctx, acct).await?.ok_or(Error::NotFound)?;
    require(ctx, id).await
}

/// The account that bears this name, whatever its state.
pub async fn find_id(ctx: &Ctx, acct: &str) -> Result<Option<AccountId>> {
    let Ok(acct) = acct.parse::<Acct>() else {
        return Ok(None);
    };
    let acct = acct.on(&ctx.settings().domain);
    match acct.domain {
        None => claims::find(ctx, &acct.username).await,
        Some(_) => Ok(None),
    }
}

/// Those of the accounts that the gate lets the viewer see there, in order.
pub async fn shown(
    ctx: &Ctx,
    eyes: &Eyes,
    ids: &[AccountId],
    surface: Surface,
) -> Result<Vec<Arc<AccountView>>> {
    let seen = eyes.accounts(ctx.store(), ids).await?;
    ctx.social.counts.load(ctx.store(), &[], ids).await?;
    let mut shown = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(seen) = seen.get(id) else { continue };
        let may = gate::may_see_account(eyes.viewer(), &seen.gate, surface);
        // Before they are confirmed nobody has said that they want to be here.
        let may = may && (seen.facts.confirmed || eyes.id() == Some(*id));
        if may && seen.facts.exists(&ctx.social).await? {
            shown.push(Arc::new(present(ctx, &seen.facts).await?));
        }
    }
    Ok(shown)
}

/// The account as it is shown. The gate has been asked before.
pub async fn present(ctx: &Ctx, facts: &AccountFacts) -> Result<AccountView> {
    let profile = facts.profile.clone();
    let links = ProfileLinks::of(ctx, facts).await?;
    let emojis = emojis::book(ctx).await?.used_in(profile.texts());
    let figures = ctx.social.counts.account(ctx.store(), facts.id).await?;
    let fields_html = profile
        .fields
        .iter()
        .map(|field| {
            let value = html::render_field(&field.value, &links);
            (field.name.clone(), value)
        })
        .collect();
    Ok(AccountView {
        id: facts.id,
        username: facts.username().to_owned(),
        acct: facts.username().to_owned(),
        created_at_ms: facts.id.time_ms(),
        suspended: facts.suspended,
        role: facts.role,
        followers_count: figures.followers,
        following_count: figures.following,
        statuses_count: figures.statuses,
        last_status_at_ms: figures.last_status_at_ms,
        note_html: html::render(&profile.note, &links),
        fields_html,
        fields_verified_at_ms: links::verified_at_ms(facts, &facts.profile),
        url: ctx.settings().account_url(facts.username()),
        uri: ctx.settings().account_uri(facts.username()),
        avatar: facts.avatar.clone(),
        header: facts.header.clone(),
        emojis,
        profile,
    })
}

/// The accounts that a profile's texts name, looked up beforehand.
struct ProfileLinks<'a> {
    settings: &'a Settings,
    /// By folded name.
    named: HashMap<String, Acct>,
}

impl<'a> ProfileLinks<'a> {
    async fn of(ctx: &'a Ctx, facts: &AccountFacts) -> Result<ProfileLinks<'a>> {
        let mut named = HashMap::new();
        let values = facts.profile.fields.iter().map(|field| &field.value);
        for text in std::iter::once(&facts.profile.note).chain(values) {
            if !text.contains('@') {
                continue;
            }
            for acct in scan::mentioned(text) {
                let acct = acct.on(&ctx.settings().domain);
                let is_ours = acct.domain.is_none();
                if is_ours && claims::was_known(&ctx.social, &acct.username).await? {
                    named.insert(acct.folded_username(), acct);
                }
            }
        }
        Ok(ProfileLinks {
            settings: ctx.settings(),
            named,
        })
    }
}

impl Links for ProfileLinks<'_> {
    fn mention(&self, acct: &Acct) -> Option<MentionLink> {
        let acct = acct.clone().on(&self.settings.domain);
        if acct.domain.is_some() {
            return None;
        }
        let known = self.named.get(&acct.folded_username())?;
        Some(MentionLink {
            url: self.settings.account_url(&known.username),
            acct: known.clone(),
        })
    }

    fn tag_url(&self, name: &str) -> String {
        self.settings.tag_url(&petrel_model::text::fold::tag(name))
    }
}
