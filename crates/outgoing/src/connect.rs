//! Opens connections, and to nobody who may not be asked: what is checked is the address that is
//! connected to, not the name that somebody else may give another address in between.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use url::Host;

use crate::error::FetchError;
use crate::limits::{ADDRESSES_MAX, CONNECT_TIME_MAX};
use crate::target::{Permits, Target};

/// Finds the addresses of a host. What it finds is checked by who asks.
#[async_trait]
pub trait Resolver: Send + Sync {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A connection, with TLS or without.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(crate) struct Connector {
    resolver: Arc<dyn Resolver>,
    permits: Permits,
    tls: TlsConnector,
}

impl Connector {
    pub fn new(resolver: Arc<dyn Resolver>, permits: Permits) -> Connector {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks the protocols that are safe by default")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Connector {
            resolver,
            permits,
            tls: TlsConnector::from(Arc::new(config)),
        }
    }

    pub fn permits(&self) -> &Permits {
        &self.permits
    }

    /// A connection to one of the host's addresses that may be connected to. The name is asked
    /// for once, and what is checked is what is used.
    pub async fn connect(&self, target: &Target) -> Result<Box<dyn Stream>, FetchError> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address").into();
        for address in self.permitted(target).await? {
            match timeout(CONNECT_TIME_MAX, self.open(target, address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error,
                Err(_) => last = FetchError::TimedOut,
            }
        }
        Err(last)
    }

    async fn permitted(&self, target: &Target) -> Result<Vec<SocketAddr>, FetchError> {
        let found = match &target.host {
            Host::Domain(name) => self.resolver.addresses(name).await?,
            Host::Ipv4(address) => vec![IpAddr::from(*address)],
            Host::Ipv6(address) => vec![IpAddr::from(*address)],
        };
        let mut refused = None;
        let mut permitted = Vec::new();
        for address in found {
            match target.refusal(address, &self.permits) {
                Some(why) => refused = Some(why),
                None => permitted.push(SocketAddr::new(address, target.port)),
            }
        }
        permitted.truncate(ADDRESSES_MAX);
        match refused {
            Some(why) if permitted.is_empty() => Err(FetchError::Refused(why.to_owned())),
            _ => Ok(permitted),
        }
    }

    async fn open(&self, target: &Target, to: SocketAddr) -> Result<Box<dyn Stream>, FetchError> {
        let stream = TcpStream::connect(to).await?;
        // Whatever happened below us: nothing is said to who may not be asked.
        let peer = stream.peer_addr()?;
        if let Some(why) = target.refusal(peer.ip(), &self.permits) {
            return Err(FetchError::Refused(why.to_owned()));
        }
        if !target.is_tls {
            return Ok(Box::new(stream));
        }
        let stream = self.tls.connect(server_name(&target.host)?, stream).await?;
        Ok(Box::new(stream))
    }
}

fn server_name(host: &Host<String>) -> Result<ServerName<'static>, FetchError> {
    match host {
        Host::Ipv4(address) => Ok(ServerName::IpAddress(IpAddr::from(*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress(IpAddr::from(*address).into())),
        Host::Domain(name) => ServerName::try_from(name.clone())
            .map_err(|_| FetchError::Refused("no name that a certificate could bear".to_owned())),
    }
}
