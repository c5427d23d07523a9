//! Guard of a connection: only reads of the tables, with known functions, within limits.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Instant;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, Result};

use crate::functions::FUNCTIONS;
use crate::limits::SqlLimits;

/// Instructions of SQLite's machine between two looks at the clock.
const INSTRUCTIONS: i32 = 1_000;

/// Bytes that a value may have at least, because SQLite's own texts are values.
const LEAST_BYTES: usize = 1 << 20;

/// Tables beyond the own ones.
const MORE_TABLES: [&str; 2] = ["json_each", "json_tree"];
/// Pragmas that describe tables.
const PRAGMAS: [&str; 2] = ["table_info", "table_xinfo"];

/// Functions of SQLite that a statement may use: none reads a file, changes the connection, or makes a large
/// value from a small argument alone.
#[rustfmt::skip]
const ALLOWED: &[&str] = &[
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "avg", "ceil", "ceiling", "char", "coalesce",
    "concat", "concat_ws", "cos", "cosh", "count", "cume_dist", "current_date", "current_time", "current_timestamp",
    "date", "datetime", "degrees", "dense_rank", "exp", "first_value", "floor", "format", "glob", "group_concat",
    "hex", "if", "ifnull", "iif", "instr", "json", "json_array", "json_array_length", "json_error_position",
    "json_extract", "json_group_array", "json_group_object", "json_insert", "json_object", "json_patch", "json_pretty",
    "json_quote", "json_remove", "json_replace", "json_set", "json_type", "json_valid", "julianday", "lag",
    "last_value", "lead", "length", "like", "likelihood", "likely", "ln", "log", "log10", "log2", "lower", "ltrim",
    "match", "max", "min", "mod", "nth_value", "ntile", "nullif", "octet_length", "percent_rank", "pi", "pow", "power",
    "printf", "quote", "radians", "random", "rank", "replace", "round", "row_number", "rtrim", "sign", "sin", "sinh",
    "sqrt", "strftime", "string_agg", "substr", "substring", "subtype", "sum", "tan", "tanh", "time", "timediff",
    "total", "trim", "trunc", "typeof", "unhex", "unicode", "unixepoch", "unlikely", "upper", "->", "->>",
];

/// The first rejected action: its description, and the word of the statement that names it.
#[derive(Debug, Clone)]
pub(crate) struct Rejected {
    pub(crate) text: String,
    pub(crate) word: String,
}

/// Where the authorizer leaves its first rejection.
pub(crate) type Rejection = Arc<Mutex<Option<Rejected>>>;

/// Applies limits to a connection with these tables. From here on it accepts only reads.
pub(crate) fn guard(
    conn: &mut Connection,
    tables: Vec<String>,
    limits: &SqlLimits,
    deadline: Instant,
) -> Result<Rejection> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "query_only", true)?;
    let bytes = i32::try_from(limits.bytes.max(LEAST_BYTES)).unwrap_or(i32::MAX);
    let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, bytes),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, small(SqlLimits::STATEMENT_BYTES)),
        (Limit::SQLITE_LIMIT_COLUMN, small(SqlLimits::COLUMNS)),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
        (Limit::SQLITE_LIMIT_VDBE_OP, 100_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 50),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, small(SqlLimits::PARAMETERS)),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        conn.set_limit(limit, most)?;
    }
    conn.progress_handler(INSTRUCTIONS, Some(move || Instant::now() >= deadline))?;
    let rejection = Rejection::default();
    let noted = Arc::clone(&rejection);
    conn.authorizer(Some(move |context: AuthContext<'_>| match rejected(&context.action, &tables) {
        None => Authorization::Allow,
        Some(rejected) => {
            if let Ok(mut noted) = noted.lock() {
                noted.get_or_insert(rejected);
            }
            Authorization::Deny
        }
    }))?;
    Ok(rejection)
}

/// The reason why an action is not allowed; `None` if it is.
fn rejected(action: &AuthAction<'_>, tables: &[String]) -> Option<Rejected> {
    let is_in = |name: &str, list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(name));
    let no = |text: String, word: &str| Some(Rejected { text, word: word.to_owned() });
    match action {
        AuthAction::Select | AuthAction::Recursive => None,
        AuthAction::Read { table_name, .. } => {
            let own = tables.iter().any(|table| table.eq_ignore_ascii_case(table_name));
            if own || is_in(table_name, &MORE_TABLES) {
                return None;
            }
            let text =
                format!("the table {table_name} is not readable; the tables are {}", tables.join(", "));
            no(text, table_name)
        }
        AuthAction::Function { function_name } => {
            let own = FUNCTIONS.iter().any(|(name, ..)| name.eq_ignore_ascii_case(function_name));
            if own || is_in(function_name, ALLOWED) {
                return None;
            }
            no(format!("the function {function_name} is not available"), function_name)
        }
        AuthAction::Pragma { pragma_name, .. } if is_in(pragma_name, &PRAGMAS) => None,
        AuthAction::Pragma { pragma_name, .. } => {
            no(format!("PRAGMA {pragma_name} is not allowed; only SELECT is"), "PRAGMA")
        }
        AuthAction::Attach { .. } => no("ATTACH is not allowed; only SELECT is".to_owned(), "ATTACH"),
        AuthAction::Detach { .. } => no("DETACH is not allowed; only SELECT is".to_owned(), "DETACH"),
        _ => no("only SELECT is allowed; the tables cannot be changed".to_owned(), ""),
    }
}
