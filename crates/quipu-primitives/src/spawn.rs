//! Tasks and threads that stay within the context.

use std::future::Future;
use std::io;
use std::thread;

use quipu_sdk::{Context, FutureExt};
use tokio::task::{self, JoinHandle};

/// `tokio::spawn` within the context that is current now: what the task records belongs to the span that spawned it.
///
/// # Panics
/// Outside of a Tokio runtime, as `tokio::spawn` does.
#[track_caller]
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(work.in_current_context())
}

/// `tokio::task::spawn_blocking` within the context that is current now.
///
/// # Panics
/// Outside of a Tokio runtime, as `tokio::task::spawn_blocking` does.
#[track_caller]
pub fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let context = Context::current();
    task::spawn_blocking(move || context.scope(work))
}

/// A thread with this name within the context that is current now.
///
/// # Errors
/// The system starts no thread.
pub fn thread_spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<thread::JoinHandle<T>> {
    let context = Context::current();
    thread::Builder::new().name(name.to_owned()).spawn(move || context.scope(work))
}
