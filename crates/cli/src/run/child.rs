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
                let mut terminate = signal(SignalKind::terminate())?;
                let mut interrupt = signal(SignalKind::interrupt())?;
                let mut quit = signal(SignalKind::quit())?;
                let mut hang_up = signal(SignalKind::hangup())?;
                let mut one = signal(SignalKind::user_defined1())?;
                let mut two = signal(SignalKind::user_defined2())?;
                let _ = ready.send(());
                let Ok(pid) = told.await else { return Ok(()) };
                loop {
                    let (signal, of_terminal) = tokio::select! {
                        _ = terminate.recv() => (Signal::TERM, false),
                        _ = interrupt.recv() => (Signal::INT, true),
                        _ = quit.recv() => (Signal::QUIT, true),
                        _ = hang_up.recv() => (Signal::HUP, false),
                        _ = one.recv() => (Signal::USR1, false),
                        _ = two.recv() => (Signal::USR2, false),
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
