//! The limits of a listener: TLS, connections, timeouts.

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

/// The limits of a listener. Clones share one count of connections, so all listeners of a process use one
/// `Door`.
#[derive(Clone)]
pub struct Door {
    pub(crate) tls: Option<TlsServer>,
    pub(crate) rules: Rules,
    pub(crate) crowd: Arc<Crowd>,
    pub(crate) meter: Arc<dyn Meter>,
    /// How long requests may continue after the stop.
    pub(crate) drain: Duration,
    /// Parallel requests on one HTTP/2 connection.
    pub(crate) streams: u32,
}

impl Door {
    /// Creates limits for a listener without TLS. `meter` counts rejected connections in
    /// `quipu_connections_refused_total` and those that were cut off in `quipu_connections_cut_total`. It
    /// shows the open ones in `quipu_connections`.
    ///
    /// Connections may use three quarters of the files that the process may open, because the store needs
    /// files too. See [`more_files`].
    pub fn new(limits: &Limits, meter: Arc<dyn Meter>) -> Self {
        let most = limits.connections.min(open_files().saturating_mul(3) / 4).max(1);
        if most < limits.connections {
            tracing::warn!(
                most,
                "the limit `connections` is lowered, because the process may open too few files"
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

    /// Returns the same limits for a listener that accepts TLS only.
    #[must_use]
    pub fn with_tls(self, tls: TlsServer) -> Self {
        Self { tls: Some(tls), ..self }
    }
}

/// Raises the limit of open files to its maximum and returns it. Systems start processes with 1,024, for
/// programs that use select(2) with its small table; Quipu does not.
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
