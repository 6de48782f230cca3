//! What is attached to a status. Pictures are shown small and lead to the whole one; films and
//! sound are played by the browser itself.

use maud::{Markup, html};
use petrel_social::media::{MediaKind, MediaView};

pub fn attached(media: &[MediaView]) -> Markup {
    html! {
        @if !media.is_empty() {
            div .media {
                @for one in media { (shown(one)) }
            }
        }
    }
}

fn shown(media: &MediaView) -> Markup {
    let alt = media.description.as_deref().unwrap_or_default();
    let url = media.url.as_deref().unwrap_or_default();
    let preview = media.preview_url.as_deref();
    let shape = media.preview.as_ref().or(media.original.as_ref());
    html! {
        @match media.kind {
            MediaKind::Image | MediaKind::Unknown => a href=(url) {
                img src=(preview.unwrap_or(url)) alt=(alt) loading="lazy"
                    width=[shape.map(|shape| shape.width)] height=[shape.map(|shape| shape.height)];
            },
            MediaKind::Gifv => video src=(url) poster=[preview] aria-label=(alt) controls loop muted playsinline preload="none" {},
            MediaKind::Video => video src=(url) poster=[preview] aria-label=(alt) controls playsinline preload="none" {},
            MediaKind::Audio => audio src=(url) aria-label=(alt) controls preload="none" {},
        }
    }
}
