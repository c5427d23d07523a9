//! Tasks and threads that inherit the current context.

use std::future::Future;
use std::io;
use std::thread;

use quipu_sdk::{Context, FutureExt};
use tokio::task::{self, JoinHandle};

/// `tokio::spawn` with the current context: records of the task belong to the span that spawned it.
///
/// # Panics
/// Outside of a Tokio runtime, like `tokio::spawn`.
#[track_caller]
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(work.in_current_context())
}

/// `tokio::task::spawn_blocking` with the current context.
///
/// # Panics
/// Outside of a Tokio runtime, like `tokio::task::spawn_blocking`.
#[track_caller]
pub fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let context = Context::current();
    task::spawn_blocking(move || context.scope(work))
}

/// Starts a named thread with the current context.
///
/// # Errors
/// The system cannot start a thread.
pub fn thread_spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<thread::JoinHandle<T>> {
    let context = Context::current();
    thread::Builder::new().name(name.to_owned()).spawn(move || context.scope(work))
}
