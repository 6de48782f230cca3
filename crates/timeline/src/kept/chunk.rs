use petrel_model::event::Event;
use petrel_store::Position;
use xxhash_rust::xxh3::xxh3_64;

/// "PTRLTL" and the version of the layout. Another version is as good as no file.
const MAGIC: u64 = u64::from_be_bytes(*b"PTRLTL\x00\x02");
const WORD_BYTES: usize = 8;
const HEAD_WORDS: usize = 6;
const POSITION_WORDS: usize = 3;
const CHECKSUM_BYTES: usize = 8;

/// What one file holds: events one after the other, and how far the store's events are in them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Chunk {
    /// The greatest id of a status in an earlier chunk: a log that begins with this one begins
    /// above it.
    pub(crate) above: u64,
    pub(crate) events: u64,
    /// One for each writer; the last chunk's count for all.
    pub(crate) positions: Vec<Position>,
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
        let words = HEAD_WORDS + self.positions.len() * POSITION_WORDS;
        let mut bytes = Vec::with_capacity(words * WORD_BYTES + self.body.len() + CHECKSUM_BYTES);
        let head: [u64; HEAD_WORDS] = [
            MAGIC,
            self.above,
            self.events,
            self.written_at_ms,
            self.positions.len() as u64,
            self.body.len() as u64,
        ];
        let positions = self.positions.iter();
        let positions = positions.flat_map(|at| [u64::from(at.node), at.token, at.next]);
        for word in head.into_iter().chain(positions) {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(&self.body);
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Chunk, Damaged> {
        let split = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or(Damaged)?;
        let (content, checksum) = bytes.split_at(split);
        if xxh3_64(content).to_le_bytes() != checksum {
            return Err(Damaged);
        }
        let (head, rest) = words::<HEAD_WORDS>(content)?;
        let [magic, above, events, written_at_ms, count, body_bytes] = head;
        if magic != MAGIC {
            return Err(Damaged);
        }
        let mut body = rest;
        let mut positions = Vec::new();
        for _ in 0..count {
            let ([node, token, next], rest) = words::<POSITION_WORDS>(body)?;
            let node = u16::try_from(node).map_err(|_| Damaged)?;
            positions.push(Position { node, token, next });
            body = rest;
        }
        if body_bytes != body.len() as u64 {
            return Err(Damaged);
        }
        Ok(Chunk {
            above,
            events,
            positions,
            written_at_ms,
            body: body.to_vec(),
        })
    }

    pub(crate) fn push(&mut self, event: &Event) {
        minicbor::encode(event, &mut self.body).expect("encoding into a vector cannot fail");
        self.events += 1;
    }

    /// Puts the other's events behind its own.
    pub(crate) fn append(&mut self, other: &Chunk) {
        self.body.extend(&other.body);
        self.events += other.events;
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

/// The first words of `bytes`, and what is behind them.
fn words<const COUNT: usize>(bytes: &[u8]) -> Result<([u64; COUNT], &[u8]), Damaged> {
    let (head, rest) = bytes.split_at_checked(COUNT * WORD_BYTES).ok_or(Damaged)?;
    let mut words = [0; COUNT];
    for (word, bytes) in words.iter_mut().zip(head.chunks_exact(WORD_BYTES)) {
        *word = u64::from_le_bytes(bytes.try_into().map_err(|_| Damaged)?);
    }
    Ok((words, rest))
}

#[cfg(test)]
mod tests {
    use petrel_model::event::About;
    use petrel_model::event::StatusEvent;
    use petrel_model::id::{AccountId, Id, StatusId};
    use petrel_model::visibility::Visibility;

    use super::*;

    fn at(node: u16, token: u64, next: u64) -> Position {
        Position { node, token, next }
    }

    #[test]
    fn a_chunk_comes_back_and_any_flipped_bit_is_seen() {
        let mut chunk = Chunk {
            above: 5,
            positions: vec![at(0, 3, 9), at(7, 1, 0)],
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
            has_media: false,
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
