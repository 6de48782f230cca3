use std::io::Write;

use super::*;

fn loaded(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let mut config = tempfile::NamedTempFile::new().unwrap();
    config.write_all(file.as_bytes()).unwrap();
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    load(Some(config.path()), environment).map_err(|error| error.to_string())
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = loaded("", &[("HOME", "/root")]).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.listen.as_str(), "localhost:3000");
}

#[test]
fn the_environment_overrides_the_file() {
    let file = "url = \"https://a.example\"\n[log]\nlevel = \"debug\"\n";
    let environment = [
        ("PETREL_URL", "https://b.example/"),
        ("PETREL_REGISTRATIONS_OPEN", "false"),
        ("PETREL_HTTP_TRUSTED_PROXIES", "1"),
        ("PETREL_STORE_RESERVE_MB", "7"),
        ("PETREL_BIN", "petrel"),
        ("PETREL_PORT_3000_TCP", "tcp://10.0.0.1:3000"),
    ];
    let config = loaded(file, &environment).unwrap();
    assert_eq!(config.url.unwrap().as_str(), "https://b.example");
    assert_eq!(config.log.level.as_str(), "debug");
    assert!(!config.registrations.open);
    assert_eq!(config.http.trusted_proxies, 1);
    assert_eq!(config.store.reserve_mb, Some(7));
}

#[test]
fn a_wrong_key_or_value_is_named_with_its_line() {
    let cases = [
        ("listn = \"a:1\"", "line 1", "listn"),
        ("\n\n[mail]\nsmpt_url = \"x\"", "line 4", "smpt_url"),
        ("[males]\n", "line 1", "males"),
        ("url = \"petrel.example\"", "line 1", "url"),
        ("url = \"https://petrel.example/sub\"", "line 1", "url"),
        ("url = \"ftp://petrel.example\"", "line 1", "url"),
        ("\nlisten = \"3000\"", "line 2", "listen"),
        ("listen = \"::1:3000\"", "line 1", "listen"),
        ("[registrations]\nopen = \"maybe\"", "line 2", "open"),
        ("[log]\nlevel = \"loud\"", "line 2", "level"),
        ("[log]\nformat = \"xml\"", "line 2", "format"),
        ("[http]\nconnections_max = -1", "line 2", "connections_max"),
        (
            "[http]\ntrusted_proxies = \"a\"",
            "line 2",
            "trusted_proxies",
        ),
        ("url = ", "line 1", "url"),
    ];
    for (file, line, key) in cases {
        let error = loaded(file, &[]).unwrap_err();
        assert!(
            error.contains(line) && error.contains(key),
            "{file:?}: {error}"
        );
    }
}

#[test]
fn a_wrong_variable_is_named() {
    for (name, value) in [
        ("PETREL_URL", "nonsense"),
        ("PETREL_REGISTRATIONS_OPEN", "maybe"),
        ("PETREL_STORE_CACHE_MB", "-4"),
        ("PETREL_LISTN", "a:1"),
        ("PETREL_LOG_LEVEL", "loud"),
    ] {
        let error = loaded("", &[(name, value)]).unwrap_err();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = load(Some(Path::new("/nowhere/petrel.toml")), std::iter::empty()).unwrap_err();
    assert!(error.to_string().contains("/nowhere/petrel.toml"));
}

#[test]
fn every_key_is_explained_and_every_explanation_has_a_key() {
    let everything = r#"
        url = "https://petrel.example"
        listen = "127.0.0.1:3000"
        data = "d"
        site = { title = "t", description = "d", contact_email = "a@b.example", rules = ["Be kind."], extended_description = "e", privacy_policy = "p", terms_of_service = "t", texts_changed_on = "2026-11-21", source_url = "https://s.example" }
        registrations = { open = true }
        mail = { from = "a@b.example", smtp_url = "smtps://u:hunter2@m.example", outbox = "o" }
        log = { level = "info", format = "json" }
        http = { connections_max = 5, trusted_proxies = 2 }
        store = { url = "cql://u:hunter2@c.example", cache_mb = 5, reserve_mb = 6 }
        bus = { url = "nats://u:hunter2@b.example" }
        media = { folder = "f", s3_bucket = "b", s3_endpoint = "https://s3.example", s3_region = "r", s3_key = "hunter2", s3_secret = "hunter2", s3_path_style = false, ffmpeg = "/usr/bin/ffmpeg" }
    "#;
    let config = loaded(everything, &[]).unwrap();
    let mut paths = Vec::new();
    for (name, value) in &config.to_table() {
        match value.as_table() {
            Some(section) => paths.extend(section.keys().map(|key| format!("{name}.{key}"))),
            None => paths.push(name.clone()),
        }
    }
    paths.sort();
    let mut explained: Vec<_> = KEYS.iter().map(|key| key.path.to_owned()).collect();
    explained.sort();
    assert_eq!(paths, explained);
    let shown = config.show();
    assert!(!shown.contains("hunter2") && !format!("{config:?}").contains("hunter2"));
    assert!(shown.contains("smtp_url = \"(secret)\""), "{shown}");
    // What is shown is itself a configuration.
    assert!(loaded(&shown, &[]).is_ok(), "{shown}");
}

#[test]
fn days_are_days_of_the_calendar() {
    let day = Day::try_from("2024-02-29".to_owned()).unwrap();
    assert_eq!(day, Day::of_ms(1_709_210_096_007));
    assert_eq!(day.begins_at_ms(), 1_709_164_800_000);
    for text in ["2023-02-29", "29.2.2024", ""] {
        assert!(Day::try_from(text.to_owned()).is_err(), "{text}");
    }
}
