//! Status of the library.

use std::collections::BTreeMap;
use std::fmt;

use quipu_budget::BudgetStatus;
use quipu_core::Health;
use quipu_pipeline::ExporterStatus;
use quipu_sdk::Counts;

/// Status of the library.
///
/// ```
/// fn tell(status: &quipu_runtime::Status) {
///     println!("{status}"); // all of it in words
///     assert!(status.running && status.problems.is_empty());
/// }
/// # let _ = tell;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// Whether records are accepted and moved on.
    pub running: bool,
    /// Every backend, including those that failed to open: health, records written and dropped by reason,
    /// queue, last error.
    pub backends: Vec<ExporterStatus>,
    /// Counters of the recorder.
    pub recorder: Counts,
    /// Records dropped between the recorder and the backends, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Spans held until their trace ends.
    pub held_spans: u64,
    /// Status of every budget.
    pub budgets: Vec<BudgetStatus>,
    /// Invalid and unknown variables of the environment, and notes of backends about their opening.
    pub problems: Vec<String>,
}

impl Status {
    /// The backend with this name.
    pub fn backend(&self, name: &str) -> Option<&ExporterStatus> {
        self.backends.iter().find(|backend| backend.name == name)
    }
}

impl Status {
    /// Records that were dropped between the recorder and the backends, and by the backends.
    pub(crate) fn dropped_in_all(&self) -> u64 {
        let by_backends = self.backends.iter().flat_map(|backend| backend.dropped.values());
        self.dropped.values().chain(by_backends).sum()
    }

    /// The dropped records by backend and reason.
    pub(crate) fn drops(&self) -> String {
        let on_the_way = (!self.dropped.is_empty()).then(|| list(self.dropped.iter()));
        let dropping = self.backends.iter().filter(|backend| !backend.dropped.is_empty());
        let by_backends =
            dropping.map(|backend| format!("{}: {}", backend.name, list(backend.dropped.iter())));
        on_the_way.into_iter().chain(by_backends).collect::<Vec<_>>().join("; ")
    }
}

fn list<'a>(counts: impl Iterator<Item = (&'a &'static str, &'a u64)>) -> String {
    let parts: Vec<String> = counts.map(|(reason, count)| format!("{count} {reason}")).collect();
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { spans, events, unsampled, dropped, .. } = &self.recorder;
        writeln!(f, "quipu {}", if self.running { "runs" } else { "does not run" })?;
        writeln!(
            f,
            "recorder: {spans} spans, {events} events, {unsampled} unsampled; dropped: {}",
            list(dropped.iter().map(|(reason, count)| (reason, count)))
        )?;
        if !self.dropped.is_empty() {
            writeln!(f, "on the way: dropped: {}", list(self.dropped.iter()))?;
        }
        for backend in &self.backends {
            let (state, why) = match &backend.health {
                Health::Ready => ("ready", ""),
                Health::Degraded(why) => ("degraded", why.as_str()),
                Health::Down(why) => ("down", why.as_str()),
            };
            write!(f, "{}: {state}, {} written, {} waiting", backend.name, backend.written, backend.queued)?;
            write!(f, "; dropped: {}", list(backend.dropped.iter()))?;
            writeln!(f, "{}{why}", if why.is_empty() { "" } else { "; " })?;
        }
        for budget in &self.budgets {
            let BudgetStatus { name, limit, spent, reserved, .. } = budget;
            writeln!(f, "budget {name}: {spent} spent, {reserved} reserved of {limit}")?;
        }
        self.problems.iter().try_for_each(|problem| writeln!(f, "{problem}"))
    }
}
