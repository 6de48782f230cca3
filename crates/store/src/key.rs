//! Keys are bytes that sort as their typed fields do.

use petrel_model::clock::Stamp;
use petrel_model::event::{MarkKind, RelationKind};
use petrel_model::id::{AccountId, AppId, Id, MediaId, NotificationId, StatusId};

/// Collects the bytes of a key.
#[derive(Default)]
pub struct KeyWriter(Vec<u8>);

impl KeyWriter {
    pub fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Bytes of any length, so that what follows does not disturb the order: zero bytes are
    /// escaped as 00 FF and the end is 00 00.
    pub fn put_terminated(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(0xFF);
            }
        }
        self.0.extend_from_slice(&[0, 0]);
    }

    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Reads a key back.
pub struct KeyReader<'a>(pub &'a [u8]);

impl<'a> KeyReader<'a> {
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], KeyError> {
        if self.0.len() < length {
            return Err(KeyError("too short"));
        }
        let (head, tail) = self.0.split_at(length);
        self.0 = tail;
        Ok(head)
    }

    pub fn take_array<const N: usize>(&mut self) -> Result<[u8; N], KeyError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub fn take_terminated(&mut self) -> Result<Vec<u8>, KeyError> {
        let mut bytes = Vec::new();
        loop {
            match self.take(1)? {
                [0] => match self.take(1)? {
                    [0] => return Ok(bytes),
                    [0xFF] => bytes.push(0),
                    _ => return Err(KeyError("bad escape")),
                },
                other => bytes.extend_from_slice(other),
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key: {0}")]
pub struct KeyError(pub &'static str);

/// A typed key. The bytes of two keys compare as the keys do.
pub trait Key: Clone + PartialEq + std::fmt::Debug + Send + Sync + Sized + 'static {
    fn write(&self, out: &mut KeyWriter);
    fn read(from: &mut KeyReader<'_>) -> Result<Self, KeyError>;

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = KeyWriter::default();
        self.write(&mut out);
        out.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut reader = KeyReader(bytes);
        let key = Self::read(&mut reader)?;
        if reader.0.is_empty() {
            Ok(key)
        } else {
            Err(KeyError("too long"))
        }
    }
}

impl Key for () {
    fn write(&self, _: &mut KeyWriter) {}
    fn read(_: &mut KeyReader<'_>) -> Result<(), KeyError> {
        Ok(())
    }
}

/// Unsigned integers are big-endian, which sorts as they do.
macro_rules! key_of_unsigned {
    ($($type:ty),*) => {$(
        impl Key for $type {
            fn write(&self, out: &mut KeyWriter) {
                out.put(&self.to_be_bytes());
            }
            fn read(from: &mut KeyReader<'_>) -> Result<$type, KeyError> {
                Ok(<$type>::from_be_bytes(from.take_array()?))
            }
        }
    )*};
}
key_of_unsigned!(u8, u16, u32, u64);

impl Key for Id {
    fn write(&self, out: &mut KeyWriter) {
        self.0.write(out);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<Id, KeyError> {
        u64::read(from).map(Id)
    }
}

macro_rules! key_of_id {
    ($($type:ident),*) => {$(
        impl Key for $type {
            fn write(&self, out: &mut KeyWriter) {
                self.0.write(out);
            }
            fn read(from: &mut KeyReader<'_>) -> Result<$type, KeyError> {
                Id::read(from).map($type)
            }
        }
    )*};
}
key_of_id!(AccountId, StatusId, NotificationId, AppId, MediaId);

impl Key for Stamp {
    fn write(&self, out: &mut KeyWriter) {
        self.0.write(out);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<Stamp, KeyError> {
        u64::read(from).map(Stamp)
    }
}

impl Key for String {
    fn write(&self, out: &mut KeyWriter) {
        out.put_terminated(self.as_bytes());
    }
    fn read(from: &mut KeyReader<'_>) -> Result<String, KeyError> {
        String::from_utf8(from.take_terminated()?).map_err(|_| KeyError("not UTF-8"))
    }
}

impl<const N: usize> Key for [u8; N] {
    fn write(&self, out: &mut KeyWriter) {
        out.put(self);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<[u8; N], KeyError> {
        from.take_array()
    }
}

impl Key for MarkKind {
    fn write(&self, out: &mut KeyWriter) {
        out.put(&[*self as u8]);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<MarkKind, KeyError> {
        use MarkKind::*;
        [Favourite, Reblog, Bookmark, Pin, ThreadMute, Vote]
            .get(usize::from(u8::read(from)?))
            .copied()
            .ok_or(KeyError("no such mark"))
    }
}

impl Key for RelationKind {
    fn write(&self, out: &mut KeyWriter) {
        out.put(&[*self as u8]);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<RelationKind, KeyError> {
        use RelationKind::*;
        [Follow, FollowSettings, FollowRequest, Block, Mute, Note]
            .get(usize::from(u8::read(from)?))
            .copied()
            .ok_or(KeyError("no such relation"))
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, out: &mut KeyWriter) {
        self.0.write(out);
        self.1.write(out);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<(A, B), KeyError> {
        Ok((A::read(from)?, B::read(from)?))
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn write(&self, out: &mut KeyWriter) {
        self.0.write(out);
        self.1.write(out);
        self.2.write(out);
    }
    fn read(from: &mut KeyReader<'_>) -> Result<(A, B, C), KeyError> {
        Ok((A::read(from)?, B::read(from)?, C::read(from)?))
    }
}

#[cfg(test)]
mod tests {
    use petrel_model::entropy::{Entropy, SeededEntropy};

    use super::*;

    #[test]
    fn texts_sort_as_they_read_whatever_follows() {
        let keys = [
            (String::new(), 9u64),
            ("\0".to_owned(), 1),
            ("\0a".to_owned(), 0),
            ("a".to_owned(), 7),
            ("a\0".to_owned(), 0),
            ("aa".to_owned(), 3),
            ("b".to_owned(), 0),
        ];
        let bytes: Vec<_> = keys.iter().map(Key::to_bytes).collect();
        assert!(bytes.is_sorted());
        for (key, bytes) in keys.iter().zip(&bytes) {
            assert_eq!(&<(String, u64)>::from_bytes(bytes).unwrap(), key);
        }
    }

    #[test]
    fn bytes_compare_as_fields_do() {
        let dice = SeededEntropy::new(7);
        // Few values near the edges, so that fields tie and overflow a byte.
        let draw = || [0, 1, 255, 256, 257, u64::MAX - 1, u64::MAX][dice.next_u64() as usize % 7];
        for _ in 0..2_000 {
            let [a, b] = [(); 2].map(|()| {
                let text: String = (0..draw() % 3)
                    .map(|_| (draw() % 3) as u8 as char)
                    .collect();
                (draw(), text, draw() as u16)
            });
            assert_eq!(a.cmp(&b), a.to_bytes().cmp(&b.to_bytes()), "{a:?} {b:?}");
            assert_eq!(<(u64, String, u16)>::from_bytes(&a.to_bytes()).unwrap(), a);
        }
        for kinds in [RelationKind::Follow, RelationKind::Note].windows(2) {
            assert!(kinds[0].to_bytes() < kinds[1].to_bytes());
        }
    }

    #[test]
    fn damaged_keys_are_errors() {
        assert!(u64::from_bytes(&[1, 2]).is_err());
        assert!(u8::from_bytes(&[1, 2]).is_err());
        assert!(String::from_bytes(b"abc").is_err());
        assert!(RelationKind::from_bytes(&[99]).is_err());
    }
}
