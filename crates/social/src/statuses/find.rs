//! A status by its address.

use petrel_model::gate::Surface;
use petrel_model::id::StatusId;

use crate::context::Ctx;
use crate::error::Result;
use crate::statuses::present::hydrate;
use crate::views::StatusView;

/// By the address of its page (`/@name/ID`) or its id in the fediverse
/// (`/users/name/statuses/ID`); none if it is not one of ours, or not for the caller.
pub async fn find_by_address(ctx: &Ctx, address: &str) -> Result<Option<StatusView>> {
    let Some((username, id)) = parse(&ctx.settings().url, address) else {
        return Ok(None);
    };
    let shown = hydrate(ctx, &[id], Surface::ById).await?.pop();
    Ok(shown.filter(|view| view.account.username.eq_ignore_ascii_case(username)))
}

fn parse<'a>(origin: &str, address: &'a str) -> Option<(&'a str, StatusId)> {
    let path = address.strip_prefix(origin)?;
    let mut parts = path.trim_end_matches('/').split('/').skip(1);
    let first = parts.next()?;
    let (username, id) = match first.strip_prefix('@') {
        Some(username) => (username, parts.next()?),
        None if first == "users" => {
            let username = parts.next()?;
            if parts.next()? != "statuses" {
                return None;
            }
            (username, parts.next()?)
        }
        None => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    Some((username, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_found_and_nothing_else() {
        let origin = "https://petrel.example";
        let id = StatusId("117".parse().unwrap());
        for address in [
            "https://petrel.example/@ann/117",
            "https://petrel.example/@ann/117/",
            "https://petrel.example/users/ann/statuses/117",
        ] {
            assert_eq!(parse(origin, address), Some(("ann", id)), "{address}");
        }
        for address in [
            "https://other.example/@ann/117",
            "https://petrel.example/@ann",
            "https://petrel.example/@ann/x",
            "https://petrel.example/@ann/117/118",
            "https://petrel.example/tags/117",
            "https://petrel.example",
            "",
        ] {
            assert_eq!(parse(origin, address), None, "{address}");
        }
    }
}
