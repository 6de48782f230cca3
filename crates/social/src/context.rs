//! What every service method takes first: who calls, within which request, and the services.

use std::sync::Arc;

use petrel_model::clock::{HybridClock, Stamp};
use petrel_model::entropy::Entropy;
use petrel_model::id::{AccountId, AppId, Id};
use petrel_model::scope::{Scope, Scopes};
use petrel_store::{Batch, Store};

use crate::access::Access;
use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::settings::Settings;
use crate::turns::Turns;

/// The services that the domain stands on. One for each process.
pub struct Social {
    pub store: Store,
    pub clock: Arc<HybridClock>,
    pub entropy: Arc<dyn Entropy>,
    pub settings: Settings,
    pub counts: Arc<Counts>,
    /// What commands keep in memory.
    pub access: Access,
}

/// Who calls.
#[derive(Clone, Debug)]
pub enum Caller {
    Anonymous,
    /// An app by client credentials, without a user.
    App {
        app: AppId,
        scopes: Scopes,
    },
    User {
        account: AccountId,
        /// The access token's id; none for a browser session.
        token: Option<Id>,
        app: Option<AppId>,
        scopes: Scopes,
    },
    /// The command line, a job, or the server itself. Never a request from the network.
    System,
}

#[derive(Clone)]
pub struct Ctx {
    pub social: Arc<Social>,
    pub caller: Caller,
    pub request_id: Arc<str>,
}

impl Ctx {
    pub fn system(social: Arc<Social>) -> Ctx {
        Ctx {
            social,
            caller: Caller::System,
            request_id: "system".into(),
        }
    }

    /// Acts for `account` with every scope, as the command line and imports do.
    pub fn acting_for(social: Arc<Social>, account: AccountId) -> Ctx {
        Ctx {
            social,
            caller: Caller::User {
                account,
                token: None,
                app: None,
                scopes: Scope::all().collect(),
            },
            request_id: "system".into(),
        }
    }

    pub fn store(&self) -> &Store {
        &self.social.store
    }

    /// A command's batch. All that is written on somebody's behalf begins here, so that it says of
    /// whom it is the latest: what they ask next, of whatever node, knows of it.
    pub fn batch(&self) -> Batch<'_> {
        let mut batch = self.store().batch();
        if let Some(account) = self.viewer() {
            batch.latest(account);
        }
        batch
    }

    /// From here on this node knows of all that is older than the newest of these, so what they
    /// show is not judged by less than they know.
    pub(crate) async fn fresh_for(&self, revisions: impl Iterator<Item = Stamp>) -> Result<()> {
        if let Some(newest) = revisions.max() {
            self.store().fresh_for(newest).await?;
        }
        Ok(())
    }

    pub fn clock(&self) -> &HybridClock {
        &self.social.clock
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.social.access.turns
    }

    pub fn settings(&self) -> &Settings {
        &self.social.settings
    }

    /// The account whose eyes judge what is shown; none for anonymous callers and apps.
    pub fn viewer(&self) -> Option<AccountId> {
        match self.caller {
            Caller::User { account, .. } => Some(account),
            _ => None,
        }
    }

    /// The calling account, if its token may do what needs `scope`.
    pub fn require_user(&self, scope: Scope) -> Result<AccountId> {
        match &self.caller {
            Caller::User {
                account, scopes, ..
            } if scopes.covers(scope) => Ok(*account),
            Caller::User { .. } => Err(Error::Scope),
            Caller::App { .. } => Err(Error::UserRequired),
            Caller::Anonymous | Caller::System => Err(Error::Unauthenticated),
        }
    }

    /// Only the command line, a job or the server itself.
    pub fn require_system(&self) -> Result<()> {
        match self.caller {
            Caller::System => Ok(()),
            _ => Err(Error::Forbidden("This action is not allowed")),
        }
    }

    /// For reads that anyone may make, but a token only with the scope.
    pub fn allow_public(&self, scope: Scope) -> Result<()> {
        match &self.caller {
            Caller::User { scopes, .. } | Caller::App { scopes, .. } if !scopes.covers(scope) => {
                Err(Error::Scope)
            }
            _ => Ok(()),
        }
    }

    pub fn app(&self) -> Option<AppId> {
        match &self.caller {
            Caller::App { app, .. } => Some(*app),
            Caller::User { app, .. } => *app,
            _ => None,
        }
    }
}
