use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use url::Position;

use crate::body;
use crate::connect::{Connector, Resolver, SystemResolver};
use crate::error::FetchError;
use crate::limits::{HEAD_BYTES_MAX, HEAD_LINES_MAX, REDIRECTS_MAX, TOTAL_TIME_MAX};
use crate::places::Places;
use crate::target::{Permits, Target};

/// Asks servers that strangers name. Cheap to clone; one for the whole process, so that its
/// limits are the process's.
#[derive(Clone)]
pub struct Outgoing {
    inner: Arc<Inner>,
}

struct Inner {
    connector: Connector,
    places: Places,
    user_agent: HeaderValue,
}

/// What is asked of whom.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    pub url: &'a str,
    /// What the answer should be, as in the header `Accept`.
    pub accept: &'static str,
    /// The body, unfolded, in bytes. More is an error.
    pub size_bytes_max: usize,
    /// Only the head of the answer, and only of the first: redirects are told, not followed.
    pub is_head: bool,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Who answered in the end.
    pub url: String,
    /// Where a redirect that was not followed points, as it was written.
    pub location: Option<String>,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

impl Outgoing {
    /// `user_agent` says who asks and where that one can be reached.
    pub fn new(user_agent: &str, permits: Permits) -> Outgoing {
        Outgoing::with_resolver(user_agent, permits, Arc::new(SystemResolver))
    }

    /// As [`Outgoing::new`], where names are looked up otherwise.
    pub fn with_resolver(
        user_agent: &str,
        permits: Permits,
        resolver: Arc<dyn Resolver>,
    ) -> Outgoing {
        if !permits.loopback_ports.is_empty() {
            tracing::warn!(
                ports = ?permits.loopback_ports,
                "UNSAFE, FOR DEVELOPERS ONLY: whoever names an address makes this server ask this machine's own ports"
            );
        }
        let named = HeaderValue::from_str(user_agent);
        Outgoing {
            inner: Arc::new(Inner {
                connector: Connector::new(resolver, permits),
                places: Places::new(),
                user_agent: named.unwrap_or(HeaderValue::from_static("Petrel")),
            }),
        }
    }

    /// Whether `url` is one of this machine's own ports that developers have permitted.
    pub fn is_permitted_loopback(&self, url: &str) -> bool {
        let permits = self.inner.connector.permits();
        Target::parse(url, permits)
            .is_ok_and(|target| permits.loopback_ports.contains(&target.port))
    }

    /// Asks, follows redirects, and returns what came in the end, whatever its status.
    pub async fn fetch(&self, ask: &Ask<'_>) -> Result<Answer, FetchError> {
        let permits = self.inner.connector.permits();
        let first = Target::parse(ask.url, permits)?;
        let done = timeout(TOTAL_TIME_MAX, self.follow(first, ask)).await;
        done.unwrap_or(Err(FetchError::TimedOut))
    }

    async fn follow(&self, first: Target, ask: &Ask<'_>) -> Result<Answer, FetchError> {
        let mut target = first;
        for _ in 0..=REDIRECTS_MAX {
            let answer = self.ask(&target, ask).await?;
            match &answer.location {
                Some(location) if !ask.is_head => {
                    target = target.redirected(location, self.inner.connector.permits())?;
                }
                _ => return Ok(answer),
            }
        }
        Err(FetchError::Redirects("too many"))
    }

    /// One hop: a place, a connection, one question on it, and its end.
    async fn ask(&self, target: &Target, ask: &Ask<'_>) -> Result<Answer, FetchError> {
        let host = target.host.to_string();
        let _place = self.inner.places.take(&host).await;
        let stream = self.inner.connector.connect(target).await?;
        let mut builder = http1::Builder::new();
        builder
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEAD_LINES_MAX);
        let (mut sender, connection) = builder
            .handshake(TokioIo::new(stream))
            .await
            .map_err(FetchError::of_http)?;
        let exchange = async {
            let response = sender
                .send_request(self.request(target, ask)?)
                .await
                .map_err(FetchError::of_http)?;
            taken_in(response, target, ask).await
        };
        // The connection moves only while somebody looks at it, and ends with this request.
        tokio::pin!(exchange, connection);
        tokio::select! {
            biased;
            answer = &mut exchange => answer,
            _ = &mut connection => exchange.await,
        }
    }

    fn request(&self, target: &Target, ask: &Ask<'_>) -> Result<Request<Empty<Bytes>>, FetchError> {
        let url = &target.url;
        let method = if ask.is_head {
            Method::HEAD
        } else {
            Method::GET
        };
        Request::builder()
            .method(method)
            .uri(&url[Position::BeforePath..Position::AfterQuery])
            .header(
                header::HOST,
                &url[Position::BeforeHost..Position::AfterPort],
            )
            .header(header::USER_AGENT, &self.inner.user_agent)
            .header(header::ACCEPT, ask.accept)
            .header(header::ACCEPT_ENCODING, body::ACCEPT_ENCODING)
            .header(header::CONNECTION, "close")
            .body(Empty::new())
            .map_err(|error| FetchError::Refused(error.to_string()))
    }
}

async fn taken_in(
    response: Response<hyper::body::Incoming>,
    target: &Target,
    ask: &Ask<'_>,
) -> Result<Answer, FetchError> {
    let (head, incoming) = response.into_parts();
    let text = |name: HeaderName| text_of(&head.headers, &name);
    let location = match is_redirect(head.status) {
        true => text(header::LOCATION),
        false => None,
    };
    let body = match location.is_some() || ask.is_head {
        // Nobody reads what a redirect says beside where it points.
        true => Vec::new(),
        false => {
            let encoding = text(header::CONTENT_ENCODING);
            body::read(incoming, encoding.as_deref(), ask.size_bytes_max).await?
        }
    };
    Ok(Answer {
        status: head.status.as_u16(),
        url: target.url.to_string(),
        location,
        content_type: text(header::CONTENT_TYPE),
        body,
    })
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    String::from_utf8(value.as_bytes().to_vec()).ok()
}
