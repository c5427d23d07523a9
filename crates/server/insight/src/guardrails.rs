//! Activity of guardrails, and detected personal data and secrets.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{
    FacetField, Kind, MetricAggregate, MetricQuery, Result, Sketch, Store, Timestamp, TraceFilter, TraceId,
    WorkKey, Worked,
};
use quipu_query::{FigureAsk, FigureSource, Rank, StepAsk};

use crate::figures::{self, Figures};
use crate::parts::{Name, without, work_by};

/// Guardrails of an answer at most.
pub const MAX_GUARDRAILS: usize = 1_000;

/// Activity of guardrails.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Guardrails {
    /// All checks together.
    pub total: Figures,
    /// Each guardrail, those of most triggered checks first.
    pub rows: Vec<Guardrail>,
    /// Start and sums of every step with a check.
    pub series: Vec<(Timestamp, Figures)>,
    /// Nanoseconds of a step; `None` without stored data.
    pub step: Option<i64>,
    /// Detected personal data and secrets, most frequent first.
    pub detections: Vec<Detection>,
}

/// One guardrail.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Guardrail {
    /// Name of its spans.
    pub name: Name,
    /// Framework.
    pub framework: Name,
    /// Checks.
    pub checks: u64,
    /// Those that were triggered.
    pub triggered: u64,
    /// Those that failed themselves.
    pub errors: u64,
    /// Durations of those that have ended, in nanoseconds.
    pub latency: Sketch,
    /// Start of the latest.
    pub last_at: Timestamp,
    /// A trace of a check, of a failed one where there is any.
    pub example: Option<TraceId>,
}

/// Category of detected data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sought {
    /// Personal data.
    Pii,
    /// Secrets: keys, passwords.
    Secret,
}

impl Sought {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pii => "pii",
            Self::Secret => "secret",
        }
    }
}

/// Detections of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// Category of the detected data.
    pub kind: Sought,
    /// Its type: a label of the metric, or the guardrail's name.
    pub r#type: CompactString,
    /// The metric that counts them; `None` where guardrails were triggered.
    pub metric: Option<CompactString>,
    /// How many.
    pub count: u64,
}

/// Metrics that count detections, with the category of data.
const METRICS: [(&str, Sought); 4] = [
    ("pii_detections_total", Sought::Pii),
    ("pii_detections", Sought::Pii),
    ("secret_detections_total", Sought::Secret),
    ("secret_detections", Sought::Secret),
];
/// Labels that name the type of a detection, the first that a series has.
const TYPES: [&str; 5] = ["type", "pii_type", "secret_type", "entity_type", "detection_type"];
/// Parts of names of guardrails that look for it, in lower case.
const NAMED: [(&str, Sought); 8] = [
    ("pii", Sought::Pii),
    ("personal", Sought::Pii),
    ("presidio", Sought::Pii),
    ("anonymi", Sought::Pii),
    ("secret", Sought::Secret),
    ("credential", Sought::Secret),
    ("password", Sought::Secret),
    ("api_key", Sought::Secret),
];

/// Activity of guardrails. The filter's model and tool do not apply to guardrails and are ignored; metrics
/// are queried by its times only.
///
/// # Errors
/// The store cannot be read.
pub async fn guardrails(store: &dyn Store, filter: &TraceFilter, now: Timestamp) -> Result<Guardrails> {
    let filter = without(filter, &[FacetField::Model, FacetField::Tool]);
    let keys = [WorkKey::Name, WorkKey::Framework];
    let done = work_by(store, Worked::Spans(vec![Kind::Guardrail]), &filter, false, keys).await?;
    let row = |([name, framework], totals): ([Name; 2], quipu_core::WorkTotals)| Guardrail {
        name,
        framework,
        checks: totals.count,
        triggered: totals.triggered,
        errors: totals.errors,
        latency: totals.duration,
        last_at: totals.last_at,
        example: totals.example,
    };
    let mut rows: Vec<Guardrail> = done.into_iter().map(row).collect();
    rows.sort_by_key(|row| Reverse((row.triggered, row.checks)));
    let mut detections = counted(store, &filter).await?;
    detections.extend(triggered(&rows));
    detections.sort_by(|one, other| {
        (Reverse(one.count), one.kind, &one.r#type).cmp(&(Reverse(other.count), other.kind, &other.r#type))
    });
    rows.truncate(MAX_GUARDRAILS);
    let course = figures::figures(store, &over_time(filter), now).await?;
    Ok(Guardrails {
        rows,
        detections,
        step: course.step,
        series: course.total.points,
        total: course.total.figures,
    })
}

const fn over_time(filter: TraceFilter) -> FigureAsk {
    FigureAsk {
        source: FigureSource::Guardrails,
        filter,
        failed: false,
        group_by: Vec::new(),
        step: StepAsk::Auto,
        top: 1,
        rank: Rank::Count,
        histogram: false,
        metric: None,
    }
}

/// Triggered guardrails whose names contain a category of data.
fn triggered(rows: &[Guardrail]) -> Vec<Detection> {
    let mut found: BTreeMap<(Sought, &CompactString), u64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.triggered > 0) {
        let Some(name) = &row.name else { continue };
        let lower = name.to_lowercase();
        if let Some((_, kind)) = NAMED.iter().find(|(part, _)| lower.contains(part)) {
            *found.entry((*kind, name)).or_default() += row.triggered;
        }
    }
    let detection = |((kind, name), count): ((Sought, &CompactString), u64)| Detection {
        kind,
        r#type: name.clone(),
        metric: None,
        count,
    };
    found.into_iter().map(detection).collect()
}

/// Detections that metrics count.
async fn counted(store: &dyn Store, filter: &TraceFilter) -> Result<Vec<Detection>> {
    let stored = store.metrics().await?;
    let mut found = Vec::new();
    for (name, kind) in
        METRICS.into_iter().filter(|(name, _)| stored.iter().any(|metric| metric.name == *name))
    {
        let query = MetricQuery {
            since: filter.since,
            until: filter.until,
            ..MetricQuery::of(name, MetricAggregate::Sum)
        };
        let mut by_type: BTreeMap<CompactString, f64> = BTreeMap::new();
        for series in store.metric(&query).await? {
            let label = TYPES.iter().find_map(|label| series.labels.get(*label));
            let label = label.map_or_else(|| CompactString::const_new("unknown"), CompactString::from);
            *by_type.entry(label).or_default() += series.points.iter().map(|(_, count)| count).sum::<f64>();
        }
        let detections = by_type.into_iter().filter(|(_, count)| *count >= 1.0);
        found.extend(detections.map(|(r#type, count)| Detection {
            kind,
            r#type,
            metric: Some(CompactString::const_new(name)),
            count: count.round() as u64,
        }));
    }
    Ok(found)
}
