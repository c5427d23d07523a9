//! Groups of metric points about the same calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_core::{
    Attributes, Instrument, Metric, Point, PointValue, Resource, Scope, Temporality, Timestamp,
};
use quipu_semconv::{Counted, MetricFamily, Part};

use crate::told::{fingerprint, telling};

/// Maximum distance between points of one export.
const ONE_EXPORT: i64 = Timestamp::SECOND;
/// Maximum accepted figure of one point: 10^15, so sums stay exact.
const LARGEST: f64 = 1e15;

/// The end of the series of a cumulative cost.
const COST: &str = "\ncost";

/// Points of one family whose attributes differ only in the token type.
#[derive(Debug)]
pub(super) struct Group {
    /// The common properties of the group, as text.
    pub(super) series: String,
    /// Whether each point covers the time since the start, and not only since the previous point.
    pub(super) is_cumulative: bool,
    /// Attributes without the token type.
    pub(super) attributes: Attributes,
    pub(super) resource: Arc<Resource>,
    pub(super) scope: Arc<Scope>,
    samples: Vec<Sample>,
}

/// One figure.
#[derive(Debug, Clone, Copy)]
struct Sample {
    part: Part,
    value: f64,
    start: Option<Timestamp>,
    time: Timestamp,
}

/// Figures of one export of a group.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) figures: BTreeMap<Part, f64>,
    /// The earliest start, because each type starts with its own first use.
    pub(super) start: Option<Timestamp>,
    /// The last time.
    pub(super) time: Timestamp,
    first: Timestamp,
}

/// Groups the points of a family, in an order independent of their transmission.
pub(super) fn groups(
    metrics: &[Metric],
    family: &MetricFamily<'_>,
    counts: impl Fn(&Metric) -> bool,
) -> Vec<Group> {
    let mut groups: BTreeMap<(String, bool), Group> = BTreeMap::new();
    for metric in metrics {
        let is_sum = !matches!(metric.instrument, Instrument::Gauge | Instrument::Summary);
        let is_ours = family.counts.iter().any(|counted| counted.metric == metric.name.as_str());
        if !is_sum || !is_ours || !counts(metric) {
            continue;
        }
        let sender = fingerprint(&metric.resource);
        for point in &metric.points {
            if let Some((counted, sample)) = sample(metric, point, family) {
                let attributes = without(&point.attributes, counted.key);
                let is_cumulative = metric.temporality != Temporality::Delta;
                let mut series = series(family, &attributes, &sender);
                if is_cumulative && sample.part == Part::Cost {
                    // Tokens that arrive in another request must not replace the cost, and the cost must not
                    // replace the tokens.
                    series.push_str(COST);
                }
                let group = groups.entry((series, is_cumulative)).or_insert_with_key(|(series, _)| Group {
                    series: series.clone(),
                    is_cumulative,
                    attributes,
                    resource: Arc::clone(&metric.resource),
                    scope: Arc::clone(&metric.scope),
                    samples: Vec::new(),
                });
                group.samples.push(sample);
            }
        }
    }
    groups.into_values().collect()
}

fn sample<'a>(
    metric: &Metric,
    point: &Point,
    family: &'a MetricFamily<'_>,
) -> Option<(&'a Counted<'a>, Sample)> {
    let is_type = |counted: &Counted<'_>| {
        counted.key.is_empty() || point.attributes.text(counted.key) == Some(counted.value)
    };
    let counted =
        family.counts.iter().find(|counted| counted.metric == metric.name.as_str() && is_type(counted))?;
    let value = match point.value {
        PointValue::Number(value) => value,
        PointValue::Distribution { sum, .. } => sum,
    };
    let is_figure = (0.0..=LARGEST).contains(&value);
    is_figure.then_some((counted, Sample { part: counted.part, value, start: point.start, time: point.time }))
}

fn without(attributes: &Attributes, key: &str) -> Attributes {
    attributes.iter().filter(|(name, _)| name != key).cloned().collect()
}

fn series(family: &MetricFamily<'_>, attributes: &Attributes, sender: &str) -> String {
    let mut pairs: Vec<_> =
        attributes.iter().map(|(key, value)| format!("{key}={}", telling(value))).collect();
    pairs.sort_unstable();
    format!("{}\n{}\n\n{sender}", family.name, pairs.join("\n"))
}

impl Group {
    /// The figures of each export. A repeated type starts another export, and so does a pause.
    pub(super) fn clusters(&self) -> Vec<Cluster> {
        let mut samples = self.samples.clone();
        samples.sort_by_key(|sample| (sample.time, sample.start, sample.part));
        // Repeated points count once.
        samples.dedup_by(|a, b| (a.time, a.start, a.part) == (b.time, b.start, b.part));
        let mut clusters: Vec<Cluster> = Vec::new();
        for sample in samples {
            match clusters.last_mut().filter(|cluster| cluster.takes(&sample)) {
                Some(cluster) => cluster.add(&sample),
                None => clusters.push(Cluster::new(&sample)),
            }
        }
        clusters
    }
}

impl Cluster {
    fn new(sample: &Sample) -> Self {
        let figures = [(sample.part, sample.value)].into_iter().collect();
        Self { figures, start: sample.start, time: sample.time, first: sample.time }
    }

    fn takes(&self, sample: &Sample) -> bool {
        !self.figures.contains_key(&sample.part) && sample.time.since(self.first) <= ONE_EXPORT
    }

    fn add(&mut self, sample: &Sample) {
        self.figures.insert(sample.part, sample.value);
        self.start = [self.start, sample.start].into_iter().flatten().min();
        self.time = self.time.max(sample.time);
    }
}
