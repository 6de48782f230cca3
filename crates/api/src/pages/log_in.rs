use maud::{Markup, html};

/// The form of log-in, with what was entered before and what was wrong with it.
#[derive(Default)]
pub struct LogIn<'a> {
    /// Where to go afterwards.
    pub next: &'a str,
    pub name: &'a str,
    pub error: Option<&'a str>,
    pub secret: &'a str,
    /// Whether one can sign up here.
    pub open: bool,
}

/// A person who signs up on the way to something gets there.
fn sign_up_with(next: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    format!("/auth/sign_up?{}", query.finish())
}

pub fn log_in(form: &LogIn<'_>) -> Markup {
    html! {
        @if let Some(error) = form.error {
            p role="alert" { (error) }
        }
        form method="post" action="/auth/sign_in" {
            input type="hidden" name="form_secret" value=(form.secret);
            input type="hidden" name="next" value=(form.next);
            div.field {
                label for="username" { "E-mail address or user name" }
                input #username type="text" name="username" value=(form.name) required
                    autocomplete="username" autocapitalize="none" spellcheck="false" autofocus;
            }
            div.field {
                label for="password" { "Password" }
                input #password type="password" name="password" required
                    autocomplete="current-password";
            }
            div.actions { button type="submit" { "Log in" } }
        }
        @if form.open {
            p.other { "New here? " a href=(sign_up_with(form.next)) { "Create an account" } }
        }
    }
}
