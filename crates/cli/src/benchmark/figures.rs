//! Figures of a benchmark with their aims.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::table::{Column, table};

/// Aims on two cores: at least for rates, at most for the others.
const AIMS: [(&str, f64); 10] = [
    ("ingest.spans_per_s", 40_000.0),
    ("ingest.bytes_per_span", 450.0),
    ("ingest.rss_mib", 100.0),
    ("idle.rss_mib", 20.0),
    ("start.ready_ms", 100.0),
    ("query.list_24h.p99_ms", 50.0),
    ("query.list_all.p99_ms", 50.0),
    ("query.trace_100.p99_ms", 50.0),
    ("query.usage_30d.p99_ms", 50.0),
    ("query.full_text.p99_ms", 200.0),
];

struct Figure {
    id: String,
    value: f64,
    unit: &'static str,
}

/// Figures in the order measured.
#[derive(Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// Adds a figure.
    pub fn add(&mut self, id: impl Into<String>, value: f64, unit: &'static str) {
        self.0.push(Figure { id: id.into(), value, unit });
    }

    /// Adds a size of memory, if this system tells it.
    pub fn memory(&mut self, id: &str, mib: Option<f64>) {
        if let Some(mib) = mib {
            self.add(id, mib, "MiB");
        }
    }

    /// Adds the median and the 99th percentile of times.
    pub fn times(&mut self, id: &str, times: &mut [Duration]) {
        times.sort_unstable();
        for (name, part) in [("p50", 0.50), ("p99", 0.99)] {
            let at = ((times.len() as f64 * part).ceil() as usize).saturating_sub(1);
            if let Some(time) = times.get(at) {
                self.add(format!("{id}.{name}_ms"), time.as_secs_f64() * 1_000.0, "ms");
            }
        }
    }

    /// Prints them as a table or as JSON.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn print(&self, as_json: bool) -> Result<()> {
        let mut out = std::io::stdout().lock();
        if as_json {
            let figures: Vec<Value> = self.0.iter().map(Figure::json).collect();
            return Ok(writeln!(out, "{:#}", json!({"machine": machine(), "figures": figures}))?);
        }
        let columns = [
            Column("figure", false),
            Column("value", true),
            Column("unit", false),
            Column("aim on two cores", true),
            Column("holds", false),
        ];
        Ok(writeln!(out, "{}", table(&columns, self.0.iter().map(Figure::row).collect()))?)
    }
}

impl Figure {
    fn aim(&self) -> Option<f64> {
        AIMS.iter().find(|(id, _)| *id == self.id).map(|(_, aim)| *aim)
    }

    fn holds(&self) -> Option<bool> {
        let aim = self.aim()?;
        Some(if self.unit == "1/s" { self.value >= aim } else { self.value <= aim })
    }

    fn json(&self) -> Value {
        let (aim, holds) = (self.aim(), self.holds());
        json!({
            "id": self.id, "value": self.value, "unit": self.unit, "aim": aim, "holds": holds,
            "against": null, "ratio": null,
        })
    }

    fn row(&self) -> Vec<String> {
        let number = |value: f64| if value < 100.0 { format!("{value:.2}") } else { format!("{value:.0}") };
        let holds = self.holds().map_or("", |holds| if holds { "yes" } else { "no" });
        vec![
            self.id.clone(),
            number(self.value),
            self.unit.to_owned(),
            self.aim().map(number).unwrap_or_default(),
            holds.to_owned(),
        ]
    }
}

/// The machine that the figures are of.
fn machine() -> Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    json!({
        "cpu": cpu.map(|(_, name)| name.trim()),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
        "version": env!("CARGO_PKG_VERSION"),
        "optimised": !cfg!(debug_assertions),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_to_reach_its_aim_and_a_time_to_stay_below() {
        let mut figures = Figures::default();
        figures.add("ingest.spans_per_s", 50_000.0, "1/s");
        let mut times: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        figures.times("query.list_all", &mut times);
        let found: Vec<_> = figures.0.iter().map(|figure| (figure.value, figure.holds())).collect();
        assert_eq!(found, [(50_000.0, Some(true)), (50.0, None), (99.0, Some(false))]);
    }
}
