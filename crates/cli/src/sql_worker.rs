//! Worker processes of SQL: how they are started, and what they do.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use quipu::Access;
use quipu::core::{Error, ErrorKind};
use quipu_alert::{RunStatement, StatementAsk, StatementRows};
use quipu_api::budget_rows;
use quipu_budget::Budgets;
use quipu_sql::{GivenRows, SqlErrorKind, SqlLimits, SqlQuestion, SqlRunner, SqlTask};

use crate::args::SqlWorker;
use crate::key;

/// The command of a worker process.
const COMMAND: &str = "sql-worker";

/// The first runner of this process. The others share its turns.
static FIRST: OnceLock<SqlRunner> = OnceLock::new();

/// A runner for the store of a data folder; `None` if no other process can read it.
pub fn runner(uri: &str, folder: &Path) -> Option<SqlRunner> {
    let runner = started(uri, folder)?;
    let first = FIRST.get_or_init(|| runner.clone());
    Some(runner.sharing(first))
}

fn started(uri: &str, folder: &Path) -> Option<SqlRunner> {
    if !uri.starts_with("sqlite") {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let mut arguments = vec![COMMAND.into()];
    if let Some(source) = key::used().and_then(|source| serde_json::to_string(&source).ok()) {
        arguments.extend(["--key-source".into(), source.into()]);
    }
    Some(SqlRunner::new(program, arguments, uri, folder.to_owned()))
}

/// Limits of a rule's statement. It runs each minute, so it has less than a question of a user.
const OF_RULE: SqlLimits =
    SqlLimits { time_ms: 5_000, memory_bytes: 128 << 20, files: 512, rows: 0, bytes: 1 << 20 };

/// Runs the statements of a project's alert rules; `None` if no other process can read its store. They have
/// turns of their own, so rules and users do not wait for each other.
pub fn of_rules(uri: &str, folder: &Path, budgets: &Budgets) -> Option<RunStatement> {
    static TURNS: OnceLock<SqlRunner> = OnceLock::new();
    let runner = started(uri, folder)?;
    let first = TURNS.get_or_init(|| runner.clone());
    let (runner, budgets) = (runner.sharing(first), budgets.clone());
    Some(Arc::new(move |ask| Box::pin(run_of_rule(runner.clone(), budgets.clone(), ask))))
}

async fn run_of_rule(
    runner: SqlRunner,
    budgets: Budgets,
    ask: StatementAsk,
) -> quipu::core::Result<StatementRows> {
    let given = match ask.statement.to_lowercase().contains("budgets") {
        true => {
            let rows = tokio::task::spawn_blocking(move || budget_rows(&budgets)).await;
            let failed = |text: String| Error::new(ErrorKind::Unavailable, "read budgets", text);
            let rows = rows.map_err(|error| failed(error.to_string()))?;
            let rows = rows.map_err(|error| failed(error.to_string()))?;
            GivenRows { budgets: Some(Arc::new(rows)), alerts: None }
        }
        false => GivenRows::default(),
    };
    let question = SqlQuestion {
        query: ask.statement,
        since: Some(ask.since.nanos()),
        until: Some(ask.until.nanos()),
        check: ask.check,
        ..SqlQuestion::default()
    };
    let limits = SqlLimits { rows: ask.rows, ..OF_RULE };
    let statement = question.query.clone();
    let answer = runner.ask(question, given, limits, ask.until).await.map_err(|error| {
        let kind = match error.kind {
            SqlErrorKind::Statement => ErrorKind::Invalid,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, "run the statement", error.placed(&statement))
    })?;
    let columns = answer.columns.into_iter().map(|column| column.name).collect();
    Ok(StatementRows { columns, rows: answer.rows, truncated: answer.truncated })
}

/// Does the task on standard input.
///
/// # Errors
/// The task cannot be read, or its outcome cannot be written.
pub fn work(worker: &SqlWorker) -> Result<()> {
    if let Some(source) = &worker.key_source {
        let source = serde_json::from_str(source).context("--key-source is not a source of a key")?;
        key::of_config(Some(&source))?;
    }
    let open = |task: &SqlTask| quipu::open(&task.store, &task.folder, Access::Read);
    Ok(quipu_sql::work(std::io::stdin().lock(), std::io::stdout().lock(), open)?)
}
