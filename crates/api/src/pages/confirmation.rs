use maud::{Markup, html};

pub fn confirmed() -> Markup {
    html! {
        p { "Your e-mail address is confirmed. You can use your account now: log in with any Mastodon app, or here." }
        div.actions { a.button href="/auth/sign_in" { "Log in" } }
    }
}

pub fn not_confirmed() -> Markup {
    html! {
        p { "This link is not valid: it was used already, or it is too old." }
        div.actions { a.button href="/auth/sign_in" { "Log in" } }
    }
}
