//! Takes a body in, as much as was asked for and not a byte more, unfolded or not.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::error::FetchError;
use crate::limits::{EXPANSION_FREE_BYTES, EXPANSION_MAX};

/// What bodies may be encoded in; what else comes is refused unread.
pub(crate) const ACCEPT_ENCODING: &str = "gzip";

/// Reads the body to its end.
pub(crate) async fn read(
    mut body: Incoming,
    encoding: Option<&str>,
    size_bytes_max: usize,
) -> Result<Vec<u8>, FetchError> {
    let mut sink = Sink::new(encoding, size_bytes_max)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(FetchError::of_http)?;
        if let Some(data) = frame.data_ref() {
            sink.take(data)?;
        }
    }
    sink.finish()
}

enum Sink {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Sink {
    fn new(encoding: Option<&str>, size_bytes_max: usize) -> Result<Sink, FetchError> {
        let bounded = Bounded {
            taken: Vec::new(),
            wire_bytes: 0,
            size_bytes_max,
            is_over: false,
        };
        match encoding
            .map(|name| name.trim().to_ascii_lowercase())
            .as_deref()
        {
            None | Some("" | "identity") => Ok(Sink::Plain(bounded)),
            Some("gzip" | "x-gzip") => Ok(Sink::Gzip(Box::new(MultiGzDecoder::new(bounded)))),
            Some(_) => Err(FetchError::Malformed(
                "an encoding that was not asked for".to_owned(),
            )),
        }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), FetchError> {
        self.bounded().wire_bytes += data.len();
        if self.bounded().wire_bytes > self.bounded().size_bytes_max {
            return Err(FetchError::TooLarge("body"));
        }
        let taken = match self {
            Sink::Plain(bounded) => bounded.write_all(data),
            Sink::Gzip(decoder) => decoder.write_all(data),
        };
        taken.map_err(|error| self.told(&error))
    }

    fn finish(mut self) -> Result<Vec<u8>, FetchError> {
        if let Sink::Gzip(decoder) = &mut self
            && let Err(error) = decoder.try_finish()
        {
            return Err(self.told(&error));
        }
        Ok(std::mem::take(&mut self.bounded().taken))
    }

    fn told(&mut self, error: &io::Error) -> FetchError {
        match self.bounded().is_over {
            true => FetchError::TooLarge("body"),
            false => FetchError::Malformed(error.to_string()),
        }
    }

    fn bounded(&mut self) -> &mut Bounded {
        match self {
            Sink::Plain(bounded) => bounded,
            Sink::Gzip(decoder) => decoder.get_mut(),
        }
    }
}

/// Takes bytes until there are too many, in all or for what came over the wire.
struct Bounded {
    taken: Vec<u8>,
    wire_bytes: usize,
    size_bytes_max: usize,
    is_over: bool,
}

impl Write for Bounded {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let size = self.taken.len() + data.len();
        let unfolds_too_far =
            size > EXPANSION_FREE_BYTES && size > self.wire_bytes.saturating_mul(EXPANSION_MAX);
        if size > self.size_bytes_max || unfolds_too_far {
            self.is_over = true;
            return Err(io::Error::other("too large"));
        }
        self.taken.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
