//! Metrics as OpenMetrics text (<https://prometheus.io/docs/specs/om/open_metrics_spec/>), for processes
//! without the Prometheus backend.

use std::fmt::Write as _;

use quipu_core::{Bucket, Instrument, Metric, Point, PointValue, Value};

/// Suffix of a counter's sample.
const TOTAL: &str = "_total";

/// Writes counters, gauges and histograms; other kinds are left out. Characters of a name that Prometheus
/// does not allow become `_`.
pub(crate) fn text(metrics: &[Metric]) -> String {
    let mut out = String::new();
    metrics.iter().for_each(|metric| family(&mut out, metric));
    out.push_str("# EOF\n");
    out
}

fn family(out: &mut String, metric: &Metric) {
    let name = metric.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let (word, base, suffix) = match metric.instrument {
        Instrument::Counter => ("counter", name.strip_suffix(TOTAL).unwrap_or(&name), TOTAL),
        Instrument::Gauge => ("gauge", name.as_str(), ""),
        Instrument::Histogram => ("histogram", name.as_str(), ""),
        _ => return,
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# HELP {base} {}\n# TYPE {base} {word}", metric.description);
    for point in &metric.points {
        match &point.value {
            PointValue::Number(number) => {
                let _ = writeln!(out, "{base}{suffix}{{{}}} {number}", labels(point));
            }
            PointValue::Distribution { count, sum, buckets, .. } => {
                histogram(out, base, &labels(point), (*count, *sum, buckets));
            }
        }
    }
}

fn histogram(out: &mut String, base: &str, labels: &str, (count, sum, buckets): (u64, f64, &[Bucket])) {
    let _ = writeln!(out, "{base}_sum{{{labels}}} {}", double(sum));
    let _ = writeln!(out, "{base}_count{{{labels}}} {count}");
    let comma = if labels.is_empty() { "" } else { "," };
    let mut up_to_here = 0;
    for Bucket { upper, count } in buckets {
        up_to_here += count;
        let upper = if upper.is_finite() { double(*upper) } else { "+Inf".to_owned() };
        let _ = writeln!(out, "{base}_bucket{{{labels}{comma}le=\"{upper}\"}} {up_to_here}");
    }
}

/// A number with a decimal point, as OpenMetrics requires in bounds.
fn double(value: f64) -> String {
    let text = value.to_string();
    if text.contains('.') { text } else { text + ".0" }
}

/// The labels of a point without their braces.
fn labels(point: &Point) -> String {
    let mut out = String::new();
    for (key, value) in &point.attributes {
        let Value::String(value) = value else { continue };
        let value = value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"");
        let comma = if out.is_empty() { "" } else { "," };
        let _ = write!(out, "{comma}{key}=\"{value}\"");
    }
    out
}

#[cfg(test)]
mod tests {
    use quipu_core::{Clock as _, Meter as _, SystemClock};

    use super::*;
    use crate::SelfMetrics;

    #[test]
    fn each_kind_is_written_as_the_specification_requires() {
        let own = SelfMetrics::new();
        own.add("quipu_received_spans_total", &[("signal", "a \"b\"\\\n")], 3);
        own.add("quipu_received_spans_total", &[], 1);
        own.set("quipu_queue_batches", &[], -2);
        own.observe("quipu_gateway_added_seconds", &[], 4e-5);
        own.observe("quipu_gateway_added_seconds", &[], 2.0);
        let page = text(&own.metrics(SystemClock.now()));
        let [added, queue, spans] = page.split("# HELP ").skip(1).collect::<Vec<_>>()[..] else {
            unreachable!("{page}")
        };
        assert!(
            added.starts_with(
                "quipu_gateway_added_seconds Time added by the gateway to model calls.\n\
                 # TYPE quipu_gateway_added_seconds histogram\n\
                 quipu_gateway_added_seconds_sum{} 2.00004\n\
                 quipu_gateway_added_seconds_count{} 2\n\
                 quipu_gateway_added_seconds_bucket{le=\"0.000025\"} 0\n\
                 quipu_gateway_added_seconds_bucket{le=\"0.00005\"} 1\n"
            ),
            "{page}"
        );
        assert!(
            added.ends_with("_bucket{le=\"1.0\"} 1\nquipu_gateway_added_seconds_bucket{le=\"+Inf\"} 2\n")
        );
        let want = "quipu_queue_batches Batches waiting for the pipeline.\n\
                    # TYPE quipu_queue_batches gauge\nquipu_queue_batches{} -2\n";
        assert_eq!(queue, want);
        let want = "quipu_received_spans Received spans.\n# TYPE quipu_received_spans counter\n\
                    quipu_received_spans_total{signal=\"a \\\"b\\\"\\\\\\n\"} 3\n\
                    quipu_received_spans_total{} 1\n# EOF\n";
        assert_eq!(spans, want);
    }

    #[test]
    fn a_rejected_observation_is_counted_under_a_valid_name() {
        let own = SelfMetrics::new();
        own.set("quipu_queue_batches", &[("", "a")], 1);
        let page = text(&own.metrics(SystemClock.now()));
        let want = "# TYPE quipu_metrics_rejected counter\n\
                    quipu_metrics_rejected_total{reason=\"wrong_label\"} 1\n# EOF\n";
        assert!(page.ends_with(want), "{page}");
    }
}
