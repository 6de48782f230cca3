//! Uploaded files.

use crate::handlers::{files, media};
use crate::middleware::Limit;
use crate::openapi::build::*;
use crate::routes::*;

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    api(POST, "/api/v1/media", Nothing, |m| on(m, media::create_and_wait)).limited(&Limit::UPLOAD).slow(),
    api(POST, "/api/v2/media", Nothing, |m| on(m, media::create)).limited(&Limit::UPLOAD).slow(),
    api(GET, "/api/v1/media/{id}", Nothing, |m| on(m, media::show)),
    api(PUT, "/api/v1/media/{id}", Nothing, |m| on(m, media::update)).slow(),
    api(PATCH, "/api/v1/media/{id}", Nothing, |m| on(m, media::update)).slow(),
    api(DELETE, "/api/v1/media/{id}", Nothing, |m| on(m, media::delete)),
    api(GET, "/media/{id}/{file}", Nothing, |m| on(m, files::show)).limited(&Limit::FETCH),
];

pub fn entries() -> Vec<Entry> {
    let own = |entry: Entry| entry.user(Scope::WriteMedia);
    vec![
        own(said(post(
            "/api/v1/media",
            "Upload a file, and wait for it",
        )))
        .takes([file("file").required()])
        .gives::<MediaAttachment>()
        .gives_with::<MediaAttachment>(206)
        .also([413]),
        own(said(post("/api/v2/media", "Upload a file")))
            .takes([file("file").required()])
            .gives::<MediaAttachment>()
            .gives_with::<MediaAttachment>(202)
            .also([413]),
        own(get("/api/v1/media/{id}", "What became of a file"))
            .gives::<MediaAttachment>()
            .gives_with::<MediaAttachment>(206),
        own(said(put("/api/v1/media/{id}", "Describe a file")))
            .gives::<MediaAttachment>()
            .gives_with::<MediaAttachment>(206),
        own(said(patch("/api/v1/media/{id}", "Describe a file")))
            .gives::<MediaAttachment>()
            .gives_with::<MediaAttachment>(206),
        own(delete(
            "/api/v1/media/{id}",
            "Delete a file that is attached to nothing",
        ))
        .gives::<Empty>(),
        get(
            "/media/{id}/{file}",
            "A file itself, for whom the gate lets have it",
        )
        .takes([text("t").says("Through whose eyes it is looked at, as the address says")])
        .sends(200, "application/octet-stream")
        .sends(206, "application/octet-stream")
        .sends(304, "")
        .sends(416, ""),
    ]
}

fn said(entry: Entry) -> Entry {
    entry.takes([
        text("description"),
        text("focus").says("Two numbers from -1 to 1, as 0.5,-0.25"),
        file("thumbnail"),
    ])
}
