//! One route as the document has it, said in a few words:
//!
//! ```text
//! post("/api/v1/lists", "Make a list")
//!     .user(Scope::WriteLists)
//!     .takes([text("title").required(), flag("exclusive")])
//!     .gives::<List>()
//! ```
//!
//! What follows from these words (401 where a token is judged, 404 where an id is in the path, 422
//! where fields are read, and so on) is not said again.

use axum::http::Method;
use petrel_model::scope::Scope;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::param::{Param, id, number};
use crate::paging::PageSize;

/// Who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// No token is looked at.
    Everyone,
    /// Everyone; whoever brings a token must bring a valid one.
    Viewer,
    /// Everyone; whoever brings a token must bring one with this scope.
    Open(Scope),
    /// An account, by a token with this scope.
    User(Scope),
    /// An app, with or without a user.
    App,
    /// A browser with a session, or with the form that we gave it.
    Browser,
}

/// What comes back where all went well.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub media_type: &'static str,
    /// None where it is not JSON.
    pub schema: Option<fn(&mut SchemaGenerator) -> Schema>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub method: Method,
    pub path: &'static str,
    pub summary: &'static str,
    pub access: Access,
    pub params: Vec<Param>,
    /// Names and meanings.
    pub headers: Vec<(&'static str, &'static str)>,
    pub answers: Vec<Answer>,
    /// Statuses of errors beside those that follow from the rest.
    pub also: Vec<u16>,
    pub is_paged: bool,
}

pub fn get(path: &'static str, summary: &'static str) -> Entry {
    entry(Method::GET, path, summary)
}

pub fn post(path: &'static str, summary: &'static str) -> Entry {
    entry(Method::POST, path, summary)
}

pub fn put(path: &'static str, summary: &'static str) -> Entry {
    entry(Method::PUT, path, summary)
}

pub fn patch(path: &'static str, summary: &'static str) -> Entry {
    entry(Method::PATCH, path, summary)
}

pub fn delete(path: &'static str, summary: &'static str) -> Entry {
    entry(Method::DELETE, path, summary)
}

fn entry(method: Method, path: &'static str, summary: &'static str) -> Entry {
    Entry {
        method,
        path,
        summary,
        access: Access::Viewer,
        params: Vec::new(),
        headers: Vec::new(),
        answers: Vec::new(),
        also: Vec::new(),
        is_paged: false,
    }
}

const JSON: &str = "application/json";

impl Entry {
    fn by(mut self, access: Access) -> Entry {
        self.access = access;
        self
    }

    pub fn everyone(self) -> Entry {
        self.by(Access::Everyone)
    }

    pub fn open(self, scope: Scope) -> Entry {
        self.by(Access::Open(scope))
    }

    pub fn user(self, scope: Scope) -> Entry {
        self.by(Access::User(scope))
    }

    pub fn app(self) -> Entry {
        self.by(Access::App)
    }

    pub fn browser(self) -> Entry {
        self.by(Access::Browser)
    }

    pub fn takes(mut self, params: impl IntoIterator<Item = Param>) -> Entry {
        self.params.extend(params);
        self
    }

    pub fn header(mut self, name: &'static str, says: &'static str) -> Entry {
        self.headers.push((name, says));
        self
    }

    /// A page of a list, with links to its neighbours.
    pub fn paged(mut self, size: PageSize) -> Entry {
        self.is_paged = true;
        self.limited(size).takes([
            id("max_id").says("Older than this"),
            id("since_id").says("Newer than this, the newest of them"),
            id("min_id").says("Newer than this, the ones next to it"),
        ])
    }

    pub fn limited(self, _: PageSize) -> Entry {
        self.takes([number("limit").says("How many at most; more than we give are cut")])
    }

    /// A wire type, or a `Vec` of them.
    pub fn gives<T: JsonSchema>(self) -> Entry {
        self.gives_with::<T>(200)
    }

    pub fn gives_with<T: JsonSchema>(self, status: u16) -> Entry {
        self.gives_as::<T>(status, JSON)
    }

    pub fn gives_as<T: JsonSchema>(mut self, status: u16, media_type: &'static str) -> Entry {
        self.answers.push(Answer {
            status,
            media_type,
            schema: Some(|generator| generator.subschema_for::<T>()),
        });
        self
    }

    /// Something that is not JSON.
    pub fn sends(mut self, status: u16, media_type: &'static str) -> Entry {
        self.answers.push(Answer {
            status,
            media_type,
            schema: None,
        });
        self
    }

    pub fn also(mut self, statuses: impl IntoIterator<Item = u16>) -> Entry {
        self.also.extend(statuses);
        self
    }

    /// The names in the braces of its path.
    pub fn path_names(&self) -> impl Iterator<Item = &'static str> {
        self.path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
    }

    /// Whether what is sent comes in a body.
    pub fn has_body(&self) -> bool {
        [Method::POST, Method::PUT, Method::PATCH].contains(&self.method)
    }

    /// Every status of an error, sorted.
    pub fn errors(&self) -> Vec<u16> {
        let mut errors = self.also.clone();
        let mut when = |is: bool, statuses: &[u16]| {
            if is {
                errors.extend(statuses);
            }
        };
        when(true, &[429, 503]);
        when(self.access != Access::Everyone, &[401, 403]);
        when(matches!(self.access, Access::User(_)), &[422]);
        when(self.path.contains('{'), &[404]);
        when(!self.params.is_empty(), &[400, 414, 422]);
        // A body that breaks off.
        when(self.method != Method::GET, &[400]);
        when(self.has_body() && !self.params.is_empty(), &[413]);
        errors.sort_unstable();
        errors.dedup();
        let given = |status: &u16| self.answers.iter().any(|answer| answer.status == *status);
        errors.retain(|status| !given(status));
        errors
    }
}
