//! The words in which each area writes its routes, as data.

use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter};

pub use axum::routing::on;

use crate::middleware::Limit;
use crate::state::ApiState;

/// What an answer may show that is not for everyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// Statuses, and with them accounts.
    Statuses,
    Accounts,
    /// Neither.
    Nothing,
}

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Programs, from any origin.
    Api,
    /// People, in a browser that keeps cookies for us.
    Page,
}

pub struct Route {
    pub method: Method,
    /// As axum writes it: `/api/v1/statuses/{id}`.
    pub path: &'static str,
    pub returns: Returns,
    pub surface: Surface,
    pub(crate) limit: Option<&'static Limit>,
    /// Its body may take long to come.
    pub(crate) is_slow: bool,
    pub(crate) mount: fn(MethodFilter) -> MethodRouter<ApiState>,
}

pub type Mount = fn(MethodFilter) -> MethodRouter<ApiState>;

pub const fn api(method: Method, path: &'static str, returns: Returns, mount: Mount) -> Route {
    Route {
        method,
        path,
        returns,
        surface: Surface::Api,
        limit: None,
        is_slow: false,
        mount,
    }
}

pub const fn page(method: Method, path: &'static str, mount: Mount) -> Route {
    Route {
        method,
        path,
        returns: Returns::Nothing,
        surface: Surface::Page,
        limit: None,
        is_slow: false,
        mount,
    }
}

impl Route {
    pub const fn limited(mut self, limit: &'static Limit) -> Route {
        self.limit = Some(limit);
        self
    }

    pub const fn slow(mut self) -> Route {
        self.is_slow = true;
        self
    }
}

pub use Returns::{Accounts, Nothing, Statuses};

pub const GET: Method = Method::GET;
pub const POST: Method = Method::POST;
pub const PUT: Method = Method::PUT;
pub const PATCH: Method = Method::PATCH;
pub const DELETE: Method = Method::DELETE;
