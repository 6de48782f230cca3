use petrel_model::event::Event;
use xxhash_rust::xxh3::xxh3_64;

use crate::kept::journal::Position;

/// "PTRLTL" and the version of the layout. Another version is as good as no file.
const MAGIC: u64 = u64::from_be_bytes(*b"PTRLTL\x00\x01");
const HEAD_WORDS: usize = 7;
const HEAD_BYTES: usize = HEAD_WORDS * 8;
const CHECKSUM_BYTES: usize = 8;

/// What one file holds: events one after the other, and how far the store's events are in them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Chunk {
    /// The greatest id of a status in an earlier chunk: a log that begins with this one begins
    /// above it.
    pub(crate) above: u64,
    pub(crate) events: u64,
    pub(crate) position: Position,
    /// Unix milliseconds.
    pub(crate) written_at_ms: u64,
    pub(crate) body: Vec<u8>,
}

/// The bytes are not those of a whole chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("damaged or of another version")]
pub(crate) struct Damaged;

impl Chunk {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.body.len() + CHECKSUM_BYTES);
        let head: [u64; HEAD_WORDS] = [
            MAGIC,
            self.above,
            self.events,
            self.position.token,
            self.position.next,
            self.written_at_ms,
            self.body.len() as u64,
        ];
        for word in head {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(&self.body);
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Chunk, Damaged> {
        let split = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or(Damaged)?;
        let (content, checksum) = bytes.split_at(split);
        if content.len() < HEAD_BYTES || xxh3_64(content).to_le_bytes() != checksum {
            return Err(Damaged);
        }
        let (head, body) = content.split_at(HEAD_BYTES);
        let mut words = [0; HEAD_WORDS];
        for (word, bytes) in words.iter_mut().zip(head.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().map_err(|_| Damaged)?);
        }
        let [magic, above, events, token, next, written_at_ms, body_bytes] = words;
        if magic != MAGIC || body_bytes != body.len() as u64 {
            return Err(Damaged);
        }
        Ok(Chunk {
            above,
            events,
            position: Position { token, next },
            written_at_ms,
            body: body.to_vec(),
        })
    }

    pub(crate) fn push(&mut self, event: &Event) {
        minicbor::encode(event, &mut self.body).expect("encoding into a vector cannot fail");
        self.events += 1;
    }

    /// Hands over the events one by one.
    pub(crate) fn read(&self, mut each: impl FnMut(&Event)) -> Result<(), Damaged> {
        let mut decoder = minicbor::Decoder::new(&self.body);
        for _ in 0..self.events {
            let event: Event = decoder.decode().map_err(|_| Damaged)?;
            each(&event);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use petrel_model::event::About;
    use petrel_model::event::StatusEvent;
    use petrel_model::id::{AccountId, Id, StatusId};
    use petrel_model::visibility::Visibility;

    use super::*;

    #[test]
    fn a_chunk_comes_back_and_any_flipped_bit_is_seen() {
        let mut chunk = Chunk {
            above: 5,
            position: Position { token: 3, next: 9 },
            ..Chunk::default()
        };
        let event = Event::StatusCreated(StatusEvent {
            id: StatusId(Id(77)),
            account: AccountId(Id(4)),
            visibility: Visibility::Private,
            about: About::Reply {
                status: StatusId(Id(70)),
                account: AccountId(Id(2)),
            },
            language: "de".to_owned(),
            mentions: vec![AccountId(Id(2))],
            tags: vec!["petrel".to_owned()],
        });
        chunk.push(&event);
        chunk.push(&event);
        let bytes = chunk.to_bytes();
        let read = Chunk::from_bytes(&bytes).unwrap();
        assert_eq!(read, chunk);
        let mut seen = Vec::new();
        read.read(|event| seen.push(event.clone())).unwrap();
        assert_eq!(seen, [event.clone(), event]);
        for place in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[place] ^= 1;
            assert_eq!(Chunk::from_bytes(&broken), Err(Damaged), "byte {place}");
            assert_eq!(
                Chunk::from_bytes(&bytes[..place]),
                Err(Damaged),
                "cut at {place}"
            );
        }
    }
}
