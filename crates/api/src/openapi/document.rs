//! The entries as an OpenAPI 3.1 document.

use petrel_model::scope::Scope;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::entry::{Access, Answer, Entry};
use super::param::{self, Kind, Param};
use crate::error::ErrorBody;
use crate::params::BODY_BYTES_MAX;

const SCHEMAS: &str = "/components/schemas";

pub fn document(areas: &[(&'static str, Vec<Entry>)]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = SCHEMAS.into();
        settings.meta_schema = None;
    });
    let mut schemas = settings.for_serialize().into_generator();
    let error = schemas.subschema_for::<ErrorBody>();
    let mut paths: Map<String, Value> = Map::new();
    for (area, entries) in areas {
        for entry in entries {
            let item = paths.entry(entry.path).or_insert_with(|| json!({}));
            let method = entry.method.as_str().to_lowercase();
            item[method] = operation(area, entry, &mut schemas);
        }
    }
    paths.sort_keys();
    let mut definitions = schemas.take_definitions(true);
    definitions.sort_keys();
    definitions.values_mut().for_each(never_null_if_left_out);
    json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [{ "url": "/" }],
        "tags": areas.iter().map(|(area, _)| json!({ "name": area })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": definitions,
            "responses": refusals(&json!(error)),
            "headers": headers(),
            "securitySchemes": { "token": token() },
        },
    })
}

fn info() -> Value {
    json!({
        "title": "Petrel",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Mastodon's API, as Petrel serves it",
        "description": "Bodies may be JSON, forms or multipart. Flags and numbers may come as text, \
            single values for lists, and names may nest by brackets. Fields that are not named \
            here are passed over. Every answer bears `X-Request-Id`.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    })
}

fn token() -> Value {
    let scopes: Map<String, Value> = Scope::all()
        .map(|scope| (scope.as_str().to_owned(), json!("")))
        .collect();
    json!({
        "type": "oauth2",
        "description": "A token with a scope may do what its parts may: `read` covers `read:accounts`.",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": "/oauth/authorize",
                "tokenUrl": "/oauth/token",
                "scopes": scopes,
            },
        },
    })
}

fn headers() -> Value {
    let text = |says: &str| json!({ "description": says, "schema": { "type": "string" } });
    let number = |says: &str| json!({ "description": says, "schema": { "type": "integer" } });
    json!({
        "RequestId": { "description": "The request's name in our log", "required": true,
            "schema": { "type": "string", "pattern": "^[0-9a-f]{32}$" } },
        "Link": text("The next and the previous page (RFC 8288)"),
        "RateLimit": number("How many requests are allowed"),
        "RateRemaining": number("How many of them are left"),
        "RateReset": text("When they are all allowed again"),
        "RetryAfter": number("Seconds to wait"),
    })
}

fn header_of(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// What errors there are: status, name, and meaning.
const REFUSALS: [(u16, &str, &str); 14] = [
    (400, "BadRequest", "The request cannot be read"),
    (401, "Unauthorized", "There is no token, or it is not valid"),
    (
        403,
        "Forbidden",
        "The token, or the account, may not do this",
    ),
    (404, "NotFound", "It is not there, or not for this caller"),
    (406, "NotAcceptable", "There is none of that kind"),
    (409, "Conflict", "It is not as it would have to be"),
    (410, "Gone", "It was there, and is not any more"),
    (413, "TooLarge", "The body is too large"),
    (414, "AddressTooLong", "The query string is too long"),
    (416, "RangeNotSatisfiable", "There are no such bytes"),
    (
        422,
        "Unprocessable",
        "A value is wrong, or the token is not a user's",
    ),
    (429, "TooMany", "Too many requests; see the headers"),
    (500, "Failed", "A mistake of ours"),
    (503, "Unavailable", "Not now; see Retry-After"),
];

fn refusals(error: &Value) -> Value {
    let mut all = Map::new();
    for (status, name, says) in REFUSALS {
        let mut headers = json!({ "X-Request-Id": header_of("RequestId") });
        if status == 503 {
            headers["Retry-After"] = header_of("RetryAfter");
        }
        if status == 429 {
            headers["X-RateLimit-Limit"] = header_of("RateLimit");
            headers["X-RateLimit-Remaining"] = header_of("RateRemaining");
            headers["X-RateLimit-Reset"] = header_of("RateReset");
        }
        let response = json!({
            "description": says,
            "headers": headers,
            "content": { "application/json": { "schema": error } },
        });
        all.insert(name.to_owned(), response);
    }
    Value::Object(all)
}

fn operation(area: &str, entry: &Entry, schemas: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": name_of(entry),
        "summary": entry.summary,
        "tags": [area],
        "parameters": parameters(entry),
        "security": security(&entry.access),
        "responses": responses(entry, schemas),
    });
    if entry.has_body() && !entry.params.is_empty() {
        operation["requestBody"] = body(&entry.params);
    }
    operation
}

/// `get_api_v1_statuses_id`.
fn name_of(entry: &Entry) -> String {
    let path = entry.path.split(|c: char| !c.is_ascii_alphanumeric());
    let mut name = entry.method.as_str().to_lowercase();
    for part in path.filter(|part| !part.is_empty()) {
        name = format!("{name}_{part}");
    }
    name
}

fn security(access: &Access) -> Value {
    match access {
        Access::Everyone | Access::Browser => json!([]),
        Access::Viewer => json!([{}, { "token": [] }]),
        Access::Open(scope) => json!([{}, { "token": [scope.as_str()] }]),
        Access::App => json!([{ "token": [] }]),
        Access::User(scope) => json!([{ "token": [scope.as_str()] }]),
    }
}

fn parameters(entry: &Entry) -> Vec<Value> {
    let mut all: Vec<Value> = entry.path_names().map(path_parameter).collect();
    for (name, says) in &entry.headers {
        let schema = json!({ "type": "string" });
        all.push(json!({ "name": name, "in": "header", "description": says, "schema": schema }));
    }
    if !entry.has_body() {
        all.extend(entry.params.iter().flat_map(query_parameters));
    }
    all
}

fn path_parameter(name: &str) -> Value {
    let is_id = name == "id" || name.ends_with("_id");
    let kind = if is_id { Kind::Id } else { Kind::Text };
    let mut schema = kind.flat();
    schema["minLength"] = json!(1);
    json!({ "name": name.trim_start_matches('*'), "in": "path", "required": true, "schema": schema })
}

fn query_parameters(param: &Param) -> impl Iterator<Item = Value> {
    let is_list = param.is_list();
    let (is_required, says) = (param.is_required, param.says);
    param.pairs().into_iter().map(move |(name, mut schema)| {
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("description");
        }
        let mut parameter = json!({ "name": name, "in": "query", "schema": schema });
        if is_required {
            parameter["required"] = json!(true);
        }
        if is_list {
            parameter["style"] = json!("form");
            parameter["explode"] = json!(true);
        }
        if !says.is_empty() {
            parameter["description"] = json!(says);
        }
        parameter
    })
}

fn body(params: &[Param]) -> Value {
    let mut content = json!({});
    if !params
        .iter()
        .any(|param| matches!(param.kind, Kind::File) && param.is_required)
    {
        content["application/json"] = json!({ "schema": param::object(params) });
        let form = param::form(params, false);
        content["application/x-www-form-urlencoded"] = json!({ "schema": form });
    }
    content["multipart/form-data"] = json!({ "schema": param::form(params, true) });
    let is_required = params.iter().any(|param| param.is_required);
    json!({
        "description": format!("At most {BODY_BYTES_MAX} bytes, files aside"),
        "required": is_required,
        "content": content,
    })
}

fn responses(entry: &Entry, schemas: &mut SchemaGenerator) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for answer in &entry.answers {
        let response = response(entry, answer, schemas);
        match all.get_mut(&answer.status.to_string()) {
            // Of another kind, with the same status.
            Some(known) => {
                known["content"][answer.media_type] = response["content"][answer.media_type].clone()
            }
            None => {
                all.insert(answer.status.to_string(), response);
            }
        }
    }
    for status in entry.errors() {
        let known = REFUSALS.iter().find(|(known, ..)| *known == status);
        let name = known.map_or("Failed", |(_, name, _)| name);
        let mut refusal = json!({ "$ref": format!("#/components/responses/{name}") });
        if entry.access == Access::Browser {
            refusal = page_of_a_refusal(status);
        }
        all.insert(status.to_string(), refusal);
    }
    all.sort_keys();
    Value::Object(all)
}

/// People are told in a page; what the door says of every request is JSON for them too.
fn page_of_a_refusal(status: u16) -> Value {
    let known = REFUSALS.iter().find(|(known, ..)| *known == status);
    let error = json!({ "schema": { "$ref": "#/components/schemas/Error" } });
    json!({
        "description": known.map_or("", |(_, _, says)| says),
        "headers": { "X-Request-Id": header_of("RequestId") },
        "content": { "text/html": {}, "application/json": error },
    })
}

fn response(entry: &Entry, answer: &Answer, schemas: &mut SchemaGenerator) -> Value {
    let mut headers = json!({ "X-Request-Id": header_of("RequestId") });
    if entry.is_paged {
        headers["Link"] = header_of("Link");
    }
    let content = match answer.schema {
        Some(schema) => {
            let mut schema = json!(schema(schemas));
            never_null_if_left_out(&mut schema);
            json!({ answer.media_type: { "schema": schema } })
        }
        None if answer.media_type.is_empty() => json!({}),
        None => json!({ answer.media_type: {} }),
    };
    let mut response = json!({ "description": meaning(answer.status), "headers": headers });
    if content
        .as_object()
        .is_some_and(|content| !content.is_empty())
    {
        response["content"] = content;
    }
    response
}

fn meaning(status: u16) -> &'static str {
    match status {
        101 => "A WebSocket from here on",
        202 => "It is being worked on",
        206 => "The bytes that were asked for",
        302 | 303 => "Go there",
        304 => "As it was",
        _ => "It went well",
    }
}

/// An `Option` that is left out where there is nothing is never null where it is there.
fn never_null_if_left_out(schema: &mut Value) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, property) in properties {
            if !required.iter().any(|required| required == name) {
                without_null(property);
            }
        }
    }
    match schema {
        Value::Object(map) => map.values_mut().for_each(never_null_if_left_out),
        Value::Array(items) => items.iter_mut().for_each(never_null_if_left_out),
        _ => {}
    }
}

fn without_null(property: &mut Value) {
    if let Some(Value::Array(kinds)) = property.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = &kinds[..] {
            property["type"] = only.clone();
        }
    }
    let null = json!({ "type": "null" });
    if let Some(Value::Array(choices)) = property.get_mut("anyOf") {
        choices.retain(|choice| *choice != null);
        if let [only] = &choices[..] {
            *property = only.clone();
        }
    }
}
