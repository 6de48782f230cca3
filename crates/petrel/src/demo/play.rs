//! Plays a plan through the domain's own commands.

use std::collections::HashMap;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use indicatif::{ProgressBar, ProgressStyle};
use petrel_model::clock::ManualClock;
use petrel_model::id::{AccountId, StatusId};
use petrel_social::accounts::table::ProfileField;
use petrel_social::accounts::{self, CreateOptions, NewAccount, ProfileUpdate};
use petrel_social::statuses::{self, Draft, Edit};
use petrel_social::{Ctx, marks, relations};

use super::cast::{Cast, Person};
use super::plan::{Act, Plan, PostPlace};
use super::{PASSWORD, email};
use crate::node::Node;

/// Acts that do not depend on each other and share a sync.
const AT_ONCE_MAX: usize = 16;
const BAR: &str = "  {msg:24} {bar:40} {pos}/{len}";

struct Stage<'a> {
    node: &'a Node,
    cast: &'a Cast,
    accounts: HashMap<usize, AccountId>,
    statuses: HashMap<PostPlace, StatusId>,
}

pub async fn play(node: &Node, wall: &ManualClock, cast: &Cast, plan: &Plan) -> Result<()> {
    let mut stage = Stage {
        node,
        cast,
        accounts: HashMap::new(),
        statuses: HashMap::new(),
    };
    let bar = ProgressBar::new(plan.acts.len() as u64);
    bar.set_style(ProgressStyle::with_template(BAR)?);
    let mut acts = plan.acts.as_slice();
    while let Some(((at_ms, act), rest)) = acts.split_first() {
        let together = rest
            .iter()
            .take_while(|(_, other)| is_reaction(*act, *other));
        let count = 1 + together.take(AT_ONCE_MAX - 1).count();
        let (now, later) = acts.split_at(count);
        wall.set_ms(now.last().map_or(*at_ms, |(at_ms, _)| *at_ms));
        bar.set_message(caption(*act));
        stage.perform(now).await?;
        bar.inc(count as u64);
        acts = later;
    }
    bar.set_message("clearing up");
    let (entropy, handlers) = (node.social.entropy.clone(), node.handlers());
    petrel_jobs::run_due(&node.store, entropy, handlers).await?;
    bar.finish_with_message("a demo network");
    Ok(())
}

/// Whether both are reactions, which do not depend on each other.
fn is_reaction(first: Act, other: Act) -> bool {
    let quick = |act| {
        matches!(
            act,
            Act::Favourite(..) | Act::Bookmark(..) | Act::Follow(..)
        )
    };
    quick(first) && quick(other)
}

fn caption(act: Act) -> &'static str {
    match act {
        Act::Join(_) => "people arrive",
        Act::Follow(..) => "they find each other",
        _ => "they talk",
    }
}

impl Stage<'_> {
    async fn perform(&mut self, acts: &[(u64, Act)]) -> Result<()> {
        match acts {
            [(_, Act::Join(who))] => {
                let account = self.join(*who).await?;
                self.accounts.insert(*who, account);
            }
            [(_, Act::Say(here))] => {
                let status = self.say(*here).await?;
                self.statuses.insert(*here, status);
            }
            acts => {
                try_join_all(acts.iter().map(|(_, act)| self.react(*act))).await?;
            }
        }
        Ok(())
    }

    fn ctx_of(&self, who: usize) -> Ctx {
        Ctx::acting_for(self.node.social.clone(), self.accounts[&who])
    }

    async fn join(&self, who: usize) -> Result<AccountId> {
        let person = &self.cast.people[who];
        let new = NewAccount {
            username: person.name.clone(),
            email: email(&person.name),
            password: PASSWORD.to_owned(),
            agreement: true,
            locale: Some(person.lang.clone()),
            reason: None,
        };
        let options = CreateOptions {
            locked: person.locked,
            discoverable: Some(true),
            confirmed: true,
            ..CreateOptions::default()
        };
        let at = || format!("creating {}", person.name);
        let account = accounts::create(&self.node.ctx(), new, options).await;
        let account = account.with_context(at)?;
        let ctx = Ctx::acting_for(self.node.social.clone(), account);
        accounts::update(&ctx, profile(person))
            .await
            .with_context(at)?;
        Ok(account)
    }

    async fn say(&self, here: PostPlace) -> Result<StatusId> {
        let posts = &self.cast.threads[here.0].posts;
        let post = &posts[here.1];
        let who = self.cast.place(&post.by);
        let mut draft = Draft {
            text: post.text.clone(),
            spoiler_text: post.cw.clone().unwrap_or_default(),
            visibility: Some(post.visibility()),
            language: Some(
                post.lang
                    .clone()
                    .unwrap_or_else(|| self.cast.people[who].lang.clone()),
            ),
            ..Draft::default()
        };
        if here.1 > 0 {
            draft.in_reply_to = Some(self.statuses[&(here.0, post.re)]);
            let parent = &posts[post.re].by;
            if *parent != post.by {
                draft.text = format!("@{parent} {}", post.text);
            }
        }
        let said = statuses::create(&self.ctx_of(who), draft).await;
        Ok(said
            .with_context(|| format!("{} says {:?}", post.by, post.text))?
            .id)
    }

    async fn react(&self, act: Act) -> Result<()> {
        let reacted = match act {
            Act::Follow(who, whom) => self.follow(who, whom).await,
            Act::Favourite(who, post) => self.mark(who, post, Mark::Favourite).await,
            Act::Bookmark(who, post) => self.mark(who, post, Mark::Bookmark).await,
            Act::Reblog(who, post) => self.mark(who, post, Mark::Reblog).await,
            Act::Pin(post) => self.mark(self.author(post), post, Mark::Pin).await,
            Act::Edit(post) => self.edit(post).await,
            Act::Join(_) | Act::Say(_) => Ok(()),
        };
        reacted.with_context(|| format!("{act:?}"))
    }

    fn author(&self, (thread, place): PostPlace) -> usize {
        self.cast.place(&self.cast.threads[thread].posts[place].by)
    }

    async fn follow(&self, who: usize, whom: usize) -> Result<()> {
        let (follower, followed) = (self.accounts[&who], self.accounts[&whom]);
        relations::follow(&self.ctx_of(who), followed, Default::default()).await?;
        if self.cast.people[whom].locked {
            relations::authorize_request(&self.ctx_of(whom), follower).await?;
        }
        Ok(())
    }

    async fn mark(&self, who: usize, post: PostPlace, mark: Mark) -> Result<()> {
        let (ctx, status) = (self.ctx_of(who), self.statuses[&post]);
        match mark {
            Mark::Favourite => marks::favourite(&ctx, status).await?,
            Mark::Bookmark => marks::bookmark(&ctx, status).await?,
            Mark::Pin => marks::pin(&ctx, status).await?,
            Mark::Reblog => marks::reblog(&ctx, status, None).await?,
        };
        Ok(())
    }

    async fn edit(&self, here: PostPlace) -> Result<()> {
        let post = &self.cast.threads[here.0].posts[here.1];
        let edit = Edit {
            text: post.edit.clone(),
            ..Edit::default()
        };
        statuses::edit(&self.ctx_of(self.author(here)), self.statuses[&here], edit).await?;
        Ok(())
    }
}

enum Mark {
    Favourite,
    Bookmark,
    Pin,
    Reblog,
}

fn profile(person: &Person) -> ProfileUpdate {
    let field = |(name, value): &(String, String)| ProfileField {
        name: name.clone(),
        value: value.clone(),
    };
    ProfileUpdate {
        display_name: Some(person.display.clone()),
        note: Some(person.note.clone()),
        fields: Some(person.fields.iter().map(field).collect()),
        bot: Some(person.bot),
        language: Some(person.lang.clone()),
        indexable: Some(true),
        ..ProfileUpdate::default()
    }
}
