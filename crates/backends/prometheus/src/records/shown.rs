//! The records as families of the registry, with data that its types cannot hold.

use std::collections::HashMap;

use prometheus::proto::{self, MetricFamily, MetricType};
use quipu_core::{Exemplar, Metric, PointValue, Timestamp, Value};

use super::kind::Kind;
use super::left_out::{DROPPED, KEPT, Reason};
use super::series::Series;
use super::{Family, Records};
use crate::Config;
use crate::names::{Labels, TARGET_INFO, labels, pairs};

/// Data of a series other than its figures.
#[derive(Debug, Clone)]
pub(crate) struct Extra {
    /// Start of the series.
    pub(crate) created: Option<Timestamp>,
    /// Observations with their spans.
    pub(crate) exemplars: Vec<Exemplar>,
}

/// Exemplars, creation times and units, by the full name of the family.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    pub(crate) units: HashMap<String, String>,
    pub(crate) extras: HashMap<String, HashMap<Labels, Extra>>,
}

impl Records {
    /// All stored families by name, and the backend's own metrics.
    pub(crate) fn families(&self) -> Vec<MetricFamily> {
        self.kept_families().chain(self.target_info()).chain([self.dropped(), self.series()]).collect()
    }

    fn kept_families(&self) -> impl Iterator<Item = MetricFamily> {
        self.families.iter().map(|(full, family)| shown(full, family))
    }

    /// The attributes of the resource: `target_info` of the compatibility page.
    fn target_info(&self) -> Option<MetricFamily> {
        let attributes = &self.resource.as_ref()?.attributes;
        let labels = labels(attributes.iter().map(|(key, value)| (key.as_str(), value)), "");
        Some(family(TARGET_INFO, MetricType::GAUGE, "Attributes of the resource.", vec![gauge(&labels, 1.0)]))
    }

    pub(crate) fn dropped(&self) -> MetricFamily {
        let count = |reason: Reason| {
            let word = Value::from(reason.word());
            let mut figures = proto::Counter::default();
            figures.set_value(self.left_out.count(reason) as f64);
            let mut metric = metric(&labels([("reason", &word)].into_iter(), ""));
            metric.set_counter(figures);
            metric
        };
        let help = "Series left out of this page, each counted once for each reason.";
        family(DROPPED, MetricType::COUNTER, help, Reason::ALL.map(count).to_vec())
    }

    fn series(&self) -> MetricFamily {
        let help = "Series of records kept for this page, counted by source.";
        family(KEPT, MetricType::GAUGE, help, vec![gauge(&labels(std::iter::empty(), ""), self.kept as f64)])
    }
}

/// The families of metrics that the page only shows, without a limit.
pub(crate) fn families(metrics: &[Metric], now: Timestamp) -> Vec<MetricFamily> {
    let config = Config { max_series: usize::MAX, max_page_bytes: usize::MAX, ..Config::default() };
    let mut records = Records::new(&config);
    metrics.iter().for_each(|metric| records.take(metric, now));
    records.kept_families().collect()
}

fn shown(full: &str, kept: &Family) -> MetricFamily {
    let each = |(labels, series): (&Labels, &Series)| {
        let total = series.total(kept.kind)?;
        Some(filled(metric(labels), kept.kind, &total))
    };
    let help = if kept.help.is_empty() { format!("{full}, as sent.") } else { kept.help.clone() };
    family(full, kept.kind.shown(), &help, kept.series.iter().filter_map(each).collect())
}

fn family(name: &str, shown: MetricType, help: &str, metrics: Vec<proto::Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(shown);
    family.set_metric(metrics);
    family
}

fn metric(labels: &Labels) -> proto::Metric {
    proto::Metric::from_label(pairs(labels))
}

fn gauge(labels: &Labels, value: f64) -> proto::Metric {
    filled(metric(labels), Kind::Gauge, &PointValue::Number(value))
}

fn filled(mut metric: proto::Metric, kind: Kind, value: &PointValue) -> proto::Metric {
    match value {
        PointValue::Number(number) if kind == Kind::Counter => {
            let mut counter = proto::Counter::default();
            counter.set_value(*number);
            metric.set_counter(counter);
        }
        PointValue::Number(number) => {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(*number);
            metric.set_gauge(gauge);
        }
        PointValue::Distribution { count, sum, quantiles, .. } if kind == Kind::Summary => {
            let mut summary = proto::Summary::default();
            summary.set_sample_count(*count);
            summary.set_sample_sum(*sum);
            summary.set_quantile(quantiles.iter().map(quantile).collect());
            metric.set_summary(summary);
        }
        PointValue::Distribution { count, sum, buckets, .. } => {
            let mut histogram = proto::Histogram::default();
            histogram.set_sample_count(*count);
            histogram.set_sample_sum(*sum);
            histogram.set_bucket(cumulative(buckets));
            metric.set_histogram(histogram);
        }
    }
    metric
}

fn quantile(quantile: &quipu_core::Quantile) -> proto::Quantile {
    let mut shown = proto::Quantile::default();
    shown.set_quantile(quantile.quantile);
    shown.set_value(quantile.value);
    shown
}

fn cumulative(buckets: &[quipu_core::Bucket]) -> Vec<proto::Bucket> {
    let mut so_far: u64 = 0;
    let each = |bucket: &quipu_core::Bucket| {
        so_far = so_far.saturating_add(bucket.count);
        let mut shown = proto::Bucket::default();
        shown.set_upper_bound(bucket.upper);
        shown.set_cumulative_count(so_far);
        shown
    };
    buckets.iter().map(each).collect()
}

impl Beside {
    /// Removes exemplars; creation times and units stay.
    pub(crate) fn forget_exemplars(&mut self) {
        self.extras.values_mut().flat_map(HashMap::values_mut).for_each(|extra| extra.exemplars.clear());
    }
}
