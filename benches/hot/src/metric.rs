//! A counter and a histogram with three labels: held handles, and by look-up at each call.

use std::hint::black_box;

use metrics::{Counter, Histogram, Key, KeyName, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use quipu_sdk::metrics::{CounterSeries, HistogramSeries};
use quipu_sdk::{Context, Recorder, RecorderConfig};

/// One way of recording the pair.
pub trait Pair {
    /// Its name in figures.
    fn name(&self) -> &'static str;

    /// Records the pair so often.
    fn burst(&mut self, count: usize);
}

/// Every contender, Quipu first.
pub fn contenders() -> Vec<Box<dyn Pair>> {
    let context = Recorder::new(RecorderConfig::default()).0.context();
    let peer = Peer::new();
    vec![
        Box::new(Held::new(&context)),
        Box::new(ByLookup(context)),
        Box::new(PeerHeld(peer.counter("held"), peer.histogram("held"))),
        Box::new(peer),
    ]
}

const LABELS: [(&str, &str); 3] = [("provider", "openai"), ("model", "gpt-5"), ("status", "ok")];

/// Observations that fall in different buckets.
fn observation(n: usize) -> f64 {
    black_box((n % 97) as f64 * 0.013)
}

struct Held(CounterSeries, HistogramSeries);

impl Held {
    fn new(context: &Context) -> Self {
        context.scope(|| {
            Self(quipu_sdk::counter("calls").with(&LABELS), quipu_sdk::histogram("duration").with(&LABELS))
        })
    }
}

impl Pair for Held {
    fn name(&self) -> &'static str {
        "pair, held"
    }

    fn burst(&mut self, count: usize) {
        for n in 0..count {
            self.0.add(1);
            self.1.record(observation(n));
        }
    }
}

struct ByLookup(Context);

impl Pair for ByLookup {
    fn name(&self) -> &'static str {
        "pair, by lookup"
    }

    fn burst(&mut self, count: usize) {
        self.0.scope(|| {
            for n in 0..count {
                let labels = black_box(LABELS);
                quipu_sdk::counter("calls").add(1, &labels);
                quipu_sdk::histogram("duration").record(observation(n), &labels);
            }
        });
    }
}

/// The `metrics` crate with its Prometheus exporter.
struct Peer(PrometheusRecorder);

const METADATA: Metadata<'static> = Metadata::new("hot", Level::INFO, None);

impl Peer {
    fn new() -> Self {
        // Buckets, as Quipu has; without them it keeps every observation until a scrape.
        let builder = PrometheusBuilder::new().set_buckets(&[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28]);
        Self(
            builder.map_or_else(
                |_| PrometheusBuilder::new().build_recorder(),
                PrometheusBuilder::build_recorder,
            ),
        )
    }

    fn key(&self, name: &'static str) -> Key {
        let labels = black_box(LABELS);
        Key::from_parts(
            KeyName::from_const_str(name),
            labels.map(|(key, value)| Label::new(key, value)).to_vec(),
        )
    }

    fn counter(&self, name: &'static str) -> Counter {
        self.0.register_counter(&self.key(name), &METADATA)
    }

    fn histogram(&self, name: &'static str) -> Histogram {
        self.0.register_histogram(&self.key(name), &METADATA)
    }
}

impl Pair for Peer {
    fn name(&self) -> &'static str {
        "metrics pair, by lookup"
    }

    fn burst(&mut self, count: usize) {
        for n in 0..count {
            self.counter("calls").increment(1);
            self.histogram("duration").record(observation(n));
        }
    }
}

struct PeerHeld(Counter, Histogram);

impl Pair for PeerHeld {
    fn name(&self) -> &'static str {
        "metrics pair, held"
    }

    fn burst(&mut self, count: usize) {
        for n in 0..count {
            self.0.increment(1);
            self.1.record(observation(n));
        }
    }
}
