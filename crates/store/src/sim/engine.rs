use async_trait::async_trait;
use bytes::Bytes;

use super::scan::table_page;
use super::world::{Change, Group, World, groups_of};
use super::{Doubt, LATE_BOUND_S, SimEngine, give_way};
use crate::engine::{
    Condition, Engine, FullRow, Op, RawBatch, RawConditional, RawMend, RawOutcome, RawRow, RawScan,
    Room, RowKey, TableScanner, TableToken,
};
use crate::table::{Mode, TableId};
use crate::{Stamp, StoreError};

#[async_trait]
impl Engine for SimEngine {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn late_bound_s(&self) -> u64 {
        LATE_BOUND_S
    }

    async fn last_stamp(&self) -> Result<Stamp, StoreError> {
        self.before_read().await?;
        Ok(self.world().last)
    }

    async fn get(&self, mode: Mode, key: &RowKey) -> Result<Option<RawRow>, StoreError> {
        self.before_read().await?;
        self.check_mode(key.table, mode)?;
        Ok(self.world().get(key, self.now_s()))
    }

    async fn get_many(
        &self,
        mode: Mode,
        keys: &[RowKey],
    ) -> Result<Vec<Option<RawRow>>, StoreError> {
        self.before_read().await?;
        let mut rows = Vec::with_capacity(keys.len());
        for key in keys {
            self.check_mode(key.table, mode)?;
            self.pause().await;
            rows.push(self.world().get(key, self.now_s()));
        }
        Ok(rows)
    }

    async fn scan(&self, scan: &RawScan) -> Result<Vec<RawRow>, StoreError> {
        self.before_read().await?;
        self.check_mode(scan.table, scan.mode)?;
        Ok(self.world().scan(scan, self.now_s()))
    }

    async fn scan_many(&self, scans: &[RawScan]) -> Result<Vec<Vec<RawRow>>, StoreError> {
        self.before_read().await?;
        let mut found = Vec::with_capacity(scans.len());
        for scan in scans {
            self.check_mode(scan.table, scan.mode)?;
            self.pause().await;
            found.push(self.world().scan(scan, self.now_s()));
        }
        Ok(found)
    }

    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        self.before_read().await?;
        let limit = self.page_size(limit);
        let salt = self.salt();
        table_page(&self.world(), table, token, limit, salt, self.now_s())
    }

    async fn write(&self, batch: RawBatch) -> Result<Stamp, StoreError> {
        let stamp = batch.stamp;
        let mut changes = Vec::with_capacity(batch.ops.len());
        for op in batch.ops {
            self.check_mode(op.key().table, Mode::Plain)?;
            changes.push(change_of(op, stamp));
        }
        self.fly(groups_of(changes)).await?;
        Ok(stamp)
    }

    async fn write_if(&self, write: RawConditional) -> Result<RawOutcome, StoreError> {
        self.check_mode(write.table, Mode::Cas)?;
        if write.ops.iter().any(|op| {
            let key = op.key();
            key.table != write.table || key.partition != write.partition
        }) {
            return Err(StoreError::Refused(
                "a conditional write stays in one partition of one table".to_owned(),
            ));
        }
        let doubt = self.before_write().await?;
        let in_doubt = Err(StoreError::Timeout {
            outcome_unknown: true,
        });
        if doubt == Some(Doubt::Never) {
            return in_doubt;
        }
        let outcome = decide(&mut self.world(), &write, self.now_s());
        self.pause().await;
        if doubt.is_some() {
            in_doubt
        } else {
            Ok(outcome)
        }
    }

    async fn mend(&self, mend: RawMend) -> Result<bool, StoreError> {
        self.before_read().await?;
        for (key, premise) in &mend.premises {
            self.pause().await;
            let found = self.world().get(key, self.now_s());
            if found.map(|row| row.revision) != *premise {
                return Ok(false);
            }
        }
        let mut changes = Vec::new();
        for (key, value, expires_at_s, stamp) in mend.puts {
            self.check_mode(key.table, Mode::Plain)?;
            let op = Op::Put {
                key,
                value,
                expires_at_s,
            };
            changes.push(change_of(op, stamp));
        }
        for (key, stamp) in mend.deletes {
            self.check_mode(key.table, Mode::Plain)?;
            changes.push(change_of(Op::Delete { key }, stamp));
        }
        self.fly(groups_of(changes)).await?;
        Ok(true)
    }

    async fn delete_partition(
        &self,
        table: TableId,
        partition: Bytes,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        self.check_mode(table, Mode::Plain)?;
        let group = Group {
            place: (table, partition),
            changes: vec![Change::DropPartition { stamp }],
        };
        self.fly(vec![group]).await
    }

    async fn snapshot(&self) -> Result<Box<dyn TableScanner>, StoreError> {
        self.before_read().await?;
        Ok(Box::new(Snapshot {
            world: self.world().clone(),
            taken_s: self.now_s(),
            salt: self.salt(),
            turns: self.hostility().turns_max,
        }))
    }

    async fn load(&self, table: TableId, rows: Vec<FullRow>) -> Result<(), StoreError> {
        let changes = rows.into_iter().map(|full| {
            let key = RowKey {
                table,
                partition: full.partition,
                sort: full.row.sort,
            };
            let op = Op::Put {
                key,
                value: full.row.value,
                expires_at_s: full.row.expires_at_s,
            };
            change_of(op, full.row.revision)
        });
        let now_s = self.now_s();
        let mut world = self.world();
        for group in groups_of_sorted(changes) {
            world.land(group, now_s);
        }
        Ok(())
    }

    fn room(&self) -> Option<Room> {
        None
    }
}

/// A load is too large for `groups_of`, which looks for each place among all.
fn groups_of_sorted(changes: impl Iterator<Item = (RowKey, Change)>) -> Vec<Group> {
    changes
        .map(|(key, change)| Group {
            place: (key.table, key.partition),
            changes: vec![change],
        })
        .collect()
}

fn change_of(op: Op, stamp: Stamp) -> (RowKey, Change) {
    match op {
        Op::Put {
            key,
            value,
            expires_at_s,
        } => {
            let sort = key.sort.clone();
            let change = Change::Put {
                sort,
                value,
                expires_at_s,
                stamp,
            };
            (key, change)
        }
        Op::Delete { key } => {
            let sort = key.sort.clone();
            (key, Change::Delete { sort, stamp })
        }
    }
}

fn decide(world: &mut World, write: &RawConditional, now_s: u64) -> RawOutcome {
    let mut rows = Vec::with_capacity(write.conditions.len());
    let mut holds = true;
    for (sort, condition) in &write.conditions {
        let key = RowKey {
            table: write.table,
            partition: write.partition.clone(),
            sort: sort.clone(),
        };
        let row = world.get(&key, now_s);
        holds &= match (condition, &row) {
            (Condition::Absent, row) => row.is_none(),
            (Condition::Present, row) => row.is_some(),
            (Condition::Revision(revision), Some(row)) => row.revision == *revision,
            (Condition::Revision(_), None) => false,
        };
        rows.push((sort.clone(), row));
    }
    if !holds {
        return RawOutcome::Conflict(rows);
    }
    let place = (write.table, write.partition.clone());
    let greatest = world.greatest_stamp(&place);
    // A raised stamp keeps the node number in its low bits.
    let behind = greatest.0.saturating_sub(write.stamp.0) + 1;
    let stamp = if write.stamp > greatest {
        write.stamp
    } else {
        Stamp(write.stamp.0 + behind.next_multiple_of(64))
    };
    world.apply_in_order(&place, &write.ops, stamp, now_s);
    RawOutcome::Applied(stamp)
}

struct Snapshot {
    world: World,
    taken_s: u64,
    salt: u64,
    turns: u64,
}

#[async_trait]
impl TableScanner for Snapshot {
    async fn scan_table(
        &self,
        table: TableId,
        token: Option<TableToken>,
        limit: usize,
    ) -> Result<(Vec<FullRow>, Option<TableToken>), StoreError> {
        give_way(self.turns).await;
        table_page(&self.world, table, token, limit, self.salt, self.taken_s)
    }
}
