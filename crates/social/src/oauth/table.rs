//! The tables of access. What lets somebody in is keyed by the SHA-256 of the secret that they
//! bring, and is a fact that is switched off; the list of an account's is an index.

use minicbor::{Decode, Encode};
use petrel_model::clock::Stamp;
use petrel_model::id::{AccountId, AppId, Id};
use petrel_model::scope::Scopes;
use petrel_store::{Cas, Plain, Table, TakesRights};

/// SHA-256 of a secret.
pub type SecretHash = [u8; 32];

/// Apps by id. Written once.
pub struct Apps;

impl Table for Apps {
    const ID: u16 = 43;
    const NAME: &'static str = "apps";
    type Partition = AppId;
    type Sort = ();
    type Value = AppRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AppRow {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub website: Option<String>,
    #[n(2)]
    pub redirect_uris: Vec<String>,
    #[n(3)]
    pub scopes: Scopes,
    #[n(4)]
    pub client_id: String,
    #[cbor(n(5), with = "minicbor::bytes")]
    pub secret_hash: SecretHash,
}

/// Client id → app.
pub struct AppsByClientId;

impl Table for AppsByClientId {
    const ID: u16 = 44;
    const NAME: &'static str = "apps_by_client_id";
    type Partition = String;
    type Sort = ();
    type Value = AppId;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row";
}

/// Authorization codes, used once. They expire.
pub struct AuthorizationCodes;

impl Table for AuthorizationCodes {
    const ID: u16 = 45;
    const NAME: &'static str = "authorization_codes";
    type Partition = SecretHash;
    type Sort = ();
    type Value = AuthorizationCode;
    type Mode = Cas;
    const BOUND: &'static str = "cap: one row";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AuthorizationCode {
    #[n(0)]
    pub app: AppId,
    #[n(1)]
    pub account: AccountId,
    #[n(2)]
    pub redirect_uri: String,
    #[n(3)]
    pub scopes: Scopes,
    /// Of PKCE, method S256.
    #[n(4)]
    pub challenge: Option<String>,
    /// The nonce of the exchange that used it.
    #[n(5)]
    pub used_by: Option<u64>,
    /// What the account's access had ended with when it was given. Whatever ends it later ends the
    /// code too, though it were stamped earlier: a code is no row of the account, so nobody who
    /// ends its access reads it.
    #[n(6)]
    pub access_ended: Option<Stamp>,
}

/// Access tokens by the hash of the token.
pub struct AccessTokens;

impl Table for AccessTokens {
    const ID: u16 = 46;
    const NAME: &'static str = "access_tokens";
    type Partition = SecretHash;
    type Sort = ();
    type Value = AccessTokenRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row";
    const TAKES_RIGHTS: Option<TakesRights> = Some(|_| true);
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AccessTokenRow {
    #[n(0)]
    pub id: Id,
    #[n(1)]
    pub on: bool,
    /// None for an app's own token.
    #[n(2)]
    pub account: Option<AccountId>,
    #[n(3)]
    pub app: AppId,
    #[n(4)]
    pub scopes: Scopes,
    /// What the account's access had ended with when the password was checked, or the account read,
    /// on whose strength it was made: it counts only while that is still so. None in rows of older
    /// versions, and in those that are off.
    #[n(5)]
    pub access_ended: Option<Stamp>,
}

/// Browser sessions by the hash of the cookie. They expire.
pub struct Sessions;

impl Table for Sessions {
    const ID: u16 = 47;
    const NAME: &'static str = "sessions";
    type Partition = SecretHash;
    type Sort = ();
    type Value = SessionRow;
    type Mode = Plain;
    const BOUND: &'static str = "cap: one row";
    const TAKES_RIGHTS: Option<TakesRights> = Some(|_| true);
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SessionRow {
    #[n(0)]
    pub id: Id,
    #[n(1)]
    pub on: bool,
    #[n(2)]
    pub account: AccountId,
    /// As in [`AccessTokenRow`].
    #[n(3)]
    pub access_ended: Option<Stamp>,
}

/// An account's tokens and sessions, by id: an index, so that they can be ended.
pub struct AccessByAccount;

impl Table for AccessByAccount {
    const ID: u16 = 48;
    const NAME: &'static str = "access_by_account";
    type Partition = AccountId;
    type Sort = Id;
    type Value = AccessEntry;
    type Mode = Plain;
    const BOUND: &'static str = "cap: ACCESS_MAX; the oldest goes when one more comes";
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AccessEntry {
    #[n(0)]
    pub kind: AccessKind,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: SecretHash,
    #[n(2)]
    pub app: Option<AppId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum AccessKind {
    #[n(0)]
    Token,
    #[n(1)]
    Session,
}
