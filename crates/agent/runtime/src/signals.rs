//! Orderly end of the process at SIGINT and SIGTERM, on request.

#[cfg(unix)]
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(unix)]
use std::task::Poll;
use std::time::{Duration, Instant};

use quipu_core::Result;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, WeakUnboundedSender};
use tokio::sync::oneshot;

use crate::control::{Command, Kind, Reply, Shared};

/// Ends the process at the next signal: waiting records are written, open spans are stored as unfinished, and
/// the exit code is that of a process that the signal ended. A second signal ends it at once. Signals that
/// the program handles or ignores already are left to it.
///
/// # Errors
/// Never in this build.
pub(crate) fn end_on_signals(
    commands: &UnboundedSender<Command>,
    shared: &Arc<Shared>,
    limit: Duration,
    runtime: &Handle,
) -> Result<()> {
    let _within = runtime.enter();
    let commands = commands.downgrade();
    runtime.spawn(wait(signals(), commands, Arc::clone(shared), limit));
    Ok(())
}

#[cfg(unix)]
type Signal = tokio::signal::unix::Signal;

#[cfg(unix)]
fn signals() -> [Option<Signal>; 2] {
    use tokio::signal::unix::{SignalKind, signal};
    [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| {
        let is_free = is_default(kind.as_raw_value());
        is_free.then(|| signal(kind).ok()).flatten()
    })
}

/// Whether a signal has its default action. Only Linux tells; elsewhere it is assumed.
#[cfg(unix)]
fn is_default(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let has = |line: &str| {
        let mask = line.split_whitespace().nth(1).and_then(|mask| u64::from_str_radix(mask, 16).ok());
        mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    };
    !status.lines().filter(|line| line.starts_with("SigIgn:") || line.starts_with("SigCgt:")).any(has)
}

/// The exit code after one of the signals.
#[cfg(unix)]
async fn next(signals: &mut [Option<Signal>; 2]) -> i32 {
    poll_fn(|waker| {
        let mut codes = signals.iter_mut().zip([130, 143]);
        let came =
            codes.find_map(|(signal, code)| signal.as_mut()?.poll_recv(waker).is_ready().then_some(code));
        came.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

#[cfg(not(unix))]
fn signals() {}

#[cfg(not(unix))]
async fn next(_signals: &mut ()) -> i32 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => 130,
        Err(_) => std::future::pending().await,
    }
}

#[cfg(unix)]
type Signals = [Option<Signal>; 2];
#[cfg(not(unix))]
type Signals = ();

async fn wait(
    mut signals: Signals,
    commands: WeakUnboundedSender<Command>,
    shared: Arc<Shared>,
    limit: Duration,
) {
    let code = next(&mut signals).await;
    let (reply, _done) = oneshot::channel();
    let command = Command {
        kind: Kind::Shutdown,
        deadline: Instant::now() + limit,
        reply: Reply::Task(reply),
        reached: Arc::new(AtomicBool::new(false)),
    };
    shared.exit_code.store(code, Ordering::Release);
    if commands.upgrade().is_none_or(|commands| commands.send(command).is_err()) {
        std::process::exit(code);
    }
    std::process::exit(next(&mut signals).await);
}
