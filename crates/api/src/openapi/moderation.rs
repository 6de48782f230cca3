//! What people keep away from themselves, and what they tell those who look after the place.

use super::build::*;

const CATEGORIES: &[&str] = &["spam", "legal", "violation", "other"];

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
