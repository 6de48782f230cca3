//! What was asked for, when accounts are looked for.

use petrel_model::text::acct::Acct;
use petrel_social::settings::Settings;

use crate::names::Query;

pub(crate) enum Wanted {
    /// Just this account: `name@domain`, or the address of a profile.
    Exactly(String),
    /// This account first, if there is one of that name, then all that match.
    Matching {
        exact: Option<String>,
        query: Query,
    },
    Nothing,
}

impl Wanted {
    pub(crate) fn of(text: &str, settings: &Settings) -> Wanted {
        let text = text.trim();
        if text.starts_with('#') {
            return Wanted::Nothing;
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            return match by_address(text, settings) {
                Some(username) => Wanted::Exactly(username.to_owned()),
                None => Wanted::Nothing,
            };
        }
        let acct = text.parse::<Acct>().ok();
        match acct {
            Some(acct) if acct.domain.is_some() => {
                let acct = acct.on(&settings.domain);
                // Accounts of other servers are not known yet.
                match acct.domain {
                    None => Wanted::Exactly(acct.username),
                    Some(_) => Wanted::Nothing,
                }
            }
            acct => match Query::of(text) {
                Some(query) => Wanted::Matching {
                    exact: acct.map(|acct| acct.username),
                    query,
                },
                None => Wanted::Nothing,
            },
        }
    }
}

/// The name in the address of a profile's page or of an account in the fediverse.
fn by_address<'a>(address: &'a str, settings: &Settings) -> Option<&'a str> {
    let path = address.strip_prefix(settings.url.as_str())?;
    let path = path.trim_end_matches('/');
    let name = path
        .strip_prefix("/@")
        .or_else(|| path.strip_prefix("/users/"))?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}
