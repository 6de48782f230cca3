use petrel_store::MadeIn;

/// Why a store on a cluster does not open. Each text says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the store's URL is cql://[user:password@]host[:port],host/[keyspace]?dc=datacenter; {0}"
    )]
    Url(String),
    #[error("no node of the cluster answers at {hosts}: {why}")]
    Unreachable { hosts: String, why: String },
    #[error("the cluster at {hosts} refuses user and password: {why}")]
    Login { hosts: String, why: String },
    #[error("the cluster has the datacenters {known}, and not {asked:?}; name one, ?dc=NAME")]
    Datacenter { asked: String, known: String },
    #[error("there is no store in the keyspace {keyspace}; `petrel serve` makes one")]
    NotThere { keyspace: String },
    #[error(
        "the store in the keyspace {keyspace} was made in {made} mode and cannot be opened in {asked} mode; name another keyspace",
        made = made.as_str(),
        asked = asked.as_str()
    )]
    MadeIn {
        keyspace: String,
        made: MadeIn,
        asked: MadeIn,
    },
    /// A newer version of the program has been here.
    #[error(
        "the schema in the keyspace {keyspace} is of version {found}, and this program knows versions up to {known}; use the newer program"
    )]
    Newer {
        keyspace: String,
        found: i64,
        known: i64,
    },
    /// A setting of the engine with which it cannot keep the contract.
    #[error("{name} is {value} on the engine's node {node}; it must be {wanted}: {why}")]
    Setting {
        node: String,
        name: String,
        value: String,
        wanted: &'static str,
        why: &'static str,
    },
    #[error("the schema cannot be made: {0}")]
    Schema(String),
    #[error("the cluster did not answer: {0}")]
    Unanswered(String),
}

impl OpenError {
    pub(crate) fn url(why: impl Into<String>) -> OpenError {
        OpenError::Url(why.into())
    }
}
