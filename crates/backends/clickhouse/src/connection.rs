//! Requests to the server: inserts with tokens, and queries with bounded answers.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use clickhouse::{Client, Compression};
use quipu_core::{Error, ErrorKind, Result};
use tokio::time::timeout;

use crate::config::{Config, NAME};
use crate::rowbinary::Rows;
use crate::sql::identifier;

/// Bytes of one query: lists of ids make queries long.
const QUERY_BYTES: usize = 16 << 20;

/// One insert.
#[derive(Debug, Clone)]
pub(crate) struct Insert {
    pub(crate) table: &'static str,
    /// Columns in the order of the rows' values.
    pub(crate) columns: &'static str,
    /// Rows in RowBinary.
    pub(crate) rows: Bytes,
    /// The server drops a repeated insert with the same token.
    pub(crate) token: String,
}

/// A client of one database.
pub(crate) struct Connection {
    client: Client,
    config: Config,
    database: String,
}

impl Connection {
    pub(crate) fn new(config: Config) -> Self {
        let compression = if config.compress { Compression::Lz4 } else { Compression::None };
        let mut client = Client::default().with_url(config.url()).with_compression(compression);
        if !config.user.is_empty() {
            client = client.with_user(&config.user).with_password(config.password.expose());
        }
        let client = client
            .with_setting("max_query_size", QUERY_BYTES.to_string())
            .with_setting("max_expanded_ast_elements", "5000000")
            .with_setting("max_ast_elements", "5000000");
        Self { client, database: identifier(&config.database), config }
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// The quoted name of a table with its database.
    pub(crate) fn table(&self, name: &str) -> String {
        format!("{}.{name}", self.database)
    }

    /// Runs a statement without an answer, such as a change of a table; waits until it is done.
    pub(crate) async fn run(&self, operation: &'static str, sql: &str) -> Result<()> {
        let query = self.client.query_raw(sql).with_setting("mutations_sync", "2");
        self.within(operation, self.config.limits.write_timeout, query.execute()).await
    }

    /// Inserts rows; returns once the server has stored them.
    pub(crate) async fn insert(&self, insert: &Insert) -> Result<()> {
        let sql = format!("INSERT INTO {} ({}) FORMAT RowBinary", self.table(insert.table), insert.columns);
        let work = async {
            let mut writer = self
                .client
                .insert_formatted_with(sql)
                .with_setting("insert_deduplicate", "1")
                .with_setting("insert_deduplication_token", &insert.token)
                .with_setting("async_insert", "0")
                .with_setting("max_partitions_per_insert_block", "0")
                .with_setting("wait_end_of_query", "1");
            writer.send(insert.rows.clone()).await?;
            writer.end().await
        };
        self.within("insert", self.config.limits.write_timeout, work).await
    }

    /// The rows of a query's answer.
    pub(crate) async fn rows(&self, sql: &str) -> Result<Rows> {
        let most = self.config.limits.answer_bytes;
        let work = async {
            let mut cursor = self.client.query_raw(sql).fetch_bytes("RowBinary")?;
            let mut all = BytesMut::new();
            while let Some(part) = cursor.next().await? {
                if all.len() + part.len() > most {
                    return Ok(None);
                }
                all.extend_from_slice(&part);
            }
            Ok(Some(all.freeze()))
        };
        let answer = self.within("query", self.config.limits.read_timeout, work).await?;
        answer.map(Rows::new).ok_or_else(|| {
            let text = format!("the answer exceeds {most} bytes; narrow the query");
            Error::new(ErrorKind::Exhausted, "query", text).of_backend(NAME)
        })
    }

    async fn within<T>(
        &self,
        operation: &'static str,
        limit: Duration,
        work: impl Future<Output = clickhouse::error::Result<T>>,
    ) -> Result<T> {
        match timeout(limit, work).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(told(operation, &error)),
            Err(_) => {
                let text = format!("{} did not answer within {} s", self.config.uri(), limit.as_secs());
                Err(Error::new(ErrorKind::Unavailable, operation, text).of_backend(NAME))
            }
        }
    }
}

/// The number of a server's error, if the server reported one.
pub(crate) fn code_of(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("Code: ")?;
    let digits = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The server's error without its text, because the text can repeat parts of a query or a record.
fn told(operation: &'static str, error: &clickhouse::error::Error) -> Error {
    use clickhouse::error::Error as Cause;
    let new = |kind, text: String| Error::new(kind, operation, text).of_backend(NAME);
    match error {
        Cause::BadResponse(text) => match code_of(text) {
            Some(code) => new(kind_of(code), format!("the server answered with error {}", named(text, code))),
            None => new(ErrorKind::Unavailable, "the server's answer is not one of ClickHouse".into()),
        },
        Cause::Network(_) => new(ErrorKind::Unavailable, format!("the connection failed: {}", root(error))),
        Cause::TimedOut => new(ErrorKind::Unavailable, "the server did not answer in time".into()),
        _ => new(ErrorKind::Io, format!("the exchange failed: {}", kind_name(error))),
    }
}

const fn kind_name(error: &clickhouse::error::Error) -> &'static str {
    use clickhouse::error::Error as Cause;
    match error {
        Cause::InvalidParams(_) => "invalid parameters",
        Cause::Compression(_) | Cause::Decompression(_) => "the compression failed",
        _ => "the answer cannot be read",
    }
}

/// The innermost cause of a connection's error: an error of the operating system or of TLS.
fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Number and name of an error, such as `60 (UNKNOWN_TABLE)`.
fn named(text: &str, code: u32) -> String {
    let is_name = |name: &&str| {
        name.len() > 3
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let name = text.rsplit('(').filter_map(|part| part.split(')').next()).find(is_name);
    name.map_or_else(|| code.to_string(), |name| format!("{code} ({name})"))
}

const fn kind_of(code: u32) -> ErrorKind {
    match code {
        // Not enough space, too many parts, memory limit, too many simultaneous queries.
        241 | 243 | 252 | 202 | 307 => ErrorKind::Exhausted,
        // Timeouts, networks, keepers and replicas that are away.
        159 | 209 | 210 | 225 | 242 | 279 | 999 => ErrorKind::Unavailable,
        192..=194 | 497 | 516 => ErrorKind::Denied,
        60 | 81 => ErrorKind::NotFound,
        _ => ErrorKind::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_server_is_told_by_number_and_name_only() {
        let text =
            "Code: 62. DB::Exception: Syntax error: 'my prompt (SECRET) text'. (SYNTAX_ERROR) (version 26.9)";
        let error = told("query", &clickhouse::error::Error::BadResponse(text.into()));
        assert_eq!(error.to_string(), "clickhouse: query: the server answered with error 62 (SYNTAX_ERROR)");
        let space = clickhouse::error::Error::BadResponse("Code: 243. DB::Exception: full".into());
        assert_eq!(told("insert", &space).kind(), ErrorKind::Exhausted);
    }
}
