//! Runs each question in a worker process.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quipu_core::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::answer::SqlAnswer;
use crate::ask::timeout;
use crate::error::{SqlError, SqlErrorKind};
use crate::limits::SqlLimits;
use crate::priority::yield_thread;
use crate::question::SqlQuestion;
use crate::tables::GivenRows;
use crate::worker::{Outcome, SqlTask};

/// Questions that run at the same time. Others wait.
const SEATS: usize = 2;
/// Time that a question waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time for start and end of a worker beyond the limit of the question.
const GRACE: Duration = Duration::from_secs(2);
/// Largest outcome: JSON needs up to six bytes for a byte of text.
const OUTCOME_BYTES: u64 = 128 << 20;
/// Interval of looks at a process whose output has ended.
const TICK: Duration = Duration::from_millis(2);

/// Starts worker processes for the questions about one store.
#[derive(Debug, Clone)]
pub struct SqlRunner {
    program: PathBuf,
    arguments: Vec<OsString>,
    store: String,
    folder: PathBuf,
    seats: Arc<Semaphore>,
}

/// The turn of one statement. Others wait until its process has ended and it is dropped.
#[derive(Debug)]
pub struct SqlTurn(Arc<OwnedSemaphorePermit>);

impl SqlRunner {
    /// A runner that starts `program` with `arguments` for each question about this store. The process must
    /// call [`work`](crate::work).
    pub fn new(
        program: PathBuf,
        arguments: Vec<OsString>,
        store: impl Into<String>,
        folder: PathBuf,
    ) -> Self {
        Self { program, arguments, store: store.into(), folder, seats: Arc::new(Semaphore::new(SEATS)) }
    }

    /// The same with the turns of another runner, so both together start no more processes than one.
    #[must_use]
    pub fn sharing(mut self, other: &Self) -> Self {
        self.seats = Arc::clone(&other.seats);
        self
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// Other statements take all turns for too long.
    pub async fn turn(&self) -> Result<SqlTurn, SqlError> {
        let seat = tokio::time::timeout(PATIENCE, Arc::clone(&self.seats).acquire_owned()).await;
        let Ok(Ok(seat)) = seat else {
            let text = format!("{SEATS} statements are running already; try again in a second");
            return Err(SqlError::new(SqlErrorKind::Busy, text));
        };
        Ok(SqlTurn(Arc::new(seat)))
    }

    /// Answers a question after it waited for its turn. A dropped future ends its process.
    ///
    /// # Errors
    /// The statement is wrong or not allowed, exceeds a limit, or waits too long for its turn; or the process
    /// fails.
    pub async fn ask(
        &self,
        question: SqlQuestion,
        given: GivenRows,
        limits: SqlLimits,
        now: Timestamp,
    ) -> Result<SqlAnswer, SqlError> {
        let turn = self.turn().await?;
        self.ask_in(&turn, question, given, limits, now).await
    }

    /// Answers a question in a turn. A dropped future ends its process.
    ///
    /// # Errors
    /// The statement is wrong or not allowed, or exceeds a limit; or the process fails.
    pub async fn ask_in(
        &self,
        turn: &SqlTurn,
        question: SqlQuestion,
        given: GivenRows,
        limits: SqlLimits,
        now: Timestamp,
    ) -> Result<SqlAnswer, SqlError> {
        // The process may outlive this future.
        let seat = Arc::clone(&turn.0);
        let task = SqlTask {
            store: self.store.clone(),
            folder: self.folder.clone(),
            question,
            limits,
            now: now.nanos(),
            given,
        };
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        let (alive, ended) = channel::<()>();
        let (done, answer) = oneshot::channel();
        let work = move || {
            yield_thread();
            let answer = run(command, &task, ended);
            drop(seat);
            // A caller that no longer waits needs no answer.
            let _ = done.send(answer);
        };
        let thread = std::thread::Builder::new().name("quipu-sql".into()).spawn(work);
        thread.map_err(|error| failed(format!("cannot start a thread: {error}")))?;
        let answer = answer.await;
        // The watch ends the process when this is dropped.
        drop::<Sender<()>>(alive);
        answer.unwrap_or_else(|_| Err(failed("the worker's thread panicked")))
    }
}

fn failed(text: impl Into<String>) -> SqlError {
    SqlError::new(SqlErrorKind::Failed, text)
}

fn locked(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs one process to its end.
fn run(mut command: Command, task: &SqlTask, ended: Receiver<()>) -> Result<SqlAnswer, SqlError> {
    let input = serde_json::to_vec(task).map_err(|error| failed(format!("cannot write a task: {error}")))?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let started = Instant::now();
    let mut child =
        command.spawn().map_err(|error| failed(format!("cannot start a worker process: {error}")))?;
    let (to, from) = (child.stdin.take(), child.stdout.take());
    let child = Arc::new(Mutex::new(child));
    let watched = Arc::clone(&child);
    let patience = task.limits.time() + GRACE;
    let watch = std::thread::Builder::new().name("quipu-sql-watch".into()).spawn(move || {
        // Either the time is over, or no caller waits any more.
        let _ = ended.recv_timeout(patience);
        let _ = locked(&watched).kill();
    });
    if watch.is_err() {
        let _ = locked(&child).kill();
    }
    if let Some(mut to) = to {
        // A worker that ended already has an exit status that tells more.
        let _ = to.write_all(&input);
    }
    let mut output = Vec::new();
    if let Some(from) = from {
        let _ = from.take(OUTCOME_BYTES).read_to_end(&mut output);
    }
    let status = wait(&child);
    if let Ok(outcome) = serde_json::from_slice(&output) {
        return match outcome {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Error(error) => Err(error),
        };
    }
    Err(ended_early(status, started.elapsed(), &task.limits))
}

fn wait(child: &Mutex<Child>) -> Option<ExitStatus> {
    loop {
        match locked(child).try_wait() {
            Ok(None) => {}
            Ok(status) => return status,
            Err(_) => return None,
        }
        std::thread::sleep(TICK);
    }
}

/// The error of a process without an outcome.
fn ended_early(status: Option<ExitStatus>, took: Duration, limits: &SqlLimits) -> SqlError {
    if took >= limits.time() {
        return timeout(limits);
    }
    #[cfg(unix)]
    if let Some(signal) = status.and_then(|status| std::os::unix::process::ExitStatusExt::signal(&status)) {
        // SIGABRT: an allocation failed. SIGSEGV: the stack could not grow. SIGKILL: the system has no
        // memory.
        if [6, 9, 11].contains(&signal) {
            let limit = limits.memory_bytes >> 20;
            let text = format!("the statement needs more memory than its limit of {limit} MiB");
            return SqlError::new(SqlErrorKind::Limit, text);
        }
        if signal == 24 {
            return timeout(limits);
        }
        return failed(format!("the worker process ended by signal {signal}"));
    }
    failed(format!("the worker process ended without an answer: {status:?}"))
}
