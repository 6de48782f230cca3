//! Everything that users and operators can do, and how it is done on a node.

use petrel_model::id::{AccountId, Id, MediaId, NotificationId, StatusId};
use petrel_model::visibility::Visibility;
use petrel_social::accounts::table::Role;
use petrel_social::accounts::{self, NewAccount, ProfileUpdate};
use petrel_social::error::{Error, Result};
use petrel_social::oauth::{self, App, NewApp};
use petrel_social::relations::{self, FollowOptions, MuteOptions};
use petrel_social::statuses::{self, Draft, Edit};
use petrel_social::views::{RelationshipView, StatusView};
use petrel_social::{Caller, Ctx, marks, notifications};

use petrel_model::scope::{Scope, Scopes};

use crate::files::FileDeed;
use crate::habits::Habit;
use crate::looks::LookDeed;
use crate::model::files::media_id;
use crate::model::{Mark, Model, Person, Post};
use crate::node::Node;
use crate::plans::PlanDeed;

/// One command as it is sent to one node.
#[derive(Clone, Debug)]
pub struct Deed {
    pub number: u64,
    pub actor: Person,
    /// The machine that is asked.
    pub at: usize,
    pub act: Act,
}

#[derive(Clone, Debug)]
pub enum Act {
    Register {
        name: String,
    },
    /// What is not said stays.
    Update {
        locked: Option<bool>,
        name: Option<String>,
    },
    Follow {
        other: Person,
        reblogs: Option<bool>,
        notify: Option<bool>,
        languages: Option<Vec<String>>,
    },
    Unfollow(Person),
    RemoveFollower(Person),
    Authorize(Person),
    Reject(Person),
    Block(Person),
    Unblock(Person),
    Mute {
        other: Person,
        notifications: bool,
        duration_s: u64,
    },
    Unmute(Person),
    Note(Person, String),
    /// `post` is the place that was drafted for it.
    Create {
        post: Post,
        key: Option<String>,
    },
    Edit {
        post: Post,
        version: u64,
    },
    Delete(Post),
    DeleteWithMedia(Post),
    Set(Post, Mark, bool),
    /// `reblog` is the place that was drafted for it.
    Reblog {
        of: Post,
        reblog: Post,
        visibility: Option<Visibility>,
    },
    Unreblog(Post),
    Clear,
    Dismiss(NotificationId),
    Habit(Habit),
    File(FileDeed),
    Plan(PlanDeed),
    Look(LookDeed),
    Suspend(Person, bool),
    SetRole(Person, Role),
    ResetPassword(Person, u64),
    LogIn(u64),
    Revoke(String),
    /// Logs in as a browser does, with a password, and out again.
    Session(u64),
    CreateApp,
    AppToken,
    Authorise,
}

/// The functions of `social` that the acts call, each by its module and name.
pub const KNOWN: &[&str] = &[
    "accounts::register",
    "accounts::update",
    "accounts::suspend",
    "accounts::unsuspend",
    "accounts::set_role",
    "accounts::reset_password",
    "relations::follow",
    "relations::unfollow",
    "relations::remove_follower",
    "relations::authorize_request",
    "relations::reject_request",
    "relations::block",
    "relations::unblock",
    "relations::mute",
    "relations::unmute",
    "relations::set_note",
    "statuses::create",
    "scheduled::schedule",
    "scheduled::reschedule",
    "scheduled::cancel",
    "statuses::edit",
    "statuses::delete",
    "statuses::delete_with_media",
    "emojis::add",
    "emojis::remove",
    "media::create",
    "media::remove_picture",
    "media::update",
    "media::delete",
    "media::finish",
    "media::finish_preview",
    "media::fail",
    "media::removed",
    "media::forget",
    "marks::favourite",
    "marks::unfavourite",
    "marks::bookmark",
    "marks::unbookmark",
    "marks::pin",
    "marks::unpin",
    "marks::mute_thread",
    "marks::unmute_thread",
    "account_lists::create",
    "account_lists::update",
    "account_lists::delete",
    "account_lists::add",
    "account_lists::remove",
    "conversations::mark_read",
    "conversations::mark_unread",
    "conversations::remove",
    "domain_blocks.rs::block",
    "domain_blocks.rs::unblock",
    "featured_tags.rs::feature",
    "featured_tags.rs::unfeature",
    "featured_tags.rs::unfeature_named",
    "filters::create",
    "filters::update",
    "filters::delete",
    "filters::add_keyword",
    "filters::change_keyword",
    "filters::remove_keyword",
    "filters::create_v1",
    "filters::update_v1",
    "filters::delete_v1",
    "filters::add_status",
    "filters::remove_status",
    "polls::vote",
    "reports.rs::create",
    "tag_follows.rs::follow",
    "tag_follows.rs::unfollow",
    "marks::reblog",
    "marks::unreblog",
    "notifications::clear",
    "notifications::dismiss",
    "oauth::create_app",
    "oauth::token_by_password",
    "oauth::token_by_client_credentials",
    "oauth::token_by_code",
    "oauth::authorize",
    "oauth::revoke",
    "oauth::log_in",
    "oauth::start_session",
    "oauth::end_session",
];

/// What a command answered.
#[derive(Debug)]
pub enum Answer {
    Done,
    Status(Box<StatusView>),
    Tie(RelationshipView),
    Person(AccountId),
    Token(String),
    /// A list of accounts has this id.
    List(Id),
    /// A picture was uploaded.
    Avatar(MediaId),
    /// A filter, and its keyword.
    Filter(Id, Id),
    /// That a filter bears a status.
    FilterStatus(Id),
    /// Something is scheduled by this id, for this time (Unix milliseconds).
    Plan(Id, u64),
}

pub fn password(number: u64) -> String {
    format!("correct horse {number}")
}

pub fn new_account(name: &str) -> NewAccount {
    NewAccount {
        username: name.to_owned(),
        email: format!("{name}@example.com"),
        password: password(0),
        agreement: true,
        locale: None,
        reason: None,
    }
}

pub fn new_app() -> NewApp {
    NewApp {
        name: "sim".to_owned(),
        redirect_uris: vec![oauth::OUT_OF_BAND.to_owned()],
        scopes: all_scopes(),
        website: None,
        fixed: None,
    }
}

/// Those that an app may be given.
fn all_scopes() -> Scopes {
    [Scope::Read, Scope::Write, Scope::Follow]
        .into_iter()
        .collect()
}

impl Deed {
    /// Whether an operator does it, who needs no token.
    pub fn is_operators(&self) -> bool {
        matches!(
            self.act,
            Act::Suspend(..) | Act::SetRole(..) | Act::ResetPassword(..)
        ) || matches!(&self.act, Act::Look(look) if look.is_operators())
    }

    /// Whether it is how a user gets in.
    pub fn is_at_the_door(&self) -> bool {
        matches!(
            self.act,
            Act::LogIn(_)
                | Act::Register { .. }
                | Act::Revoke(_)
                | Act::Session(_)
                | Act::CreateApp
                | Act::AppToken
                | Act::Authorise
        )
    }

    /// Whether a client may send it again without knowing what became of it.
    pub fn can_come_twice(&self) -> bool {
        match &self.act {
            Act::Create { key, .. } => key.is_some(),
            // A second list or filter would be another one.
            Act::Habit(habit) if habit.makes() => false,
            Act::File(FileDeed::Upload(..)) => false,
            Act::Plan(PlanDeed::Schedule(..)) | Act::Look(LookDeed::UploadAvatar) => false,
            _ => !self.is_at_the_door(),
        }
    }

    /// Does it on the node, as a request would.
    ///
    /// # Errors
    /// Those of the command.
    pub async fn perform(&self, node: &Node, model: &Model, app: &App) -> Result<Answer> {
        if self.is_operators() {
            return self.operate(&node.system(), model).await;
        }
        if self.is_at_the_door() {
            return self.at_the_door(node, model, app).await;
        }
        let ctx = enter(node, model, self.actor).await?;
        if let Act::Habit(habit) = &self.act {
            return habit.perform(&ctx, model).await;
        }
        if let Act::File(deed) = &self.act {
            return deed.perform(&ctx).await;
        }
        if let Act::Look(deed) = &self.act {
            return deed.perform(&ctx).await;
        }
        if let Act::Plan(deed) = &self.act {
            return deed.perform(&ctx, model).await;
        }
        self.perform_as(&ctx, model).await
    }

    async fn operate(&self, ctx: &Ctx, model: &Model) -> Result<Answer> {
        let id = |person: Person| model.people[person].id;
        match &self.act {
            Act::Look(look) => return look.perform(ctx).await,
            Act::Suspend(person, true) => accounts::suspend(ctx, id(*person)).await?,
            Act::Suspend(person, false) => accounts::unsuspend(ctx, id(*person)).await?,
            Act::SetRole(person, role) => accounts::set_role(ctx, id(*person), *role).await?,
            Act::ResetPassword(person, number) => {
                accounts::reset_password(ctx, id(*person), &password(*number)).await?;
            }
            other => unreachable!("{other:?} is not an operator's"),
        }
        Ok(Answer::Done)
    }

    async fn at_the_door(&self, node: &Node, model: &Model, app: &App) -> Result<Answer> {
        let ctx = node.anonymous();
        node.store.attend(None).await?;
        let secret = app.client_secret.clone().unwrap_or_default();
        let (client, me) = (&app.client_id, &model.people[self.actor]);
        match &self.act {
            Act::Register { name } => {
                let id = accounts::register(&ctx, new_account(name)).await?;
                Ok(Answer::Person(id))
            }
            Act::LogIn(number) => {
                let password = password(*number);
                let scopes = Some(all_scopes());
                let token =
                    oauth::token_by_password(&ctx, client, &secret, &me.name, &password, scopes);
                Ok(Answer::Token(token.await?.token))
            }
            Act::Revoke(token) => {
                oauth::revoke(&ctx, client, &secret, token).await?;
                Ok(Answer::Done)
            }
            Act::Session(number) => {
                let password = password(*number);
                let known = accounts::check_password(&node.social, &me.name, &password).await?;
                let log_in = known.ok_or(Error::Unauthenticated)?;
                let cookie = oauth::log_in(&node.social, log_in).await?;
                oauth::end_session(&node.social, &cookie).await?;
                let cookie = oauth::start_session(&node.social, me.id).await?;
                oauth::end_session(&node.social, &cookie).await?;
                Ok(Answer::Done)
            }
            Act::CreateApp => {
                oauth::create_app(&ctx, new_app()).await?;
                Ok(Answer::Done)
            }
            Act::AppToken => {
                let scopes = Some(all_scopes());
                oauth::token_by_client_credentials(&ctx, client, &secret, scopes).await?;
                Ok(Answer::Done)
            }
            Act::Authorise => authorise(node, me.id, app).await,
            other => unreachable!("{other:?} needs a token"),
        }
    }

    async fn perform_as(&self, ctx: &Ctx, model: &Model) -> Result<Answer> {
        let id = |person: &Person| model.people[*person].id;
        Ok(Answer::Tie(match &self.act {
            Act::Follow {
                other,
                reblogs,
                notify,
                languages,
            } => {
                let options = FollowOptions {
                    reblogs: *reblogs,
                    notify: *notify,
                    languages: languages.clone(),
                };
                relations::follow(ctx, id(other), options).await?
            }
            Act::Unfollow(other) => relations::unfollow(ctx, id(other)).await?,
            Act::RemoveFollower(other) => relations::remove_follower(ctx, id(other)).await?,
            Act::Authorize(other) => relations::authorize_request(ctx, id(other)).await?,
            Act::Reject(other) => relations::reject_request(ctx, id(other)).await?,
            Act::Block(other) => relations::block(ctx, id(other)).await?,
            Act::Unblock(other) => relations::unblock(ctx, id(other)).await?,
            Act::Mute {
                other,
                notifications,
                duration_s,
            } => {
                let options = MuteOptions {
                    notifications: *notifications,
                    duration_s: *duration_s,
                };
                relations::mute(ctx, id(other), options).await?
            }
            Act::Unmute(other) => relations::unmute(ctx, id(other)).await?,
            Act::Note(other, note) => relations::set_note(ctx, id(other), note.clone()).await?,
            _ => return self.perform_on_status(ctx, model).await,
        }))
    }

    async fn perform_on_status(&self, ctx: &Ctx, model: &Model) -> Result<Answer> {
        let id = |post: &Post| model.statuses[*post].id.ok_or(Error::NotFound);
        let view = match &self.act {
            Act::Create { post, key } => {
                let draft = draft_of(model, *post, key.clone())?;
                statuses::create(ctx, draft).await?
            }
            Act::Edit { post, version } => {
                let edit = Edit {
                    text: Some(
                        model.statuses[*post].versions[*version as usize]
                            .text
                            .clone(),
                    ),
                    ..Edit::default()
                };
                statuses::edit(ctx, id(post)?, edit).await?
            }
            Act::Delete(post) => statuses::delete(ctx, id(post)?).await?,
            Act::DeleteWithMedia(post) => statuses::delete_with_media(ctx, id(post)?).await?,
            Act::Set(post, mark, on) => set(ctx, id(post)?, *mark, *on).await?,
            Act::Reblog { of, visibility, .. } => marks::reblog(ctx, id(of)?, *visibility).await?,
            Act::Unreblog(of) => marks::unreblog(ctx, id(of)?).await?,
            Act::Clear => {
                notifications::clear(ctx).await?;
                return Ok(Answer::Done);
            }
            Act::Dismiss(notification) => {
                notifications::dismiss(ctx, *notification).await?;
                return Ok(Answer::Done);
            }
            Act::Update { locked, name } => {
                let update = ProfileUpdate {
                    locked: *locked,
                    display_name: name.clone(),
                    ..ProfileUpdate::default()
                };
                accounts::update(ctx, update).await?;
                return Ok(Answer::Done);
            }
            other => unreachable!("{other:?} is about no status"),
        };
        Ok(Answer::Status(Box::new(view)))
    }
}

/// The person with the token that they have, as the door lets them in.
///
/// # Errors
/// `Unauthenticated` if it does not.
pub async fn enter(node: &Node, model: &Model, person: Person) -> Result<Ctx> {
    let token = model.people[person].token.clone();
    enter_with(node, &token.ok_or(Error::Unauthenticated)?).await
}

/// # Errors
/// As for [`enter`].
pub async fn enter_with(node: &Node, token: &str) -> Result<Ctx> {
    node.store.attend(None).await?;
    let caller = oauth::authenticate(&node.social, token).await?;
    Ok(node.as_caller(caller.ok_or(Error::Unauthenticated)?))
}

/// # Errors
/// `NotFound` if it replies to what nobody knows the id of.
pub fn draft_of(model: &Model, post: Post, key: Option<String>) -> Result<Draft> {
    let status = &model.statuses[post];
    let in_reply_to = match status.what {
        crate::model::What::Own {
            parent: Some(parent),
        } => Some(model.statuses[parent].id.ok_or(Error::NotFound)?),
        _ => None,
    };
    Ok(Draft {
        text: status.versions[0].text.clone(),
        visibility: Some(status.visibility),
        language: status.language.clone(),
        in_reply_to,
        idempotency_key: key,
        poll: status.poll.map(crate::model::Poll::draft),
        media: status.media.iter().map(|file| media_id(*file)).collect(),
        ..Draft::default()
    })
}

async fn set(ctx: &Ctx, id: StatusId, mark: Mark, on: bool) -> Result<StatusView> {
    match (mark, on) {
        (Mark::Favourite, true) => marks::favourite(ctx, id).await,
        (Mark::Favourite, false) => marks::unfavourite(ctx, id).await,
        (Mark::Bookmark, true) => marks::bookmark(ctx, id).await,
        (Mark::Bookmark, false) => marks::unbookmark(ctx, id).await,
        (Mark::Pin, true) => marks::pin(ctx, id).await,
        (Mark::Pin, false) => marks::unpin(ctx, id).await,
        (Mark::ThreadMute, true) => marks::mute_thread(ctx, id).await,
        (Mark::ThreadMute, false) => marks::unmute_thread(ctx, id).await,
        (Mark::Reblog, _) => unreachable!("a reblog is an act of its own"),
    }
}

/// The whole way of an app to a token: a session, a code, the token.
async fn authorise(node: &Node, me: AccountId, app: &App) -> Result<Answer> {
    node.store.attend(Some(me)).await?;
    let browser = node.as_caller(Caller::User {
        account: me,
        token: None,
        app: None,
        scopes: Scope::all().collect(),
    });
    let uri = oauth::OUT_OF_BAND;
    let code = oauth::authorize(&browser, app, uri, all_scopes(), None).await?;
    let exchange = oauth::CodeExchange {
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone().unwrap_or_default(),
        code,
        redirect_uri: uri.to_owned(),
        code_verifier: None,
    };
    let token = oauth::token_by_code(&node.anonymous(), exchange).await?;
    Ok(Answer::Token(token.token))
}
