//! What people keep away from themselves, and what they tell those who look after the place.

use crate::handlers::{domain_blocks, reports};
use crate::middleware::Limit;
use crate::openapi::build::*;
use crate::routes::*;

const CATEGORIES: &[&str] = &["spam", "legal", "violation", "other"];

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/domain_blocks", Nothing, |m| on(m, domain_blocks::list)),
    api(POST, "/api/v1/domain_blocks", Nothing, |m| on(m, domain_blocks::block)),
    api(DELETE, "/api/v1/domain_blocks", Nothing, |m| on(m, domain_blocks::unblock)),
    api(GET, "/api/v1/domain_blocks/preview", Nothing, |m| on(m, domain_blocks::preview)),
    api(POST, "/api/v1/reports", Accounts, |m| on(m, reports::create)).limited(&Limit::REPORT),
];

pub fn entries() -> Vec<Entry> {
    let domains = "/api/v1/domain_blocks";
    let domain = || text("domain").required();
    vec![
        get(domains, "Which domains are blocked")
            .user(Scope::ReadBlocks)
            .paged(paging::DOMAINS)
            .gives::<Vec<String>>(),
        post(domains, "Block a domain")
            .user(Scope::WriteBlocks)
            .takes([domain()])
            .gives::<Empty>(),
        delete(domains, "Block a domain no more")
            .user(Scope::WriteBlocks)
            .takes([domain()])
            .gives::<Empty>(),
        get("/api/v1/domain_blocks/preview", "What blocking would cost")
            .user(Scope::WriteBlocks)
            .takes([domain()])
            .gives::<DomainBlockPreview>(),
        post("/api/v1/reports", "Report an account to the moderators")
            .user(Scope::WriteReports)
            .takes([
                id("account_id").required(),
                ids("status_ids"),
                text("comment"),
                choice("category", CATEGORIES),
                ids("rule_ids"),
                flag("forward"),
            ])
            .gives::<Report>()
            .also([404]),
    ]
}
