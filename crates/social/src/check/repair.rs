//! Repairs, by `mend` alone: with everything that they were decided on as premises.

use petrel_model::event::{MarkKind, RelationKind};
use petrel_model::id::{AccountId, AppId, StatusId};
use petrel_store::{Mend, MendOutcome, Plain, Row, Stamp, StoreError, Table};

use super::Checker;
use super::report::Repair;
use crate::marks::table::Marks;
use crate::oauth::table::{AccessTokens, Apps, SecretHash, Sessions};
use crate::relations::table::Relations;
use crate::statuses::table::{StatusSort, Statuses};

/// Nothing is added for a fact younger than this, in seconds.
const SETTLED_AFTER_S: u64 = 60;

/// A row, or its absence, that a repair is decided on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Premise {
    Status(StatusId, StatusSort, Option<Stamp>),
    Mark((AccountId, u32), (StatusId, MarkKind), Option<Stamp>),
    Relation(AccountId, (AccountId, RelationKind), Option<Stamp>),
    App(AppId, Option<Stamp>),
    Token(SecretHash, Option<Stamp>),
    Session(SecretHash, Option<Stamp>),
}

impl Premise {
    fn add<'a>(&self, mend: Mend<'a>) -> Mend<'a> {
        match self {
            Premise::Status(id, sort, revision) => mend.premise::<Statuses>(id, sort, *revision),
            Premise::Mark(partition, sort, revision) => {
                mend.premise::<Marks>(partition, sort, *revision)
            }
            Premise::Relation(id, sort, revision) => mend.premise::<Relations>(id, sort, *revision),
            Premise::App(id, revision) => mend.premise::<Apps>(id, &(), *revision),
            Premise::Token(hash, revision) => mend.premise::<AccessTokens>(hash, &(), *revision),
            Premise::Session(hash, revision) => mend.premise::<Sessions>(hash, &(), *revision),
        }
    }
}

/// A row that is to be put.
pub struct Put<'a, T: Table> {
    pub partition: &'a T::Partition,
    pub sort: &'a T::Sort,
    pub value: &'a T::Value,
    /// The revision of the fact that it belongs to.
    pub fact: Stamp,
    pub expires_at_s: Option<u64>,
}

impl Checker<'_> {
    /// Puts a row that is missing, with the revision of its fact.
    pub async fn put<T: Table<Mode = Plain>>(
        &self,
        premises: &[Premise],
        row: Put<'_, T>,
    ) -> Repair {
        if !self.options.repair {
            return Repair::NotAsked;
        }
        if !self.is_older(row.fact, SETTLED_AFTER_S) {
            return Repair::Later;
        }
        let Put {
            partition,
            sort,
            value,
            fact,
            expires_at_s,
        } = row;
        let mend = self
            .mend(premises)
            .premise::<T>(partition, sort, None)
            .put_until::<T>(partition, sort, value, fact, expires_at_s);
        // A delete that is later than the fact hides the row until the engine has forgotten it.
        match self.commit::<T>(mend, partition, sort).await {
            Ok(Some(row)) if row.value == *value => Repair::Done,
            Ok(_) => Repair::Later,
            Err(error) => failed(T::NAME, &error),
        }
    }

    /// Deletes an orphan at its own revision, once no fact of it can land any more.
    pub async fn delete<T: Table<Mode = Plain>>(
        &self,
        premises: &[Premise],
        partition: &T::Partition,
        sort: &T::Sort,
        own: Stamp,
    ) -> Repair {
        if !self.options.repair {
            return Repair::NotAsked;
        }
        if !self.is_older(own, self.store.engine().late_bound_s()) {
            return Repair::Later;
        }
        let mend = self
            .mend(premises)
            .premise::<T>(partition, sort, Some(own))
            .delete::<T>(partition, sort, own);
        match self.commit::<T>(mend, partition, sort).await {
            Ok(None) => Repair::Done,
            Ok(Some(_)) => Repair::Later,
            Err(error) => failed(T::NAME, &error),
        }
    }

    fn mend(&self, premises: &[Premise]) -> Mend<'_> {
        let mend = self.store.mend();
        premises
            .iter()
            .fold(mend, |mend, premise| premise.add(mend))
    }

    /// The row as it is afterwards.
    async fn commit<T: Table>(
        &self,
        mend: Mend<'_>,
        partition: &T::Partition,
        sort: &T::Sort,
    ) -> Result<Option<Row<T>>, StoreError> {
        if mend.commit().await? == MendOutcome::PremiseChanged {
            tracing::debug!(table = T::NAME, "what was to be mended changed meanwhile");
        }
        self.store.get::<T>(partition, sort).await
    }
}

fn failed(table: &'static str, error: &StoreError) -> Repair {
    tracing::warn!(table, %error, "a row could not be mended");
    Repair::Later
}
