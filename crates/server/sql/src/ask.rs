//! One question on one connection.

use std::sync::Arc;
use std::time::Instant;

use quipu_core::{Store, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Statement};
use serde_json::Value as Json;
use tokio::runtime::Handle;

use crate::answer::{SqlAnswer, SqlColumn};
use crate::cell::hex;
use crate::error::{SqlError, SqlErrorKind};
use crate::functions::add_functions;
use crate::guard::{Rejection, guard};
use crate::limits::SqlLimits;
use crate::parameters;
use crate::question::{SqlQuestion, place_of};
use crate::schema::schema;
use crate::table::{StoreReader, TIMEOUT};
use crate::tables::{self, GivenRows};

/// Bytes that a value counts for beyond its text.
const VALUE_BYTES: usize = 8;

/// A guarded connection with the tables of one store.
pub struct SqlSession {
    conn: Connection,
    rejection: Rejection,
    limits: SqlLimits,
    deadline: Instant,
    now: Timestamp,
}

impl SqlSession {
    /// Opens a connection in memory. `runtime` answers the store's queries; the caller must not be one of its
    /// asynchronous tasks.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn open(
        store: Arc<dyn Store>,
        runtime: Handle,
        given: &GivenRows,
        limits: SqlLimits,
        now: Timestamp,
    ) -> Result<Self, SqlError> {
        let deadline = Instant::now() + limits.time();
        let reader = StoreReader { store, runtime, deadline, now };
        Self::build(&reader, given, limits)
            .map_err(|error| SqlError::new(SqlErrorKind::Failed, format!("cannot open a session: {error}")))
    }

    fn build(reader: &StoreReader, given: &GivenRows, limits: SqlLimits) -> rusqlite::Result<Self> {
        let mut conn = Connection::open_in_memory()?;
        add_functions(&conn, reader.now)?;
        tables::add(&conn, reader, given)?;
        let names = schema().tables.into_iter().map(|table| table.name).collect();
        let rejection = guard(&mut conn, names, &limits, reader.deadline)?;
        Ok(Self { conn, rejection, limits, deadline: reader.deadline, now: reader.now })
    }

    /// Answers a question.
    ///
    /// # Errors
    /// The statement is wrong or not allowed, or exceeds a limit.
    pub fn ask(&self, question: &SqlQuestion) -> Result<SqlAnswer, SqlError> {
        question.check_size()?;
        let failed = |error: Error| self.error(error, &question.query);
        let mut statement = self.conn.prepare(&question.query).map_err(failed)?;
        if statement.column_count() == 0 || !statement.readonly() {
            return Err(SqlError::new(SqlErrorKind::Statement, "expected one SELECT statement").at(Some(0)));
        }
        parameters::bind(&mut statement, question, self.now)?;
        if question.check {
            return Ok(columns_of(&statement));
        }
        self.rows(&mut statement).map_err(failed)
    }

    fn rows(&self, statement: &mut Statement<'_>) -> rusqlite::Result<SqlAnswer> {
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut types: Vec<Option<&'static str>> = vec![None; names.len()];
        let (mut rows, mut truncated, mut bytes) = (Vec::new(), false, 0);
        let mut found = statement.raw_query();
        while let Some(row) = found.next()? {
            let mut values = Vec::with_capacity(names.len());
            for (at, kind) in types.iter_mut().enumerate() {
                let value = row.get_ref(at)?;
                note(kind, value);
                let value = json(value);
                bytes += VALUE_BYTES + value.as_str().map_or(0, str::len);
                values.push(value);
            }
            if rows.len() >= self.limits.rows || bytes > self.limits.bytes {
                truncated = true;
                break;
            }
            rows.push(values);
        }
        let column = |(name, kind): (String, Option<&str>)| SqlColumn {
            name,
            r#type: kind.unwrap_or("null").to_owned(),
        };
        Ok(SqlAnswer { columns: names.into_iter().zip(types).map(column).collect(), rows, truncated })
    }

    fn error(&self, error: Error, query: &str) -> SqlError {
        let rejected = self.rejection.lock().ok().and_then(|mut noted| noted.take());
        if let Some(rejected) = rejected {
            let at = place_of(query, &rejected.word);
            return SqlError::new(SqlErrorKind::Statement, rejected.text).at(at);
        }
        let late = Instant::now() >= self.deadline;
        match &error {
            Error::SqlInputError { msg, offset, .. } => {
                let at = usize::try_from(*offset).ok().and_then(|offset| query.get(..offset));
                SqlError::new(SqlErrorKind::Statement, msg.as_str()).at(at.map(|text| text.chars().count()))
            }
            Error::MultipleStatement => {
                SqlError::new(SqlErrorKind::Statement, "expected one statement, found several")
                    .at(query.find(';').map(|at| query[..at].chars().count() + 1))
            }
            _ if late => self.timeout(),
            Error::SqliteFailure(failure, text) => match failure.code {
                rusqlite::ErrorCode::OperationInterrupted => self.timeout(),
                rusqlite::ErrorCode::OutOfMemory => {
                    SqlError::new(SqlErrorKind::Limit, "the statement needs more memory than its limit")
                }
                _ => {
                    let text = text.clone().unwrap_or_else(|| error.to_string());
                    if text == TIMEOUT {
                        return self.timeout();
                    }
                    let at = named_place(query, &text);
                    SqlError::new(SqlErrorKind::Statement, explained(&text)).at(at)
                }
            },
            _ => SqlError::new(SqlErrorKind::Statement, error.to_string()),
        }
    }

    fn timeout(&self) -> SqlError {
        timeout(&self.limits)
    }
}

/// The error of a question that took too long.
pub(crate) fn timeout(limits: &SqlLimits) -> SqlError {
    let seconds = limits.time().as_secs_f64();
    let text = format!("no answer within {seconds} s; limit the time, for example started_at > ago('1d')");
    SqlError::new(SqlErrorKind::Limit, text)
}

/// The columns of a statement that did not run.
fn columns_of(statement: &Statement<'_>) -> SqlAnswer {
    let column = |name: &str| SqlColumn { name: name.to_owned(), r#type: "null".to_owned() };
    let columns = statement.column_names().map(column).collect();
    SqlAnswer { columns, rows: Vec::new(), truncated: false }
}

/// The text of SQLite, with the remedy for a table of another project.
fn explained(text: &str) -> String {
    let has_prefix = text.strip_prefix("no such table: ").is_some_and(|name| name.contains('.'));
    let remedy = "; a statement reads the tables of its own project, by names without a prefix";
    format!("{text}{}", if has_prefix { remedy } else { "" })
}

/// Position of an error for which SQLite gives none, from its text.
fn named_place(query: &str, text: &str) -> Option<usize> {
    if text == "incomplete input" {
        return Some(query.chars().count());
    }
    let table = text.strip_prefix("no such table: ")?;
    // A prefix in quotes is written otherwise than SQLite names it.
    place_of(query, table).or_else(|| place_of(query, table.rsplit('.').next().unwrap_or(table)))
}

fn note(kind: &mut Option<&'static str>, value: ValueRef<'_>) {
    let found = match value {
        ValueRef::Null => return,
        ValueRef::Integer(_) => "integer",
        ValueRef::Real(_) => "real",
        ValueRef::Text(_) => "text",
        ValueRef::Blob(_) => "blob",
    };
    *kind = Some(if kind.is_none_or(|known| known == found) { found } else { "any" });
}

fn json(value: ValueRef<'_>) -> Json {
    match value {
        ValueRef::Null => Json::Null,
        ValueRef::Integer(number) => Json::from(number),
        ValueRef::Real(number) if number.is_infinite() => {
            Json::from(if number > 0.0 { "Infinity" } else { "-Infinity" })
        }
        ValueRef::Real(number) => Json::from(number),
        ValueRef::Text(text) => Json::from(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => Json::from(hex(bytes)),
    }
}
