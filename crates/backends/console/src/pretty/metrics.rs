//! The pretty line of a batch's metrics.

use quipu_core::{Metric, Point, PointValue, Timestamp};

use super::figures::{count, value};
use super::line::Line;
use super::style::DIM;

/// Largest number of printed series.
const SERIES: usize = 8;

/// One line of the latest figures: `metrics  3 series  quipu.cache.hits{cache=answers}=12 …`; no line without
/// metrics.
pub(crate) fn lines(out: &mut Vec<u8>, metrics: &[Metric], coloured: bool) {
    let points = || metrics.iter().flat_map(|metric| metric.points.iter().map(move |point| (metric, point)));
    let series = points().count();
    let Some(time) = points().map(|(_, point)| point.time).max() else { return };
    let mut line = Line::new(time.max(Timestamp::default()), None, "metrics", DIM, coloured);
    line.column(DIM, format_args!("{} series", count(series as u64)));
    for (metric, point) in points().take(SERIES) {
        line.pair(&name(metric, point), &figure(metric, point));
    }
    if series > SERIES {
        line.column(DIM, format_args!("and {} more", count((series - SERIES) as u64)));
    }
    line.end(out);
}

fn name(metric: &Metric, point: &Point) -> String {
    if point.attributes.is_empty() {
        return metric.name.to_string();
    }
    let labels: Vec<_> =
        point.attributes.iter().map(|(key, held)| format!("{key}={}", value(held))).collect();
    format!("{}{{{}}}", metric.name, labels.join(","))
}

fn figure(metric: &Metric, point: &Point) -> String {
    let unit = if metric.unit == "1" || metric.unit.starts_with('{') { "" } else { metric.unit.as_str() };
    match &point.value {
        PointValue::Number(number) => format!("{number}{unit}"),
        PointValue::Distribution { count: 0, .. } => "none".to_owned(),
        PointValue::Distribution { count: total, sum, .. } => {
            format!("{}×{:.3}{unit}", count(*total), sum / *total as f64)
        }
    }
}
