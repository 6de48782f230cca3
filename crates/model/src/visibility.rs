//! Who a status is for.

use std::fmt;
use std::str::FromStr;

use minicbor::{CborLen, Decode, Encode};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode, CborLen)]
#[cbor(index_only)]
pub enum Visibility {
    #[default]
    #[n(0)]
    Public,
    #[n(1)]
    Unlisted,
    /// For followers.
    #[n(2)]
    Private,
    /// For those mentioned.
    #[n(3)]
    Direct,
}

impl Visibility {
    pub const ALL: [Visibility; 4] = [
        Visibility::Public,
        Visibility::Unlisted,
        Visibility::Private,
        Visibility::Direct,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Visibility::Public => "public",
            Visibility::Unlisted => "unlisted",
            Visibility::Private => "private",
            Visibility::Direct => "direct",
        }
    }

    /// Public and unlisted: anyone who has the address may see it.
    pub fn is_open(self) -> bool {
        matches!(self, Visibility::Public | Visibility::Unlisted)
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("visibility is one of public, unlisted, private, direct")]
pub struct NotAVisibility;

impl FromStr for Visibility {
    type Err = NotAVisibility;

    fn from_str(text: &str) -> Result<Visibility, NotAVisibility> {
        Visibility::ALL
            .into_iter()
            .find(|visibility| visibility.as_str() == text)
            .ok_or(NotAVisibility)
    }
}
