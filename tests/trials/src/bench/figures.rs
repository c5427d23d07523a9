//! Figures and their aims.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::table;

/// Direction of an aim.
#[derive(Clone, Copy)]
enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

use Aim::{AtLeast, AtMost};

/// Aims on two cores; a figure without an aim is only reported.
const AIMS: &[(&str, Aim)] = &[
    ("hot.llm_span.vs_otel_sdk", AtMost(0.12)),
    ("hot.llm_span.vs_tracing_opentelemetry", AtMost(0.06)),
    ("hot.llm_span.allocs", AtMost(0.0)),
    ("hot.tracing_layer.vs_tracing_opentelemetry", AtMost(0.6)),
    ("hot.disabled_ns", AtMost(5.0)),
    ("hot.metric_pair.vs_metrics_crate", AtMost(1.0)),
    ("hot.metric_lookup.vs_metrics_crate", AtMost(0.5)),
    ("hot.threads_16.vs_1", AtMost(1.5)),
    ("hot.turn.of_50_ms", AtMost(0.01)),
    ("hot.turn.memory_mib", AtMost(10.0)),
    ("alerts.evaluate_s", AtMost(5.0)),
    ("alerts.memory_mib", AtMost(64.0)),
    ("alerts.backtest_s", AtMost(2.0)),
    ("alerts.share_of_core", AtMost(0.03)),
    ("export.vs_rotel", AtLeast(1.0)),
    ("ingest.spans_per_s", AtLeast(40_000.0)),
    ("ingest.vs_raw_insert", AtLeast(0.5)),
    ("ingest.bytes_per_span", AtMost(450.0)),
    ("ingest.rss_mib", AtMost(100.0)),
    ("idle.rss_mib", AtMost(20.0)),
    ("start.ready_ms", AtMost(100.0)),
    ("money.price_ns", AtMost(1_000.0)),
    ("money.price_worst_ns", AtMost(1_000.0)),
    ("money.reserve_settle_ns", AtMost(2_000.0)),
    ("money.tokens.vs_tiktoken", AtLeast(1.0)),
    ("peers.vs_fastest", AtLeast(25.0)),
    ("proxy.p99_added_ms", AtMost(1.0)),
    ("query.list_24h.p99_ms", AtMost(50.0)),
    ("query.list_all.p99_ms", AtMost(50.0)),
    ("query.trace_100.p99_ms", AtMost(50.0)),
    ("query.trace_10k_page.p99_ms", AtMost(50.0)),
    ("query.trace_10k_summary.p99_ms", AtMost(50.0)),
    ("query.trace_10k_full.p99_ms", AtMost(50.0)),
    ("query.usage_30d.p99_ms", AtMost(50.0)),
    ("query.full_text.p99_ms", AtMost(200.0)),
    ("query.tools_30d.p99_ms", AtMost(50.0)),
    ("query.sql_by_user_30d.p99_ms", AtMost(3_000.0)),
    ("query.sql_by_model_hour_30d.p99_ms", AtMost(200.0)),
    ("web.first_load_kb", AtMost(600.0)),
    ("web.filtered_list_ms", AtMost(200.0)),
    ("web.trace_10k_interactive_ms", AtMost(500.0)),
    ("web.trace_100k_worst_frame_ms", AtMost(50.0)),
];

/// Limit of a figure's growth with ten times as many spans. Logarithmic growth from 10^6 to 10^7 is a sixth,
/// and some is noise.
const GROWTH: f64 = 1.25;

/// One figure.
struct Figure {
    id: String,
    value: f64,
    unit: &'static str,
    against: Option<String>,
}

/// Figures in the order measured.
#[derive(Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// Adds a figure.
    pub fn add(&mut self, id: impl Into<String>, value: f64, unit: &'static str) {
        self.0.push(Figure { id: id.into(), value, unit, against: None });
    }

    /// Adds a ratio, with the names of its two figures.
    pub fn ratio(&mut self, id: impl Into<String>, value: f64, against: impl Into<String>) {
        self.0.push(Figure { id: id.into(), value, unit: "ratio", against: Some(against.into()) });
    }

    /// Adds median and 99th percentile of many times, in milliseconds.
    pub fn times(&mut self, id: &str, times: &mut [Duration]) {
        times.sort_unstable();
        for (name, part) in [("p50", 0.50), ("p99", 0.99)] {
            self.add(format!("{id}.{name}_ms"), quantile(times, part).as_secs_f64() * 1_000.0, "ms");
        }
    }

    /// The value of a figure.
    pub fn value(&self, id: &str) -> Option<f64> {
        self.0.iter().find(|figure| figure.id == id).map(|figure| figure.value)
    }

    /// All whose id begins so, by the rest of it.
    pub fn all<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0.iter().filter_map(move |figure| Some((figure.id.strip_prefix(prefix)?, figure.value)))
    }

    /// Prints all.
    pub fn print(&self) {
        let row = |figure: &Figure| {
            let aim = aim(&figure.id);
            let holds = aim.map_or("", |aim| if holds(figure.value, aim) { "yes" } else { "NO" });
            let aim = aim.map_or(String::new(), |aim| match aim {
                AtLeast(bound) => format!("≥ {}", short(bound)),
                AtMost(bound) => format!("≤ {}", short(bound)),
            });
            let against = figure.against.clone().unwrap_or_default();
            vec![
                figure.id.clone(),
                short(figure.value),
                figure.unit.to_owned(),
                aim,
                holds.to_owned(),
                against,
            ]
        };
        table::print(
            &["figure", "value", "unit", "aim", "holds", "against"],
            &self.0.iter().map(row).collect::<Vec<_>>(),
        );
    }

    /// All as one document.
    ///
    /// # Errors
    /// Never for finite figures.
    pub fn json(&self) -> Result<String> {
        let figures: Vec<Value> = self.0.iter().map(Figure::json).collect();
        Ok(serde_json::to_string_pretty(&json!({ "machine": machine(), "figures": figures }))? + "\n")
    }
}

impl Figure {
    fn json(&self) -> Value {
        let aim = aim(&self.id);
        let bound = aim.map(|(AtLeast(bound) | AtMost(bound))| bound);
        json!({
            "id": self.id, "value": self.value, "unit": self.unit, "aim": bound,
            "holds": aim.map(|aim| holds(self.value, aim)), "against": self.against,
            "ratio": (self.unit == "ratio").then_some(self.value),
        })
    }
}

fn aim(id: &str) -> Option<Aim> {
    if let Some(of) = id.strip_prefix("growth.").and_then(|id| id.strip_suffix(".tenfold")) {
        return if of.ends_with("_per_s") { Some(AtLeast(1.0 / GROWTH)) } else { Some(AtMost(GROWTH)) };
    }
    AIMS.iter().find(|(known, _)| *known == id).map(|(_, aim)| *aim)
}

fn holds(value: f64, aim: Aim) -> bool {
    match aim {
        AtLeast(bound) => value >= bound,
        AtMost(bound) => value <= bound,
    }
}

/// The smallest time that so large a part does not exceed; the slice is sorted and not empty.
fn quantile(sorted: &[Duration], part: f64) -> Duration {
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// Enough digits to read, not more.
pub fn short(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        0.1.. => format!("{value:.2}"),
        0.0 => "0".to_owned(),
        _ => format!("{value:.4}"),
    }
}

fn machine() -> BTreeMap<&'static str, Value> {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map(|(_, name)| name.trim());
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    // Figures of a machine that does other things at the same time are worth less: it says so.
    let busy =
        fs::read_to_string("/proc/loadavg").ok().and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    BTreeMap::from([
        ("load_1m", json!(busy)),
        ("cpu", json!(model.unwrap_or("unknown"))),
        ("cores", json!(std::thread::available_parallelism().map_or(0, usize::from))),
        ("memory_mib", json!(kib.map(|kib| kib / 1024))),
        ("os", json!(std::env::consts::OS)),
        ("arch", json!(std::env::consts::ARCH)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_nearest_ranks() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(quantile(&times, 0.5), Duration::from_millis(100));
        assert_eq!(quantile(&times, 0.99), Duration::from_millis(198));
        assert_eq!(quantile(&times[..1], 0.99), Duration::from_millis(1));
    }

    #[test]
    fn what_grows_has_an_aim_by_its_direction() {
        let meets = |id: &str, factor: f64| holds(factor, aim(id).unwrap());
        assert!(
            meets("growth.query.list_all.p99_ms.tenfold", 1.2) && meets("growth.spans_per_s.tenfold", 3.0)
        );
        assert!(!meets("growth.rss_mib.tenfold", 1.3) && !meets("growth.spans_per_s.tenfold", 0.7));
        assert!(aim("growth.1e5.rss_mib").is_none());
    }

    #[test]
    fn a_figure_says_whether_it_holds() {
        let mut figures = Figures::default();
        figures.ratio("ingest.vs_raw_insert", 0.4, "raw");
        figures.add("query.other.p50_ms", 1.0, "ms");
        let document: Value = serde_json::from_str(&figures.json().unwrap()).unwrap();
        let (first, second) = (&document["figures"][0], &document["figures"][1]);
        assert_eq!(
            (&first["holds"], &first["aim"], &first["ratio"]),
            (&json!(false), &json!(0.5), &json!(0.4))
        );
        assert_eq!(
            (&second["holds"], &second["aim"], &second["ratio"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
    }
}
