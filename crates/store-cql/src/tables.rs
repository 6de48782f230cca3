//! The statements of each table, prepared when the store opens: preparing waits for all nodes, and
//! must not meet a frozen one while somebody waits for an answer.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use petrel_store::{Mode, StoreError, TableId, TableSpec};
use scylla::client::execution_profile::ExecutionProfileHandle;
use scylla::statement::Statement;
use scylla::statement::prepared::PreparedStatement;

use crate::error::OpenError;
use crate::limits::PREPARES_AT_ONCE;
use crate::options::Options;
use crate::session::Cluster;

/// What a table is asked and told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum What {
    Put,
    Delete,
    DeletePartition,
    GetMany,
    Ascending,
    Descending,
    All,
    /// Puts a row of a conditional table without a condition, as a restore does.
    Load,
    PutIf(If),
    DeleteIf(If),
    /// Changes nothing, and holds the others of its batch to a condition on this row.
    Guard(If),
}

/// A condition on the row that is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum If {
    /// Its revision is this, or it is not there.
    Is,
    /// Its revision is this, and it has not expired.
    LiveIs,
    /// It is there with a revision below this one, and it has not expired.
    LiveBefore,
}

impl If {
    fn cql(self) -> &'static str {
        match self {
            If::Is => "r = ?",
            If::LiveIs => "r = ? AND e > ?",
            If::LiveBefore => "r < ? AND e > ?",
        }
    }
}

/// A table of the catalogue with its statements.
pub(crate) struct TableStatements {
    pub spec: TableSpec,
    statements: HashMap<What, PreparedStatement>,
}

impl TableStatements {
    pub fn get(&self, what: What) -> &PreparedStatement {
        self.statements
            .get(&what)
            .expect("the statements of a mode are all prepared")
    }
}

pub(crate) struct Tables(HashMap<TableId, TableStatements>);

impl Tables {
    pub async fn prepare(cluster: &Cluster, options: &Options) -> Result<Tables, OpenError> {
        let mut asked = Vec::new();
        for spec in &options.tables {
            for what in kinds(spec.mode) {
                asked.push(prepare_one(cluster, options, spec, what));
            }
        }
        let prepared: Vec<(&TableSpec, What, PreparedStatement)> = stream::iter(asked)
            .buffer_unordered(PREPARES_AT_ONCE)
            .try_collect()
            .await?;
        let mut tables = HashMap::new();
        for (spec, what, statement) in prepared {
            let table = tables.entry(spec.id).or_insert_with(|| TableStatements {
                spec: *spec,
                statements: HashMap::new(),
            });
            table.statements.insert(what, statement);
        }
        Ok(Tables(tables))
    }

    pub fn get(&self, table: TableId) -> Result<&TableStatements, StoreError> {
        self.0
            .get(&table)
            .ok_or_else(|| StoreError::Refused(format!("table {table} is not in the catalogue")))
    }

    pub fn of_mode(&self, table: TableId, mode: Mode) -> Result<&TableStatements, StoreError> {
        let found = self.get(table)?;
        if found.spec.mode == mode {
            return Ok(found);
        }
        let name = found.spec.name;
        Err(StoreError::Refused(match mode {
            Mode::Plain => format!("{name} takes conditional writes only"),
            Mode::Cas => format!("{name} takes no conditional writes"),
        }))
    }
}

/// Where a table lies, as statements name it.
pub(crate) fn place(options: &Options, spec: &TableSpec) -> String {
    let keyspace = match spec.mode {
        Mode::Plain => options.keyspace.clone(),
        Mode::Cas => options.cas_keyspace(),
    };
    format!("{keyspace}.\"{}\"", spec.name)
}

pub(crate) async fn prepare(
    cluster: &Cluster,
    profile: &ExecutionProfileHandle,
    text: &str,
) -> Result<PreparedStatement, OpenError> {
    let prepared = cluster.session.prepare(Statement::new(text)).await;
    let mut prepared = prepared.map_err(|error| OpenError::Unanswered(error.to_string()))?;
    prepared.set_execution_profile_handle(Some(profile.clone()));
    Ok(prepared)
}

fn kinds(mode: Mode) -> Vec<What> {
    use What::*;
    let mut kinds = vec![GetMany, Ascending, Descending, All];
    match mode {
        Mode::Plain => kinds.extend([Put, Delete, DeletePartition]),
        Mode::Cas => {
            kinds.push(Load);
            for condition in [If::Is, If::LiveIs, If::LiveBefore] {
                kinds.extend([PutIf(condition), DeleteIf(condition), Guard(condition)]);
            }
        }
    }
    kinds
}

/// Rows are put by `UPDATE`, never by `INSERT`: it leaves no marker of the row beside its cell, so
/// a row is there just as long as the cell is.
fn text(what: What, table: &str) -> String {
    let row = "WHERE p = ? AND s = ?";
    let range = "WHERE p = ? AND s >= ? AND s < ?";
    match what {
        What::Put => format!("UPDATE {table} USING TIMESTAMP ? AND TTL ? SET v = ? {row}"),
        What::Delete => format!("DELETE FROM {table} USING TIMESTAMP ? {row}"),
        What::DeletePartition => format!("DELETE FROM {table} USING TIMESTAMP ? WHERE p = ?"),
        What::GetMany => format!("SELECT s, v FROM {table} WHERE p = ? AND s IN ?"),
        What::Ascending => format!("SELECT s, v FROM {table} {range} ORDER BY s ASC"),
        What::Descending => format!("SELECT s, v FROM {table} {range} ORDER BY s DESC"),
        What::All => format!("SELECT p, s, v FROM {table}"),
        What::Load => {
            format!("UPDATE {table} USING TIMESTAMP ? AND TTL ? SET v = ?, r = ?, e = ? {row}")
        }
        What::PutIf(condition) => {
            let condition = condition.cql();
            format!("UPDATE {table} USING TTL ? SET v = ?, r = ?, e = ? {row} IF {condition}")
        }
        What::DeleteIf(condition) => {
            format!("DELETE FROM {table} {row} IF {}", condition.cql())
        }
        What::Guard(condition) => {
            format!("UPDATE {table} SET g = null {row} IF {}", condition.cql())
        }
    }
}

fn profile(cluster: &Cluster, mode: Mode, what: What) -> &ExecutionProfileHandle {
    match what {
        What::PutIf(_) | What::DeleteIf(_) | What::Guard(_) => &cluster.cas,
        What::GetMany | What::Ascending | What::Descending if mode == Mode::Cas => &cluster.serial,
        _ => &cluster.plain,
    }
}

async fn prepare_one<'a>(
    cluster: &Cluster,
    options: &Options,
    spec: &'a TableSpec,
    what: What,
) -> Result<(&'a TableSpec, What, PreparedStatement), OpenError> {
    let text = text(what, &place(options, spec));
    let mut statement = prepare(cluster, profile(cluster, spec.mode, what), &text).await?;
    let is_conditional = matches!(what, What::PutIf(_) | What::DeleteIf(_) | What::Guard(_));
    statement.set_is_idempotent(!is_conditional);
    Ok((spec, what, statement))
}
