//! How people write down which account they mean.

use std::fmt;
use std::str::FromStr;

use crate::text::fold;

/// Bytes of an address at most: a name, a domain name (RFC 1035) and what joins them.
const ACCT_BYTES_MAX: usize = 400;

/// `name` of this server, or `name@domain`. The name stands as it was written, the domain in lower case.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Acct {
    pub username: String,
    /// None for this server.
    pub domain: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account is written as name or name@domain")]
pub struct NotAnAcct;

impl Acct {
    pub fn local(username: impl Into<String>) -> Acct {
        Acct {
            username: username.into(),
            domain: None,
        }
    }

    /// The same account, written without the domain if that is this server's (`example.org`).
    pub fn on(self, own_domain: &str) -> Acct {
        let is_own = self
            .domain
            .as_deref()
            .is_some_and(|domain| domain == own_domain.to_lowercase());
        Acct {
            domain: self.domain.filter(|_| !is_own),
            ..self
        }
    }

    /// The name as names are compared.
    pub fn folded_username(&self) -> String {
        fold::username(&self.username)
    }
}

impl fmt::Display for Acct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.domain {
            None => f.write_str(&self.username),
            Some(domain) => write!(f, "{}@{domain}", self.username),
        }
    }
}

impl FromStr for Acct {
    type Err = NotAnAcct;

    /// Reads `name`, `@name`, `name@domain` and `@name@domain`; blanks around it are let pass.
    fn from_str(text: &str) -> Result<Acct, NotAnAcct> {
        let text = text.trim();
        let text = text.strip_prefix('@').unwrap_or(text);
        let (username, domain) = match text.split_once('@') {
            None => (text, None),
            Some((username, domain)) => (username, Some(domain)),
        };
        let fits = text.len() <= ACCT_BYTES_MAX;
        if !fits || !is_username(username) || !domain.is_none_or(is_domain) {
            return Err(NotAnAcct);
        }
        Ok(Acct {
            username: username.to_owned(),
            domain: domain.map(str::to_lowercase),
        })
    }
}

/// Other servers also have names with dots and hyphens inside.
fn is_username(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let edges = ['.', '-'];
    !text.is_empty()
        && text.chars().all(allowed)
        && !text.starts_with(edges)
        && !text.ends_with(edges)
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        None => (text, None),
        Some((host, port)) => (host, Some(port)),
    };
    let is_label = |label: &str| {
        let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        !label.is_empty()
            && label.chars().all(allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.split('.').all(is_label)
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_as_people_write_them() {
        for (text, shown) in [
            ("Ada", "Ada"),
            ("@Ada", "Ada"),
            ("ada@Example.ORG", "ada@example.org"),
            (" @ada@example.org ", "ada@example.org"),
            ("ada@localhost:3000", "ada@localhost:3000"),
            ("a.b-c@bücher.example", "a.b-c@bücher.example"),
        ] {
            let acct: Acct = text.parse().unwrap();
            assert_eq!(acct.to_string(), shown);
            assert_eq!(acct.to_string().parse(), Ok(acct));
        }
    }

    #[test]
    fn what_is_no_account_is_refused() {
        let long = format!("ada@{}", "a".repeat(500));
        for text in [
            "",
            "@",
            "@@",
            "a b",
            "ada@",
            "@ada@",
            "ada@b@c",
            "ada@-b.c",
            "ada@b..c",
            "ada@b:",
            "ada@b:0",
            "ada@b:99999",
            ".ada",
            "ada.",
            "ädä",
            "ada/../x",
            "ada@b/c",
            "https://b/@ada",
            &long,
        ] {
            assert_eq!(text.parse::<Acct>(), Err(NotAnAcct), "{text:?}");
        }
    }

    #[test]
    fn ones_own_domain_is_dropped() {
        let on = |text: &str| text.parse::<Acct>().unwrap().on("Example.org").to_string();
        assert_eq!(on("ada@EXAMPLE.org"), "ada");
        assert_eq!(on("ada@example.com"), "ada@example.com");
        assert_eq!(on("ada"), "ada");
    }
}
