//! Collection of instruments into metric points.

use std::sync::{Arc, LazyLock};

use quipu_core::{
    Attributes, Bucket, Instrument as Wire, Metric, Point, PointValue, Quantile, Resource, Scope,
    Temporality, Timestamp,
};

use crate::fine::Counts;
use crate::kind::InstrumentKind;
use crate::registry::Instrument;
use crate::registry::Registry;
use crate::registry::Series;
use crate::stats::Moments;

/// Quantiles of summaries.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

static SCOPE: LazyLock<Arc<Scope>> = LazyLock::new(|| {
    Arc::new(Scope { name: "quipu".into(), version: env!("CARGO_PKG_VERSION").into(), ..Scope::default() })
});

impl Registry {
    /// Returns every series of every instrument. Points are cumulative since the start of the series. Unset
    /// gauges and instruments without a series are left out. So are derived instruments whose name the code
    /// records itself.
    pub fn collect(&'static self, now: Timestamp, resource: &Arc<Resource>) -> Vec<Metric> {
        self.observe_all(now);
        let mut metrics: Vec<_> =
            self.all().into_iter().filter_map(|instrument| metric(instrument, now, resource)).collect();
        metrics.extend(self.rejected(now, resource));
        metrics
    }

    /// Rejected observations as a metric.
    fn rejected(&self, now: Timestamp, resource: &Arc<Resource>) -> Option<Metric> {
        let entry = crate::catalogue::entry("quipu.metrics.rejected")?;
        let points: Vec<_> = self
            .problems
            .counts()
            .map(|(problem, count)| Point {
                time: now,
                start: None,
                attributes: Attributes::from_iter([("reason", problem.as_str())]),
                value: PointValue::Number(count as f64),
                exemplars: Vec::new(),
                wire: None,
            })
            .collect();
        (!points.is_empty()).then(|| Metric {
            name: entry.name.into(),
            unit: entry.unit.into(),
            description: entry.help.to_owned(),
            instrument: Wire::Counter,
            temporality: Temporality::Cumulative,
            points,
            resource: Arc::clone(resource),
            scope: Arc::clone(&SCOPE),
        })
    }
}

fn metric(instrument: &Instrument, now: Timestamp, resource: &Arc<Resource>) -> Option<Metric> {
    let points: Vec<_> = instrument.all().into_iter().filter_map(|series| point(series, now)).collect();
    let description = instrument.description.read().clone();
    (!points.is_empty()).then(|| Metric {
        name: instrument.name.clone(),
        unit: description.unit,
        description: description.help,
        instrument: instrument.kind.wire(),
        temporality: match instrument.kind {
            InstrumentKind::Gauge | InstrumentKind::Summary => Temporality::Unspecified,
            _ => Temporality::Cumulative,
        },
        points,
        resource: Arc::clone(resource),
        scope: Arc::clone(&SCOPE),
    })
}

fn point(series: &Series, now: Timestamp) -> Option<Point> {
    let value = match series.instrument.kind.is_distribution() {
        true => distribution(series),
        false => PointValue::Number(series.number()?),
    };
    let mut labels: Vec<_> = series.labels.iter().collect();
    labels.sort();
    Some(Point {
        time: now,
        start: (series.instrument.kind != InstrumentKind::Gauge).then_some(series.start.min(now)),
        attributes: labels.into_iter().map(|(key, value)| (key.clone(), value.as_str())).collect(),
        value,
        exemplars: series.exemplars(),
        wire: None,
    })
}

fn distribution(series: &Series) -> PointValue {
    let (mut moments, mut counts) = (Moments::default(), Counts::default());
    series.read_into(&mut moments, &mut counts);
    let uppers = series.instrument.bounds.iter().copied().chain([f64::INFINITY]);
    let buckets: Vec<_> =
        uppers.zip(series.buckets()).map(|(upper, count)| Bucket { upper, count }).collect();
    let some = moments.count > 0;
    let quantiles = QUANTILES
        .into_iter()
        .filter(|_| buckets.is_empty())
        .filter_map(|quantile| {
            Some(Quantile { quantile, value: counts.quantile(quantile)?.clamp(moments.min, moments.max) })
        })
        .collect();
    PointValue::Distribution {
        // Another thread may be recording, so the count is the sum of the shown buckets.
        count: if buckets.is_empty() {
            moments.count
        } else {
            buckets.iter().map(|bucket| bucket.count).sum()
        },
        sum: moments.sum,
        min: some.then_some(moments.min),
        max: some.then_some(moments.max),
        buckets,
        quantiles,
    }
}
