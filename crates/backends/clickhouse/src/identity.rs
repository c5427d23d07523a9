//! Identity of a shard: its number and the number of shards, stored in the database.
//!
//! The shard of a trace follows from the order of the shards in the URI. With another order or number, later
//! records of a trace would go to another shard and be counted without the earlier ones.

use quipu_core::{Error, ErrorKind, Result, Retry};

use crate::config::{NAME, ShardPlace};
use crate::connection::Connection;
use crate::ddl::shard_statement;

/// The stored place; `None` for a store in one server.
async fn stored(connection: &Connection) -> Result<Option<ShardPlace>> {
    let sql = format!("SELECT number, of FROM {} ORDER BY number LIMIT 1", connection.table("shard"));
    let mut rows = match connection.rows(&sql).await {
        // An earlier version made the tables.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        rows => rows?,
    };
    match rows.is_empty() {
        true => Ok(None),
        false => Ok(Some(ShardPlace { number: rows.u32()?, of: rows.u32()? })),
    }
}

/// Checks that the database has the place that the URI gives to it.
///
/// # Errors
/// [`ErrorKind::Invalid`]: it has another one.
pub(crate) async fn check(connection: &Connection) -> Result<()> {
    let (stored, wanted) = (stored(connection).await?, connection.config().shard);
    if stored == wanted { Ok(()) } else { Err(differs(connection, stored, wanted)) }
}

/// Checks the place, and stores it in a database without records.
///
/// # Errors
/// [`ErrorKind::Invalid`]: the database has another place, or records of a store in one server.
pub(crate) async fn claim(connection: &Connection) -> Result<()> {
    let (stored, wanted) = (stored(connection).await?, connection.config().shard);
    let Some(place) = wanted.filter(|_| stored.is_none()) else { return check(connection).await };
    let [spans, events, points] = ["spans", "events", "points"].map(|name| connection.table(name));
    let records = format!(
        "SELECT (SELECT count() FROM {spans}) + (SELECT count() FROM {events}) + (SELECT count() FROM {points})"
    );
    if connection.rows(&records).await?.u64()? > 0 {
        return Err(differs(connection, stored, wanted));
    }
    let database = &connection.config().database;
    connection.run("create tables", &shard_statement(database)).await?;
    let sql = format!("INSERT INTO {} VALUES ({}, {})", connection.table("shard"), place.number, place.of);
    connection.run("claim shard", &sql).await
}

fn differs(connection: &Connection, stored: Option<ShardPlace>, wanted: Option<ShardPlace>) -> Error {
    let shown = |place: Option<ShardPlace>| match place {
        Some(ShardPlace { number, of }) => format!("shard {number} of {of}"),
        None => "a store in one server".to_owned(),
    };
    let text = format!(
        "{} is {}, and the URI names it as {}: name all shards in their first order, or copy the records with \
         `quipu migrate --from --to`",
        connection.config().uri(),
        shown(stored),
        shown(wanted)
    );
    Error::new(ErrorKind::Invalid, "open store", text).with_retry(Retry::No).of_backend(NAME)
}
