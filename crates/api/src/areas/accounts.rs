//! Accounts, one's own and others', and what one account does to another.

use crate::handlers::{account_verbs, accounts, empty, pictures, profile, relations};
use crate::middleware::Limit;
use crate::openapi::build::*;
use crate::routes::*;

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/accounts/verify_credentials", Accounts, |m| on(m, profile::verify_credentials)),
    api(PATCH, "/api/v1/accounts/update_credentials", Accounts, |m| on(m, profile::update_credentials)).limited(&Limit::PROFILE).slow(),
    api(PUT, "/api/v1/accounts/update_credentials", Accounts, |m| on(m, profile::update_credentials)).limited(&Limit::PROFILE).slow(),
    api(DELETE, "/api/v1/profile/avatar", Accounts, |m| on(m, pictures::delete_avatar)),
    api(DELETE, "/api/v1/profile/header", Accounts, |m| on(m, pictures::delete_header)),
    api(GET, "/api/v1/preferences", Nothing, |m| on(m, profile::preferences)),
    api(GET, "/api/v1/follow_requests", Accounts, |m| on(m, relations::follow_requests)),
    api(POST, "/api/v1/follow_requests/{id}/authorize", Nothing, |m| on(m, account_verbs::authorize)),
    api(POST, "/api/v1/follow_requests/{id}/reject", Nothing, |m| on(m, account_verbs::reject)),
    api(GET, "/api/v1/blocks", Accounts, |m| on(m, relations::blocks)),
    api(GET, "/api/v1/mutes", Accounts, |m| on(m, relations::mutes)),
    api(GET, "/api/v1/endorsements", Nothing, |m| on(m, empty::for_people)),
    api(GET, "/api/v1/suggestions", Nothing, |m| on(m, empty::for_people)),
    api(GET, "/api/v2/suggestions", Nothing, |m| on(m, empty::for_people)),
    api(GET, "/api/v1/accounts", Accounts, |m| on(m, accounts::list)),
    api(GET, "/api/v1/accounts/lookup", Accounts, |m| on(m, accounts::lookup)),
    api(GET, "/api/v1/accounts/search", Accounts, |m| on(m, accounts::search)),
    api(GET, "/api/v1/accounts/relationships", Nothing, |m| on(m, accounts::relationships)),
    api(GET, "/api/v1/accounts/familiar_followers", Accounts, |m| on(m, accounts::familiar_followers)),
    api(GET, "/api/v1/accounts/{id}", Accounts, |m| on(m, accounts::show)),
    api(GET, "/api/v1/accounts/{id}/statuses", Statuses, |m| on(m, accounts::statuses)),
    api(GET, "/api/v1/accounts/{id}/followers", Accounts, |m| on(m, accounts::followers)),
    api(GET, "/api/v1/accounts/{id}/following", Accounts, |m| on(m, accounts::following)),
    api(GET, "/api/v1/accounts/{id}/endorsements", Nothing, |m| on(m, empty::of_account)),
    api(GET, "/api/v1/accounts/{id}/identity_proofs", Nothing, |m| on(m, empty::of_account)),
    api(POST, "/api/v1/accounts/{id}/follow", Nothing, |m| on(m, account_verbs::follow)).limited(&Limit::FOLLOW),
    api(POST, "/api/v1/accounts/{id}/unfollow", Nothing, |m| on(m, account_verbs::unfollow)),
    api(POST, "/api/v1/accounts/{id}/block", Nothing, |m| on(m, account_verbs::block)),
    api(POST, "/api/v1/accounts/{id}/unblock", Nothing, |m| on(m, account_verbs::unblock)),
    api(POST, "/api/v1/accounts/{id}/mute", Nothing, |m| on(m, account_verbs::mute)),
    api(POST, "/api/v1/accounts/{id}/unmute", Nothing, |m| on(m, account_verbs::unmute)),
    api(POST, "/api/v1/accounts/{id}/note", Nothing, |m| on(m, account_verbs::note)),
    api(POST, "/api/v1/accounts/{id}/remove_from_followers", Nothing, |m| on(m, account_verbs::remove_from_followers)),
];

pub fn entries() -> Vec<Entry> {
    [own(), others(), nobody(), verbs()].concat()
}

fn profile(entry: Entry) -> Entry {
    let source = [
        choice("privacy", VISIBILITIES),
        flag("sensitive"),
        text("language"),
    ];
    entry
        .user(Scope::WriteAccounts)
        .takes([
            text("display_name"),
            text("note"),
            file("avatar"),
            file("header"),
            maps("fields_attributes", [text("name"), text("value")]),
            flag("locked"),
            flag("bot"),
            flag("indexable"),
            flag("discoverable"),
            flag("hide_collections"),
            map("source", source),
        ])
        .gives::<CredentialAccount>()
}

fn own() -> Vec<Entry> {
    let path = "/api/v1/accounts/update_credentials";
    vec![
        get("/api/v1/accounts/verify_credentials", "Who the bearer is")
            .user(Scope::Profile)
            .gives::<CredentialAccount>(),
        profile(patch(path, "Change the profile")),
        profile(put(path, "Change the profile")),
        delete("/api/v1/profile/avatar", "Show no avatar any more")
            .user(Scope::WriteAccounts)
            .gives::<CredentialAccount>(),
        delete("/api/v1/profile/header", "Show no header any more")
            .user(Scope::WriteAccounts)
            .gives::<CredentialAccount>(),
        get("/api/v1/preferences", "What is preferred where")
            .user(Scope::Profile)
            .gives::<Preferences>(),
        get("/api/v1/follow_requests", "Who asks to follow")
            .user(Scope::ReadFollows)
            .paged(paging::ACCOUNTS)
            .gives::<Vec<Account>>(),
        relation(
            post("/api/v1/follow_requests/{id}/authorize", "Let them follow"),
            Scope::WriteFollows,
        ),
        relation(
            post(
                "/api/v1/follow_requests/{id}/reject",
                "Do not let them follow",
            ),
            Scope::WriteFollows,
        ),
        get("/api/v1/blocks", "Who is blocked")
            .user(Scope::ReadBlocks)
            .paged(paging::ACCOUNTS)
            .gives::<Vec<Account>>(),
        get("/api/v1/mutes", "Who is muted")
            .user(Scope::ReadMutes)
            .paged(paging::ACCOUNTS)
            .gives::<Vec<MutedAccount>>(),
    ]
}

fn others() -> Vec<Entry> {
    vec![
        get("/api/v1/accounts", "Several accounts by their ids")
            .open(Scope::ReadAccounts)
            .takes([ids("id")])
            .gives::<Vec<Account>>(),
        get("/api/v1/accounts/lookup", "One account by its name")
            .open(Scope::ReadAccounts)
            .takes([text("acct").required()])
            .gives::<Account>()
            .also([404]),
        get("/api/v1/accounts/search", "Accounts by what is typed")
            .user(Scope::ReadAccounts)
            .takes([text("q"), number("offset"), flag("following")])
            .limited(paging::ACCOUNTS)
            .gives::<Vec<Account>>(),
        get("/api/v1/accounts/relationships", "How one stands to others")
            .user(Scope::ReadFollows)
            .takes([ids("id")])
            .gives::<Vec<Relationship>>(),
        get(
            "/api/v1/accounts/familiar_followers",
            "Whom one follows among the followers of others",
        )
        .user(Scope::ReadFollows)
        .takes([ids("id")])
        .gives::<Vec<FamiliarFollowers>>(),
        get("/api/v1/accounts/{id}", "One account")
            .open(Scope::ReadAccounts)
            .gives::<Account>(),
        get("/api/v1/accounts/{id}/statuses", "Statuses of an account")
            .open(Scope::ReadStatuses)
            .paged(paging::STATUSES)
            .takes([
                flag("exclude_replies"),
                flag("exclude_reblogs"),
                flag("pinned"),
                text("tagged"),
                flag("only_media"),
            ])
            .gives::<Vec<Status>>(),
        get("/api/v1/accounts/{id}/followers", "Who follows an account")
            .open(Scope::ReadAccounts)
            .paged(paging::ACCOUNTS)
            .gives::<Vec<Account>>(),
        get("/api/v1/accounts/{id}/following", "Whom an account follows")
            .open(Scope::ReadAccounts)
            .paged(paging::ACCOUNTS)
            .gives::<Vec<Account>>(),
    ]
}

/// What there is nothing of here.
fn nobody() -> Vec<Entry> {
    vec![
        get(
            "/api/v1/accounts/{id}/endorsements",
            "Whom an account endorses",
        )
        .open(Scope::ReadAccounts)
        .gives::<Vec<Account>>(),
        get(
            "/api/v1/accounts/{id}/identity_proofs",
            "Nothing any longer",
        )
        .open(Scope::ReadAccounts)
        .gives::<Vec<Value>>(),
        get("/api/v1/endorsements", "Whom one endorses")
            .user(Scope::ReadAccounts)
            .gives::<Vec<Account>>(),
        get(
            "/api/v1/suggestions",
            "Whom one might follow, as before 3.4",
        )
        .user(Scope::ReadAccounts)
        .gives::<Vec<Account>>(),
        get("/api/v2/suggestions", "Whom one might follow")
            .user(Scope::ReadAccounts)
            .gives::<Vec<Value>>(),
    ]
}

fn verbs() -> Vec<Entry> {
    let (follows, blocks, mutes) = (Scope::WriteFollows, Scope::WriteBlocks, Scope::WriteMutes);
    vec![
        relation(post("/api/v1/accounts/{id}/follow", "Follow"), follows).takes([
            flag("reblogs"),
            flag("notify"),
            texts("languages"),
        ]),
        relation(post("/api/v1/accounts/{id}/unfollow", "Unfollow"), follows),
        relation(post("/api/v1/accounts/{id}/block", "Block"), blocks),
        relation(post("/api/v1/accounts/{id}/unblock", "Unblock"), blocks),
        relation(post("/api/v1/accounts/{id}/mute", "Mute"), mutes).takes([
            flag("notifications"),
            number("duration").says("Seconds; 0 is for ever"),
        ]),
        relation(post("/api/v1/accounts/{id}/unmute", "Unmute"), mutes),
        relation(
            post("/api/v1/accounts/{id}/note", "Note something, for oneself"),
            Scope::WriteAccounts,
        )
        .takes([text("comment")]),
        relation(
            post(
                "/api/v1/accounts/{id}/remove_from_followers",
                "Be followed no more",
            ),
            follows,
        ),
    ]
}

fn relation(entry: Entry, scope: Scope) -> Entry {
    entry.user(scope).gives::<Relationship>()
}
