//! Worker processes of SQL: how they are started, and what they do.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use quipu::Access;
use quipu_sql::{SqlRunner, SqlTask};

use crate::args::SqlWorker;
use crate::key;

/// The command of a worker process.
const COMMAND: &str = "sql-worker";

/// The first runner of this process. The others share its turns.
static FIRST: OnceLock<SqlRunner> = OnceLock::new();

/// A runner for the store of a data folder; `None` if no other process can read it.
pub fn runner(uri: &str, folder: &Path) -> Option<SqlRunner> {
    if !uri.starts_with("sqlite") {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let mut arguments = vec![COMMAND.into()];
    if let Some(source) = key::used().and_then(|source| serde_json::to_string(&source).ok()) {
        arguments.extend(["--key-source".into(), source.into()]);
    }
    let runner = SqlRunner::new(program, arguments, uri, folder.to_owned());
    let first = FIRST.get_or_init(|| runner.clone());
    Some(runner.sharing(first))
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
