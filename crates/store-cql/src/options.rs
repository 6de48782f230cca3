use std::fmt;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use petrel_model::clock::Clock;
use petrel_store::{MadeIn, Open, TableSpec};
use url::{Host, Url};

use crate::error::OpenError;

/// How the URL of a store on a cluster begins.
pub const SCHEME: &str = "cql://";
/// The keyspace, unless the URL names one.
pub const KEYSPACE: &str = "petrel";
/// What the keyspace of conditional tables is called, after the other's name.
pub(crate) const CAS_SUFFIX: &str = "_cas";
/// Longest name of a keyspace, in bytes: engines take 48.
const KEYSPACE_BYTES_MAX: usize = 48 - CAS_SUFFIX.len();

/// How to open a store on a cluster.
#[derive(Clone)]
pub struct Options {
    /// Where to look for the cluster first: `host` or `host:port`. The other nodes are found.
    pub hosts: Vec<String>,
    /// Of plain tables; those of conditional ones are in another whose name ends with `_cas`.
    pub keyspace: String,
    pub user: Option<String>,
    /// Never shown.
    pub password: Option<String>,
    /// The datacenter whose nodes are asked. It must be named where there are several.
    pub datacenter: Option<String>,
    /// Judges expiry. Stamps come with the batches.
    pub clock: Arc<dyn Clock>,
    /// The catalogue; tables that are not there yet are made.
    pub tables: Vec<TableSpec>,
    pub open: Open,
}

impl Options {
    /// Reads `cql://[user:password@]host[:port],host[:port]/[keyspace]?dc=datacenter`. User and
    /// password may be percent-encoded. `open` is `AnyOrMake(Standard)` until it is set.
    pub fn parse(
        url: &str,
        clock: Arc<dyn Clock>,
        tables: Vec<TableSpec>,
    ) -> Result<Options, OpenError> {
        let rest = url
            .strip_prefix(SCHEME)
            .ok_or_else(|| OpenError::url("it does not begin with cql://"))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, authority),
        };
        let (user, password) = match login {
            Some(login) => parse_login(login)?,
            None => (None, None),
        };
        let (keyspace, datacenter) = parse_tail(tail)?;
        Ok(Options {
            hosts: hosts.split(',').map(parse_host).collect::<Result<_, _>>()?,
            keyspace,
            user,
            password,
            datacenter,
            clock,
            tables,
            open: Open::AnyOrMake(MadeIn::Standard),
        })
    }

    pub(crate) fn cas_keyspace(&self) -> String {
        format!("{}{CAS_SUFFIX}", self.keyspace)
    }

    /// Names go into statements, where nothing can be bound in their place.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        check_keyspace(&self.keyspace)?;
        for table in &self.tables {
            let name = table.name;
            if name.is_empty() || !name.bytes().all(is_of_a_name) {
                return Err(OpenError::Schema(format!("{name:?} is no name of a table")));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("hosts", &self.hosts)
            .field("keyspace", &self.keyspace)
            .field("user", &self.user)
            .field("datacenter", &self.datacenter)
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

fn parse_login(login: &str) -> Result<(Option<String>, Option<String>), OpenError> {
    let (user, password) = login
        .split_once(':')
        .ok_or_else(|| OpenError::url("before the @ stand a user and a password, user:password"))?;
    if user.is_empty() || password.is_empty() {
        return Err(OpenError::url("user and password are both needed"));
    }
    let decode = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(|text| text.into_owned())
            .map_err(|_| OpenError::url("user or password is not UTF-8"))
    };
    Ok((Some(decode(user)?), Some(decode(password)?)))
}

fn parse_host(host: &str) -> Result<String, OpenError> {
    let wrong = || OpenError::url(format!("{host:?} is no host, nor host:port"));
    let url = Url::parse(&format!("{SCHEME}{host}")).map_err(|_| wrong())?;
    let is_bare = url.path().is_empty() && url.query().is_none() && url.username().is_empty();
    match url.host_str() {
        Some(name) if is_bare && Host::parse(name).is_ok() => Ok(host.to_owned()),
        _ => Err(wrong()),
    }
}

/// Keyspace and datacenter.
fn parse_tail(tail: &str) -> Result<(String, Option<String>), OpenError> {
    let url = Url::parse(&format!("{SCHEME}host{tail}"))
        .map_err(|error| OpenError::url(error.to_string()))?;
    if url.fragment().is_some() {
        return Err(OpenError::url("a # means nothing here"));
    }
    let keyspace = match url.path().trim_start_matches('/') {
        "" => KEYSPACE,
        named => named,
    };
    check_keyspace(keyspace)?;
    let mut datacenter = None;
    for (name, value) in url.query_pairs() {
        if name != "dc" || value.is_empty() || datacenter.is_some() {
            return Err(OpenError::url(format!(
                "after the ? stands dc=DATACENTER, once, and not {name:?}"
            )));
        }
        datacenter = Some(value.into_owned());
    }
    Ok((keyspace.to_owned(), datacenter))
}

fn check_keyspace(name: &str) -> Result<(), OpenError> {
    let begins_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    if !begins_well || name.len() > KEYSPACE_BYTES_MAX || !name.bytes().all(is_of_a_name) {
        return Err(OpenError::url(format!(
            "a keyspace is at most {KEYSPACE_BYTES_MAX} of a-z, 0-9 and _, and begins with a letter, not {name:?}"
        )));
    }
    Ok(())
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use petrel_model::clock::ManualClock;

    use super::*;

    fn parse(url: &str) -> Result<Options, String> {
        Options::parse(url, Arc::new(ManualClock::at_ms(1)), Vec::new())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_names_everything_or_only_hosts() {
        let full = parse("cql://ada:p%40ss%2B+@10.0.0.1,[::1]:9043,db.example:1/mine?dc=dc%201");
        let full = full.unwrap();
        assert_eq!(full.hosts, ["10.0.0.1", "[::1]:9043", "db.example:1"]);
        assert_eq!(full.user.as_deref(), Some("ada"));
        assert_eq!(full.password.as_deref(), Some("p@ss++"));
        assert_eq!(full.datacenter.as_deref(), Some("dc 1"));
        assert_eq!(full.cas_keyspace(), "mine_cas");
        for short in ["cql://a", "cql://a/"] {
            let short = parse(short).unwrap();
            assert_eq!(
                (short.hosts, short.keyspace),
                (vec!["a".into()], KEYSPACE.into())
            );
            assert_eq!((short.user, short.datacenter), (None, None));
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_a_password_is_not() {
        for wrong in [
            "http://a",
            "cql://",
            "cql://a,,b",
            "cql://a:port",
            "cql://a b",
            "cql://user@a",
            "cql://user:@a",
            "cql://:secret@a",
            "cql://user:%ff@a",
            "cql://a/Upper",
            "cql://a/two/parts",
            "cql://a/drop%20table",
            "cql://a/?dc=",
            "cql://a/?dc=x&dc=y",
            "cql://a/?consistency=one",
            "cql://a/#x",
        ] {
            let error = parse(wrong)
                .err()
                .unwrap_or_else(|| panic!("{wrong} was taken"));
            assert!(!error.contains("secret"), "{error}");
        }
        let unknown = parse("cql://a/?consistency=one").err().unwrap();
        assert!(unknown.contains("\"consistency\""), "{unknown}");
        let shown = format!("{:?}", parse("cql://ada:secret@a").unwrap());
        assert!(
            shown.contains("ada") && !shown.contains("secret"),
            "{shown}"
        );
    }
}
