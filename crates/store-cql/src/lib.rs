//! The engine of Petrel's store for several nodes: Apache Cassandra or ScyllaDB.
//!
//! # How rows lie there
//! Each table of the catalogue is one CQL table `(p blob, s blob, v blob, PRIMARY KEY (p, s))` in
//! the keyspace of the store: partition key, sort key, and one cell with revision, expiry and
//! value together, because cells tie one by one (see `row`). Conditional tables have three columns
//! more: the revision `r` and the expiry `e`, on which conditions are put, and `g`, which is never
//! set: writing nothing there holds a batch to a condition on a row that it does not write. They
//! lie in a keyspace of their own, `<keyspace>_cas`, so that an operator of several regions can
//! place it, and because their timestamps are the engine's and not ours: one row is never written
//! by both.
//!
//! # How the contract is kept
//! - A **batch** inside one partition of one table is an unlogged batch, which the engine applies
//!   as one mutation; any other is a logged one. Every statement bears the batch's stamp as its
//!   timestamp, so the latest wins row by row, a delete wins a tie, and sending a batch again
//!   changes nothing. A logged batch that is slow goes without a log as well (see `plain`). All of
//!   it at `LOCAL_QUORUM`: a read sees what was acknowledged before it.
//! - A partition is seen whole or not at all as long as a scan fits a page of 1,000 rows; a longer
//!   one is read page by page, and a batch may come in between.
//! - A **conditional write** is a lightweight transaction; reads of its tables are serial. One
//!   that has not answered in half a second is settled by a serial read through another node, and
//!   sent again through another node if it was not applied (see `cas`). A node that was frozen may
//!   carry one out when it wakes; its condition does not hold any more then, unless the row was
//!   removed meanwhile and the condition was that it is absent.
//! - **Expiry** is judged by the clock of whoever reads, from the cell; the engine removes the row
//!   some minutes later (its time to live).
//! - `mend` reads its premises and then writes with the stamps of what it repairs.
//! - `snapshot` reads what is there when it is read.
//! - **Late bound**: the engine replays a logged batch in doubt until `gc_grace_seconds` are over.
//! - Everything but conditional writes may be sent twice, and is: another node is asked too when
//!   one has not answered in 200 ms. What failed is asked again for up to 8 seconds. Only if every
//!   try is known to have written nothing is the outcome of a write known.
//!
//! The clusters' own settings are looked at when the store opens (see `probe`), and the schema is
//! made and brought up to date there (see `schema`).
//!
//! On ScyllaDB the keyspace of conditional tables must be made by the operator, without tablets,
//! where its version has no conditional writes with tablets.
//!
//! `scylla` is named nowhere but here.

mod ask;
mod cas;
mod cell;
mod clocks;
mod engine;
mod error;
mod limits;
mod options;
mod patience;
mod plain;
mod probe;
mod read;
mod route;
mod row;
mod schema;
mod session;
mod tables;
mod turns;
mod verdict;

pub use engine::Cql;
pub use error::OpenError;
pub use options::{KEYSPACE, Options, SCHEME};
pub use probe::SETTINGS;
pub use schema::SCHEMA_VERSION;
