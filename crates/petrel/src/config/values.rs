//! Values that know what is right.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use url::Url;

/// Where the server is reached: `https://petrel.example`, never with a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(Url);

impl Origin {
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Host, with the port if it is not the scheme's: what follows the @ in handles.
    pub fn domain(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Origin, String> {
        let refuse = |why: &str| {
            Err(format!(
                "url {text:?} {why}, as in \"https://petrel.example\""
            ))
        };
        let Ok(url) = Url::parse(&text) else {
            return refuse("must be a URL");
        };
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return refuse("must begin with http:// or https:// and name a host");
        }
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !plain || !url.username().is_empty() || url.password().is_some() {
            return refuse("must have nothing but scheme, host and port");
        }
        Ok(Origin(url))
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.as_str().to_owned()
    }
}

/// A day of the calendar, as "2026-11-21".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl Day {
    /// That of a moment in Unix milliseconds, in UTC.
    pub fn of_ms(at_ms: u64) -> Day {
        let at = Timestamp::from_millisecond(i64::try_from(at_ms).unwrap_or(i64::MAX));
        Day(at.unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC).date())
    }

    /// Its beginning in UTC, in Unix milliseconds.
    pub fn begins_at_ms(self) -> u64 {
        let begin = self.0.to_zoned(TimeZone::UTC);
        begin.map_or(0, |begin| begin.timestamp().as_millisecond().max(0) as u64)
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Day, String> {
        let day = text.parse().map(Day);
        day.map_err(|_| format!("{text:?} must be a day, as in \"2026-11-21\""))
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.0.to_string()
    }
}

/// Host or address, and port. A host may stand for several addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Listen {
    text: String,
    port: u16,
}

impl Listen {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Default for Listen {
    fn default() -> Listen {
        Listen {
            text: "localhost:3000".to_owned(),
            port: 3_000,
        }
    }
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> Result<Listen, String> {
        let port = text.rsplit_once(':').and_then(|(host, port)| {
            let bracketed = host.starts_with('[') && host.ends_with(']');
            let is_host = !host.is_empty() && (bracketed || !host.contains(':'));
            port.parse().ok().filter(|_| is_host)
        });
        match port {
            Some(port) => Ok(Listen { text, port }),
            None => Err(format!(
                "listen {text:?} must be an address and a port, as in \"127.0.0.1:3000\" or \"[::]:3000\""
            )),
        }
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> String {
        listen.text
    }
}

/// What is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(secret)")
    }
}

/// What the log lets through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Filter(String);

impl Filter {
    /// Only what is wrong.
    pub fn warnings() -> Filter {
        Filter("warn".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Filter {
    fn default() -> Filter {
        Filter("info".to_owned())
    }
}

impl TryFrom<String> for Filter {
    type Error = String;

    fn try_from(text: String) -> Result<Filter, String> {
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        let is_level = |word: &str| levels.contains(&word.trim().to_lowercase().as_str());
        let is_part = |part: &str| {
            let level = part.split_once('=').map_or(part, |(_, level)| level);
            is_level(level)
        };
        let parses = text.parse::<tracing_subscriber::EnvFilter>().is_ok();
        if parses && text.split(',').all(is_part) {
            Ok(Filter(text))
        } else {
            Err(format!(
                "log.level {text:?} must be one of {}, for parts as in \"info,petrel_jobs=debug\"",
                levels.join(", ")
            ))
        }
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> String {
        filter.0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}
