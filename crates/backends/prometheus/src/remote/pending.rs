//! Pending samples, by series.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use indexmap::IndexMap;
use quipu_core::{Exemplar, PointValue, Timestamp};

use crate::names::Labels;
use crate::page::{Format, number};
use crate::records::Kind;
use crate::wire::{ExemplarSample, Label, Sample, TimeSeries};

/// The label that holds the name of a series.
const NAME: &str = "__name__";
/// Largest number of pending samples; the oldest series are dropped first.
const MOST: usize = 200_000;
/// Number of series whose last times are remembered.
const REMEMBERED: usize = 100_000;

type Key = Vec<Label>;

/// Pending samples, and the last sent times.
#[derive(Default)]
pub(super) struct Pending {
    series: IndexMap<Key, TimeSeries>,
    samples: usize,
    /// Time of the last figures of each series, by name and labels: receivers reject earlier ones.
    last: HashMap<u64, i64>,
    lost: u64,
}

/// The figures of a series at a time.
pub(super) struct Figures<'a> {
    pub full: &'a str,
    pub kind: Kind,
    pub labels: &'a Labels,
    pub value: &'a PointValue,
    pub time: Timestamp,
    /// Observations of these figures.
    pub exemplars: &'a [Exemplar],
}

impl Pending {
    /// Adds the samples of a point.
    pub(super) fn add(&mut self, figures: &Figures<'_>) {
        let at = figures.time.nanos().div_euclid(1_000_000);
        if !self.is_due(figures, at) {
            return;
        }
        match figures.value {
            PointValue::Number(value) => {
                let exemplars = if figures.kind == Kind::Counter { figures.exemplars } else { &[] };
                self.put(key(figures, "", None), (*value, at), exemplars.first());
            }
            PointValue::Distribution { count, sum, buckets, quantiles, .. } => {
                let (mut so_far, mut lower) = (0_u64, f64::NEG_INFINITY);
                for bucket in buckets {
                    so_far = so_far.saturating_add(bucket.count);
                    let within = |one: &&Exemplar| lower < one.value && one.value <= bucket.upper;
                    let exemplar = figures.exemplars.iter().find(within);
                    let key = key(figures, "_bucket", Some(("le", bucket.upper)));
                    self.put(key, (so_far as f64, at), exemplar);
                    lower = bucket.upper;
                }
                for one in quantiles {
                    self.put(key(figures, "", Some(("quantile", one.quantile))), (one.value, at), None);
                }
                self.put(key(figures, "_sum", None), (*sum, at), None);
                self.put(key(figures, "_count", None), (*count as f64, at), None);
            }
        }
    }

    /// Whether the figures are newer than the last ones. Late figures are left out, because the next ones
    /// include them. Pending figures of the same millisecond become one sample.
    fn is_due(&mut self, figures: &Figures<'_>, at: i64) -> bool {
        if self.last.len() >= REMEMBERED {
            self.last.clear();
        }
        let mut hasher = DefaultHasher::new();
        (figures.full, figures.labels).hash(&mut hasher);
        let last = self.last.entry(hasher.finish()).or_insert(i64::MIN);
        let due = at > *last || (at == *last && !self.series.is_empty());
        *last = at.max(*last);
        due
    }

    fn put(&mut self, key: Key, (value, at): (f64, i64), exemplar: Option<&Exemplar>) {
        let entry = self.series.entry(key);
        let series =
            entry.or_insert_with_key(|key| TimeSeries { labels: key.clone(), ..TimeSeries::default() });
        match series.samples.last_mut() {
            Some(last) if at == last.timestamp => last.value = value,
            _ => {
                series.samples.push(Sample { value, timestamp: at });
                self.samples += 1;
            }
        }
        series.exemplars.extend(exemplar.map(shown));
    }

    /// Drops the oldest samples above the limit, such as after a failed attempt. It drops an eighth more than
    /// necessary, so that it need not run for every sample.
    pub(super) fn bound(&mut self) {
        if self.samples <= MOST {
            return;
        }
        let (mut series, mut gone) = (0, 0);
        for one in self.series.values() {
            if self.samples - gone <= MOST / 8 * 7 {
                break;
            }
            gone += one.samples.len();
            series += 1;
        }
        self.series.drain(..series);
        self.samples -= gone;
        self.lose(gone as u64);
    }

    /// Counts samples that will not be sent.
    pub(super) const fn lose(&mut self, samples: u64) {
        self.lost += samples;
    }

    /// Up to `most` samples in whole series; empty if nothing is pending.
    pub(super) fn next(&self, most: usize) -> Vec<TimeSeries> {
        let mut samples = 0;
        let fits = |(_, series): &(&Key, &TimeSeries)| {
            samples += series.samples.len();
            samples <= most.max(series.samples.len())
        };
        self.series.iter().take_while(fits).map(|(_, series)| series.clone()).collect()
    }

    /// Removes the first series, which were accepted or permanently rejected.
    pub(super) fn done(&mut self, series: usize) {
        let gone = self.series.drain(..series.min(self.series.len()));
        self.samples -= gone.map(|(_, series)| series.samples.len()).sum::<usize>();
    }

    /// Takes the number of samples dropped since the last call.
    pub(super) const fn take_lost(&mut self) -> u64 {
        std::mem::replace(&mut self.lost, 0)
    }
}

fn key(figures: &Figures<'_>, suffix: &str, own: Option<(&str, f64)>) -> Key {
    let mut key: Key = Vec::with_capacity(figures.labels.len() + 2);
    key.push(Label { name: NAME.to_owned(), value: format!("{}{suffix}", figures.full) });
    let label = |name: &str, value: String| Label { name: name.to_owned(), value };
    key.extend(own.map(|(name, value)| label(name, number(value, Format::OpenMetrics))));
    key.extend(figures.labels.iter().map(|one| label(&one.name, one.value.to_string())));
    key.sort();
    key
}

fn shown(exemplar: &Exemplar) -> ExemplarSample {
    let label = |name: &str, value: String| Label { name: name.to_owned(), value };
    ExemplarSample {
        labels: vec![
            label("span_id", exemplar.span_id.to_string()),
            label("trace_id", exemplar.trace_id.to_string()),
        ],
        value: exemplar.value,
        timestamp: exemplar.time.nanos().div_euclid(1_000_000),
    }
}
