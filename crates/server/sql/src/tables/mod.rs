//! Tables of SQL, and their registration on a connection.

mod calls;
mod events;
mod given;
mod metrics;
mod scores;
mod sessions;
mod spans;
mod tools;
mod traces;
mod usage;

use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

use quipu_vtab::register;
use rusqlite::Connection;

pub use given::GivenRows;

use crate::info::SqlTableInfo;
use crate::table::{Records, StoreReader, Table, declaration};
use calls::Calls;
use events::Events;
use given::{Alerts, Budgets};
use metrics::Metrics;
use scores::Scores;
use sessions::Sessions;
use spans::Spans;
use tools::Tools;
use traces::Traces;
use usage::UsageSums;

/// Adds every table to a connection.
pub(crate) fn add(conn: &Connection, reader: &StoreReader, given: &GivenRows) -> rusqlite::Result<()> {
    add_one(conn, reader, Traces)?;
    add_one(conn, reader, Spans)?;
    add_one(conn, reader, Calls)?;
    add_one(conn, reader, Tools)?;
    add_one(conn, reader, Sessions)?;
    add_one(conn, reader, Events)?;
    add_one(conn, reader, Metrics)?;
    add_one(conn, reader, Scores)?;
    add_one(conn, reader, UsageSums::default())?;
    add_one(conn, reader, Budgets(given.budgets.clone()))?;
    add_one(conn, reader, Alerts(given.alerts.clone()))
}

fn add_one<T: Records>(conn: &Connection, reader: &StoreReader, records: T) -> rusqlite::Result<()> {
    register(conn, T::NAME, Arc::new(Table::new(records, reader.clone())))
}

/// The description of every table.
pub(crate) fn described() -> Vec<SqlTableInfo> {
    vec![
        SqlTableInfo::of::<Traces>(),
        SqlTableInfo::of::<Spans>(),
        SqlTableInfo::of::<Calls>(),
        SqlTableInfo::of::<Tools>(),
        SqlTableInfo::of::<Sessions>(),
        SqlTableInfo::of::<UsageSums>(),
        SqlTableInfo::of::<Events>(),
        SqlTableInfo::of::<Metrics>(),
        SqlTableInfo::of::<Budgets>(),
        SqlTableInfo::of::<Alerts>(),
        SqlTableInfo::of::<Scores>(),
    ]
}

/// A `CREATE TABLE` statement for each table, for a copy of the records in another database. It needs the
/// collation `usd` of [`add_functions`](crate::add_functions).
pub fn declarations() -> Vec<String> {
    vec![
        declaration::<Traces>(true),
        declaration::<Spans>(true),
        declaration::<Calls>(true),
        declaration::<Tools>(true),
        declaration::<Sessions>(true),
        declaration::<UsageSums>(true),
        declaration::<Events>(true),
        declaration::<Metrics>(true),
        declaration::<Budgets>(true),
        declaration::<Alerts>(true),
        declaration::<Scores>(true),
    ]
}

/// Number of a record with this identity.
fn number_of(identity: impl Hash) -> i64 {
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    hasher.finish().cast_signed()
}
