use maud::{Markup, html};
use petrel_model::scope::{Scope, Scopes};

/// What an app asks for, and all that must come back with the answer.
pub struct Consent<'a> {
    pub app_name: &'a str,
    pub website: Option<&'a str>,
    pub username: &'a str,
    pub domain: &'a str,
    pub scopes: Scopes,
    /// The request's own parameters, sent back as they came.
    pub asked: &'a [(&'static str, String)],
    /// Where somebody else gets the same question.
    pub again: &'a str,
    pub secret: &'a str,
}

pub fn consent(consent: &Consent<'_>) -> Markup {
    html! {
        p {
            @match consent.website {
                Some(website) => a href=(website) rel="noopener noreferrer" { (consent.app_name) },
                None => strong { (consent.app_name) },
            }
            " would like to use your account "
            strong { "@" (consent.username) "@" (consent.domain) }
            ". It would be able to:"
        }
        ul {
            @for scope in consent.scopes.iter() {
                li { (means(scope)) }
            }
        }
        p.hint { "Only agree if you know this app and trust it." }
        form method="post" action="/oauth/authorize" {
            input type="hidden" name="form_secret" value=(consent.secret);
            @for (name, value) in consent.asked {
                input type="hidden" name=(name) value=(value);
            }
            div.actions {
                button type="submit" name="decision" value="approve" { "Authorize" }
                button.quiet type="submit" name="decision" value="deny" { "Deny" }
            }
        }
        form method="post" action="/auth/sign_out" {
            input type="hidden" name="form_secret" value=(consent.secret);
            input type="hidden" name="next" value=(consent.again);
            p.other {
                "Not you? "
                button.quiet type="submit" { "Log out" }
            }
        }
    }
}

/// A scope in plain words; those that are parts of a bigger one keep their name.
fn means(scope: Scope) -> String {
    match scope {
        Scope::Read => "read everything in your account".to_owned(),
        Scope::Write => "change everything in your account, and post for you".to_owned(),
        Scope::Follow => "see and change whom you follow, mute and block".to_owned(),
        Scope::Push => "receive push notifications".to_owned(),
        Scope::Profile => "read your profile".to_owned(),
        other => other.as_str().replace(':', " your ").replace('_', " "),
    }
}

/// For apps that cannot be called back: the code, to be copied.
pub fn out_of_band(code: &str) -> Markup {
    html! {
        p { "Copy this code and paste it into the app:" }
        code.code { (code) }
    }
}
