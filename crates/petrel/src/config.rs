//! The configuration: one TOML file with documented defaults, and environment overrides.
//! It is hostile input: checked whole, and nothing starts with a wrong key or value.

mod error;
mod keys;
mod values;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use error::ConfigError;
pub use keys::{CLOCK_OFFSET_VARIABLE, KEYS, LOOPBACK_PORTS_VARIABLE};
pub use values::{Day, Filter, Listen, LogFormat, Origin, Secret};

/// Where `serve --dev` is reached unless told otherwise.
pub const DEV_HOST: &str = "localhost";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub url: Option<Origin>,
    pub listen: Listen,
    pub data: PathBuf,
    pub site: Site,
    pub registrations: Registrations,
    pub mail: Mail,
    pub log: Log,
    pub http: Http,
    pub store: Store,
    pub bus: Bus,
    pub media: Media,
    /// For tests alone: how far this node's wall clock is off, in milliseconds.
    #[serde(skip)]
    pub test_clock_offset_ms: i64,
    /// For tests alone: ports of this machine that the server may ask when strangers name them.
    #[serde(skip)]
    pub test_loopback_ports: Vec<u16>,
}

/// What the operator says of this place. All texts are plain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    pub title: String,
    pub description: String,
    pub contact_email: String,
    pub rules: Vec<String>,
    pub extended_description: String,
    pub privacy_policy: String,
    pub terms_of_service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texts_changed_on: Option<Day>,
    pub source_url: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Registrations {
    pub open: bool,
}

#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    pub from: Option<String>,
    pub smtp_url: Option<Secret>,
    pub outbox: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub level: Filter,
    pub format: LogFormat,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub connections_max: u32,
    pub trusted_proxies: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    pub url: Option<Secret>,
    pub cache_mb: u32,
    pub reserve_mb: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bus {
    pub url: Option<Secret>,
}

/// Where uploaded files are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    pub folder: Option<PathBuf>,
    pub s3_bucket: Option<String>,
    pub s3_endpoint: Option<String>,
    pub s3_region: String,
    pub s3_key: Option<Secret>,
    pub s3_secret: Option<Secret>,
    pub s3_path_style: bool,
    pub ffmpeg: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            url: None,
            listen: Listen::default(),
            data: "data".into(),
            site: Site::default(),
            registrations: Registrations::default(),
            mail: Mail::default(),
            log: Log::default(),
            http: Http::default(),
            store: Store::default(),
            bus: Bus::default(),
            media: Media::default(),
            test_clock_offset_ms: 0,
            test_loopback_ports: Vec::new(),
        }
    }
}

impl Default for Site {
    fn default() -> Site {
        Site {
            title: "Petrel".to_owned(),
            description: "A small place of the social web.".to_owned(),
            contact_email: String::new(),
            rules: Vec::new(),
            extended_description: String::new(),
            privacy_policy: String::new(),
            terms_of_service: String::new(),
            texts_changed_on: None,
            source_url: String::new(),
        }
    }
}

impl Default for Registrations {
    fn default() -> Registrations {
        Registrations { open: true }
    }
}

impl Default for Http {
    fn default() -> Http {
        Http {
            connections_max: 10_000,
            trusted_proxies: 0,
        }
    }
}

impl Default for Store {
    fn default() -> Store {
        Store {
            url: None,
            cache_mb: 32,
            reserve_mb: None,
        }
    }
}

impl Default for Media {
    fn default() -> Media {
        Media {
            folder: None,
            s3_bucket: None,
            s3_endpoint: None,
            s3_region: "us-east-1".to_owned(),
            s3_key: None,
            s3_secret: None,
            s3_path_style: true,
            ffmpeg: None,
        }
    }
}

/// Reads the file, if one is named, and then the environment, each variable by itself so that an
/// error names it.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut environment: Vec<_> = environment
        .filter(|(name, _)| name.starts_with(keys::PREFIX))
        .collect();
    environment.sort();
    let named = environment
        .iter()
        .find(|(name, _)| name == keys::FILE_VARIABLE)
        .map(|(_, path)| PathBuf::from(path));
    let text = match file.map(Path::to_path_buf).or(named) {
        Some(path) => Some((read(&path)?, path)),
        None => None,
    };
    let mut table = toml::Table::new();
    if let Some((text, path)) = &text {
        let _: Config = toml::from_str(text).map_err(|error| ConfigError::file(path, &error))?;
        table = toml::from_str(text).map_err(|error| ConfigError::file(path, &error))?;
    }
    let mut config = parse(&table).map_err(|why| ConfigError::Value {
        name: "configuration".to_owned(),
        why,
    })?;
    for (name, value) in environment {
        if keys::is_other(&name) {
            continue;
        }
        let key = keys::by_variable(&name).ok_or_else(|| ConfigError::unknown_variable(&name))?;
        key.set(&mut table, &value);
        config = parse(&table).map_err(|why| ConfigError::Value { name, why })?;
    }
    Ok(config)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_path_buf(),
        source,
    })
}

fn parse(table: &toml::Table) -> Result<Config, String> {
    let parsed = Config::deserialize(table.clone());
    parsed.map_err(|error: toml::de::Error| error.message().to_owned())
}

impl Config {
    /// All keys with their explanations and what is in force; secrets are left out.
    pub fn show(&self) -> String {
        let table = self.to_table();
        let mut text = String::new();
        let mut section = "";
        for key in KEYS {
            if key.section() != section {
                section = key.section();
                text.push_str(&format!("[{section}]\n\n"));
            }
            text.push_str(&format!("# {}\n# {}\n", key.doc, key.variable()));
            let line = match key.get(&table) {
                Some(value) => format!("{} = {value}\n\n", key.name()),
                None => format!("# {} is not set\n\n", key.name()),
            };
            text.push_str(&line);
        }
        text.truncate(text.trim_end().len());
        text
    }

    pub fn to_table(&self) -> toml::Table {
        toml::Table::try_from(self).expect("a configuration is a table of plain values")
    }

    /// Whether the data is not in the data folder, and other nodes may be there as well.
    pub fn is_cluster(&self) -> bool {
        self.store.url.is_some()
    }

    /// What follows from the data folder: where mails go that no server takes.
    pub fn outbox(&self) -> PathBuf {
        let named = self.mail.outbox.clone();
        named.unwrap_or_else(|| self.data.join("outbox"))
    }
}

#[cfg(test)]
mod tests;
