//! Lists of accounts, and their timelines.

use crate::handlers::lists;
use crate::openapi::build::*;
use crate::routes::*;

const POLICIES: &[&str] = &["list", "followed", "none"];

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/lists", Nothing, |m| on(m, lists::all)),
    api(POST, "/api/v1/lists", Nothing, |m| on(m, lists::create)),
    api(GET, "/api/v1/lists/{id}", Nothing, |m| on(m, lists::show)),
    api(PUT, "/api/v1/lists/{id}", Nothing, |m| on(m, lists::update)),
    api(PATCH, "/api/v1/lists/{id}", Nothing, |m| on(m, lists::update)),
    api(DELETE, "/api/v1/lists/{id}", Nothing, |m| on(m, lists::delete)),
    api(GET, "/api/v1/lists/{id}/accounts", Accounts, |m| on(m, lists::accounts)),
    api(POST, "/api/v1/lists/{id}/accounts", Nothing, |m| on(m, lists::add)),
    api(DELETE, "/api/v1/lists/{id}/accounts", Nothing, |m| on(m, lists::remove)),
    api(GET, "/api/v1/accounts/{id}/lists", Nothing, |m| on(m, lists::of_account)),
    api(GET, "/api/v1/timelines/list/{id}", Statuses, |m| on(m, lists::timeline)),
];

pub fn entries() -> Vec<Entry> {
    let changes = |entry: Entry| {
        let entry = entry.user(Scope::WriteLists).takes([
            text("title"),
            choice("replies_policy", POLICIES),
            flag("exclusive"),
        ]);
        entry.gives::<List>()
    };
    let members = |entry: Entry| {
        let entry = entry.user(Scope::WriteLists).takes([ids("account_ids")]);
        entry.gives::<Empty>()
    };
    vec![
        get("/api/v1/lists", "The caller's lists")
            .user(Scope::ReadLists)
            .gives::<Vec<List>>(),
        changes(post("/api/v1/lists", "Make a list")),
        get("/api/v1/lists/{id}", "One list")
            .user(Scope::ReadLists)
            .gives::<List>(),
        changes(put("/api/v1/lists/{id}", "Change a list")),
        changes(patch("/api/v1/lists/{id}", "Change a list")),
        delete("/api/v1/lists/{id}", "Delete a list")
            .user(Scope::WriteLists)
            .gives::<Empty>(),
        get(
            "/api/v1/lists/{id}/accounts",
            "Who is on a list; a limit of 0 gives all",
        )
        .user(Scope::ReadLists)
        .paged(paging::ACCOUNTS)
        .gives::<Vec<Account>>(),
        members(post(
            "/api/v1/lists/{id}/accounts",
            "Put accounts on a list",
        )),
        members(delete(
            "/api/v1/lists/{id}/accounts",
            "Take accounts off a list",
        )),
        get(
            "/api/v1/accounts/{id}/lists",
            "The caller's lists that an account is on",
        )
        .user(Scope::ReadLists)
        .gives::<Vec<List>>(),
        get("/api/v1/timelines/list/{id}", "What those on a list say")
            .user(Scope::ReadLists)
            .paged(paging::STATUSES)
            .gives::<Vec<Status>>(),
    ]
}
