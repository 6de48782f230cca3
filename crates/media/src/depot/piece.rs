use std::fs::File;
use std::io::SeekFrom;
use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream};
use object_store::{GetResult, GetResultPayload};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::DepotError;

/// Read from the disk at once, in bytes.
const READ_BYTES: usize = 64 * 1_024;

/// Bytes of a file, as they come.
pub struct Piece {
    /// Of the whole file.
    pub size_bytes: u64,
    /// Which bytes these are.
    pub range: Range<u64>,
    pub stream: BoxStream<'static, Result<Bytes, DepotError>>,
}

impl From<GetResult> for Piece {
    fn from(result: GetResult) -> Piece {
        let (size_bytes, range) = (result.meta.size, result.range.clone());
        let stream = match result.payload {
            GetResultPayload::File(file, _) => read(file, range.clone()),
            GetResultPayload::Stream(stream) => stream.map_err(DepotError::from).boxed(),
        };
        Piece {
            size_bytes,
            range,
            stream,
        }
    }
}

fn read(file: File, range: Range<u64>) -> BoxStream<'static, Result<Bytes, DepotError>> {
    let begin = (tokio::fs::File::from_std(file), range, false);
    stream::try_unfold(begin, async |(mut file, mut range, is_there)| {
        if range.is_empty() {
            return Ok(None);
        }
        if !is_there {
            file.seek(SeekFrom::Start(range.start)).await?;
        }
        let left = range.end - range.start;
        let mut bytes = vec![0; READ_BYTES.min(left as usize)];
        let count = file.read(&mut bytes).await?;
        if count == 0 {
            return Err(DepotError::Failed("a file has become shorter".to_owned()));
        }
        bytes.truncate(count);
        range.start += count as u64;
        Ok(Some((Bytes::from(bytes), (file, range, true))))
    })
    .boxed()
}
