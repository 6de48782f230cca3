//! Statuses, what is done to them, and the lists of that.

use super::build::*;

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
