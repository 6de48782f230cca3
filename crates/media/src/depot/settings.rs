use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ClientOptions, RetryConfig};

use super::DepotError;

/// How long an S3 server may send nothing. The whole may take as long as whoever reads it takes.
const SILENCE_MAX: Duration = Duration::from_secs(60);
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// A request that failed is tried again so often; jobs try again themselves.
const RETRIES_MAX: usize = 3;
const RETRY_TIME_MAX: Duration = Duration::from_secs(20);

/// Where files are, and where those in work are.
#[derive(Clone, Debug)]
pub struct DepotSettings {
    pub place: Place,
    /// A folder of this node for files in work.
    pub scratch: PathBuf,
}

#[derive(Clone, Debug)]
pub enum Place {
    Folder(PathBuf),
    S3(Bucket),
}

/// A bucket on a server that speaks S3.
#[derive(Clone)]
pub struct Bucket {
    pub name: String,
    /// None is Amazon's.
    pub endpoint: Option<String>,
    pub region: String,
    pub key: String,
    pub secret: String,
    /// Whether the bucket is in the path of the address instead of its host.
    pub path_style: bool,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bucket {
            name,
            endpoint,
            region,
            path_style,
            key: _,
            secret: _,
        } = self;
        f.debug_struct("Bucket")
            .field("name", name)
            .field("endpoint", endpoint)
            .field("region", region)
            .field("path_style", path_style)
            .finish_non_exhaustive()
    }
}

impl Bucket {
    /// Says what is wrong with the settings, as far as it shows without asking the server.
    pub fn check(&self) -> Result<(), DepotError> {
        self.open().map(drop)
    }

    pub(super) fn open(&self) -> Result<AmazonS3, DepotError> {
        // Whoever else in this process chose the cryptography of TLS chose this one too.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let is_plain = |url: &String| url.starts_with("http://");
        let client = ClientOptions::new()
            .with_timeout_disabled()
            .with_read_timeout(SILENCE_MAX)
            .with_connect_timeout(CONNECT_TIME_MAX)
            .with_allow_http(self.endpoint.as_ref().is_some_and(is_plain));
        let retry = RetryConfig {
            max_retries: RETRIES_MAX,
            retry_timeout: RETRY_TIME_MAX,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.name)
            .with_region(&self.region)
            .with_access_key_id(&self.key)
            .with_secret_access_key(&self.secret)
            .with_virtual_hosted_style_request(!self.path_style)
            .with_client_options(client)
            .with_retry(retry);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let refused = |error| DepotError::Settings(format!("the S3 settings are wrong: {error}"));
        builder.build().map_err(refused)
    }
}
