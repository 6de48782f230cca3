//! OAuth scopes, as Mastodon defines them: what a token may be used for.

use std::fmt;
use std::str::FromStr;

use minicbor::decode::Decoder;
use minicbor::encode::{Encoder, Write};

/// One thing that a token may be for. Sorted as they are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    Read,
    ReadAccounts,
    ReadBlocks,
    ReadBookmarks,
    ReadFavourites,
    ReadFilters,
    ReadFollows,
    ReadLists,
    ReadMutes,
    ReadNotifications,
    ReadSearch,
    ReadStatuses,
    Write,
    WriteAccounts,
    WriteBlocks,
    WriteBookmarks,
    WriteConversations,
    WriteFavourites,
    WriteFilters,
    WriteFollows,
    WriteLists,
    WriteMedia,
    WriteMutes,
    WriteNotifications,
    WriteReports,
    WriteStatuses,
    Follow,
    Push,
    Profile,
    AdminRead,
    AdminReadAccounts,
    AdminReadReports,
    AdminReadDomainAllows,
    AdminReadDomainBlocks,
    AdminReadIpBlocks,
    AdminReadEmailDomainBlocks,
    AdminReadCanonicalEmailBlocks,
    AdminWrite,
    AdminWriteAccounts,
    AdminWriteReports,
    AdminWriteDomainAllows,
    AdminWriteDomainBlocks,
    AdminWriteIpBlocks,
    AdminWriteEmailDomainBlocks,
    AdminWriteCanonicalEmailBlocks,
}

/// Every scope and its name, in the order of the enum.
const NAMES: [(Scope, &str); 45] = [
    (Scope::Read, "read"),
    (Scope::ReadAccounts, "read:accounts"),
    (Scope::ReadBlocks, "read:blocks"),
    (Scope::ReadBookmarks, "read:bookmarks"),
    (Scope::ReadFavourites, "read:favourites"),
    (Scope::ReadFilters, "read:filters"),
    (Scope::ReadFollows, "read:follows"),
    (Scope::ReadLists, "read:lists"),
    (Scope::ReadMutes, "read:mutes"),
    (Scope::ReadNotifications, "read:notifications"),
    (Scope::ReadSearch, "read:search"),
    (Scope::ReadStatuses, "read:statuses"),
    (Scope::Write, "write"),
    (Scope::WriteAccounts, "write:accounts"),
    (Scope::WriteBlocks, "write:blocks"),
    (Scope::WriteBookmarks, "write:bookmarks"),
    (Scope::WriteConversations, "write:conversations"),
    (Scope::WriteFavourites, "write:favourites"),
    (Scope::WriteFilters, "write:filters"),
    (Scope::WriteFollows, "write:follows"),
    (Scope::WriteLists, "write:lists"),
    (Scope::WriteMedia, "write:media"),
    (Scope::WriteMutes, "write:mutes"),
    (Scope::WriteNotifications, "write:notifications"),
    (Scope::WriteReports, "write:reports"),
    (Scope::WriteStatuses, "write:statuses"),
    (Scope::Follow, "follow"),
    (Scope::Push, "push"),
    (Scope::Profile, "profile"),
    (Scope::AdminRead, "admin:read"),
    (Scope::AdminReadAccounts, "admin:read:accounts"),
    (Scope::AdminReadReports, "admin:read:reports"),
    (Scope::AdminReadDomainAllows, "admin:read:domain_allows"),
    (Scope::AdminReadDomainBlocks, "admin:read:domain_blocks"),
    (Scope::AdminReadIpBlocks, "admin:read:ip_blocks"),
    (
        Scope::AdminReadEmailDomainBlocks,
        "admin:read:email_domain_blocks",
    ),
    (
        Scope::AdminReadCanonicalEmailBlocks,
        "admin:read:canonical_email_blocks",
    ),
    (Scope::AdminWrite, "admin:write"),
    (Scope::AdminWriteAccounts, "admin:write:accounts"),
    (Scope::AdminWriteReports, "admin:write:reports"),
    (Scope::AdminWriteDomainAllows, "admin:write:domain_allows"),
    (Scope::AdminWriteDomainBlocks, "admin:write:domain_blocks"),
    (Scope::AdminWriteIpBlocks, "admin:write:ip_blocks"),
    (
        Scope::AdminWriteEmailDomainBlocks,
        "admin:write:email_domain_blocks",
    ),
    (
        Scope::AdminWriteCanonicalEmailBlocks,
        "admin:write:canonical_email_blocks",
    ),
];

/// What `follow`, the oldest scope of them, stands for.
const FOLLOW_MEANS: [Scope; 6] = [
    Scope::ReadBlocks,
    Scope::ReadFollows,
    Scope::ReadMutes,
    Scope::WriteBlocks,
    Scope::WriteFollows,
    Scope::WriteMutes,
];

impl Scope {
    pub fn all() -> impl Iterator<Item = Scope> {
        NAMES.iter().map(|(scope, _)| *scope)
    }

    pub fn as_str(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// Whether a token with this scope may do what needs the other.
    pub fn covers(self, needed: Scope) -> bool {
        let (own, needed_name) = (self.as_str(), needed.as_str());
        let is_part = || {
            needed_name
                .strip_prefix(own)
                .is_some_and(|rest| rest.starts_with(':'))
        };
        let by_follow = self == Scope::Follow && FOLLOW_MEANS.contains(&needed);
        // Who may read all of an account may also read its profile.
        let by_account =
            needed == Scope::Profile && matches!(self, Scope::Read | Scope::ReadAccounts);
        self == needed || is_part() || by_follow || by_account
    }

    fn bit(self) -> u64 {
        1 << self as u64
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope {0:?}")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Scope, UnknownScope> {
        let known = NAMES.iter().find(|(_, name)| *name == text);
        known
            .map(|(scope, _)| *scope)
            .ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// A set of scopes; in text and in the store their names with a blank between them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u64);

impl Scopes {
    pub const NONE: Scopes = Scopes(0);

    /// What an app gets that asks for nothing: `read`.
    pub fn default_of_app() -> Scopes {
        Scopes::from_iter([Scope::Read])
    }

    /// Reads names that are separated by white space, `+` or commas. No name is the empty set.
    ///
    /// # Errors
    /// The first name that is not a scope.
    pub fn parse(text: &str) -> Result<Scopes, UnknownScope> {
        text.split(|c: char| c.is_whitespace() || c == '+' || c == ',')
            .filter(|name| !name.is_empty())
            .map(Scope::from_str)
            .collect()
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::all().filter(move |scope| self.contains(*scope))
    }

    /// Whether a token with these scopes may do what needs `needed`.
    pub fn covers(self, needed: Scope) -> bool {
        self.iter().any(|scope| scope.covers(needed))
    }

    /// Whether one of `needed` is covered: an endpoint names all that suffice.
    pub fn covers_any(self, needed: &[Scope]) -> bool {
        needed.iter().any(|scope| self.covers(*scope))
    }

    /// Whether all of `asked` is covered: nobody may hand on more than they have.
    pub fn covers_all(self, asked: Scopes) -> bool {
        asked.iter().all(|scope| self.covers(scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Scopes {
        Scopes(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.iter().enumerate() {
            let blank = if place == 0 { "" } else { " " };
            write!(f, "{blank}{scope}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

impl<C> minicbor::Encode<C> for Scopes {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&self.to_string())?.ok()
    }
}

impl<C> minicbor::CborLen<C> for Scopes {
    fn cbor_len(&self, context: &mut C) -> usize {
        self.to_string().cbor_len(context)
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Scopes {
    /// A scope that only a newer version knows is left out: less is granted, never more.
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Scopes, minicbor::decode::Error> {
        let names = decoder.str()?.split(' ');
        Ok(names.filter_map(|name| name.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_names_come_back() {
        for (place, scope) in Scope::all().enumerate() {
            assert_eq!(scope as usize, place);
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
    }

    #[test]
    fn a_set_is_parsed_shown_and_stored() {
        let scopes = Scopes::parse(" write:statuses  read push+profile ").unwrap();
        assert_eq!(scopes.to_string(), "read write:statuses push profile");
        assert_eq!(Scopes::parse(""), Ok(Scopes::NONE));
        for wrong in [
            "read nonsense",
            "nonsense",
            "read:nonsense",
            "READ",
            "admin",
        ] {
            let name = wrong.rsplit(' ').next().unwrap();
            assert_eq!(Scopes::parse(wrong), Err(UnknownScope(name.to_owned())));
        }
        let bytes = minicbor::to_vec(scopes).unwrap();
        assert_eq!(minicbor::len(scopes), bytes.len());
        assert_eq!(minicbor::decode::<Scopes>(&bytes).unwrap(), scopes);
        let newer = minicbor::to_vec("read time:travel").unwrap();
        assert_eq!(
            minicbor::decode::<Scopes>(&newer).unwrap(),
            Scopes::default_of_app()
        );
    }

    #[test]
    fn a_scope_covers_itself_and_its_parts() {
        let covers =
            |own: &str, needed: &str| Scopes::parse(own).unwrap().covers(needed.parse().unwrap());
        for (own, needed) in [
            ("read", "read:statuses"),
            ("read:statuses", "read:statuses"),
            ("write:statuses read", "read:search"),
            ("admin:read", "admin:read:reports"),
            ("follow", "write:blocks"),
            ("follow", "read:mutes"),
            ("read:accounts", "profile"),
            ("read", "profile"),
        ] {
            assert!(covers(own, needed), "{own} covers {needed}");
        }
        for (own, needed) in [
            ("", "read"),
            ("read:statuses", "read"),
            ("read", "write:statuses"),
            ("write", "read:statuses"),
            ("read", "admin:read"),
            ("write", "admin:write:accounts"),
            ("follow", "write:statuses"),
            ("follow", "read"),
            ("profile", "read:accounts"),
            ("write", "push"),
            ("write", "profile"),
        ] {
            assert!(!covers(own, needed), "{own} does not cover {needed}");
        }
    }

    #[test]
    fn no_token_asks_for_more_than_its_app_has() {
        let app = Scopes::parse("read write:statuses follow").unwrap();
        assert!(app.covers_all(Scopes::parse("read:accounts follow").unwrap()));
        assert!(app.covers_all(Scopes::NONE));
        assert!(!app.covers_all(Scopes::parse("read write").unwrap()));
        assert!(app.covers_any(&[Scope::Write, Scope::WriteStatuses]));
        assert!(!app.covers_any(&[Scope::Push]));
    }
}
