//! What stands in front of all routes: it answers for a node that is still starting, and says in
//! health checks why a node should be sent nothing.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use tower::ServiceExt;

/// When a client should ask again, in seconds.
const RETRY_AFTER_S: u64 = 3;
const HEALTH_PATHS: [&str; 2] = ["/health", "/health/"];
const STARTING: &str = "This node is starting; please try again";

/// Why a node is not ready, if so.
pub type Lacking = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Empty until the node has its routes.
#[derive(Default)]
pub struct Front {
    behind: OnceLock<Behind>,
}

struct Behind {
    routes: Router,
    lacking: Lacking,
}

impl Front {
    pub fn router(self: &Arc<Front>) -> Router {
        let front = self.clone();
        Router::new().fallback(move |request: Request| async move { front.answer(request).await })
    }

    /// From now on requests go to `routes`.
    pub fn open(&self, routes: Router, lacking: Lacking) {
        let _ = self.behind.set(Behind { routes, lacking });
    }

    async fn answer(&self, request: Request) -> Response {
        let Some(behind) = self.behind.get() else {
            return later(Json(serde_json::json!({ "error": STARTING })));
        };
        let is_health = HEALTH_PATHS.contains(&request.uri().path());
        if let Some(why) = (behind.lacking)().filter(|_| is_health) {
            let kind = HeaderValue::from_static("text/plain; charset=utf-8");
            return later(([(CONTENT_TYPE, kind)], format!("not ready: {why}\n")));
        }
        let answer = behind.routes.clone().oneshot(request).await;
        answer.unwrap_or_else(|never| match never {})
    }
}

fn later(answer: impl IntoResponse) -> Response {
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, answer).into_response();
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use parking_lot::Mutex;

    use super::*;

    async fn ask(front: &Arc<Front>, path: &str) -> StatusCode {
        let request = Request::get(path).body(Body::empty()).unwrap();
        front.router().oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_node_says_when_it_should_be_sent_nothing() {
        let front = Arc::new(Front::default());
        assert_eq!(ask(&front, "/a").await, StatusCode::SERVICE_UNAVAILABLE);
        let lacking = Arc::new(Mutex::new(None));
        let asked = lacking.clone();
        let routes = Router::new().route("/a", get(|| async {}));
        let routes = routes.route("/health", get(|| async {}));
        front.open(routes, Box::new(move || asked.lock().clone()));
        assert_eq!(ask(&front, "/a").await, StatusCode::OK);
        assert_eq!(ask(&front, "/health").await, StatusCode::OK);
        *lacking.lock() = Some("the clock is off".to_owned());
        assert_eq!(ask(&front, "/a").await, StatusCode::OK);
        let health = ask(&front, "/health").await;
        assert_eq!(health, StatusCode::SERVICE_UNAVAILABLE);
    }
}
