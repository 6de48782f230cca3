use maud::{Markup, html};
use petrel_model::limits;
use petrel_social::error::FieldError;

/// The form of sign-up, with what was entered before and what was wrong with it.
#[derive(Default)]
pub struct SignUp<'a> {
    pub username: &'a str,
    pub email: &'a str,
    pub domain: &'a str,
    /// Where to go afterwards.
    pub next: &'a str,
    pub agreed: bool,
    pub rules: &'a [String],
    pub wrong: &'a [FieldError],
    pub error: Option<&'a str>,
    pub secret: &'a str,
}

impl SignUp<'_> {
    fn wrong(&self, field: &str) -> Option<String> {
        let of_field = self.wrong.iter().filter(|wrong| wrong.field == field);
        let texts: Vec<_> = of_field.map(|wrong| wrong.description.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }
}

pub fn sign_up(form: &SignUp<'_>) -> Markup {
    html! {
        @if let Some(error) = form.error {
            p role="alert" { (error) }
        }
        form method="post" action="/auth/sign_up" {
            input type="hidden" name="form_secret" value=(form.secret);
            input type="hidden" name="next" value=(form.next);
            div.field {
                label for="username" { "User name" }
                input #username type="text" name="username" value=(form.username) required
                    maxlength=(limits::USERNAME_CHARS_MAX) autocomplete="username"
                    autocapitalize="none" spellcheck="false"
                    aria-invalid=(form.wrong("username").is_some())
                    aria-describedby="username-hint";
                p #username-hint.hint { "Letters, digits and underscores. You will be @name@" (form.domain) "." }
                (wrong(form.wrong("username")))
            }
            div.field {
                label for="email" { "E-mail address" }
                input #email type="email" name="email" value=(form.email) required
                    autocomplete="email" aria-invalid=(form.wrong("email").is_some());
                (wrong(form.wrong("email")))
            }
            div.field {
                label for="password" { "Password" }
                input #password type="password" name="password" required
                    minlength=(limits::PASSWORD_CHARS_MIN) autocomplete="new-password"
                    aria-invalid=(form.wrong("password").is_some());
                p.hint { "At least " (limits::PASSWORD_CHARS_MIN) " characters." }
                (wrong(form.wrong("password")))
            }
            @if !form.rules.is_empty() {
                p { "What we agree on here:" }
                ul { @for rule in form.rules { li { (rule) } } }
            }
            div.field {
                label.check {
                    input type="checkbox" name="agreement" value="1" required checked[form.agreed];
                    span { "I agree to the rules of this place" }
                }
                (wrong(form.wrong("agreement")))
            }
            div.actions { button type="submit" { "Create account" } }
        }
        p.other { "Have an account already? " a href="/auth/sign_in" { "Log in" } }
    }
}

fn wrong(text: Option<String>) -> Markup {
    html! {
        @if let Some(text) = text {
            p.wrong { (text) }
        }
    }
}

pub fn check_mail(email: &str) -> Markup {
    html! {
        p { "We have sent a letter to " strong { (email) } ". Follow the link in it, and your account is ready." }
    }
}
