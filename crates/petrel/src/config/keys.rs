//! Every key with its explanation: what `config show` prints, and which variable sets it.

pub const PREFIX: &str = "PETREL_";
/// Names the configuration file.
pub const FILE_VARIABLE: &str = "PETREL_CONFIG";
/// For tests of clusters alone, and with `serve --dev` alone: how far this node's wall clock is
/// off, in milliseconds.
pub const CLOCK_OFFSET_VARIABLE: &str = "PETREL_TEST_CLOCK_OFFSET_MS";
/// For tests and developers alone, and with `serve --dev` alone: ports of this machine, joined by
/// commas, that the server may ask when strangers name them.
pub const LOOPBACK_PORTS_VARIABLE: &str = "PETREL_TEST_LOOPBACK_PORTS";
/// Variables with our prefix that set no key: the file, and what build and tests use.
const OTHERS: [&str; 7] = [
    FILE_VARIABLE,
    "PETREL_BIN",
    "PETREL_COMMIT",
    "PETREL_FULL_TMPFS",
    "PETREL_SEED",
    CLOCK_OFFSET_VARIABLE,
    LOOPBACK_PORTS_VARIABLE,
];
/// Kubernetes sets these in every container beside a service that is called petrel.
const KUBERNETES_PREFIXES: [&str; 2] = ["PETREL_SERVICE_", "PETREL_PORT"];

/// Whether the variable is none of ours to judge.
pub fn is_other(name: &str) -> bool {
    let set_by_kubernetes = |prefix: &str| name.starts_with(prefix);
    OTHERS.contains(&name) || KUBERNETES_PREFIXES.into_iter().any(set_by_kubernetes)
}

pub struct Key {
    /// With its section: `mail.smtp_url`.
    pub path: &'static str,
    /// Whether a variable's value is TOML as it stands; other values are texts.
    raw: bool,
    pub doc: &'static str,
}

const fn text(path: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        raw: false,
        doc,
    }
}

const fn raw(path: &'static str, doc: &'static str) -> Key {
    Key {
        path,
        raw: true,
        doc,
    }
}

pub const KEYS: &[Key] = &[
    text(
        "url",
        "Where people reach the server, without a path: \"https://petrel.example\". It is in every address that the server gives out, so it can never change.",
    ),
    text(
        "listen",
        "Where to listen for HTTP. Put a server that speaks TLS in front of it.",
    ),
    text("data", "The data folder."),
    text("site.title", "What the place is called."),
    text("site.description", "What it is, in a sentence or two."),
    text(
        "site.contact_email",
        "Where people reach those who run it; shown to everyone.",
    ),
    raw("site.rules", "The rules, one text for each."),
    text(
        "site.extended_description",
        "What it is, at length: plain text, an empty line between paragraphs.",
    ),
    text(
        "site.privacy_policy",
        "What becomes of people's data: plain text, an empty line between paragraphs.",
    ),
    text(
        "site.terms_of_service",
        "What people agree to: plain text, an empty line between paragraphs. Without it there are none.",
    ),
    text(
        "site.texts_changed_on",
        "The day since which these three texts are as they are, as \"2026-11-21\"; without it the day on which the server was started.",
    ),
    text(
        "site.source_url",
        "Where the source of this version is found; without it the about page is named.",
    ),
    raw(
        "registrations.open",
        "Whether anyone may sign up. Accounts can always be made by `petrel account create`.",
    ),
    text(
        "mail.from",
        "The sender of mails; without it \"petrel@\" and the host of the url.",
    ),
    text(
        "mail.smtp_url",
        "The server that takes mails: \"smtps://user:password@mail.example\" (TLS), \"smtp://…?tls=required\" (STARTTLS). Secret. Without it mails are written to the outbox and the log.",
    ),
    text(
        "mail.outbox",
        "The folder for mails that no server takes; without it \"outbox\" in the data folder.",
    ),
    text(
        "log.level",
        "error, warn, info, debug or trace, also for parts: \"info,petrel_jobs=debug\".",
    ),
    text("log.format", "\"text\" for people, \"json\" for machines."),
    raw(
        "http.connections_max",
        "Connections served at once; more wait.",
    ),
    raw(
        "http.trusted_proxies",
        "How many proxies of yours a request passes, each of which adds to X-Forwarded-For; with none, that header counts for nothing.",
    ),
    text(
        "store.url",
        "Where the data is, if not in the data folder: \"cql://host,host\" is a cluster of Cassandra or ScyllaDB, in full \"cql://user:password@host:9042,host/keyspace\". Secret. Several nodes may share it, each with a data folder of its own.",
    ),
    raw(
        "store.cache_mb",
        "Memory for blocks of the store's files, in MiB.",
    ),
    raw(
        "store.reserve_mb",
        "Room on the disk that writes leave free, in MiB; without it a twentieth of the disk, at most 256 MiB.",
    ),
    text(
        "bus.url",
        "How nodes that share a store tell each other at once what happened: \"nats://host,host\", in full \"nats://user:password@host:4222,host\". Secret. Without it they ask the store.",
    ),
    text(
        "media.folder",
        "The folder for uploaded files; without it \"media\" in the data folder. Not used with media.s3_bucket.",
    ),
    text(
        "media.s3_bucket",
        "The bucket for uploaded files, on a server that speaks S3. Several nodes need one, or a folder that all of them share.",
    ),
    text(
        "media.s3_endpoint",
        "Where that server is: \"https://s3.example\"; without it Amazon's of the region.",
    ),
    text("media.s3_region", "The region of the bucket."),
    text("media.s3_key", "The id of the key to the bucket. Secret."),
    text("media.s3_secret", "The key to the bucket. Secret."),
    raw(
        "media.s3_path_style",
        "Whether the bucket is in the path of its address, or, if false, in its host.",
    ),
    text(
        "media.ffmpeg",
        "The program that converts video and sound, with ffprobe beside it; without it it is looked for where programs are. An empty text: none is used.",
    ),
];

pub fn by_variable(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.variable() == name)
}

impl Key {
    /// `PETREL_MAIL_SMTP_URL`.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.path.replace('.', "_").to_uppercase())
    }

    pub fn section(&self) -> &'static str {
        self.path.split_once('.').map_or("", |(section, _)| section)
    }

    /// Without its section.
    pub fn name(&self) -> &'static str {
        self.path
            .split_once('.')
            .map_or(self.path, |(_, name)| name)
    }

    pub fn get<'a>(&self, table: &'a toml::Table) -> Option<&'a toml::Value> {
        match self.section() {
            "" => table.get(self.name()),
            section => table.get(section)?.get(self.name()),
        }
    }

    /// Sets the key as a variable's text says; what is no such value fails when the whole is
    /// read.
    pub fn set(&self, table: &mut toml::Table, value: &str) {
        let parsed = format!("value = {value}").parse::<toml::Table>().ok();
        let raw = parsed
            .filter(|_| self.raw)
            .and_then(|mut table| table.remove("value"));
        let value = raw.unwrap_or_else(|| toml::Value::String(value.to_owned()));
        let section = match self.section() {
            "" => table,
            section => {
                let entry = table.entry(section);
                let made = entry.or_insert_with(|| toml::Table::new().into());
                match made.as_table_mut() {
                    Some(section) => section,
                    None => return,
                }
            }
        };
        section.insert(self.name().to_owned(), value);
    }
}
