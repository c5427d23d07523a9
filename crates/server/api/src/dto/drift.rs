//! Drift of sources: fields that stopped or began to come, and missing data.

use quipu_drift::{Change, Completeness, Report};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Changes of fields by source and version, and missing data of each source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Drift {
    /// Fields whose share of spans changed within the last 28 days, latest first; at most 500.
    pub changes: Vec<FieldChange>,
    /// All sources with their missing data, by name and version.
    pub sources: Vec<SourceCompleteness>,
}

/// A field whose share of a source's spans changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// Name of the source: its instrumentation scope, or its service if the scope has no name.
    pub source: String,
    /// Version of the source since the change; empty when none was sent.
    pub version: String,
    /// Version before the change; the same version if the share changed within it.
    pub version_before: String,
    /// Kind of the spans; null if the kind itself changed.
    pub kind: Option<String>,
    /// Name of the field in the spans.
    pub field: String,
    /// Start of the first span of the version, or of the day of the change.
    pub since: String,
    /// Share of spans with the field before the change, 0 to 1.
    pub share_before: f64,
    /// Share of spans with the field since the change, 0 to 1.
    pub share_after: f64,
    /// Number of compared spans before the change.
    pub spans_before: u64,
    /// Number of compared spans since the change.
    pub spans_after: u64,
}

/// Received and missing telemetry of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceCompleteness {
    /// Name of the source.
    pub source: String,
    /// Its version; empty if the source sends none.
    pub version: String,
    /// Start of its first span or event.
    pub first_seen: String,
    /// Start of its latest span or event.
    pub last_seen: String,
    /// Spans of the last 28 days.
    pub spans: u64,
    /// Judged spans: spans of traces without a new span for 60 s. With many traces, only a sample is judged.
    pub judged_spans: u64,
    /// Judged spans without a received parent.
    pub orphan_spans: u64,
    /// Judged traces that begin with a span of the source.
    pub judged_traces: u64,
    /// Judged traces without a root span.
    pub rootless_traces: u64,
    /// Missing records, by gaps in the source's own numbers (`event.sequence`).
    pub missing_records: u64,
    /// Arrival of its last record if the source is silent for five times its longest pause; otherwise null.
    pub silent_since: Option<String>,
}

impl From<Report> for Drift {
    fn from(report: Report) -> Self {
        Self {
            changes: report.changes.into_iter().map(Into::into).collect(),
            sources: report.sources.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Change> for FieldChange {
    fn from(change: Change) -> Self {
        Self {
            source: change.source.into(),
            version: change.version.into(),
            version_before: change.version_before.into(),
            kind: change.kind.map(|kind| kind.as_str().to_owned()),
            field: change.field.to_owned(),
            since: change.since.to_string(),
            share_before: change.share_before,
            share_after: change.share_after,
            spans_before: change.spans_before,
            spans_after: change.spans_after,
        }
    }
}

impl From<Completeness> for SourceCompleteness {
    fn from(whole: Completeness) -> Self {
        Self {
            source: whole.source.name.into(),
            version: whole.source.version.into(),
            first_seen: whole.first_seen.to_string(),
            last_seen: whole.last_seen.to_string(),
            spans: whole.spans,
            judged_spans: whole.judged_spans,
            orphan_spans: whole.orphan_spans,
            judged_traces: whole.judged_traces,
            rootless_traces: whole.rootless_traces,
            missing_records: whole.missing_records,
            silent_since: whole.silent_since.map(|since| since.to_string()),
        }
    }
}
