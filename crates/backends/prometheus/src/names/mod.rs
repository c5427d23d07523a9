//! Translation of OpenTelemetry names to Prometheus names.
//!
//! The rules are those of the OpenTelemetry specification, «Prometheus and OpenMetrics Compatibility»
//! (<https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>).

mod labels;
mod reserved;
mod units;

pub(crate) use labels::{Label, Labels, labels, pairs, tidy};
pub(crate) use reserved::Reserved;
pub(crate) use units::suffix;

use prometheus::proto::MetricType;
use quipu_core::Instrument;

/// Suffix of a counter's sample.
pub(crate) const TOTAL: &str = "_total";
/// Name of the family with the resource's attributes.
pub(crate) const TARGET_INFO: &str = "target_info";
/// Name of that family in OpenMetrics.
pub(crate) const INFO_BASE: &str = "target";

/// The name of a family in OpenMetrics: a counter without `_total`, an info without `_info`.
pub(crate) fn base(full: &str, kind: MetricType) -> &str {
    match kind {
        MetricType::COUNTER => full.strip_suffix(TOTAL).filter(|base| !base.is_empty()).unwrap_or(full),
        _ if full == TARGET_INFO => INFO_BASE,
        _ => full,
    }
}

/// The name of a metric on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetricName {
    /// Name with the unit, and with `_total` for a counter.
    pub(crate) full: String,
    /// The unit in Prometheus' words, if the name ends with it; otherwise empty.
    pub(crate) unit: String,
}

/// Translates the name of a metric.
pub(crate) fn metric(name: &str, unit: &str, instrument: Instrument) -> MetricName {
    let counter = instrument == Instrument::Counter;
    let mut full = clean(name);
    if counter && let Some(rest) = full.strip_suffix(TOTAL).filter(|rest| !rest.is_empty()) {
        full.truncate(rest.len());
    }
    let unit = suffix(unit, instrument == Instrument::Gauge);
    if !unit.is_empty() && !format!("_{full}_").contains(&format!("_{unit}_")) {
        full = format!("{full}_{unit}");
    }
    let told = !unit.is_empty() && full.ends_with(&format!("_{unit}"));
    if counter {
        full.push_str(TOTAL);
    }
    MetricName { full, unit: if told { unit } else { String::new() } }
}

/// A valid metric name: invalid characters become `_`, runs of `_` become one, and a leading digit gets a `_`
/// before it.
pub(crate) fn clean(name: &str) -> String {
    let clean = squeezed(name, |c| c.is_ascii_alphanumeric() || c == ':');
    let trimmed = clean.trim_end_matches('_');
    match trimmed.chars().next() {
        None => "_".to_owned(),
        Some('0'..='9') => format!("_{trimmed}"),
        Some(_) => trimmed.to_owned(),
    }
}

/// Keeps valid characters, and writes one `_` for each run of others.
fn squeezed(text: &str, fits: impl Fn(char) -> bool) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if fits(c) {
            clean.push(c);
        } else if !clean.ends_with('_') {
            clean.push('_');
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_compatibility_page() {
        use Instrument::{Counter, Gauge, Histogram, UpDownCounter};
        let cases = [
            (
                "gen_ai.client.operation.duration",
                "s",
                Histogram,
                "gen_ai_client_operation_duration_seconds",
                "seconds",
            ),
            ("gen_ai.client.token.usage", "{token}", Histogram, "gen_ai_client_token_usage", ""),
            ("http.requests", "{request}", Counter, "http_requests_total", ""),
            ("http.requests.total", "1", Counter, "http_requests_total", ""),
            ("memory.used", "By", UpDownCounter, "memory_used_bytes", "bytes"),
            ("cache.hit", "1", Gauge, "cache_hit_ratio", "ratio"),
            ("cache.hit", "1", UpDownCounter, "cache_hit", ""),
            ("cpu.seconds", "s", Counter, "cpu_seconds_total", "seconds"),
            ("cpu.seconds.used", "s", Counter, "cpu_seconds_used_total", ""),
            ("net.speed", "By/s", Gauge, "net_speed_bytes_per_second", "bytes_per_second"),
            ("turns", "{turn}/h", Gauge, "turns_per_hour", "per_hour"),
            ("quipu.cost", "USD", Counter, "quipu_cost_USD_total", "USD"),
            ("2xx..answers!", "", Counter, "_2xx_answers_total", ""),
            ("größe", "", Gauge, "gr_e", ""),
            ("total", "", Counter, "total_total", ""),
            ("..", "", Gauge, "_", ""),
            ("", "", Gauge, "_", ""),
        ];
        for (name, unit, instrument, full, told) in cases {
            let named = metric(name, unit, instrument);
            assert_eq!((named.full.as_str(), named.unit.as_str()), (full, told), "{name:?} in {unit:?}");
        }
    }
}
