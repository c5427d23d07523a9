//! A program with metrics to scrape. One page has an agent's metrics by Quipu's recorder, with exemplars from
//! its span, and an order count by OpenTelemetry's meter API. It prints the page's address and its trace id,
//! and ends when its standard input ends.
//!
//! Its figures are known in advance, so a test can check the answers of a real Prometheus. Every tenth of a
//! second it records 5 tool calls, 3 orders, and 256 model calls of 0.01 to 2.56 seconds, one for each
//! hundredth. The 95th percentile is 2.432 seconds. The buckets give the same value, because 1.28 is a bound
//! and calls are spread evenly above it. The page also has one series of every metric in Quipu's catalogue,
//! so that a check of the page covers the catalogue.
//!
//! `scraped remote_write=URL` also sends its figures to a receiver; `scraped push=URL` pushes them to a
//! Pushgateway at the end.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use opentelemetry::metrics::MeterProvider as _;
use quipu_backend_prometheus::{Config, Prometheus, Push, RemoteWrite};
use quipu_core::{Backend as _, Clock as _, MetricSink as _, Resource, Result, SystemClock};
use quipu_sdk::metrics::catalogue::CATALOGUE;
use quipu_sdk::metrics::{InstrumentKind, Registry};
use quipu_sdk::{Recorder, RecorderConfig};

const TICK: Duration = Duration::from_millis(100);
const TOOL_CALLS: u64 = 5;
const ORDERS: u64 = 3;
const DURATION: &str = "gen_ai.client.operation.duration";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let prometheus = Prometheus::open(config())?;
    let orders =
        prometheus.meter_provider().meter("shop").u64_counter("orders").with_description("Orders.").build();
    let attributes = [("service.name", "scraped"), ("service.version", "1")].into_iter().collect();
    let resource = Resource { attributes, schema_url: "".into() };
    let (recorder, drain) =
        Recorder::new(RecorderConfig { resource: resource.into(), ..RecorderConfig::default() });
    let agent = recorder.context().agent("planner");
    let metrics = recorder.metrics();
    metrics.describe("shop.tool.calls", "{call}", "Calls of the shop's tools.");
    one_of_each(metrics);
    if let (Some(address), Some(trace)) = (prometheus.address(), agent.context().trace_id()) {
        // The parent process may have ended.
        let _ = writeln!(std::io::stdout(), "http://{address}/metrics {trace}");
    }
    let end = end_of_input();
    let (begin, mut ticks) = (Instant::now(), 0);
    while !end.is_finished() {
        let due = begin.elapsed().as_millis() as u64 / TICK.as_millis() as u64;
        agent.context().scope(|| (ticks..due).for_each(|_| work(metrics)));
        orders.add(ORDERS * (due - ticks), &[]);
        ticks = due;
        prometheus.write_metrics(&drain.metrics(SystemClock.now())).await?;
        tokio::time::sleep(if prometheus.is_remote() { 2 * TICK } else { TICK / 4 }).await;
    }
    prometheus.close().await
}

fn config() -> Config {
    let mut config = Config::at(SocketAddr::from(([127, 0, 0, 1], 0)));
    for said in std::env::args().skip(1) {
        match said.split_once('=') {
            Some(("remote_write", url)) => {
                config.remote_write = Some(RemoteWrite { url: url.to_owned(), ..RemoteWrite::default() });
            }
            Some(("push", url)) => {
                config.push =
                    Some(Push { url: url.to_owned(), job: "scraped".to_owned(), ..Push::default() });
            }
            _ => {}
        }
    }
    config
}

fn end_of_input() -> std::thread::JoinHandle<()> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    })
}

/// The records of a tenth of a second.
fn work(metrics: &'static Registry) {
    metrics.counter("shop.tool.calls").add(TOOL_CALLS, &[("tool", "search")]);
    let calls = metrics.histogram(DURATION).with(&[("gen_ai.operation.name", "chat")]);
    (1..=256).for_each(|hundredths| calls.record(f64::from(hundredths) / 100.0));
}

/// A series of every other metric of the catalogue.
fn one_of_each(metrics: &'static Registry) {
    for entry in CATALOGUE.iter().filter(|entry| entry.name != DURATION) {
        let labels: Vec<(&str, &str)> = entry.labels.iter().map(|label| (*label, "some")).collect();
        match entry.kind {
            InstrumentKind::Counter => metrics.counter(entry.name).add(1, &labels),
            InstrumentKind::UpDownCounter => metrics.up_down_counter(entry.name).add(1, &labels),
            InstrumentKind::Gauge => metrics.gauge(entry.name).set(0.5, &labels),
            InstrumentKind::Histogram => metrics.histogram(entry.name).record(0.5, &labels),
            InstrumentKind::Summary => metrics.summary(entry.name).record(0.5, &labels),
            InstrumentKind::Timer => metrics.timer(entry.name).record(TICK, &labels),
        }
    }
}
