//! The schema: which keyspaces and tables there are, who makes them, and which settings of the
//! engine would break the contract.
//!
//! Several nodes that start at once all find that something is missing; the one that gets the
//! lease makes it, and the others wait. All changes go through the engine's node with the lowest
//! id, because engines without a common log of schema changes confuse two that come at once.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use petrel_store::{MadeIn, Mode, Open, TableSpec};
use scylla::client::execution_profile::ExecutionProfileHandle;
use scylla::response::query_result::QueryRowsResult;
use scylla::statement::Statement;
use scylla::statement::prepared::PreparedStatement;
use tokio::time::timeout;

use crate::cas::applied;
use crate::error::OpenError;
use crate::limits::{AGREEMENT_TIMEOUT, MIGRATION_LEASE_S, SPECULATIVE_RETRY_MS, TRY_TIMEOUT};
use crate::options::Options;
use crate::patience::patiently;
use crate::probe;
use crate::session::{Cluster, only};
use crate::tables::{place, prepare};

/// The layout of keyspaces and tables. A program refuses a higher one; a lower one is brought up
/// by [`MIGRATIONS`].
pub const SCHEMA_VERSION: i64 = 1;
/// What brings a store from version `index + 1` to the next, as statements in which `{plain}` and
/// `{cas}` stand for the keyspaces. Each may run twice. Only ever added to.
const MIGRATIONS: &[&[&str]] = &[];
/// Version, mode and the lease of who changes the schema: conditional rows.
const META: &str = "petrel_meta";
/// The greatest stamp from far ahead: a plain row, whose greatest timestamp wins.
const MARKS: &str = "petrel_marks";
/// How long the engine keeps deletions, in seconds, in tables that are made here: repairs must be
/// more frequent, and a batch in doubt may land for as long.
const GC_GRACE_S: u64 = 10 * 24 * 3_600;
/// After so many tables, whoever makes them says that it is still at it.
const TABLES_PER_RENEWAL: usize = 8;

/// What was found or made.
pub(crate) struct Schema {
    pub made_in: MadeIn,
    /// Whether this opening made or changed something.
    pub made: bool,
    pub gc_grace_s: u64,
    pub warnings: Vec<String>,
    pub get_mark: PreparedStatement,
    pub set_mark: PreparedStatement,
}

impl Schema {
    pub async fn ready(cluster: &Cluster, options: &Options) -> Result<Schema, OpenError> {
        let mut warnings = probe::settings(cluster).await?;
        let maker = Maker {
            cluster,
            options,
            nonce: cluster.session.session_id().to_string(),
            made: AtomicBool::new(false),
        };
        let made_in = patiently(|| maker.try_once()).await?;
        // What the driver knows of keyspaces decides which nodes it asks.
        patiently(|| async {
            let refreshed = cluster.session.refresh_metadata().await;
            refreshed
                .map(Some)
                .map_err(|error| OpenError::Unanswered(error.to_string()))
        })
        .await?;
        warnings.extend(probe::replication(cluster, options));
        for warning in &warnings {
            tracing::warn!(keyspace = options.keyspace, "{warning}");
        }
        let marks = maker.marks();
        Ok(Schema {
            made_in,
            made: maker.made.load(Ordering::Relaxed),
            gc_grace_s: patiently(|| async { maker.gc_grace_s().await.map(Some) }).await?,
            warnings,
            get_mark: maker
                .mark(&format!("SELECT n FROM {marks} WHERE k = 'mark'"))
                .await?,
            set_mark: maker
                .mark(&format!(
                    "UPDATE {marks} USING TIMESTAMP ? SET n = ? WHERE k = 'mark'"
                ))
                .await?,
        })
    }
}

struct Maker<'a> {
    cluster: &'a Cluster,
    options: &'a Options,
    nonce: String,
    /// Whether a change was sent, in any try: one that was not answered may have been made, and
    /// the next try then finds all there.
    made: AtomicBool,
}

/// The row that says which version the schema has and how the store was made.
struct Version {
    number: i64,
    made_in: MadeIn,
}

impl Maker<'_> {
    /// Nothing if another node is making the schema.
    async fn try_once(&self) -> Result<Option<MadeIn>, OpenError> {
        let there = self.there().await?;
        if let Some(made_in) = self.complete(&there).await? {
            return Ok(Some(made_in));
        }
        if !there.contains(&self.meta_place()) {
            self.make_meta().await?;
        }
        if !self.take_lease().await? {
            return Ok(None);
        }
        // Another may have done it while we waited for the lease.
        let done = match self.complete(&self.there().await?).await? {
            Some(made_in) => made_in,
            None => self.make().await?,
        };
        self.release_lease().await;
        Ok(Some(done))
    }

    /// How the store was made, if all of it is there.
    async fn complete(&self, there: &HashSet<Place>) -> Result<Option<MadeIn>, OpenError> {
        let version = match there.contains(&self.meta_place()) {
            true => self.version().await?,
            false => None,
        };
        let keyspace = self.options.keyspace.clone();
        let Some(Version { number, made_in }) = version else {
            return match self.options.open {
                Open::Existing => Err(OpenError::NotThere { keyspace }),
                Open::OrMake(_) | Open::AnyOrMake(_) => Ok(None),
            };
        };
        if number > SCHEMA_VERSION {
            let (found, known) = (number, SCHEMA_VERSION);
            return Err(OpenError::Newer {
                keyspace,
                found,
                known,
            });
        }
        if let Open::OrMake(asked) = self.options.open
            && asked != made_in
        {
            let made = made_in;
            return Err(OpenError::MadeIn {
                keyspace,
                made,
                asked,
            });
        }
        let is_whole = number == SCHEMA_VERSION && self.missing(there).next().is_none();
        Ok(is_whole.then_some(made_in))
    }

    fn missing<'t>(&'t self, there: &'t HashSet<Place>) -> impl Iterator<Item = &'t TableSpec> {
        let tables = self.options.tables.iter();
        tables.filter(|spec| !there.contains(&(self.keyspace_of(spec), spec.name.to_owned())))
    }

    /// Makes what is missing; whoever calls it holds the lease.
    async fn make(&self) -> Result<MadeIn, OpenError> {
        let there = self.there().await?;
        for (number, spec) in self.missing(&there).enumerate() {
            if number % TABLES_PER_RENEWAL == TABLES_PER_RENEWAL - 1 {
                self.renew_lease().await?;
            }
            self.made.store(true, Ordering::Relaxed);
            self.change(&table_text(&place(self.options, spec), spec.mode))
                .await?;
        }
        let before = self.version().await?;
        if let Some(before) = &before {
            for statement in self.migrations(before.number) {
                self.made.store(true, Ordering::Relaxed);
                self.change(&statement).await?;
            }
        }
        self.agree().await?;
        let meta = self.meta();
        let text = match &before {
            Some(Version { number, .. }) if *number == SCHEMA_VERSION => String::new(),
            Some(Version { number, .. }) => {
                format!("UPDATE {meta} SET n = {SCHEMA_VERSION} WHERE k = 'schema' IF n = {number}")
            }
            None => format!(
                "INSERT INTO {meta} (k, n, t) VALUES ('schema', {SCHEMA_VERSION}, '{}') IF NOT EXISTS",
                self.mode_asked().as_str()
            ),
        };
        if !text.is_empty() {
            self.made.store(true, Ordering::Relaxed);
            self.decide(&text).await?;
        }
        let after = self.version().await?.map(|version| version.made_in);
        after.ok_or_else(|| OpenError::Unanswered("the version was not written".to_owned()))
    }

    fn migrations(&self, from: i64) -> Vec<String> {
        let done = usize::try_from(from - 1).unwrap_or(0);
        let statements = MIGRATIONS.iter().skip(done).copied().flatten();
        let (plain, cas) = (&self.options.keyspace, self.options.cas_keyspace());
        statements
            .map(|text| text.replace("{plain}", plain).replace("{cas}", &cas))
            .collect()
    }

    fn mode_asked(&self) -> MadeIn {
        match self.options.open {
            Open::OrMake(mode) | Open::AnyOrMake(mode) => mode,
            Open::Existing => MadeIn::Standard,
        }
    }

    /// The keyspaces, unless the operator has made them, and the table that the lease lies in.
    async fn make_meta(&self) -> Result<(), OpenError> {
        let datacenter = self.cluster.datacenter.replace('\'', "''");
        let factor = self.cluster.nodes_known().clamp(1, 3);
        for keyspace in [self.options.keyspace.clone(), self.options.cas_keyspace()] {
            self.change(&format!(
                "CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = \
                 {{'class': 'NetworkTopologyStrategy', '{datacenter}': {factor}}}"
            ))
            .await?;
        }
        let (marks, meta) = (self.marks(), self.meta());
        self.change(&format!(
            "CREATE TABLE IF NOT EXISTS {marks} (k text PRIMARY KEY, n bigint)"
        ))
        .await?;
        // Last: where it is, all before it is.
        self.change(&format!(
            "CREATE TABLE IF NOT EXISTS {meta} (k text PRIMARY KEY, n bigint, t text)"
        ))
        .await?;
        self.agree().await
    }

    async fn take_lease(&self) -> Result<bool, OpenError> {
        let (meta, nonce) = (self.meta(), &self.nonce);
        let text = format!(
            "INSERT INTO {meta} (k, t) VALUES ('migration', '{nonce}') \
             IF NOT EXISTS USING TTL {MIGRATION_LEASE_S}"
        );
        if self.decide(&text).await? {
            return Ok(true);
        }
        // It may be our own, of a try that was not answered.
        let text = format!("SELECT t FROM {meta} WHERE k = 'migration'");
        let rows = self.run(&text, &self.cluster.serial).await?;
        let holder = rows.maybe_first_row::<(Option<String>,)>();
        let holder = holder.map_err(unreadable)?.and_then(|(holder,)| holder);
        Ok(holder.as_ref() == Some(nonce))
    }

    async fn renew_lease(&self) -> Result<(), OpenError> {
        let (meta, nonce) = (self.meta(), &self.nonce);
        let text = format!(
            "UPDATE {meta} USING TTL {MIGRATION_LEASE_S} SET t = '{nonce}' \
             WHERE k = 'migration' IF t = '{nonce}'"
        );
        match self.decide(&text).await? {
            true => Ok(()),
            false => Err(OpenError::Unanswered(
                "another node took over making the schema".to_owned(),
            )),
        }
    }

    /// If it fails, the lease runs out by itself.
    async fn release_lease(&self) {
        let (meta, nonce) = (self.meta(), &self.nonce);
        let text = format!("DELETE FROM {meta} WHERE k = 'migration' IF t = '{nonce}'");
        if let Err(error) = self.decide(&text).await {
            tracing::warn!(%error, "the lease of the schema was not given back");
        }
    }

    async fn version(&self) -> Result<Option<Version>, OpenError> {
        let text = format!("SELECT n, t FROM {} WHERE k = 'schema'", self.meta());
        let rows = self.run(&text, &self.cluster.serial).await?;
        let row = rows.maybe_first_row::<(Option<i64>, Option<String>)>();
        match row.map_err(unreadable)? {
            None => Ok(None),
            Some((number, mode)) => {
                let number = number.unwrap_or(i64::MAX);
                let made_in = mode.as_deref().and_then(MadeIn::parse);
                // A mode that is unknown here is one of a newer program.
                let (found, known) = (number.max(SCHEMA_VERSION + 1), SCHEMA_VERSION);
                let keyspace = self.options.keyspace.clone();
                let made_in = made_in.ok_or(OpenError::Newer {
                    keyspace,
                    found,
                    known,
                })?;
                Ok(Some(Version { number, made_in }))
            }
        }
    }

    /// A batch in doubt is replayed as long as the least patient of its tables keeps deletions,
    /// so none lands later than the most patient of all would let it.
    async fn gc_grace_s(&self) -> Result<u64, OpenError> {
        let text = format!(
            "SELECT gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = '{}'",
            self.options.keyspace
        );
        let rows = self.run(&text, &self.cluster.plain).await?;
        let mut most = None;
        for row in rows.rows::<(i32,)>().map_err(unreadable)? {
            most = most.max(u64::try_from(row.map_err(unreadable)?.0).ok());
        }
        Ok(most.unwrap_or(GC_GRACE_S))
    }

    async fn there(&self) -> Result<HashSet<Place>, OpenError> {
        let mut there = HashSet::new();
        for keyspace in [self.options.keyspace.clone(), self.options.cas_keyspace()] {
            let text = format!(
                "SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{keyspace}'"
            );
            let rows = self.run_here(&text).await?;
            for row in rows.rows::<(String,)>().map_err(unreadable)? {
                there.insert((keyspace.clone(), row.map_err(unreadable)?.0));
            }
        }
        Ok(there)
    }

    async fn mark(&self, text: &str) -> Result<PreparedStatement, OpenError> {
        let prepared = || async {
            prepare(self.cluster, &self.cluster.plain, text)
                .await
                .map(Some)
        };
        let mut statement = patiently(prepared).await?;
        statement.set_is_idempotent(true);
        Ok(statement)
    }

    fn meta(&self) -> String {
        format!("{}.{META}", self.options.cas_keyspace())
    }

    fn marks(&self) -> String {
        format!("{}.{MARKS}", self.options.cas_keyspace())
    }

    fn meta_place(&self) -> Place {
        (self.options.cas_keyspace(), META.to_owned())
    }

    fn keyspace_of(&self, spec: &TableSpec) -> String {
        match spec.mode {
            Mode::Plain => self.options.keyspace.clone(),
            Mode::Cas => self.options.cas_keyspace(),
        }
    }
}

/// Keyspace and table.
type Place = (String, String);

impl Maker<'_> {
    /// Changes the schema, through the one node that all changes go through.
    async fn change(&self, text: &str) -> Result<(), OpenError> {
        let statement = self.through_the_first(text)?;
        let answer = self.cluster.session.query_unpaged(statement, ());
        match timeout(AGREEMENT_TIMEOUT, answer).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(OpenError::Unanswered(format!("{text}: {error}"))),
            Err(_) => Err(OpenError::Unanswered(text.to_owned())),
        }
    }

    async fn agree(&self) -> Result<(), OpenError> {
        let agreed = self.cluster.session.await_schema_agreement().await;
        agreed
            .map(|_| ())
            .map_err(|error| OpenError::Unanswered(error.to_string()))
    }

    /// Runs a conditional statement; whether it was applied.
    async fn decide(&self, text: &str) -> Result<bool, OpenError> {
        let rows = self.run(text, &self.cluster.cas).await?;
        applied(&rows).map_err(OpenError::Unanswered)
    }

    async fn run(
        &self,
        text: &str,
        profile: &ExecutionProfileHandle,
    ) -> Result<QueryRowsResult, OpenError> {
        let mut statement = Statement::new(text);
        statement.set_execution_profile_handle(Some(profile.clone()));
        self.ask(statement, text).await
    }

    async fn run_here(&self, text: &str) -> Result<QueryRowsResult, OpenError> {
        self.ask(self.through_the_first(text)?, text).await
    }

    async fn ask(&self, statement: Statement, text: &str) -> Result<QueryRowsResult, OpenError> {
        let answer = self.cluster.session.query_unpaged(statement, ());
        match timeout(TRY_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer.into_rows_result().map_err(unreadable),
            Ok(Err(error)) => Err(OpenError::Unanswered(format!("{text}: {error}"))),
            Err(_) => Err(OpenError::Unanswered(text.to_owned())),
        }
    }

    fn through_the_first(&self, text: &str) -> Result<Statement, OpenError> {
        let nodes = self.cluster.nodes();
        let first = nodes.first().ok_or_else(|| {
            let datacenter = &self.cluster.datacenter;
            OpenError::Unanswered(format!("no node of {datacenter} is connected"))
        })?;
        let mut statement = Statement::new(text);
        statement.set_load_balancing_policy(Some(only(first)));
        Ok(statement)
    }
}

/// Partitions grow slowly and are read whole, so levelled compaction: a read meets about one file
/// a level, however long ago the rows came. Conditional tables are small and overwritten often,
/// for which it serves as well. Compression, caches and the rest stay as the engine has them.
fn table_text(place: &str, mode: Mode) -> String {
    let columns = match mode {
        Mode::Plain => "v blob",
        // g is never set: see the statement that guards.
        Mode::Cas => "v blob, r bigint, e bigint, g tinyint",
    };
    format!(
        "CREATE TABLE IF NOT EXISTS {place} (p blob, s blob, {columns}, PRIMARY KEY (p, s)) \
         WITH gc_grace_seconds = {GC_GRACE_S} AND speculative_retry = '{SPECULATIVE_RETRY_MS}ms' \
         AND compaction = {{'class': 'LeveledCompactionStrategy'}}"
    )
}

fn unreadable(error: impl std::fmt::Display) -> OpenError {
    OpenError::Unanswered(format!("an answer makes no sense: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_can_be_reached_from_the_first() {
        assert_eq!(MIGRATIONS.len() as i64, SCHEMA_VERSION - 1);
    }
}
