//! All routes of the server, and what answers where there is none.

use axum::Router;
use tokio::sync::watch;

use crate::config::Config;
use crate::node::Node;
use crate::views::Views;

pub fn router(_: &Config, _: &Node, _: &Views, _stopped: watch::Receiver<bool>) -> Router {
    Router::new()
}
