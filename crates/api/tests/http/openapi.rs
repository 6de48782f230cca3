//! What the OpenAPI document says of each route is what its handler does.

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Request, header};
use petrel_api::openapi::areas;
use petrel_api::openapi::entry::{Access, Entry};
use petrel_api::openapi::param::{Kind, Param};
use petrel_api::{AskedAs, Heard};
use petrel_model::scope::Scope;
use serde_json::{Value, json};

use crate::house::{House, OUT_OF_BAND, PASSWORD};

fn entries() -> Vec<Entry> {
    let areas = areas().into_iter();
    areas.flat_map(|(_, entries)| entries).collect()
}

/// A request with these fields where the route takes them: in the body, or in the query string.
fn request(entry: &Entry, fields: &Value) -> Builder {
    let mut uri = path(entry);
    if !entry.has_body() {
        uri += "?";
        for (name, value) in fields.as_object().unwrap() {
            match value {
                Value::Array(items) => items
                    .iter()
                    .for_each(|item| uri += &format!("{name}[]={}&", plain(item))),
                value => uri += &format!("{name}={}&", plain(value)),
            }
        }
    }
    Request::builder()
        .method(entry.method.clone())
        .uri(uri)
        .header(header::CONTENT_TYPE, "application/json")
}

fn body(entry: &Entry, fields: &Value) -> Body {
    match entry.has_body() {
        true => Body::from(fields.to_string()),
        false => Body::empty(),
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn path(entry: &Entry) -> String {
    let pieces = entry.path.split('/');
    let pieces = pieces.map(|piece| if piece.starts_with('{') { "1" } else { piece });
    pieces.collect::<Vec<_>>().join("/")
}

/// A value that a handler goes on reading after; `turn` chooses among several.
fn value(param: &Param, turn: usize) -> Value {
    match &param.kind {
        Kind::Text => json!(param.example.unwrap_or("x")),
        Kind::Choice(among) => json!(among[turn % among.len()]),
        Kind::Flag => json!(true),
        Kind::Number => json!(1),
        Kind::Id => json!("1"),
        Kind::Moment => json!("2099-01-01T00:00:00.000Z"),
        Kind::File => json!(null),
        Kind::Texts => json!(["x"]),
        Kind::Choices(among) => json!([among[turn % among.len()]]),
        Kind::Ids => json!(["1"]),
        Kind::Map(fields) => values(fields, turn),
        Kind::Maps(fields) => json!([values(fields, turn)]),
    }
}

fn values(params: &[Param], turn: usize) -> Value {
    let pairs = params
        .iter()
        .map(|param| (param.name.to_owned(), value(param, turn)));
    Value::Object(pairs.collect())
}

/// All but the one of that full name.
fn without(params: &[Param], omitted: &str) -> Vec<Param> {
    let kept = params.iter().filter(|param| param.name != omitted);
    let kept = kept.map(|param| {
        let mut param = param.clone();
        if let Kind::Map(fields) | Kind::Maps(fields) = &mut param.kind {
            let inner = omitted.strip_prefix(param.name);
            let inner = inner.and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
            *fields = without(fields, inner.unwrap_or_default());
        }
        param
    });
    kept.collect()
}

fn choices_max(params: &[Param]) -> usize {
    let counts = params.iter().map(|param| match &param.kind {
        Kind::Choice(among) | Kind::Choices(among) => among.len(),
        Kind::Map(fields) | Kind::Maps(fields) => choices_max(fields),
        _ => 1,
    });
    counts.max().unwrap_or(1)
}

/// Nothing, everything (once with each choice), each alone, and all but each.
fn bodies(params: &[Param]) -> Vec<Value> {
    let mut bodies = vec![json!({})];
    bodies.extend((0..choices_max(params)).map(|turn| values(params, turn)));
    for param in params {
        bodies.push(json!({ param.name: value(param, 0) }));
    }
    for name in params
        .iter()
        .flat_map(|param| param.asked_for().into_keys())
    {
        bodies.push(values(&without(params, &name), 0));
    }
    bodies
}

async fn heard_of(house: &House, entry: &Entry, token: &str) -> BTreeMap<String, AskedAs> {
    let mut asked = BTreeMap::new();
    for fields in bodies(&entry.params) {
        let heard = Arc::new(Heard::default());
        let request = request(entry, &fields)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .extension(heard.clone())
            .body(body(entry, &fields))
            .unwrap();
        // A stream goes on for ever.
        house.begin(request).await;
        for (name, kind) in heard.taken() {
            let known = asked.entry(name).or_insert(kind);
            *known = kind.max(*known);
        }
    }
    asked
}

/// The field that `declared` says, and what is asked for under its name.
fn agrees(declared: AskedAs, asked: AskedAs) -> bool {
    // A file may be looked for as text, to be refused.
    asked == AskedAs::Anything || declared == asked || declared == AskedAs::File
}

#[tokio::test]
async fn what_a_route_takes_is_what_its_handler_asks_for() {
    let house = House::new();
    let ann = house.sign_up("ann").await;
    let app = house.app("read write follow").await;
    let of_app = house.app_token(&app, "read write follow").await;
    let mut wrong = Vec::new();
    for entry in entries() {
        let token = match entry.access {
            Access::App => &of_app,
            _ => &ann,
        };
        let asked = heard_of(&house, &entry, token).await;
        let params = entry.params.iter().flat_map(Param::asked_for);
        let declared: BTreeMap<String, AskedAs> = params.collect();
        let (method, path) = (&entry.method, entry.path);
        for (name, kind) in &asked {
            match declared.get(name) {
                None => wrong.push(format!(
                    "{method} {path} reads {name} as {kind:?}: declare it"
                )),
                Some(declared) if !agrees(*declared, *kind) => wrong.push(format!(
                    "{method} {path} reads {name} as {kind:?}, and it is declared as {declared:?}"
                )),
                Some(_) => {}
            }
        }
        // Pages and streams read on only for somebody who was there before.
        let is_closed = entry.access == Access::Browser;
        for name in declared.keys().filter(|name| !asked.contains_key(*name)) {
            if !is_closed {
                wrong.push(format!(
                    "{method} {path} never reads {name}, which is declared"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "in crates/api/src/openapi: {wrong:#?}");
}

/// A token of the account with these scopes, by the password grant.
async fn token(house: &House, name: &str, scopes: &str) -> String {
    let app = house.app(scopes).await;
    let body = json!({
        "grant_type": "password", "client_id": app["client_id"], "scope": scopes,
        "client_secret": app["client_secret"], "username": name, "password": PASSWORD,
        "redirect_uri": OUT_OF_BAND,
    });
    let token = house.post("/oauth/token", "", body).await.ok();
    token["access_token"].as_str().unwrap().to_owned()
}

/// Every scope that does not give what needs `scope`.
fn others(scope: Scope) -> String {
    let others = Scope::all().filter(|other| !other.covers(scope));
    others.map(Scope::as_str).collect::<Vec<_>>().join(" ")
}

/// With what statuses the route answers whoever bears the token.
async fn statuses(house: &House, entry: &Entry, token: &str) -> BTreeSet<u16> {
    let mut statuses = BTreeSet::new();
    for fields in bodies(&entry.params) {
        let mut request = request(entry, &fields);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(body(entry, &fields)).unwrap();
        statuses.insert(house.begin(request).await.as_u16());
    }
    statuses
}

/// Some values are refused whoever asks; what is not is answered so, and nothing succeeds.
fn refuses(statuses: &BTreeSet<u16>, with: u16) -> bool {
    statuses.contains(&with) && statuses.iter().all(|status| *status >= 400)
}

fn lets_in(statuses: &BTreeSet<u16>) -> bool {
    !statuses.iter().all(|status| [401, 403].contains(status))
}

#[tokio::test]
async fn whom_a_route_lets_in_is_whom_the_document_says() {
    let house = House::new();
    house.sign_up("ann").await;
    let mut tokens: BTreeMap<Scope, (String, String)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in entries() {
        let mut expect = |who: &str, got: &BTreeSet<u16>, is_right: bool| {
            if !is_right {
                let (method, path, access) = (&entry.method, entry.path, &entry.access);
                wrong.push(format!(
                    "{method} {path} is {access:?}, and {who} gets {got:?}"
                ));
            }
        };
        let nobody = statuses(&house, &entry, "").await;
        let forged = statuses(&house, &entry, "forged").await;
        match entry.access {
            Access::Browser => continue,
            Access::Everyone => {
                expect("a forged token", &forged, forged == nobody);
                continue;
            }
            Access::User(_) | Access::App => expect("nobody", &nobody, refuses(&nobody, 401)),
            Access::Viewer | Access::Open(_) => {
                expect("nobody", &nobody, lets_in(&nobody));
            }
        }
        expect("a forged token", &forged, refuses(&forged, 401));
        let (Access::User(scope) | Access::Open(scope)) = entry.access else {
            continue;
        };
        // Which scope it needs depends on the stream.
        if entry.path == "/api/v1/streaming" {
            continue;
        }
        let (with, without) = match tokens.entry(scope) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(place) => place.insert((
                token(&house, "ann", scope.as_str()).await,
                token(&house, "ann", &others(scope)).await,
            )),
        };
        let with = statuses(&house, &entry, with).await;
        expect("the right scope", &with, lets_in(&with));
        let without = statuses(&house, &entry, without).await;
        expect("every other scope", &without, refuses(&without, 403));
    }
    assert!(wrong.is_empty(), "in crates/api/src/openapi: {wrong:#?}");
}

#[tokio::test]
async fn the_document_is_served_to_browsers_anywhere_and_kept_by_them() {
    let house = House::new();
    let path = "/api/openapi.json";
    let answer = house.get(path, "").await;
    assert_eq!(answer.ok()["openapi"], "3.1.0");
    assert!(answer.header("cache-control").unwrap().contains("public"));
    let tag = answer.header("etag").unwrap();
    let again = Request::builder()
        .uri(path)
        .header(header::ORIGIN, "https://elk.example")
        .header(header::IF_NONE_MATCH, tag)
        .body(Body::empty())
        .unwrap();
    let again = house.send(again).await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    assert_eq!(again.header("access-control-allow-origin"), Some("*"));
}
