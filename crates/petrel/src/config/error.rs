use std::path::{Path, PathBuf};

use super::keys;

/// Why a configuration is refused. Each text names the key, and the line where there is one.
#[derive(Debug)]
pub enum ConfigError {
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A wrong key or value in the file; the text shows the line.
    File { path: PathBuf, why: String },
    /// A wrong value of an environment variable or an option.
    Value { name: String, why: String },
    /// An environment variable that stands for no key.
    UnknownVariable { name: String },
}

impl ConfigError {
    pub(super) fn file(path: &Path, error: &toml::de::Error) -> ConfigError {
        ConfigError::File {
            path: path.to_path_buf(),
            why: error.to_string(),
        }
    }

    pub(super) fn unknown_variable(name: &str) -> ConfigError {
        ConfigError::UnknownVariable {
            name: name.to_owned(),
        }
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ConfigError::Unreadable { path, source } => {
                write!(f, "{} cannot be read: {source}", path.display())
            }
            ConfigError::File { path, why } => write!(f, "{}: {}", path.display(), why.trim_end()),
            ConfigError::Value { name, why } => write!(f, "{name}: {why}"),
            ConfigError::UnknownVariable { name } => {
                let known: Vec<String> = keys::KEYS.iter().map(keys::Key::variable).collect();
                let known = known.join(", ");
                write!(
                    f,
                    "{name}: no key is set by this variable; there are {known}"
                )
            }
        }
    }
}

impl std::error::Error for ConfigError {}
