//! The monitor at work: terminal, threads and the loop that joins them.

mod load;
mod plain;
mod run_loop;
mod terminal;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::app::Setting;
use crate::form::Look;
use crate::place::Place;
use crate::source::Source;
use crate::view::Limits;
use crate::words::Lang;
use run_loop::Incoming;
pub(crate) use run_loop::order;

/// Options of the monitor.
#[derive(Debug, Clone)]
pub struct Options {
    /// First view.
    pub place: Place,
    /// Time range such as `24h`; empty for all stored data.
    pub range: String,
    /// Filter in the query language.
    pub filter: String,
    /// Language.
    pub lang: Lang,
    /// Colours and characters.
    pub look: Look,
    /// Time zone of the screen.
    pub zone: TimeZone,
    /// Limits of subscriptions.
    pub limits: Limits,
    /// Plain lines instead of a screen.
    pub plain: bool,
    /// With `plain`, one frame.
    pub once: bool,
}

/// Reads a time range such as `24h` or `all`; the empty text is all stored data.
///
/// # Errors
/// The text is no range.
pub fn read_range(text: &str) -> Result<String, String> {
    crate::app::range(text)
        .ok_or_else(|| format!("expected a range such as 15m, 24h, 7d or all, got {text:?}"))
}

/// Reaches the monitor from another thread, such as that of a signal.
#[derive(Debug, Clone)]
pub struct Handle(Sender<Incoming>);

impl Handle {
    /// Shows an error until the next key.
    pub fn tell(&self, error: impl Into<String>) {
        let _ = self.0.send(Incoming::Told(error.into()));
    }

    /// Ends it; the terminal is restored first.
    pub fn stop(&self) {
        // A monitor that has ended has no receiver.
        let _ = self.0.send(Incoming::Stop);
    }
}

/// Why the monitor ended early.
#[derive(Debug)]
pub enum ScreenError {
    /// The terminal cannot be used.
    Terminal(io::Error),
    /// The source gave no answer to the only question.
    Source(String),
    /// A thread of the monitor failed.
    Thread,
}

impl std::fmt::Display for ScreenError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Terminal(error) => write!(out, "the terminal cannot be used: {error}"),
            Self::Source(error) => out.write_str(error),
            Self::Thread => out.write_str("a thread of the monitor failed"),
        }
    }
}

impl std::error::Error for ScreenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Terminal(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for ScreenError {
    fn from(error: io::Error) -> Self {
        Self::Terminal(error)
    }
}

/// Shows the monitor until the user quits. `started` gets a handle.
///
/// # Errors
/// The terminal cannot be used, or with `once` the source gives no answer.
pub fn run(
    options: Options,
    source: Arc<dyn Source>,
    started: impl FnOnce(Handle),
) -> Result<(), ScreenError> {
    let (send, incoming) = channel();
    started(Handle(send.clone()));
    if options.plain {
        return plain::run(&options, &source, &send, &incoming);
    }
    run_loop::run(&options, source, &send, &incoming)
}

pub(crate) fn setting(options: &Options, source: &dyn Source) -> Setting {
    Setting {
        words: options.lang.words(),
        look: options.look,
        zone: options.zone.clone(),
        source: source.name(),
    }
}

fn now() -> Timestamp {
    Timestamp::now()
}
