//! The worker process: reads one task, limits itself, answers, and ends.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use quipu_core::{Store, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use crate::answer::SqlAnswer;
use crate::ask::SqlSession;
use crate::error::{SqlError, SqlErrorKind};
use crate::limits::SqlLimits;
use crate::priority::yield_process;
use crate::question::SqlQuestion;
use crate::tables::GivenRows;

/// Largest task: the statement, and the rows of budgets and alerts.
const TASK_BYTES: u64 = 64 << 20;

/// A task of one worker process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SqlTask {
    /// URI of the store.
    pub store: String,
    /// Data folder.
    pub folder: PathBuf,
    /// The question.
    pub question: SqlQuestion,
    /// Limits.
    pub limits: SqlLimits,
    /// Time of the question, nanoseconds since the epoch.
    pub now: i64,
    /// Rows of budgets and alerts.
    #[serde(default)]
    pub given: GivenRows,
}

/// The worker's output.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Answer(SqlAnswer),
    Error(SqlError),
}

/// Reads a task from `input`, limits this process, opens the store, and writes the outcome to `output`.
///
/// # Errors
/// The task cannot be read, or the outcome cannot be written.
pub fn work(
    input: impl Read,
    mut output: impl Write,
    open: impl FnOnce(&SqlTask) -> quipu_core::Result<Arc<dyn Store>>,
) -> io::Result<()> {
    let mut text = Vec::new();
    input.take(TASK_BYTES).read_to_end(&mut text)?;
    let task: SqlTask = serde_json::from_slice(&text)?;
    drop(text);
    limit_process(&task.limits)?;
    yield_process();
    let outcome = match answer(&task, open) {
        Ok(answer) => Outcome::Answer(answer),
        Err(error) => Outcome::Error(error),
    };
    serde_json::to_writer(&mut output, &outcome)?;
    output.flush()
}

fn answer(
    task: &SqlTask,
    open: impl FnOnce(&SqlTask) -> quipu_core::Result<Arc<dyn Store>>,
) -> Result<SqlAnswer, SqlError> {
    let failed = |text: String| SqlError::new(SqlErrorKind::Failed, text);
    // The store answers on one thread beside this one, which waits.
    let runtime = Builder::new_current_thread().max_blocking_threads(2).enable_time().build();
    let runtime = runtime.map_err(|error| failed(format!("cannot start a runtime: {error}")))?;
    let store = open(task).map_err(|error| failed(error.to_string()))?;
    let now = Timestamp::from_nanos(task.now);
    let session = SqlSession::open(store, runtime.handle().clone(), &task.given, task.limits, now)?;
    session.ask(&task.question)
}

/// Bytes that SQLite may write to the index of a write-ahead log, its only files here.
#[cfg(unix)]
const WRITE_BYTES: u64 = 4 << 20;
/// Address space beyond the limit of memory, for reservations of the allocator and stacks.
#[cfg(unix)]
const ADDRESSES: u64 = 1 << 30;

/// Applies the limits of memory, processor time, files and written bytes to this process.
#[cfg(unix)]
fn limit_process(limits: &SqlLimits) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let (addresses, data) = memory_now().unwrap_or((ADDRESSES, ADDRESSES));
    let seconds = limits.time_ms.div_ceil(1_000) + 1;
    for (resource, most) in [
        (Resource::Data, data.saturating_add(limits.memory_bytes)),
        (Resource::As, addresses.saturating_add(limits.memory_bytes).saturating_add(ADDRESSES)),
        (Resource::Cpu, seconds),
        (Resource::Nofile, limits.files),
        (Resource::Fsize, WRITE_BYTES),
        (Resource::Core, 0),
    ] {
        let known = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let most = Some(most.min(known));
        setrlimit(resource, Rlimit { current: most, maximum: most })?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn limit_process(_: &SqlLimits) -> io::Result<()> {
    Ok(())
}

/// Bytes of address space and of data of this process; `None` where the system does not tell.
#[cfg(unix)]
fn memory_now() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let figure = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
    };
    Some((figure("VmSize:")?, figure("VmData:")?))
}
