//! What the caller filters, in both versions.

use crate::handlers::{filters, filters_v1};
use crate::openapi::build::*;
use crate::routes::*;

const CONTEXTS: &[&str] = &["home", "notifications", "public", "thread", "account"];
const ACTIONS: &[&str] = &["warn", "hide", "blur"];
const READS: Scope = Scope::ReadFilters;
const WRITES: Scope = Scope::WriteFilters;

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(GET, "/api/v1/filters", Nothing, |m| on(m, filters_v1::list)),
    api(POST, "/api/v1/filters", Nothing, |m| on(m, filters_v1::create)),
    api(GET, "/api/v1/filters/{id}", Nothing, |m| on(m, filters_v1::show)),
    api(PUT, "/api/v1/filters/{id}", Nothing, |m| on(m, filters_v1::update)),
    api(PATCH, "/api/v1/filters/{id}", Nothing, |m| on(m, filters_v1::update)),
    api(DELETE, "/api/v1/filters/{id}", Nothing, |m| on(m, filters_v1::delete)),
    api(GET, "/api/v2/filters", Nothing, |m| on(m, filters::list)),
    api(POST, "/api/v2/filters", Nothing, |m| on(m, filters::create)),
    api(GET, "/api/v2/filters/{id}", Nothing, |m| on(m, filters::show)),
    api(PUT, "/api/v2/filters/{id}", Nothing, |m| on(m, filters::update)),
    api(PATCH, "/api/v2/filters/{id}", Nothing, |m| on(m, filters::update)),
    api(DELETE, "/api/v2/filters/{id}", Nothing, |m| on(m, filters::delete)),
    api(GET, "/api/v2/filters/{id}/keywords", Nothing, |m| on(m, filters::keywords)),
    api(POST, "/api/v2/filters/{id}/keywords", Nothing, |m| on(m, filters::add_keyword)),
    api(GET, "/api/v2/filters/keywords/{id}", Nothing, |m| on(m, filters::show_keyword)),
    api(PUT, "/api/v2/filters/keywords/{id}", Nothing, |m| on(m, filters::change_keyword)),
    api(PATCH, "/api/v2/filters/keywords/{id}", Nothing, |m| on(m, filters::change_keyword)),
    api(DELETE, "/api/v2/filters/keywords/{id}", Nothing, |m| on(m, filters::remove_keyword)),
    api(GET, "/api/v2/filters/{id}/statuses", Nothing, |m| on(m, filters::statuses)),
    api(POST, "/api/v2/filters/{id}/statuses", Nothing, |m| on(m, filters::add_status)),
    api(GET, "/api/v2/filters/statuses/{id}", Nothing, |m| on(m, filters::show_status)),
    api(DELETE, "/api/v2/filters/statuses/{id}", Nothing, |m| on(m, filters::remove_status)),
];

pub fn entries() -> Vec<Entry> {
    [whole(), keywords(), statuses(), of_old()].concat()
}

fn whole() -> Vec<Entry> {
    let path = "/api/v2/filters/{id}";
    vec![
        get("/api/v2/filters", "All filters")
            .user(READS)
            .gives::<Vec<Filter>>(),
        change(post("/api/v2/filters", "Make a filter")),
        get(path, "One filter").user(READS).gives::<Filter>(),
        change(put(path, "Change a filter")),
        change(patch(path, "Change a filter")),
        delete(path, "Delete a filter")
            .user(WRITES)
            .gives::<Empty>(),
    ]
}

fn change(entry: Entry) -> Entry {
    let keyword = [
        id("id").says("None for a new one"),
        text("keyword"),
        flag("whole_word"),
        flag("_destroy"),
    ];
    entry
        .user(WRITES)
        .takes([
            text("title"),
            choices("context", CONTEXTS),
            choice("filter_action", ACTIONS),
            number("expires_in").says("Seconds; sent empty, it lasts for ever"),
            maps("keywords_attributes", keyword),
        ])
        .gives::<Filter>()
        .also([404])
}

fn keyword(entry: Entry) -> Entry {
    entry
        .user(WRITES)
        .takes([text("keyword"), flag("whole_word")])
        .gives::<FilterKeyword>()
}

fn keywords() -> Vec<Entry> {
    let (of_filter, path) = (
        "/api/v2/filters/{id}/keywords",
        "/api/v2/filters/keywords/{id}",
    );
    vec![
        get(of_filter, "The keywords of a filter")
            .user(READS)
            .gives::<Vec<FilterKeyword>>(),
        keyword(post(of_filter, "Add a keyword")),
        get(path, "One keyword")
            .user(READS)
            .gives::<FilterKeyword>(),
        keyword(put(path, "Change a keyword")),
        keyword(patch(path, "Change a keyword")),
        delete(path, "Remove a keyword")
            .user(WRITES)
            .gives::<Empty>(),
    ]
}

fn statuses() -> Vec<Entry> {
    let (of_filter, path) = (
        "/api/v2/filters/{id}/statuses",
        "/api/v2/filters/statuses/{id}",
    );
    vec![
        get(of_filter, "Single statuses in a filter")
            .user(READS)
            .gives::<Vec<FilterStatus>>(),
        post(of_filter, "Put a status into a filter")
            .user(WRITES)
            .takes([id("status_id")])
            .gives::<FilterStatus>(),
        get(path, "One status in a filter")
            .user(READS)
            .gives::<FilterStatus>(),
        delete(path, "Take a status out of a filter")
            .user(WRITES)
            .gives::<Empty>(),
    ]
}

fn of_old() -> Vec<Entry> {
    let path = "/api/v1/filters/{id}";
    let change = |entry: Entry| {
        entry
            .user(WRITES)
            .takes([
                text("phrase"),
                choices("context", CONTEXTS),
                number("expires_in").says("Seconds; sent empty, it lasts for ever"),
                flag("irreversible"),
                flag("whole_word"),
            ])
            .gives::<FilterV1>()
    };
    vec![
        get("/api/v1/filters", "All keywords, as before 4.0")
            .user(READS)
            .gives::<Vec<FilterV1>>(),
        change(post("/api/v1/filters", "Filter a keyword")),
        get(path, "One keyword").user(READS).gives::<FilterV1>(),
        change(put(path, "Change a keyword")),
        change(patch(path, "Change a keyword")),
        delete(path, "Remove a keyword")
            .user(WRITES)
            .gives::<Empty>(),
    ]
}
