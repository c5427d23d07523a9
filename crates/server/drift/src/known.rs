//! The counts of one version of a source.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::counts::{SavedTally, Shape, Tally};
use crate::silence::Rhythm;
use crate::source::Source;
use crate::traces::Judged;

/// The counts of one version of a source.
#[derive(Debug, Clone)]
pub(crate) struct SourceVersion {
    /// Number of the source in this process.
    pub(crate) id: u64,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    pub(crate) rhythm: Rhythm,
    pub(crate) tallies: BTreeMap<(i32, Shape), Tally>,
    pub(crate) judged: Judged,
    /// Number of missing records in series that are no longer followed.
    pub(crate) missing: u64,
}

/// Received and missing telemetry of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completeness {
    /// The source.
    pub source: Source,
    /// Start of its first span or event.
    pub first_seen: Timestamp,
    /// Start of its latest span or event.
    pub last_seen: Timestamp,
    /// Number of spans of the remembered days.
    pub spans: u64,
    /// Number of spans in judged traces.
    pub judged_spans: u64,
    /// Number of these spans without their parent.
    pub orphan_spans: u64,
    /// Number of judged traces that begin with a span of the source.
    pub judged_traces: u64,
    /// Number of these traces without a root.
    pub rootless_traces: u64,
    /// Number of missing numbered records.
    pub missing_records: u64,
    /// Arrival of its last record, if its silence is far longer than its longest pause.
    pub silent_since: Option<Timestamp>,
}

/// The stored form of the counts of one version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SavedSource {
    source: Source,
    first_seen: Timestamp,
    last_seen: Timestamp,
    rhythm: Rhythm,
    /// Judged spans, orphans, judged traces, traces without a root.
    judged: [u64; 4],
    missing: u64,
    tallies: Vec<(i32, Shape, SavedTally)>,
}

impl SourceVersion {
    pub(crate) fn new(id: u64, first: Timestamp, now: Timestamp) -> Self {
        Self {
            id,
            first_seen: first,
            last_seen: first,
            rhythm: Rhythm::new(now),
            tallies: BTreeMap::new(),
            judged: Judged::default(),
            missing: 0,
        }
    }

    fn missing(&self, open: &std::collections::HashMap<u64, u64>) -> u64 {
        self.missing.saturating_add(open.get(&self.id).copied().unwrap_or_default())
    }

    pub(crate) fn completeness(
        &self,
        source: Source,
        missing: &std::collections::HashMap<u64, u64>,
        quiet: &BTreeMap<CompactString, Timestamp>,
    ) -> Completeness {
        let Judged { spans, orphans, traces, rootless } = self.judged;
        let silent_since = quiet.get(&source.name).copied().filter(|since| *since == self.rhythm.last());
        Completeness {
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            spans: self.tallies.values().map(|tally| tally.spans).sum(),
            judged_spans: spans,
            orphan_spans: orphans,
            judged_traces: traces,
            rootless_traces: rootless,
            missing_records: self.missing(missing),
            silent_since,
            source,
        }
    }

    pub(crate) fn saved(
        &self,
        source: &Source,
        missing: &std::collections::HashMap<u64, u64>,
    ) -> SavedSource {
        let Judged { spans, orphans, traces, rootless } = self.judged;
        let tally = |((day, shape), tally): (&(i32, Shape), &Tally)| (*day, shape.clone(), tally.into());
        SavedSource {
            source: source.clone(),
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            rhythm: self.rhythm,
            judged: [spans, orphans, traces, rootless],
            missing: self.missing(missing),
            tallies: self.tallies.iter().map(tally).collect(),
        }
    }

    /// The counts that an earlier process stored, with their source.
    pub(crate) fn resumed(id: u64, saved: SavedSource) -> (Source, Self) {
        let SavedSource { source, first_seen, last_seen, rhythm, judged, missing, tallies } = saved;
        let [spans, orphans, traces, rootless] = judged;
        let tallies = tallies.into_iter().map(|(day, shape, tally)| ((day, shape), tally.into())).collect();
        let judged = Judged { spans, orphans, traces, rootless };
        let known = Self { id, first_seen, last_seen, rhythm, tallies, judged, missing };
        (source, known)
    }
}
