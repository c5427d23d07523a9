//! Wrong use and spent bounds: counted always, reported once each.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use compact_str::CompactString;
use parking_lot::Mutex;

/// Different reports kept until someone takes them, and remembered so as not to be made again.
const REPORTS: usize = 256;

/// Why something was not recorded as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The instrument's name breaks OpenTelemetry's rules: nothing was recorded.
    WrongName,
    /// The name is another kind of instrument's: nothing was recorded.
    OtherKind,
    /// A label's key is empty, too long, or there twice, or there are too many labels: that label was left out.
    WrongLabel,
    /// A label's value is too long: its beginning was kept.
    LongLabel,
    /// The unit or the bounds are not usable: they were left as they were.
    WrongDescription,
    /// The value is infinite or not a number: it was not recorded.
    NotFinite,
    /// The instrument has as many series as it may: the observation went to the series `otel.metric.overflow`.
    Overflow,
    /// There are as many instruments as there may be: nothing was recorded.
    TooManyInstruments,
}

impl Problem {
    /// Every problem, in the order in which they are counted.
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

    /// The problem as a stable word.
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

/// A problem and the instrument that it came up with; told once for each pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What is wrong.
    pub problem: Problem,
    /// The instrument's name as it was given, cut after 255 characters.
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
        // Never waits: a report lost here is made the next time.
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
