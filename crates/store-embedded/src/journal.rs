//! Reads fjall's journal before fjall does.
//!
//! A journal is a run of batches: a start (tag 1, item count u32, sequence number u64), the items
//! (tag 2, or 4 for a clear), an end (tag 3, xxh3 of the items, four magic bytes); numbers little
//! endian. It is followed by zeros that were allocated ahead, or by the end of the file.
//!
//! fjall stops at the first item that it cannot parse and cuts the file there without a word, and
//! the sequence number is under no checksum: a flipped bit could silently cost acknowledged
//! writes. So what follows the last whole batch is judged here. A batch that was being written
//! when the process or the machine died was never acknowledged, and is cut off. Anything else is
//! damage, which only `petrel check --repair` may cut.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use crate::row::{Last, last_key};

const TAG_START: u8 = 1;
const TAG_ITEM: u8 = 2;
const TAG_END: u8 = 3;
const TAG_CLEAR: u8 = 4;
const MAGIC: &[u8; 4] = b"FJL\x03";
/// A sequence number this high or a step this wide was never drawn.
const SEQUENCE_MAX: u64 = 1 << 56;
const SEQUENCE_STEP_MAX: u64 = 1 << 32;
/// What a file system writes back as one piece; one that a power cut kept back reads as zeros.
const BLOCK_BYTES: usize = 4_096;

/// What follows the last whole batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tail {
    /// Nothing but zeros.
    Clean,
    /// A batch that was being written when the lights went out; it was never acknowledged.
    Torn,
    /// Bytes that were acknowledged once and are no longer what was written.
    Damaged(&'static str),
}

/// What a journal file holds.
#[derive(Clone, Debug)]
pub(crate) struct Survey {
    /// Whole batches of the engine, each a group of ours, before `whole_bytes`.
    pub groups: u64,
    /// Where the last whole batch ends.
    pub whole_bytes: u64,
    /// Where the last byte that is not zero ends.
    pub data_bytes: u64,
    pub tail: Tail,
    /// As the last whole group says.
    pub last: Option<Last>,
    /// Whole groups found beyond the damage, and what the last of them says.
    pub groups_beyond: u64,
    pub last_beyond: Option<Last>,
    pub last_sequence: u64,
}

struct Group {
    end: usize,
    sequence: u64,
    last: Option<Last>,
}

/// `after` is the last sequence number of the journal before this one. Only the newest journal
/// can have been torn: the others were synced whole.
pub(crate) fn survey(path: &Path, after: u64, is_newest: bool) -> std::io::Result<Survey> {
    Ok(survey_bytes(&read_data(path)?, after, is_newest))
}

fn survey_bytes(data: &[u8], after: u64, is_newest: bool) -> Survey {
    let mut survey = Survey {
        groups: 0,
        whole_bytes: 0,
        data_bytes: data.len() as u64,
        tail: Tail::Clean,
        last: None,
        groups_beyond: 0,
        last_beyond: None,
        last_sequence: after,
    };
    let mut before: Option<Survey> = None;
    let mut at = 0;
    while let Some(group) = parse(data, at) {
        if !follows(group.sequence, survey.last_sequence) {
            // Numbers are drawn one by one: a group that took a leap, and that this one would fit
            // in place of, is the one whose number is wrong.
            if let Some(earlier) = before.take()
                && survey.last_sequence != earlier.last_sequence + 1
                && follows(group.sequence, earlier.last_sequence)
            {
                survey = earlier;
                at = usize::try_from(survey.whole_bytes).unwrap_or(0);
            }
            return damaged(survey, data, at, "a batch is out of sequence");
        }
        before = Some(survey.clone());
        survey.groups += 1;
        survey.whole_bytes = group.end as u64;
        survey.last_sequence = group.sequence;
        survey.last = group.last.or(survey.last);
        at = group.end;
    }
    if at == data.len() {
        return survey;
    }
    let survey = damaged(survey, data, at, "a batch is not what was written");
    if survey.groups_beyond == 0 && is_newest && looks_torn(data, at) {
        return Survey {
            tail: Tail::Torn,
            ..survey
        };
    }
    survey
}

fn follows(sequence: u64, after: u64) -> bool {
    sequence < SEQUENCE_MAX
        && (after == 0 || (sequence > after && sequence - after < SEQUENCE_STEP_MAX))
}

/// Counts the whole groups beyond `at`, however far off the next one is.
fn damaged(mut survey: Survey, data: &[u8], at: usize, why: &'static str) -> Survey {
    survey.tail = Tail::Damaged(why);
    let mut at = at;
    while at < data.len() {
        match parse(data, at) {
            Some(group) => {
                survey.groups_beyond += 1;
                survey.last_beyond = group.last.or(survey.last_beyond);
                at = group.end;
            }
            None => at += 1,
        }
    }
    survey
}

/// Whether a write that was cut short explains the bytes from `at` on: its end is missing, or a
/// block in its midst is. A bit that flipped in a batch that was written whole does neither.
fn looks_torn(data: &[u8], at: usize) -> bool {
    if !ends_like_a_batch(data) {
        return true;
    }
    let first_block = at.next_multiple_of(BLOCK_BYTES);
    data.get(first_block..).is_some_and(|blocks| {
        blocks
            .chunks_exact(BLOCK_BYTES)
            .any(|block| block.iter().all(|&byte| byte == 0))
    })
}

/// Whether the magic bytes are there, but for one flipped bit.
fn ends_like_a_batch(data: &[u8]) -> bool {
    data.last_chunk::<4>().is_some_and(|end| {
        (u32::from_le_bytes(*end) ^ u32::from_le_bytes(*MAGIC)).count_ones() <= 1
    })
}

/// The whole group that begins at `at`, if there is one and its checksum holds.
fn parse(data: &[u8], at: usize) -> Option<Group> {
    let mut reader = Reader { data, at };
    if reader.u8()? != TAG_START {
        return None;
    }
    let count = reader.u32()?;
    let sequence = reader.u64()?;
    let items = reader.at;
    let mut last = None;
    for _ in 0..count {
        last = reader.item()?.or(last);
    }
    let checksum = xxh3_64(&data[items..reader.at]);
    let is_whole = reader.u8()? == TAG_END && reader.u64()? == checksum && reader.take(4)? == MAGIC;
    is_whole.then_some(Group {
        end: reader.at,
        sequence,
        last,
    })
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(bytes)?;
        let taken = self.data.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]: [u8; 1]| byte)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// One item; if it is the row that every group writes, what it says.
    fn item(&mut self) -> Option<Option<Last>> {
        match self.u8()? {
            TAG_ITEM => {
                let [_value_type, _compression] = self.array()?;
                let _keyspace = self.u64()?;
                let key_len = u16::from_le_bytes(self.array()?);
                let _value_len = self.u32()?;
                let stored_len = self.u32()?;
                let key = self.take(usize::from(key_len))?;
                let value = self.take(usize::try_from(stored_len).ok()?)?;
                if key == last_key() {
                    return Some(Last::from_bytes(value));
                }
                Some(None)
            }
            TAG_CLEAR => self.u64().map(|_| None),
            _ => None,
        }
    }
}

/// The file without the zeros at its end. Holes are not read: a journal is allocated 64 MiB at a
/// time and mostly hole.
fn read_data(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let data_end = data_end(&file)?;
    let mut data = Vec::with_capacity(usize::try_from(data_end).unwrap_or(0));
    file.seek(SeekFrom::Start(0))?;
    file.take(data_end).read_to_end(&mut data)?;
    let len = data
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |at| at + 1);
    // A checksum may end in zeros, but the magic bytes after it do not: no whole batch is cut.
    data.truncate(len);
    Ok(data)
}

/// Where the last extent of data ends, or the file, where the file system does not know.
fn data_end(file: &File) -> std::io::Result<u64> {
    let len = file.metadata()?.len();
    let mut end = 0;
    while end < len {
        let data = match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(end)) {
            Ok(data) => data,
            Err(rustix::io::Errno::NXIO) => return Ok(end),
            Err(_) => return Ok(len),
        };
        match rustix::fs::seek(file, rustix::fs::SeekFrom::Hole(data)) {
            Ok(hole) if hole > end => end = hole,
            _ => return Ok(len),
        }
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(sequence: u64, value: &[u8]) -> Vec<u8> {
        let key = last_key();
        let mut items = vec![TAG_ITEM, 0, 0];
        items.extend(1u64.to_le_bytes());
        items.extend((key.len() as u16).to_le_bytes());
        items.extend((value.len() as u32).to_le_bytes());
        items.extend((value.len() as u32).to_le_bytes());
        items.extend(key);
        items.extend(value);
        let mut bytes = vec![TAG_START];
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(sequence.to_le_bytes());
        bytes.extend(&items);
        bytes.push(TAG_END);
        bytes.extend(xxh3_64(&items).to_le_bytes());
        bytes.extend(MAGIC);
        bytes
    }

    fn three() -> (Vec<u8>, usize) {
        let one = group(5, &Last::default().to_bytes());
        let data = [one.clone(), group(6, &[7; 9_000]), group(7, &[9; 40])].concat();
        (data, one.len())
    }

    #[test]
    fn whole_groups_are_counted_and_what_they_say_is_read() {
        let (data, _) = three();
        let survey = survey_bytes(&data, 4, true);
        assert_eq!((survey.groups, survey.tail), (3, Tail::Clean));
        assert_eq!(survey.whole_bytes, data.len() as u64);
        assert_eq!(survey.last, Some(Last::default()));
    }

    #[test]
    fn any_flipped_bit_is_damage_at_its_own_group() {
        let (data, first) = three();
        for at in 0..first {
            for bit in 0..8 {
                let mut data = data.clone();
                data[at] ^= 1 << bit;
                let survey = survey_bytes(&data, 4, true);
                assert!(matches!(survey.tail, Tail::Damaged(_)), "{at} {bit}");
                assert_eq!((survey.groups, survey.whole_bytes), (0, 0), "{at} {bit}");
                assert!(survey.groups_beyond >= 2, "{at} {bit}");
            }
        }
    }

    #[test]
    fn a_flipped_bit_in_the_last_group_is_not_taken_for_a_torn_write() {
        let (data, _) = three();
        for at in data.len() - group(7, &[9; 40]).len()..data.len() {
            for bit in (0..8).filter(|bit| data[at] != 1 << bit || at + 1 < data.len()) {
                let mut flipped = data.clone();
                flipped[at] ^= 1 << bit;
                let survey = survey_bytes(&flipped, 4, true);
                // A step of the sequence at the very end is no loss: nothing comes after it.
                let is_sequence = survey.groups == 3 && survey.last_sequence != 7;
                let is_damage = matches!(survey.tail, Tail::Damaged(_)) && survey.groups == 2;
                assert!(is_sequence || is_damage, "{at} {bit}");
            }
        }
    }

    #[test]
    fn a_short_write_and_a_missing_block_are_torn_only_in_the_newest_journal() {
        let (data, first) = three();
        let second_ends = data.len() - group(7, &[9; 40]).len();
        let short = &data[..second_ends - 20];
        assert_eq!(survey_bytes(short, 4, true).tail, Tail::Torn);
        assert!(matches!(
            survey_bytes(short, 4, false).tail,
            Tail::Damaged(_)
        ));
        let mut holed = data[..second_ends].to_vec();
        holed[4_096..8_192].fill(0);
        let survey = survey_bytes(&holed, 4, true);
        assert_eq!(
            (survey.tail, survey.whole_bytes),
            (Tail::Torn, first as u64)
        );
    }
}
