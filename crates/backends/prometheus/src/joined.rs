//! The only collector of the registry: it joins Quipu's records and OpenTelemetry's exporter without
//! duplicate names.
//!
//! `prometheus::Registry` joins families of several collectors by name alone, without a check of types or
//! duplicate labels. Prometheus may reject a page of such families, so this collector joins them first.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use prometheus::Registry;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Metric, MetricFamily};
use quipu_core::locks::Mutex;
use quipu_core::{Clock, Error, ErrorKind, Result};

use crate::config::NAME;
use crate::names::{Labels, Reserved, clean, pairs, tidy};
use crate::records::{DROPPED, Reason, Records, families, own_label};
use crate::sources::Sources;

/// Collects both.
pub(crate) struct Joined {
    records: Arc<Mutex<Records>>,
    /// Metrics of the meter API, from `opentelemetry-prometheus`.
    meters: Registry,
    sources: Arc<Sources>,
    clock: Arc<dyn Clock>,
    /// The registry identifies a collector by its description.
    described: Desc,
}

impl Joined {
    pub(crate) fn new(
        records: Arc<Mutex<Records>>,
        meters: Registry,
        sources: Arc<Sources>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let help = "Series left out of this page.".to_owned();
        let described = Desc::new(DROPPED.to_owned(), help, vec!["reason".to_owned()], Default::default());
        let described = described.map_err(|error| {
            Error::new(ErrorKind::Internal, "open backend", "registry").of_backend(NAME).caused_by(error)
        })?;
        Ok(Self { records, meters, sources, clock, described })
    }
}

impl Collector for Joined {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.described]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // This call runs callbacks of observable instruments, so no lock is held.
        let mut others = self.meters.gather();
        let now = self.clock.now();
        others.append(&mut families(&self.sources.beside(now), now));
        let metrics = self.sources.metrics(now);
        let mut records = self.records.lock();
        metrics.iter().for_each(|metric| records.take(metric, now));
        records.sweep(now);
        let (mut page, left_out) = Page::of(records.families()).with(others);
        if !left_out.is_empty() {
            left_out.into_iter().for_each(|(reason, key)| records.leave_out(reason, key));
            page.put(records.dropped());
        }
        page.0.into_values().collect()
    }
}

/// Families by name.
struct Page(BTreeMap<String, MetricFamily>);

type LeftOut = Vec<(Reason, u64)>;

impl Page {
    fn of(families: Vec<MetricFamily>) -> Self {
        Self(families.into_iter().map(|family| (family.name().to_owned(), family)).collect())
    }

    fn put(&mut self, family: MetricFamily) {
        self.0.insert(family.name().to_owned(), family);
    }

    /// Adds families, and leaves out those in conflict with existing ones.
    fn with(mut self, families: Vec<MetricFamily>) -> (Self, LeftOut) {
        let mut reserved = Reserved::default();
        self.0.iter().for_each(|(name, family)| {
            reserved.admit(name, family.get_field_type());
        });
        let mut left_out = LeftOut::new();
        for mut family in families {
            let (name, shown) = (clean(family.name()), family.get_field_type());
            let other = self.0.get(&name).is_some_and(|there| there.get_field_type() != shown);
            if other || !reserved.admit(&name, shown) {
                left_out.push((Reason::Name, key(&name, &Labels::default())));
                continue;
            }
            let mut there = self.0.remove(&name);
            let mut metrics = there.as_mut().map(MetricFamily::take_metric).unwrap_or_default();
            add_metrics(&name, &mut metrics, &mut family, &mut left_out);
            let mut joined = there.unwrap_or(family);
            if joined.help().is_empty() {
                joined.set_help(format!("{name}, as recorded."));
            }
            joined.set_name(name);
            joined.set_metric(metrics);
            self.put(joined);
        }
        (self, left_out)
    }
}

fn add_metrics(name: &str, metrics: &mut Vec<Metric>, family: &mut MetricFamily, left_out: &mut LeftOut) {
    let own = own_label(family.get_field_type());
    let mut taken: HashSet<Labels> = metrics.iter().map(|metric| tidy(metric.get_label(), own)).collect();
    for mut metric in family.take_metric() {
        let labels = tidy(metric.get_label(), own);
        if taken.insert(Arc::clone(&labels)) {
            metric.set_label(pairs(&labels));
            metrics.push(metric);
        } else {
            left_out.push((Reason::Duplicate, key(name, &labels)));
        }
    }
}

fn key(name: &str, labels: &Labels) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name, labels).hash(&mut hasher);
    hasher.finish()
}
