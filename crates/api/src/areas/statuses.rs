//! Statuses, what is done to them, and the lists of that.

use crate::handlers::{marks, polls, scheduled_statuses, statuses};
use crate::middleware::Limit;
use crate::openapi::build::*;
use crate::routes::*;

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/statuses", Statuses, |m| on(m, statuses::list)),
    api(POST, "/api/v1/statuses", Statuses, |m| on(m, statuses::create)).limited(&Limit::POST),
    api(GET, "/api/v1/statuses/{id}", Statuses, |m| on(m, statuses::show)),
    api(PUT, "/api/v1/statuses/{id}", Statuses, |m| on(m, statuses::edit)),
    api(PATCH, "/api/v1/statuses/{id}", Statuses, |m| on(m, statuses::edit)),
    api(DELETE, "/api/v1/statuses/{id}", Statuses, |m| on(m, statuses::delete)).limited(&Limit::DELETE),
    api(GET, "/api/v1/statuses/{id}/context", Statuses, |m| on(m, statuses::context)),
    api(GET, "/api/v1/statuses/{id}/history", Statuses, |m| on(m, statuses::history)),
    api(GET, "/api/v1/statuses/{id}/source", Statuses, |m| on(m, statuses::source)),
    api(GET, "/api/v1/statuses/{id}/favourited_by", Accounts, |m| on(m, marks::favourited_by)),
    api(GET, "/api/v1/statuses/{id}/reblogged_by", Accounts, |m| on(m, marks::reblogged_by)),
    api(POST, "/api/v1/statuses/{id}/favourite", Statuses, |m| on(m, marks::favourite)),
    api(POST, "/api/v1/statuses/{id}/unfavourite", Statuses, |m| on(m, marks::unfavourite)),
    api(POST, "/api/v1/statuses/{id}/reblog", Statuses, |m| on(m, marks::reblog)).limited(&Limit::POST),
    api(POST, "/api/v1/statuses/{id}/unreblog", Statuses, |m| on(m, marks::unreblog)).limited(&Limit::DELETE),
    api(POST, "/api/v1/statuses/{id}/bookmark", Statuses, |m| on(m, marks::bookmark)),
    api(POST, "/api/v1/statuses/{id}/unbookmark", Statuses, |m| on(m, marks::unbookmark)),
    api(POST, "/api/v1/statuses/{id}/pin", Statuses, |m| on(m, marks::pin)),
    api(POST, "/api/v1/statuses/{id}/unpin", Statuses, |m| on(m, marks::unpin)),
    api(POST, "/api/v1/statuses/{id}/mute", Statuses, |m| on(m, marks::mute)),
    api(POST, "/api/v1/statuses/{id}/unmute", Statuses, |m| on(m, marks::unmute)),
    api(GET, "/api/v1/polls/{id}", Statuses, |m| on(m, polls::show)),
    api(POST, "/api/v1/polls/{id}/votes", Nothing, |m| on(m, polls::vote)),
    api(GET, "/api/v1/scheduled_statuses", Nothing, |m| on(m, scheduled_statuses::list)),
    api(GET, "/api/v1/scheduled_statuses/{id}", Nothing, |m| on(m, scheduled_statuses::show)),
    api(PUT, "/api/v1/scheduled_statuses/{id}", Nothing, |m| on(m, scheduled_statuses::update)),
    api(PATCH, "/api/v1/scheduled_statuses/{id}", Nothing, |m| on(m, scheduled_statuses::update)),
    api(DELETE, "/api/v1/scheduled_statuses/{id}", Nothing, |m| on(m, scheduled_statuses::delete)),
    api(GET, "/api/v1/favourites", Statuses, |m| on(m, marks::favourites)),
    api(GET, "/api/v1/bookmarks", Statuses, |m| on(m, marks::bookmarks)),
];

pub fn entries() -> Vec<Entry> {
    [whole(), parts(), polls(), scheduled(), marks(), lists()].concat()
}

fn whole() -> Vec<Entry> {
    vec![
        get("/api/v1/statuses", "Several statuses by their ids")
            .open(Scope::ReadStatuses)
            .takes([ids("id")])
            .gives::<Vec<Status>>(),
        post("/api/v1/statuses", "Post a status")
            .user(Scope::WriteStatuses)
            .header(
                "Idempotency-Key",
                "The same key within a day is the same status",
            )
            .takes([
                text("status"),
                text("spoiler_text"),
                flag("sensitive"),
                choice("visibility", VISIBILITIES),
                text("language"),
                id("in_reply_to_id"),
                texts("media_ids"),
                text("quoted_status_id"),
                moment("scheduled_at").says("Later, instead of now"),
                poll(),
            ])
            .gives::<Posted>()
            .also([404]),
        get("/api/v1/statuses/{id}", "One status")
            .open(Scope::ReadStatuses)
            .gives::<Status>(),
        edit(put("/api/v1/statuses/{id}", "Edit a status")),
        edit(patch("/api/v1/statuses/{id}", "Edit a status")),
        delete(
            "/api/v1/statuses/{id}",
            "Delete a status; its source comes back",
        )
        .user(Scope::WriteStatuses)
        .takes([flag("delete_media").says(
            "Its files go at once; else its author may attach them to another status for a day",
        )])
        .gives::<Status>(),
    ]
}

fn edit(entry: Entry) -> Entry {
    entry
        .user(Scope::WriteStatuses)
        .takes([
            text("status"),
            text("spoiler_text"),
            flag("sensitive"),
            text("language"),
            texts("media_ids"),
            maps(
                "media_attributes",
                [
                    id("id"),
                    text("description"),
                    text("focus").like("0.5,-0.5"),
                ],
            ),
            text("quoted_status_id"),
            poll(),
        ])
        .gives::<Status>()
}

fn poll() -> Param {
    map(
        "poll",
        [
            texts("options"),
            number("expires_in").says("Seconds"),
            flag("multiple"),
            flag("hide_totals"),
        ],
    )
}

fn scheduled() -> Vec<Entry> {
    let update = |entry: Entry| {
        entry
            .user(Scope::WriteStatuses)
            .takes([moment("scheduled_at")])
            .gives::<ScheduledStatus>()
    };
    vec![
        get("/api/v1/scheduled_statuses", "What waits for its time")
            .user(Scope::ReadStatuses)
            .paged(paging::STATUSES)
            .gives::<Vec<ScheduledStatus>>(),
        get("/api/v1/scheduled_statuses/{id}", "One of that")
            .user(Scope::ReadStatuses)
            .gives::<ScheduledStatus>(),
        update(put("/api/v1/scheduled_statuses/{id}", "Another time")),
        update(patch("/api/v1/scheduled_statuses/{id}", "Another time")),
        delete("/api/v1/scheduled_statuses/{id}", "Cancel it")
            .user(Scope::WriteStatuses)
            .gives::<Empty>(),
    ]
}

fn polls() -> Vec<Entry> {
    vec![
        get("/api/v1/polls/{id}", "A poll")
            .open(Scope::ReadStatuses)
            .gives::<Poll>(),
        post("/api/v1/polls/{id}/votes", "Vote, once and for good")
            .user(Scope::WriteStatuses)
            .takes([texts("choices").says("Places of options, from zero")])
            .gives::<Poll>(),
    ]
}

fn parts() -> Vec<Entry> {
    vec![
        get(
            "/api/v1/statuses/{id}/context",
            "The thread around a status",
        )
        .open(Scope::ReadStatuses)
        .gives::<Context>(),
        get("/api/v1/statuses/{id}/history", "Its earlier versions")
            .open(Scope::ReadStatuses)
            .gives::<Vec<StatusEdit>>(),
        get("/api/v1/statuses/{id}/source", "Its source, to be edited")
            .user(Scope::ReadStatuses)
            .gives::<StatusSource>(),
        get("/api/v1/statuses/{id}/favourited_by", "Who favourited it")
            .open(Scope::ReadStatuses)
            .paged(paging::ACCOUNTS)
            .gives::<Vec<Account>>(),
        get("/api/v1/statuses/{id}/reblogged_by", "Who reblogged it")
            .open(Scope::ReadStatuses)
            .paged(paging::ACCOUNTS)
            .gives::<Vec<Account>>(),
    ]
}

fn marks() -> Vec<Entry> {
    let mark = |path, summary, scope| post(path, summary).user(scope).gives::<Status>();
    let (favourites, bookmarks) = (Scope::WriteFavourites, Scope::WriteBookmarks);
    let (statuses, accounts) = (Scope::WriteStatuses, Scope::WriteAccounts);
    vec![
        mark("/api/v1/statuses/{id}/favourite", "Favourite", favourites),
        mark(
            "/api/v1/statuses/{id}/unfavourite",
            "Take it back",
            favourites,
        ),
        mark("/api/v1/statuses/{id}/reblog", "Reblog", statuses)
            .takes([choice("visibility", VISIBILITIES)]),
        mark("/api/v1/statuses/{id}/unreblog", "Take it back", statuses),
        mark("/api/v1/statuses/{id}/bookmark", "Bookmark", bookmarks),
        mark(
            "/api/v1/statuses/{id}/unbookmark",
            "Take it back",
            bookmarks,
        ),
        mark("/api/v1/statuses/{id}/pin", "Pin to the profile", accounts),
        mark("/api/v1/statuses/{id}/unpin", "Take it back", accounts),
        mark(
            "/api/v1/statuses/{id}/mute",
            "Mute the thread",
            Scope::WriteMutes,
        ),
        mark(
            "/api/v1/statuses/{id}/unmute",
            "Take it back",
            Scope::WriteMutes,
        ),
    ]
}

fn lists() -> Vec<Entry> {
    let list = |path, summary, scope| {
        get(path, summary)
            .user(scope)
            .paged(paging::STATUSES)
            .gives::<Vec<Status>>()
    };
    vec![
        list(
            "/api/v1/favourites",
            "What one favourited",
            Scope::ReadFavourites,
        ),
        list(
            "/api/v1/bookmarks",
            "What one bookmarked",
            Scope::ReadBookmarks,
        ),
    ]
}
