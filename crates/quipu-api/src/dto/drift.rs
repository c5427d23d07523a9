//! Drift of sources: fields that stopped or began to come, and missing data.

use quipu_drift::{Change, Completeness, Report};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Changes of fields by source and version, and what of each source is missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Drift {
    /// Fields whose share of spans changed within the last 28 days, latest first; 500 at most.
    pub changes: Vec<FieldChange>,
    /// Every source with what of its telemetry is missing, by name and version.
    pub sources: Vec<SourceCompleteness>,
}

/// A field whose share of a source's spans changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// Name of the source: its instrumentation scope, or its service where the scope has no name.
    pub source: String,
    /// Version of the source since the change; empty when none was sent.
    pub version: String,
    /// Version that it is compared with; the same where the share changed within a version.
    pub version_before: String,
    /// Kind of the spans; null where the kind itself changed.
    pub kind: Option<String>,
    /// The field, as spans name it.
    pub field: String,
    /// First span of the version, or begin of the day of the change.
    pub since: String,
    /// Share of spans with the field before, 0 to 1.
    pub share_before: f64,
    /// The same since.
    pub share_after: f64,
    /// Spans that were compared: those before.
    pub spans_before: u64,
    /// Those since.
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
    /// Start of its latest.
    pub last_seen: String,
    /// Spans of the last 28 days.
    pub spans: u64,
    /// Judged spans, of traces without a new span for 60 s. With many traces, only some are followed.
    pub judged_spans: u64,
    /// Judged spans without a received parent.
    pub orphan_spans: u64,
    /// Judged traces that begin with a span of the source.
    pub judged_traces: u64,
    /// Judged traces without a root.
    pub rootless_traces: u64,
    /// Missing records, by the source's own numbers (`event.sequence`).
    pub missing_records: u64,
    /// When its last record arrived, if the source is silent for five times its longest pause; else null.
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
