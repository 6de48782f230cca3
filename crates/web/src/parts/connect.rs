//! How to connect a client: any that speaks Mastodon's API will do.

use maud::{Markup, html};

use crate::state::WebState;

/// A few clients for the places where people are: name, address, what it runs on.
const CLIENTS: [(&str, &str, &str); 5] = [
    ("Phanpy", "https://phanpy.social", "in the browser"),
    ("Elk", "https://elk.zone", "in the browser"),
    ("Tusky", "https://tusky.app", "Android"),
    (
        "Ice Cubes",
        "https://github.com/Dimillian/IceCubesApp",
        "iPhone and Mac",
    ),
    ("toot", "https://toot.bezdomni.net", "in the terminal"),
];

pub fn steps(state: &WebState) -> Markup {
    html! {
        p { "Apps made for Mastodon work here as they are. When one asks for your server, enter:" }
        p .address { code dir="ltr" { (state.domain()) } }
        ul .clients {
            @for (name, address, place) in CLIENTS {
                li { a href=(address) rel="noopener noreferrer" { (name) } " " span { (place) } }
            }
        }
    }
}
