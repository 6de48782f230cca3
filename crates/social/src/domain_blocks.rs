//! Domains whose people an account wants to see nothing of. There are no people of other domains
//! yet: until there are, nothing asks of what domain an author is.

use minicbor::{Decode, Encode};
use petrel_model::id::{AccountId, Id};
use petrel_model::limits::DOMAIN_BLOCKS_MAX;
use petrel_model::scope::Scope;
use petrel_store::{Plain, Table, TakesRights};
use url::Host;

use crate::context::Ctx;
use crate::error::{Error, Result};
use crate::own_sets::{self, Member, OwnSet};
use crate::page::{Page, PageRequest};

/// Bytes of a domain (RFC 1035, 2.3.4).
const DOMAIN_BYTES_MAX: usize = 253;

pub struct DomainBlocks;

impl Table for DomainBlocks {
    const ID: u16 = 28;
    const NAME: &'static str = "domain_blocks";
    type Partition = AccountId;
    /// The domain, in the form of RFC 3490, in small letters.
    type Sort = String;
    type Value = DomainBlock;
    type Mode = Plain;
    const BOUND: &'static str = "cap: DOMAIN_BLOCKS_MAX, and those taken back until they expire";
    const TAKES_RIGHTS: Option<TakesRights> = Some(|_| true);
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct DomainBlock {
    #[n(0)]
    pub id: Id,
    #[n(1)]
    pub on: bool,
}

impl Member for DomainBlock {
    fn is_on(&self) -> bool {
        self.on
    }
}

impl OwnSet for DomainBlocks {
    const ON_MAX: usize = DOMAIN_BLOCKS_MAX;
    const ROWS_MAX: usize = DOMAIN_BLOCKS_MAX;

    fn full() -> Error {
        Error::invalid(format!(
            "You cannot block more than {DOMAIN_BLOCKS_MAX} domains"
        ))
    }
}

/// The domains that the caller blocks, newest block first.
pub async fn list(ctx: &Ctx, page: PageRequest) -> Result<Page<String>> {
    let account = ctx.require_user(Scope::ReadBlocks)?;
    let rows = ctx.store().partition::<DomainBlocks>(&account).await?;
    let on = own_sets::on(&rows);
    let mut blocks: Vec<_> = on.map(|row| (row.value.id, row.sort.clone())).collect();
    blocks.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
    let blocks = page.cursor().select(blocks, |(id, _)| *id, page.limit);
    let (ids, domains): (Vec<_>, Vec<_>) = blocks.into_iter().unzip();
    Ok(Page::of(domains, &ids, page.limit))
}

/// Blocks a domain; once more changes nothing.
///
/// # Errors
/// `Invalid` if it is no domain, or one too many.
pub async fn block(ctx: &Ctx, domain: &str) -> Result<()> {
    let account = ctx.require_user(Scope::WriteBlocks)?;
    let domain = require_domain(domain)?;
    let _turn = own_sets::turn::<DomainBlocks>(ctx, account).await;
    let mut batch = ctx.batch();
    let block = DomainBlock {
        id: ctx.clock().next_id(),
        on: true,
    };
    match own_sets::put_on::<DomainBlocks>(&mut batch, account, &domain, block).await {
        Ok(true) => batch.commit().await?,
        Ok(false) => return Ok(()),
        // Those taken back count for as long as they are remembered.
        Err(Error::TooMany) => return Err(DomainBlocks::full()),
        Err(error) => return Err(error),
    };
    Ok(())
}

/// Takes a block back, whether or not it is there.
pub async fn unblock(ctx: &Ctx, domain: &str) -> Result<()> {
    let account = ctx.require_user(Scope::WriteBlocks)?;
    let domain = require_domain(domain)?;
    let _turn = own_sets::turn::<DomainBlocks>(ctx, account).await;
    let mut batch = ctx.batch();
    match own_sets::put_off::<DomainBlocks>(&mut batch, account, &domain).await {
        Ok(()) => batch.commit().await?,
        // Not one of theirs, and no room to note that it is not.
        Err(Error::TooMany) => return Ok(()),
        Err(error) => return Err(error),
    };
    Ok(())
}

/// Whether the caller may block this domain. Whom they would lose by it is nobody: there are no
/// accounts of other domains.
pub fn preview(ctx: &Ctx, domain: &str) -> Result<()> {
    ctx.require_user(Scope::WriteBlocks)?;
    require_domain(domain).map(|_| ())
}

/// The domain as it is compared.
fn require_domain(text: &str) -> Result<String> {
    let text = text.trim().trim_start_matches('@').trim_end_matches('.');
    let folded = match Host::parse(text) {
        Ok(Host::Domain(domain)) => Some(domain),
        _ => None,
    };
    folded
        .filter(|domain| domain.len() <= DOMAIN_BYTES_MAX && domain.contains('.'))
        .ok_or_else(|| Error::invalid("Domain is not a valid domain name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_compared_in_one_form() {
        for text in ["Gull.Example", "@gull.example", " gull.example. "] {
            assert_eq!(require_domain(text).unwrap(), "gull.example");
        }
        assert_eq!(
            require_domain("möwe.example").unwrap(),
            "xn--mwe-sna.example"
        );
        let long = format!("{}.example", "a.".repeat(130));
        for text in [
            "",
            "gull",
            "a b.example",
            "a/b.example",
            "127.0.0.1",
            "[::1]",
            &long,
        ] {
            assert!(require_domain(text).is_err(), "{text}");
        }
    }
}
