//! A whole server in one process, and short ways to call it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use petrel_api::{ApiConfig, ApiState, Totals, router};
use petrel_media::{Depot, DepotSettings, Place};
use petrel_model::clock::{HybridClock, ManualClock, Node, Stamp};
use petrel_search::Search;
use petrel_social::Social;
use petrel_social::counts::Counts;
use petrel_social::settings::Settings;
use petrel_social::testing;
use petrel_store::sim::{BEGIN_MS, SimEngine};
use petrel_store::{
    Listener, Membership, NodeRow, NodeState, Outlet, Peers, Standing, Store, StoreOptions,
};
use petrel_timeline::log::LogSettings;
use petrel_timeline::{Streams, Timelines};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;

pub const URL: &str = "https://p.example";
pub const PASSWORD: &str = "correct horse battery";
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// Everything that a test reads fits.
const ANSWER_BYTES_MAX: usize = 4 << 20;

pub struct House {
    pub router: Router,
    pub state: ApiState,
    pub social: Arc<Social>,
    pub wall: Arc<ManualClock>,
    pub stop: watch::Sender<bool>,
    pub depot: Depot,
    /// Gone with the house.
    _files: TempDir,
}

struct Nowhere;

impl Outlet for Nowhere {
    fn hint(&self, _: Bytes) {}
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()
    }

    /// The status and the API's error shape.
    #[track_caller]
    pub fn refused(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()["error"]
            .as_str()
            .expect("an error text")
            .to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The value of the hidden field of that name.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&mark).expect("a hidden field");
        let value = rest.split_once('"').unwrap().0;
        value.replace("&amp;", "&")
    }
}

pub fn settings() -> Settings {
    Settings {
        domain: "p.example".to_owned(),
        url: URL.to_owned(),
        chapter_rows: 10,
        ..testing::settings()
    }
}

pub fn config() -> ApiConfig {
    ApiConfig {
        dev: true,
        rate_limits: false,
        trusted_proxies: 0,
        title: "A place".to_owned(),
        description: "For tests".to_owned(),
        contact_email: "op@p.example".to_owned(),
        rules: vec!["Be kind".to_owned()],
        texts: Default::default(),
        source_url: "https://p.example/source".to_owned(),
        version: "0.1.0".to_owned(),
        commit: "abc".to_owned(),
    }
}

impl House {
    pub fn new() -> House {
        House::with(settings(), config())
    }

    pub fn with(settings: Settings, config: ApiConfig) -> House {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let engine = SimEngine::calm(wall.clone(), 1);
        let clock = Arc::new(HybridClock::new(wall.clone(), Node::Single, Stamp::MIN));
        let store = |listeners| Store::new(engine, clock, 1, listeners);
        House::over(store, wall, settings, config)
    }

    /// One of several nodes over one engine, whose hints go nowhere. It has joined, and takes
    /// writes when three seconds have passed.
    pub async fn member(engine: &Arc<SimEngine>, number: u16) -> House {
        let wall = Arc::new(ManualClock::at_ms(BEGIN_MS));
        let clock = HybridClock::new(wall.clone(), Node::Member(number), Stamp::MIN);
        let standing = Arc::new(Standing::new(wall.clone()));
        standing.extend_to(u64::MAX);
        let membership = Membership {
            standing,
            outlet: Arc::new(Nowhere),
        };
        let options = StoreOptions {
            membership: Some(membership),
            ..StoreOptions::default()
        };
        let clock = Arc::new(clock);
        let store = |listeners| Store::with_options(engine.clone(), clock, 1, listeners, options);
        let house = House::over(store, wall, settings(), config());
        house.announce().await;
        house
    }

    pub fn peers(&self) -> &Peers {
        self.social.store.peers().expect("it is one of several")
    }

    async fn announce(&self) {
        let row = NodeRow::new("127.0.0.1", "test", NodeState::Serving);
        self.peers().join(row).await.unwrap();
    }

    /// Time passes for a node, which does its housekeeping.
    pub async fn pass_ms(&self, ms: u64) {
        for _ in 0..ms / 250 {
            self.wall.advance_ms(250);
            let row = NodeRow::new("127.0.0.1", "test", NodeState::Serving);
            self.peers().announce(row).await.unwrap();
            self.peers().round().await.unwrap();
        }
    }

    fn over(
        store: impl FnOnce(Vec<Arc<dyn Listener>>) -> Store,
        wall: Arc<ManualClock>,
        settings: Settings,
        config: ApiConfig,
    ) -> House {
        let counts = Arc::new(Counts::default());
        let totals = Arc::new(Totals::default());
        let timelines = Arc::new(Timelines::new(LogSettings::default(), None));
        let streams = Arc::new(Streams::new(timelines.clone()));
        let search = Arc::new(Search::default());
        let listeners: Vec<Arc<dyn Listener>> = vec![
            counts.clone(),
            totals.clone(),
            timelines.clone(),
            streams.clone(),
            search.clone(),
        ];
        let store = store(listeners);
        let social = testing::social(store, counts, 1, settings);
        let (stop, shutdown) = watch::channel(false);
        let files = tempfile::tempdir().unwrap();
        let depot = Depot::open(&DepotSettings {
            place: Place::Folder(files.path().join("media")),
            scratch: files.path().join("scratch"),
        })
        .unwrap();
        let state = ApiState {
            fragments: Default::default(),
            rates: Default::default(),
            social: social.clone(),
            timelines,
            streams,
            search,
            depot: depot.clone(),
            converts_films: false,
            totals,
            config: Arc::new(config),
            shutdown,
        };
        House {
            router: router(state.clone()),
            state,
            social,
            wall,
            stop,
            depot,
            _files: files,
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.into()).unwrap(),
        }
    }

    /// Only how the answer begins.
    pub async fn begin(&self, request: Request<Body>) -> StatusCode {
        self.router.clone().oneshot(request).await.unwrap().status()
    }

    /// `kind` is the body's media type; `token` may be empty.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        token: &str,
        kind: &str,
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, token, "", "").await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call("POST", path, token, "application/json", &body.to_string())
            .await
    }

    pub async fn app(&self, scopes: &str) -> Value {
        let body =
            json!({ "client_name": "An app", "redirect_uris": OUT_OF_BAND, "scopes": scopes });
        self.post("/api/v1/apps", "", body).await.ok()
    }

    pub async fn app_token(&self, app: &Value, scopes: &str) -> String {
        let body = json!({
            "grant_type": "client_credentials", "client_id": app["client_id"],
            "client_secret": app["client_secret"], "scope": scopes,
        });
        let token = self.post("/oauth/token", "", body).await.ok();
        token["access_token"].as_str().unwrap().to_owned()
    }

    /// Signs up through an app; gives a token with all scopes.
    pub async fn sign_up(&self, name: &str) -> String {
        let scopes = "read write follow";
        let app = self.app(scopes).await;
        let app_token = self.app_token(&app, scopes).await;
        let body = json!({
            "username": name, "email": format!("{name}@example.org"), "password": PASSWORD,
            "agreement": true, "locale": "en",
        });
        let token = self.post("/api/v1/accounts", &app_token, body).await.ok();
        token["access_token"].as_str().unwrap().to_owned()
    }

    /// Another client of somebody who has signed up, by the grant that there is in development.
    pub async fn log_in(&self, name: &str, app: &Value) -> String {
        let body = json!({
            "grant_type": "password", "client_id": app["client_id"], "client_secret": app["client_secret"],
            "username": format!("{name}@example.org"), "password": PASSWORD, "scope": "read write",
        });
        let token = self.post("/oauth/token", "", body).await.ok();
        token["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn id_of(&self, token: &str) -> String {
        let account = self
            .get("/api/v1/accounts/verify_credentials", token)
            .await
            .ok();
        account["id"].as_str().unwrap().to_owned()
    }

    /// Posts; gives the status.
    pub async fn say(&self, token: &str, text: &str) -> Value {
        self.wall.advance_ms(10);
        self.post("/api/v1/statuses", token, json!({ "status": text }))
            .await
            .ok()
    }
}
