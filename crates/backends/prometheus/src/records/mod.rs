//! The stored series: the latest figures of every series of the received records.

mod buckets;
mod figures;
mod kind;
mod left_out;
mod series;
mod shown;
mod size;
mod source;
mod target;

pub(crate) use kind::{Kind, own_label};
pub(crate) use left_out::{DROPPED, Reason};
pub(crate) use shown::{Beside, Extra, families};
pub(crate) use target::Target;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use indexmap::IndexMap;
use quipu_core::{Metric, Point, Resource, Timestamp};

use crate::names::{self, Labels, Reserved, TARGET_INFO};
use crate::wire::Metadata;
use crate::{Config, names::MetricName};
use left_out::LeftOut;
use series::{Series, Took};
use source::Sent;

/// Families that the backend itself creates.
const OWN: [&str; 3] = [DROPPED, left_out::KEPT, TARGET_INFO];

/// Series of one name.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) kind: Kind,
    pub(crate) unit: String,
    pub(crate) help: String,
    pub(crate) series: IndexMap<Labels, Series>,
}

/// All stored series, within the limit.
#[derive(Debug)]
pub(crate) struct Records {
    max_series: usize,
    max_size: usize,
    stale_after: Option<i64>,
    resource_labels: Vec<String>,
    /// Identity labels of sources, for receivers without a scraper.
    target: Option<Target>,
    families: BTreeMap<String, Family>,
    reserved: Reserved,
    /// Number of sources over all series, which the limit applies to.
    kept: usize,
    /// Estimated size of all series on the page, in bytes.
    size: usize,
    left_out: LeftOut,
    /// The resource of `target_info`: the first with a service name, else the first.
    resource: Option<Arc<Resource>>,
}

/// A point that changed its series, with the series' current figures.
pub(crate) struct Changed<'a> {
    pub(crate) full: &'a str,
    pub(crate) kind: Kind,
    pub(crate) labels: &'a Labels,
    pub(crate) series: &'a Series,
    pub(crate) point: &'a Point,
}

impl Records {
    pub(crate) fn new(config: &Config) -> Self {
        let mut reserved = Reserved::default();
        reserved.admit(DROPPED, Kind::Counter.shown());
        reserved.admit(left_out::KEPT, Kind::Gauge.shown());
        reserved.admit(TARGET_INFO, Kind::Gauge.shown());
        Self {
            max_series: config.max_series,
            max_size: config.max_page_bytes,
            stale_after: config.stale_after_minutes.map(minutes),
            resource_labels: config.resource_labels.clone(),
            target: None,
            families: BTreeMap::new(),
            reserved,
            kept: 0,
            size: 0,
            left_out: LeftOut::default(),
            resource: None,
        }
    }

    /// Adds identity labels to every series.
    pub(crate) fn with_targets(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    /// Stores the points of one metric; `now` is the time of arrival.
    pub(crate) fn take(&mut self, metric: &Metric, now: Timestamp) {
        self.take_each(metric, now, |_| {});
    }

    /// Like [`Self::take`]; reports each point that changed its series.
    pub(crate) fn take_each(&mut self, metric: &Metric, now: Timestamp, mut tell: impl FnMut(&Changed<'_>)) {
        let Some(point) = metric.points.first() else { return };
        let kind = Kind::of(metric.instrument);
        let named = names::metric(&metric.name, &metric.unit, metric.instrument);
        if !self.admit(&named, kind, metric) {
            self.left_out.add(Reason::Name, source::key(metric, point));
            return;
        }
        self.know(&metric.resource);
        for point in &metric.points {
            self.take_point(&named.full, metric, point, now, &mut tell);
        }
        if self.families.get(&named.full).is_some_and(|family| family.series.is_empty()) {
            self.forget_family(&named.full);
        }
    }

    fn take_point(
        &mut self,
        full: &str,
        metric: &Metric,
        point: &Point,
        now: Timestamp,
        tell: &mut impl FnMut(&Changed<'_>),
    ) {
        let key = source::key(metric, point);
        let Some(family) = self.families.get_mut(full) else { return };
        let Some(value) = figures::checked(family.kind, &point.value) else {
            self.left_out.add(Reason::Value, key);
            return;
        };
        let labels = series_labels(&self.resource_labels, metric, point, family.kind);
        let labels = match &self.target {
            Some(target) => target.label(&metric.resource, &labels),
            None => labels,
        };
        let known = family.series.get(&labels);
        if self.kept >= self.max_series && known.is_none_or(|series| !series.knows(key)) {
            self.left_out.add(Reason::Limit, key);
            return;
        }
        let more = size::on_page(full, &labels, &value).saturating_sub(known.map_or(0, Series::size));
        if self.size.saturating_add(more) > self.max_size {
            self.left_out.add(Reason::Size, key);
            return;
        }
        self.size += more;
        let series = family.series.entry(Arc::clone(&labels)).or_default();
        series.grow(more);
        let sent = Sent { key, temporality: metric.temporality, point, value, now };
        let took = series.take(family.kind, sent);
        self.kept += usize::from(took == Took::New);
        if took != Took::Known {
            tell(&Changed { full, kind: family.kind, labels: &labels, series, point });
        }
    }

    /// Creates the family if it is missing; `false` if another family uses its name.
    fn admit(&mut self, named: &MetricName, kind: Kind, metric: &Metric) -> bool {
        if let Some(family) = self.families.get_mut(&named.full) {
            if family.help.is_empty() {
                family.help.clone_from(&metric.description);
            }
            return family.kind == kind;
        }
        if OWN.contains(&named.full.as_str()) || !self.reserved.admit(&named.full, kind.shown()) {
            return false;
        }
        let (unit, help) = (named.unit.clone(), metric.description.clone());
        self.families.insert(named.full.clone(), Family { kind, unit, help, series: IndexMap::new() });
        true
    }

    fn know(&mut self, resource: &Arc<Resource>) {
        let better = match &self.resource {
            None => !resource.attributes.is_empty(),
            Some(known) => known.service().is_none() && resource.service().is_some(),
        };
        if better {
            self.resource = Some(Arc::clone(resource));
        }
    }

    /// Removes series without a recent point.
    pub(crate) fn sweep(&mut self, now: Timestamp) {
        let Some(stale_after) = self.stale_after else { return };
        let mut empty = Vec::new();
        for (full, family) in &mut self.families {
            family.series.retain(|_, series| {
                self.kept -= series.sweep(now, stale_after);
                self.size -= if series.is_empty() { series.size() } else { 0 };
                !series.is_empty()
            });
            if family.series.is_empty() {
                empty.push(full.clone());
            }
        }
        empty.iter().for_each(|full| self.forget_family(full));
    }

    fn forget_family(&mut self, full: &str) {
        if let Some(family) = self.families.remove(full) {
            self.reserved.free(full, family.kind.shown());
        }
    }

    /// Describes the limit that is reached, with the number of series left out by it.
    pub(crate) fn overflow(&self) -> Option<String> {
        let [over, large] = [Reason::Limit, Reason::Size].map(|reason| self.left_out.count(reason));
        if over > 0 && self.kept >= self.max_series {
            return Some(format!("the limit of {} series is reached; {over} were omitted", self.kept));
        }
        let limit = self.max_size;
        (large > 0)
            .then(|| format!("the page has {limit} bytes (max_page_bytes); {large} series were omitted"))
    }

    /// Counts a series that another component had to leave out.
    pub(crate) fn leave_out(&mut self, reason: Reason, key: u64) {
        self.left_out.add(reason, key);
    }
}

fn series_labels(wanted: &[String], metric: &Metric, point: &Point, kind: Kind) -> Labels {
    let own = point.attributes.iter().map(|(key, value)| (key.as_str(), value));
    let resource = wanted.iter().filter_map(|key| Some((key.as_str(), metric.resource.attributes.get(key)?)));
    names::labels(own.chain(resource), kind.own_label())
}

fn minutes(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(60 * Timestamp::SECOND)
}

/// Exemplars, creation times and units, which the registry's types cannot hold.
impl Records {
    pub(crate) fn beside(&self) -> Beside {
        let families = self.families.iter();
        let units: HashMap<String, String> = families
            .clone()
            .filter(|(_, family)| !family.unit.is_empty())
            .map(|(full, family)| (full.clone(), family.unit.clone()))
            .collect();
        let extras = families.map(|(full, family)| {
            let of_series = |(labels, series): (&Labels, &Series)| {
                series.extra().map(|extra| (Arc::clone(labels), extra))
            };
            (full.clone(), family.series.iter().filter_map(of_series).collect())
        });
        Beside { units, extras: extras.collect() }
    }

    /// Metadata of the families that `wanted` selects by their names and those of their samples.
    pub(crate) fn metadata(&self, wanted: impl Fn(&str, &[String]) -> bool) -> Vec<Metadata> {
        let of = |(full, family): (&String, &Family)| {
            let suffixes: &[&str] = match family.kind {
                Kind::Histogram => &["_count"],
                Kind::Summary => &["", "_count"],
                Kind::Counter | Kind::UpDown | Kind::Gauge => &[""],
            };
            let samples: Vec<String> = suffixes.iter().map(|suffix| format!("{full}{suffix}")).collect();
            wanted(full, &samples).then(|| Metadata {
                kind: family.kind.told() as i32,
                family: full.clone(),
                help: family.help.clone(),
                unit: family.unit.clone(),
            })
        };
        self.families.iter().filter_map(of).collect()
    }
}
