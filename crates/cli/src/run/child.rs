//! The running program: its end, and signals passed on to it.

use std::io::IsTerminal as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use crate::private::as_caller;

/// A program that was started.
pub struct Child {
    pid: Pid,
    end: Receiver<Option<ExitStatus>>,
    ended: Option<Option<ExitStatus>>,
}

impl Child {
    /// Starts the program. It shares the terminal and the standard streams.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        // Before the program is there: no signal ends this process alone.
        let pass_on = pass_on()?;
        let mut child = as_caller(|| command.spawn())?;
        let pid = Pid::from_child(&child);
        pass_on.send(pid).ok().context("signals cannot be passed on")?;
        let (told, end) = channel();
        std::thread::Builder::new().name("quipu-child".into()).spawn(move || told.send(child.wait().ok()))?;
        Ok(Self { pid, end, ended: None })
    }

    /// Waits for the end, at most for a time; `true` once it has ended.
    pub fn wait(&mut self, most: Option<Duration>) -> bool {
        if self.ended.is_none() {
            self.ended = match most {
                None => Some(self.end.recv().ok().flatten()),
                Some(most) => match self.end.recv_timeout(most) {
                    Ok(status) => Some(status),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => Some(None),
                },
            };
        }
        self.ended.is_some()
    }

    /// Its exit code, 128 and the signal's number after a signal; `None` before the end.
    pub fn code(&self) -> Option<u8> {
        let status = self.ended??;
        let code = status.code().or_else(|| Some(128 + status.signal()?))?;
        Some(u8::try_from(code).unwrap_or(u8::MAX))
    }

    /// Asks it to end.
    pub fn stop(&self) -> Result<()> {
        Ok(kill_process(self.pid, Signal::TERM)?)
    }

    /// Ends it.
    pub fn kill(&self) -> Result<()> {
        Ok(kill_process(self.pid, Signal::KILL)?)
    }
}

/// Passes signals on to the program whose id is sent. A terminal sends Ctrl-C to the program itself.
fn pass_on() -> Result<tokio::sync::oneshot::Sender<Pid>> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let (ready, is_ready) = channel();
    let by_terminal = std::io::stdin().is_terminal();
    std::thread::Builder::new().name("quipu-signals".into()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime
            .block_on(async {
                let ignored = ignored();
                let caught = |kind: SignalKind| {
                    let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
                    if is_ignored { Ok(None) } else { signal(kind).map(Some) }
                };
                let mut terminate = caught(SignalKind::terminate())?;
                let mut interrupt = caught(SignalKind::interrupt())?;
                let mut quit = caught(SignalKind::quit())?;
                let mut hang_up = caught(SignalKind::hangup())?;
                let mut one = caught(SignalKind::user_defined1())?;
                let mut two = caught(SignalKind::user_defined2())?;
                let _ = ready.send(());
                let Ok(pid) = told.await else { return Ok(()) };
                loop {
                    let (signal, of_terminal) = tokio::select! {
                        () = next(&mut terminate) => (Signal::TERM, false),
                        () = next(&mut interrupt) => (Signal::INT, true),
                        () = next(&mut quit) => (Signal::QUIT, true),
                        () = next(&mut hang_up) => (Signal::HUP, false),
                        () = next(&mut one) => (Signal::USR1, false),
                        () = next(&mut two) => (Signal::USR2, false),
                    };
                    if !(of_terminal && by_terminal) {
                        // It may have ended already.
                        let _ = kill_process(pid, signal);
                    }
                }
            })
            .map_err(|error: std::io::Error| error)
    })?;
    is_ready.recv().context("signals cannot be received")?;
    Ok(tell)
}

/// Signals that this process has ignored since its start, such as SIGHUP under `nohup`: bit N-1 is signal N.
/// The program inherits this only if no handler replaces it. Without `/proc`, no signal is found.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// Waits for a signal; an ignored one does not come.
async fn next(signals: &mut Option<tokio::signal::unix::Signal>) {
    match signals {
        Some(signals) => drop(signals.recv().await),
        None => std::future::pending().await,
    }
}
