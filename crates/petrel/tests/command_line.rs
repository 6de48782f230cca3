//! The binary, from outside.

// What supports a test fails as a test does.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use support::Place;

/// A stop drains for ten seconds at most; what is on top is for closing the store and ending the
/// process on a machine that has much else to do.
const STOP_TIME_MAX: Duration = Duration::from_secs(10 + 20);

fn create<'a>(name: &'a str, email: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        &[
            "account", "create", name, "--email", email, "--data", "data",
        ],
        more,
    ]
    .concat()
}

#[test]
fn version_and_commit_are_told() {
    let place = Place::new();
    let version = place.good_json(&["version"]);
    let text = place.good(&["version"]);
    assert!(text.contains(version["version"].as_str().unwrap()));
    assert!(text.contains(version["commit"].as_str().unwrap()));
}

#[test]
fn a_wrong_configuration_is_named_and_nothing_starts() {
    let place = Place::new();
    std::fs::write(
        place.path("petrel.toml"),
        "url = \"https://a.example\"\n\n[mail]\nsmpt_url = \"x\"\n",
    )
    .unwrap();
    for command in [
        &["serve"][..],
        &["config", "check"],
        &["config", "show"],
        &["account", "list"],
    ] {
        let error = place.bad(&[command, &["--config", "petrel.toml", "--data", "data"]].concat());
        assert!(
            error.contains("smpt_url") && error.contains("line 4"),
            "{error}"
        );
    }
    let error = place.bad(&["serve", "--data", "data", "--url", "nowhere", "--dev"]);
    assert!(error.contains("--url"), "{error}");
    let error = place.bad(&["serve", "--data", "data"]);
    assert!(error.contains("url is not set"), "{error}");
    std::fs::write(
        place.path("mail.toml"),
        "url = \"https://a.example\"\n[mail]\nsmtp_url = \"gopher://u:hunter2@m.example\"\n",
    )
    .unwrap();
    let error = place.bad(&["serve", "--config", "mail.toml", "--data", "data"]);
    assert!(
        error.contains("mail.smtp_url") && !error.contains("hunter2"),
        "{error}"
    );
    let output = place
        .command(&["config", "check"])
        .env("PETREL_LISTN", "x")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("PETREL_LISTN"));
    assert!(!place.path("data").exists());
}

#[test]
fn what_is_in_force_is_shown_without_secrets() {
    let place = Place::new();
    let file = "url = \"https://a.example\"\n[mail]\nsmtp_url = \"smtps://u:hunter2@m.example\"\n";
    std::fs::write(place.path("petrel.toml"), file).unwrap();
    let arguments = ["config", "show", "--config", "petrel.toml"];
    let text = place.good(&arguments);
    let json = place.good_json(&arguments);
    assert!(text.contains("url = \"https://a.example\"") && text.contains("(secret)"));
    assert_eq!(json["listen"], "localhost:3000");
    assert!(!text.contains("hunter2") && !json.to_string().contains("hunter2"));
    place.good(&["config", "check", "--config", "petrel.toml"]);
}

#[test]
fn where_the_data_is_and_who_is_told_is_judged_before_anything_starts() {
    let place = Place::new();
    let url = ["--url", "https://a.example", "--data", "data"];
    for (options, pieces) in [
        (&["--bus", "nats://b"][..], &["bus.url", "store.url"][..]),
        (&["--store", "pg://u:hunter2@c"], &["store.url", "cql://"]),
        (&["--store", "cql://u:hunter2@c:port"], &["store.url"]),
        (
            &["--store", "cql://c", "--bus", "http://u:hunter2@b"],
            &["bus.url", "nats://"],
        ),
    ] {
        for command in [&["serve"][..], &["account", "list"]] {
            let more = if command[0] == "serve" {
                &url[..]
            } else {
                &url[2..]
            };
            let error = place.bad(&[command, options, more].concat());
            let named = pieces.iter().all(|piece| error.contains(piece));
            assert!(named && !error.contains("hunter2"), "{error}");
        }
    }
    let demo = ["demo", "--store", "cql://c", "--data", "data"];
    assert!(place.bad(&demo).contains("data folder"));
    let file = "url = \"https://a.example\"\n[store]\nurl = \"cql://u:hunter2@c,d/mine\"\n[bus]\nurl = \"nats://u:hunter2@b\"\n";
    std::fs::write(place.path("petrel.toml"), file).unwrap();
    place.good(&["config", "check", "--config", "petrel.toml"]);
    let shown = place.good(&["config", "show", "--config", "petrel.toml"]);
    assert!(shown.contains("(secret)") && !shown.contains("hunter2"));
    let clock = place
        .command(&[&["serve"][..], &url].concat())
        .env("PETREL_TEST_CLOCK_OFFSET_MS", "10000")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&clock.stderr).contains("--dev"));
    assert!(!place.path("data").exists());
}

#[test]
fn a_running_server_says_how_it_is_doing() {
    let place = Place::new();
    assert!(
        place
            .bad(&["status", "--data", "data"])
            .contains("no server")
    );
    let server = place.serve("data", &["--dev"]);
    let status = place.good_json(&["status", "--data", "data"]);
    assert_eq!(
        (&status["engine"], &status["ready"]),
        (&"embedded".into(), &true.into())
    );
    assert!(status.get("cluster").is_none(), "{status}");
    assert!(place.good(&["status", "--data", "data"]).contains("yes"));
    assert_eq!(server.get("/health", None).0, 200);
}

#[test]
fn accounts_are_managed_with_and_without_a_running_server() {
    let place = Place::new();
    assert!(
        place
            .bad(&["account", "list", "--data", "data"])
            .contains("data")
    );
    assert!(!place.path("data").exists());
    let ann = place.good_json(&create(
        "ann",
        "ann@a.example",
        &["--role", "owner", "--locale", "de"],
    ));
    assert_eq!(
        (ann["role"].as_str(), ann["password"].is_string()),
        (Some("owner"), true)
    );

    let server = place.serve("data", &[]);
    assert!(server.line.contains("ready") && server.line.contains(&server.port.to_string()));
    let socket = std::fs::metadata(place.path("data/control.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    let more = [
        "--password",
        "a long password",
        "--locked",
        "--discoverable",
    ];
    let ben = place.good_json(&create("ben", "ben@a.example", &more));
    assert!(ben["password"].is_null() && ben["locked"] == true);
    let (status, seen) = server.get("/api/v1/accounts/lookup?acct=ben", None);
    assert_eq!((status, &seen["id"]), (200, &ben["id"]));
    assert_eq!(seen["discoverable"], true);
    assert!(
        place
            .bad(&create("BEN", "other@a.example", &[]))
            .contains("taken")
    );

    place.good(&["account", "suspend", "ben", "--data", "data"]);
    assert_eq!(server.get("/api/v1/accounts/lookup?acct=ben", None).0, 404);
    assert!(server.stop().success());
    assert!(!place.path("data/control.sock").exists());

    place.good(&["account", "unsuspend", "@ben", "--data", "data"]);
    place.good(&["account", "role", "ben", "moderator", "--data", "data"]);
    let reset = place.good_json(&["account", "reset-password", "ben", "--data", "data"]);
    assert!(reset["password"].as_str().unwrap().len() >= 16);
    let list = place.good_json(&["account", "list", "--data", "data"]);
    let names: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["username"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["ann", "ben"]);
    assert_eq!(list[1]["role"], "moderator");
    assert_eq!(list[1]["suspended"], false);
    let table = place.good(&["account", "list", "--data", "data"]);
    assert!(
        table.contains("moderator") && table.lines().count() == 3,
        "{table}"
    );
    assert!(
        place
            .bad(&["account", "show", "cay", "--data", "data"])
            .contains("cay")
    );
    let app = place.good_json(&[
        "app",
        "create",
        "Tool",
        "--redirect-uri",
        "https://t.example/cb",
        "--scopes",
        "read write",
        "--data",
        "data",
    ]);
    assert_eq!(app["redirect_uris"][0], "https://t.example/cb");
    assert!(app["client_secret"].as_str().unwrap().len() > 20);
}

#[test]
fn who_did_not_get_the_letter_is_confirmed_with_and_without_a_running_server() {
    let place = Place::new();
    let confirm = |name| ["account", "confirm", name, "--data", "data"];
    let server = place.serve("data", &[]);
    let app = "client_name=Tool&redirect_uris=urn:ietf:wg:oauth:2.0:oob&scopes=read write";
    let (_, app) = server.post("/api/v1/apps", None, app);
    let (id, secret) = (app["client_id"].as_str(), app["client_secret"].as_str());
    let grant = format!(
        "grant_type=client_credentials&scope=read write&client_id={}&client_secret={}",
        id.unwrap(),
        secret.unwrap()
    );
    let (_, grant) = server.post("/oauth/token", None, &grant);
    let sign_up = |name: &str| {
        let form = format!(
            "username={name}&email={name}@a.example&password=a long password&agreement=true&locale=en"
        );
        let (status, token) =
            server.post("/api/v1/accounts", grant["access_token"].as_str(), &form);
        assert_eq!(status, 200, "{token}");
        token["access_token"].as_str().unwrap().to_owned()
    };
    let (ann, ben) = (sign_up("ann"), sign_up("ben"));
    let may = |server: &support::Server, token: &str| {
        let (status, _) = server.get("/api/v1/accounts/verify_credentials", Some(token));
        status == 200
    };
    assert!(!may(&server, &ann) && !may(&server, &ben));
    let list = place.good(&["account", "list", "--data", "data"]);
    assert_eq!(list.matches("unconfirmed").count(), 2, "{list}");
    for _twice in 0..2 {
        let line = place.good_json(&confirm("@ann"));
        assert_eq!(
            (&line["username"], &line["confirmed"]),
            (&"ann".into(), &true.into())
        );
    }
    assert!(may(&server, &ann) && !may(&server, &ben));
    assert!(
        place
            .bad(&confirm("cay"))
            .contains("no account named \"cay\"")
    );
    assert!(server.stop().success());
    assert!(place.good(&confirm("ben")).contains("active"));
    assert!(may(&place.serve("data", &[]), &ben));
}

#[test]
fn a_killed_server_does_not_stand_in_the_way() {
    let place = Place::new();
    place.serve("data", &[]).kill();
    assert!(place.path("data/control.sock").exists());
    place.good(&create("ann", "ann@a.example", &[]));
    let server = place.serve("data", &[]);
    place.good(&create("ben", "ben@a.example", &[]));
    assert_eq!(server.get("/api/v1/accounts/lookup?acct=ann", None).0, 200);
}

#[test]
fn literal_secrets_are_taken_in_a_dev_folder_alone() {
    let place = Place::new();
    let token = ["--token", "letmein", "--scopes", "read write follow push"];
    place.good(&create("ann", "ann@a.example", &[]));
    assert!(
        place
            .bad(&create("ben", "ben@a.example", &token))
            .contains("--dev")
    );
    let app = [
        "app",
        "create",
        "Tool",
        "--client-id",
        "tool",
        "--client-secret",
        "shh",
    ];
    assert!(
        place
            .bad(&[&app[..], &["--data", "data"]].concat())
            .contains("--dev")
    );
    let list = place.good_json(&["account", "list", "--data", "data"]);
    assert_eq!(
        list.as_array().unwrap().len(),
        1,
        "a refused order makes nothing"
    );

    let server = place.serve("dev", &["--dev"]);
    place.good(&[&app[..], &["--data", "dev"]].concat());
    let ben = [
        "account",
        "create",
        "ben",
        "--email",
        "ben@a.example",
        "--data",
        "dev",
        "--client-id",
        "tool",
    ];
    let ben = place.good_json(&[&ben[..], &token].concat());
    let (status, seen) = server.get("/api/v1/accounts/verify_credentials", Some("letmein"));
    assert_eq!((status, &seen["id"]), (200, &ben["id"]));
    let cay = [
        "account",
        "create",
        "cay",
        "--email",
        "c@a.example",
        "--data",
        "dev",
        "--token",
        "t",
        "--scopes",
        "read",
        "--client-id",
        "none",
    ];
    assert!(place.bad(&cay).contains("none"));
}

#[test]
fn a_folder_keeps_the_mode_in_which_it_was_made() {
    let place = Place::new();
    place.serve("dev", &["--dev"]).kill();
    place.serve("data", &[]).kill();
    let url = ["--url", "http://localhost:1", "--listen", "127.0.0.1:0"];
    let refused = place.bad(&[&["serve", "--data", "dev"][..], &url].concat());
    assert!(refused.contains("dev mode"), "{refused}");
    let refused = place.bad(&[&["serve", "--dev", "--data", "data"][..], &url].concat());
    assert!(refused.contains("standard mode"), "{refused}");
}

#[test]
fn one_folder_has_one_server() {
    let place = Place::new();
    let server = place.serve("data", &[]);
    let second = [
        "serve",
        "--data",
        "data",
        "--url",
        "http://localhost:1",
        "--listen",
        "127.0.0.1:0",
    ];
    assert!(place.bad(&second).contains("in use"));
    let taken = format!("127.0.0.1:{}", server.port);
    let refused = place.bad(&[
        "serve",
        "--data",
        "other",
        "--url",
        "http://localhost:1",
        "--listen",
        &taken,
    ]);
    assert!(refused.contains(&taken), "{refused}");
    assert!(!place.path("other").exists());
}

#[test]
fn a_backup_is_restored_with_the_same_answers() {
    let place = Place::new();
    let server = place.serve("dev", &["--dev"]);
    let token = [
        "--token",
        "letmein",
        "--scopes",
        "read write follow push",
        "--data",
        "dev",
    ];
    place.good(
        &[
            &["account", "create", "ann", "--email", "ann@a.example"][..],
            &token,
        ]
        .concat(),
    );
    let (status, kept) = server.post(
        "/api/v1/statuses",
        Some("letmein"),
        "status=kept&visibility=private",
    );
    assert_eq!(status, 200);
    let id = kept["id"].as_str().unwrap();
    assert_eq!(
        server
            .post(
                &format!("/api/v1/statuses/{id}/favourite"),
                Some("letmein"),
                ""
            )
            .0,
        200
    );
    place.good(&["backup", "petrel.backup", "--data", "dev"]);
    let backup = std::fs::metadata(place.path("petrel.backup")).unwrap();
    assert_eq!(backup.permissions().mode() & 0o777, 0o600);
    assert!(
        place
            .bad(&["backup", "petrel.backup", "--data", "dev"])
            .contains("already")
    );
    server.post("/api/v1/statuses", Some("letmein"), "status=lost");
    server.kill();

    place.good(&["restore", "petrel.backup", "--data", "again"]);
    assert!(
        place
            .bad(&["restore", "petrel.backup", "--data", "again"])
            .contains("again")
    );
    place.good(&["check", "--data", "again"]);
    let server = place.serve("again", &["--dev"]);
    let (_, home) = server.get("/api/v1/timelines/home", Some("letmein"));
    let texts: Vec<_> = home
        .as_array()
        .unwrap()
        .iter()
        .map(|status| status["content"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["<p>kept</p>"]);
    assert_eq!(
        (&home[0]["id"], &home[0]["favourited"]),
        (&kept["id"], &true.into())
    );
    let (_, next) = server.post("/api/v1/statuses", Some("letmein"), "status=next");
    assert!(next["id"].as_str().unwrap() > id);
    drop(server);

    let bytes = std::fs::read(place.path("petrel.backup")).unwrap();
    std::fs::write(place.path("short"), &bytes[..bytes.len() - 5]).unwrap();
    let mut flipped = bytes;
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    std::fs::write(place.path("flipped"), &flipped).unwrap();
    std::fs::write(place.path("text"), "a letter to my aunt").unwrap();
    for file in ["short", "flipped", "text", "absent"] {
        assert!(
            place
                .bad(&["restore", file, "--data", "never"])
                .contains(file)
        );
        assert!(!place.path("never").exists() && !place.path("never.restoring").exists());
    }
}

#[test]
fn a_damaged_journal_is_named_and_cut_when_asked() {
    let place = Place::new();
    place.good(&create("ann", "ann@a.example", &[]));
    place.good(&create("ben", "ben@a.example", &[]));
    let journal = place.path("data/store/0.jnl");
    let mut bytes = std::fs::read(&journal).unwrap();
    let written = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[written / 2] ^= 1;
    std::fs::write(&journal, &bytes).unwrap();
    let url = ["--url", "http://localhost:1", "--listen", "127.0.0.1:0"];
    let refused = place.bad(&[&["serve", "--data", "data"][..], &url].concat());
    assert!(
        refused.contains("0.jnl") && refused.contains("--repair"),
        "{refused}"
    );
    assert!(place.bad(&["check", "--data", "data"]).contains("0.jnl"));
    assert_eq!(
        std::fs::read(&journal).unwrap(),
        bytes,
        "looking changes nothing"
    );
    let repaired = place.good(&["check", "--repair", "--data", "data"]);
    assert!(repaired.contains("cut"), "{repaired}");
    place.good(&["check", "--data", "data"]);
    let list = place.good_json(&["account", "list", "--data", "data"]);
    assert!(list.as_array().unwrap().len() < 2);
}

#[test]
fn the_demo_network_is_made_once_and_is_sound() {
    let place = Place::new();
    let demo = ["demo", "--no-serve", "--data", "demo"];
    place.good(&demo);
    let made = place.good_json(&["account", "list", "--data", "demo"]);
    assert!(made.as_array().unwrap().len() >= 36);
    place.good(&demo);
    place.good(&["check", "--data", "demo"]);
    let server = place.serve("demo", &["--dev"]);
    let (_, statuses) = server.get("/api/v1/timelines/public?limit=40", None);
    assert_eq!(statuses.as_array().unwrap().len(), 40);
    place.good(&create("ann", "ann@a.example", &[]));
    assert!(
        place
            .bad(&["demo", "--no-serve", "--data", "data"])
            .contains("other data")
    );
}

#[test]
fn told_to_stop_it_stops_in_time_whatever_clients_do() {
    let place = Place::new();
    let server = place.serve("dev", &["--dev"]);
    let token = ["--token", "letmein", "--scopes", "read", "--data", "dev"];
    place.good(
        &[
            &["account", "create", "ann", "--email", "ann@a.example"][..],
            &token,
        ]
        .concat(),
    );
    // One idles, one sends half a request, one listens to a stream for ever.
    let _idle = server.connect();
    let mut half = server.connect();
    half.write_all(b"POST /api/v1/statuses HTTP/1.1\r\nContent-Length: 99\r\n\r\nhalf")
        .unwrap();
    let mut stream = server.connect();
    let request =
        "GET /api/v1/streaming/user HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer letmein\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = [0; 15];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    let begin = now();
    assert!(server.stop().success());
    assert!(now() - begin < STOP_TIME_MAX);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
}

/// A test that measures a process outside has no clock but the machine's.
#[allow(clippy::disallowed_methods)]
fn now() -> Instant {
    Instant::now()
}
