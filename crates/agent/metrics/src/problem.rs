//! Misuse and exceeded limits of metrics: each is counted, and reported once per instrument.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use compact_str::CompactString;
use quipu_core::locks::Mutex;

/// Most distinct reports, pending and remembered.
const REPORTS: usize = 256;

/// Reason for a rejected or changed observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The name violates OpenTelemetry's rules: nothing was recorded.
    WrongName,
    /// Another kind of instrument has this name: nothing was recorded.
    OtherKind,
    /// A label's key is empty, too long or repeated, or there are too many labels: the label was left out.
    WrongLabel,
    /// A label's value is too long: it was cut.
    LongLabel,
    /// Unit or bounds are invalid: they were not changed.
    WrongDescription,
    /// The value is infinite or NaN: it was not recorded.
    NotFinite,
    /// The instrument has reached its limit of series: the observation went to the series
    /// `otel.metric.overflow`.
    Overflow,
    /// The limit of instruments is reached: nothing was recorded.
    TooManyInstruments,
}

impl Problem {
    /// Every problem, in the order of their counters.
    pub const ALL: [Self; 8] = [
        Self::WrongName,
        Self::OtherKind,
        Self::WrongLabel,
        Self::LongLabel,
        Self::WrongDescription,
        Self::NotFinite,
        Self::Overflow,
        Self::TooManyInstruments,
    ];

    /// Stable name of the problem.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongName => "wrong_name",
            Self::OtherKind => "other_kind",
            Self::WrongLabel => "wrong_label",
            Self::LongLabel => "long_label",
            Self::WrongDescription => "wrong_description",
            Self::NotFinite => "not_finite",
            Self::Overflow => "overflow",
            Self::TooManyInstruments => "too_many_instruments",
        }
    }
}

/// A problem of an instrument; reported once per pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The problem.
    pub problem: Problem,
    /// Name of the instrument as given, cut after 255 characters.
    pub instrument: CompactString,
}

#[derive(Default)]
struct Reports {
    known: Vec<Report>,
    taken: usize,
}

/// Problems of one registry.
#[derive(Default)]
pub(crate) struct Problems {
    counts: [AtomicU64; Problem::ALL.len()],
    reports: Mutex<Reports>,
}

impl Problems {
    #[cold]
    pub fn note(&self, problem: Problem, instrument: &str) {
        self.counts[problem as usize].fetch_add(1, Relaxed);
        // Recording never waits; a report that is lost here is made the next time.
        let Some(mut reports) = self.reports.try_lock() else { return };
        let cut = || instrument.chars().take(255);
        let is = |report: &Report| report.problem == problem && cut().eq(report.instrument.chars());
        if reports.known.len() < REPORTS && !reports.known.iter().any(is) {
            let instrument = cut().collect();
            reports.known.push(Report { problem, instrument });
        }
    }

    pub fn counts(&self) -> impl Iterator<Item = (Problem, u64)> {
        Problem::ALL
            .into_iter()
            .zip(&self.counts)
            .map(|(problem, count)| (problem, count.load(Relaxed)))
            .filter(|(_, count)| *count > 0)
    }

    pub fn take(&self) -> Vec<Report> {
        let mut reports = self.reports.lock();
        let new = reports.known[reports.taken..].to_vec();
        reports.taken = reports.known.len();
        new
    }
}
