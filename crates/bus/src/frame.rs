//! Several messages in one of NATS': a byte for the format, then each message behind its length.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Well below the 1 MB that a stock server takes as one message.
pub(crate) const FRAME_BYTES_MAX: usize = 512 * 1024;
const FORMAT: u8 = 1;
const LENGTH_BYTES: usize = 4;

pub(crate) struct Frame {
    pub bytes: Bytes,
    /// How many messages it holds.
    pub messages: usize,
}

/// Packs messages, in their order, into as few frames as hold them.
/// None of them is longer than `MESSAGE_BYTES_MAX`.
pub(crate) fn pack<'a>(messages: impl Iterator<Item = &'a Bytes>) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut open = BytesMut::new();
    let mut count = 0;
    for message in messages {
        if count > 0 && open.len() + LENGTH_BYTES + message.len() > FRAME_BYTES_MAX {
            frames.push(close(&mut open, &mut count));
        }
        if count == 0 {
            open.put_u8(FORMAT);
        }
        open.put_u32(message.len() as u32);
        open.extend_from_slice(message);
        count += 1;
    }
    if count > 0 {
        frames.push(close(&mut open, &mut count));
    }
    frames
}

/// The messages of a frame, or None if it is not whole or of a format unknown here.
pub(crate) fn unpack(mut frame: Bytes) -> Option<Vec<Bytes>> {
    if frame.try_get_u8().ok()? != FORMAT {
        return None;
    }
    let mut messages = Vec::new();
    while frame.has_remaining() {
        let length = frame.try_get_u32().ok()? as usize;
        if length > frame.len() {
            return None;
        }
        messages.push(frame.split_to(length));
    }
    Some(messages)
}

fn close(open: &mut BytesMut, count: &mut usize) -> Frame {
    Frame {
        bytes: open.split().freeze(),
        messages: std::mem::take(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MESSAGE_BYTES_MAX;

    fn roundtrip(messages: &[Bytes]) -> Vec<Bytes> {
        pack(messages.iter())
            .into_iter()
            .flat_map(|frame| unpack(frame.bytes).expect("was packed here"))
            .collect()
    }

    #[test]
    fn what_is_packed_is_unpacked_in_order() {
        let messages = ["a", "", "ccc"].map(|text| Bytes::from(text.to_owned()));
        assert_eq!(pack(messages.iter()).len(), 1);
        assert_eq!(roundtrip(&messages), messages);
        assert!(pack([].iter()).is_empty());
    }

    #[test]
    fn the_bytes_are_for_ever() {
        let frames = pack([Bytes::from_static(b"hi"), Bytes::from_static(b"!")].iter());
        assert_eq!(&frames[0].bytes[..], b"\x01\0\0\0\x02hi\0\0\0\x01!");
        assert_eq!(frames[0].messages, 2);
    }

    #[test]
    fn many_large_messages_make_several_frames_below_the_bound() {
        let messages = vec![Bytes::from(vec![7; MESSAGE_BYTES_MAX]); 20];
        let frames = pack(messages.iter());
        assert!(frames.len() > 1);
        assert!(
            frames
                .iter()
                .all(|frame| frame.bytes.len() <= FRAME_BYTES_MAX)
        );
        assert_eq!(frames.iter().map(|frame| frame.messages).sum::<usize>(), 20);
        assert_eq!(roundtrip(&messages), messages);
    }

    #[test]
    fn what_is_cut_or_foreign_is_refused() {
        let whole = &pack([Bytes::from_static(b"hello")].iter())[0].bytes;
        for end in [0, 2, 5, whole.len() - 1] {
            assert_eq!(unpack(whole.slice(..end)), None, "cut at {end}");
        }
        assert_eq!(unpack(Bytes::from_static(b"\x02\0\0\0\0")), None);
        assert_eq!(unpack(Bytes::from_static(b"\x01\xff\xff\xff\xffx")), None);
    }
}
