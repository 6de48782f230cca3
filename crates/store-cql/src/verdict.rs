//! What rows tell of a conditional write that may have been applied.

use bytes::Bytes;
use petrel_store::Stamp;
use petrel_store::engine::{Condition, Op, RawRow};

use crate::row::is_live;

/// A row that the write names, by its place in `Attempt::rows`.
pub(crate) struct Named<'a> {
    pub sort: &'a [u8],
    pub condition: Option<Condition>,
    pub op: Option<&'a Op>,
    /// As it was last read, expired or not.
    pub now: Option<RawRow>,
}

impl Named<'_> {
    pub fn revision(&self) -> Option<Stamp> {
        self.now.as_ref().map(|now| now.revision)
    }

    /// Value and expiry that it is to have.
    pub fn put(&self) -> Option<(&Bytes, Option<u64>)> {
        match self.op? {
            Op::Put {
                value,
                expires_at_s,
                ..
            } => Some((value, *expires_at_s)),
            Op::Delete { .. } => None,
        }
    }

    /// Whether it is what this write puts there. The value counts too: stamps that were raised
    /// above a row can come twice.
    pub fn is_ours(&self, stamp: Stamp) -> bool {
        let (Some(put), Some(now)) = (self.put(), &self.now) else {
            return false;
        };
        now.revision == stamp && put == (&now.value, now.expires_at_s)
    }

    pub fn holds(&self, now_s: u64) -> bool {
        let now = self.now.as_ref().filter(|now| is_live(now, now_s));
        match self.condition {
            None => true,
            Some(Condition::Absent) => now.is_none(),
            Some(Condition::Present) => now.is_some(),
            Some(Condition::Revision(revision)) => now.is_some_and(|now| now.revision == revision),
        }
    }
}

/// What the rows say of the write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Applied,
    Conflict,
    /// It was not applied, and all conditions hold.
    Again,
    /// It may have been applied and written over.
    Unclear,
}

/// What the rows say of a write that was sent with this stamp, or was not sent yet. In doubt, a
/// row that we would have put and that is gone, or bears a later stamp, may hide that we did.
pub(crate) fn judge(rows: &[Named<'_>], stamp: Stamp, now_s: u64, is_in_doubt: bool) -> Verdict {
    if rows.iter().any(|row| row.is_ours(stamp)) {
        return Verdict::Applied;
    }
    let put = || rows.iter().filter(|row| row.put().is_some());
    if !rows.iter().all(|row| row.holds(now_s)) {
        let is_earlier = |row: &Named<'_>| row.revision().is_some_and(|now| now < stamp);
        return match !is_in_doubt || put().any(is_earlier) {
            true => Verdict::Conflict,
            false => Verdict::Unclear,
        };
    }
    let is_overtaken = put().filter_map(Named::revision).any(|now| now >= stamp);
    match is_in_doubt && is_overtaken {
        true => Verdict::Unclear,
        false => Verdict::Again,
    }
}

#[cfg(test)]
mod tests {
    use petrel_store::engine::RowKey;

    use super::*;

    const OURS: u64 = 50;

    /// What is judged of a put, or else a delete, of one row under this condition, which now has
    /// this stamp and value and expires at second 10.
    fn judged(
        condition: Condition,
        is_put: bool,
        now: Option<(u64, &'static str)>,
    ) -> [Verdict; 2] {
        let key = RowKey {
            table: 1,
            partition: Bytes::new(),
            sort: Bytes::new(),
        };
        let op = match is_put {
            true => Op::Put {
                key,
                value: Bytes::from_static(b"ours"),
                expires_at_s: Some(10),
            },
            false => Op::Delete { key },
        };
        let rows = [Named {
            sort: &[],
            condition: Some(condition),
            op: Some(&op),
            now: now.map(|(stamp, value)| RawRow {
                sort: Bytes::new(),
                value: Bytes::from_static(value.as_bytes()),
                revision: Stamp(stamp),
                expires_at_s: Some(10),
            }),
        }];
        [false, true].map(|is_in_doubt| judge(&rows, Stamp(OURS), 9, is_in_doubt))
    }

    #[test]
    fn rows_tell_what_became_of_a_write() {
        use Condition::{Absent, Present, Revision};
        use Verdict::*;
        let old = Revision(Stamp(40));
        for (condition, is_put, now, [sure, in_doubt]) in [
            // It is there: ours by stamp and value, whatever the condition says now.
            (Absent, true, Some((OURS, "ours")), [Applied, Applied]),
            (old, true, Some((OURS, "ours")), [Applied, Applied]),
            (old, true, Some((OURS, "theirs")), [Conflict, Unclear]),
            // Nothing has changed.
            (Absent, true, None, [Again, Again]),
            (old, true, Some((40, "old")), [Again, Again]),
            (Present, true, Some((40, "old")), [Again, Again]),
            // Another was before us, or may have come after.
            (old, true, Some((45, "theirs")), [Conflict, Conflict]),
            (old, true, Some((60, "theirs")), [Conflict, Unclear]),
            (Absent, true, Some((45, "theirs")), [Conflict, Conflict]),
            (Present, true, Some((60, "theirs")), [Again, Unclear]),
            (old, true, None, [Conflict, Unclear]),
            // Of a delete nothing is left to know it by.
            (old, false, None, [Conflict, Unclear]),
            (old, false, Some((40, "old")), [Again, Again]),
        ] {
            let found = judged(condition, is_put, now);
            assert_eq!(found, [sure, in_doubt], "{condition:?} {is_put} {now:?}");
        }
    }

    #[test]
    fn an_expired_row_is_absent() {
        let row = |expires_at_s| Named {
            sort: &[],
            condition: Some(Condition::Absent),
            op: None,
            now: Some(RawRow {
                sort: Bytes::new(),
                value: Bytes::new(),
                revision: Stamp(1),
                expires_at_s,
            }),
        };
        assert!(row(Some(10)).holds(10) && !row(Some(10)).holds(9) && !row(None).holds(10));
    }
}
