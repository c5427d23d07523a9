//! Who may come in by a listener, and how long a connection may keep us waiting.

mod bodies;
mod crowd;
mod pulse;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Limits, Meter};

pub(crate) use bodies::{Answer, Incoming, TooSlow};
pub(crate) use crowd::{Crowd, Gate, Seat};
pub(crate) use pulse::{End, Pulse, Rules};
pub(crate) use stream::Stream;

use crate::tls::TlsServer;

/// What a listener grants and demands. Clones count their connections together: one door stands for all listeners of a process.
#[derive(Clone)]
pub struct Door {
    pub(crate) tls: Option<TlsServer>,
    pub(crate) rules: Rules,
    pub(crate) crowd: Arc<Crowd>,
    pub(crate) meter: Arc<dyn Meter>,
    /// How long requests under way may go on after the end.
    pub(crate) drain: Duration,
    /// Requests under way on one HTTP/2 connection.
    pub(crate) streams: u32,
}

impl Door {
    /// A door without TLS. `meter` counts what is refused and cut off, in `quipu_connections_refused_total` and
    /// `quipu_connections_cut_total`, and tells of those that are open, in `quipu_connections`.
    ///
    /// There may be no more connections than three quarters of the files that the process may open: the store needs some too. See
    /// [`more_files`].
    pub fn new(limits: &Limits, meter: Arc<dyn Meter>) -> Self {
        let most = limits.connections.min(open_files().saturating_mul(3) / 4).max(1);
        if most < limits.connections {
            tracing::warn!(
                most,
                "fewer connections than `connections` says: the process may open too few files"
            );
        }
        Self {
            tls: None,
            rules: Rules::new(limits),
            crowd: Arc::new(Crowd::new(most, limits.connections_per_address.max(1))),
            meter,
            drain: Duration::from_secs(limits.drain_seconds),
            streams: limits.streams.max(1),
        }
    }

    /// The same door, that speaks TLS only.
    #[must_use]
    pub fn with_tls(self, tls: TlsServer) -> Self {
        Self { tls: Some(tls), ..self }
    }
}

/// Lets the process open as many files as it may at all, and says how many. Systems start processes with 1,024, for programs that
/// put the numbers into a small table, as select(2) does; nothing here does.
pub fn more_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Nofile);
    let most = Rlimit { current: before.maximum, maximum: before.maximum };
    let now = if setrlimit(Resource::Nofile, most).is_ok() { before.maximum } else { before.current };
    now.unwrap_or(u64::MAX)
}

fn open_files() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}
