//! The demo: recordings of real frameworks, replayed with fresh ids and times, then a trickle that goes on.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use quipu::core::{
    Adapters, Attributes, Batch, Clock, Intake, Limits, Span, SpanId, Store, SystemClock, Timestamp, TraceId,
};
use quipu_otlp::Encoding;

/// The recordings, each one export request as its framework sent it to a mock model server.
const RECORDINGS: &[(&str, &[u8])] = &[
    (
        "langgraph",
        include_bytes!("../../../../tests/fixtures/recordings/langgraph--openinference/001.traces.pb"),
    ),
    ("crewai", include_bytes!("../../../../tests/fixtures/recordings/crewai--openinference/001.traces.pb")),
    (
        "openai-agents",
        include_bytes!("../../../../tests/fixtures/recordings/openai-agents--openinference/001.traces.pb"),
    ),
    (
        "anthropic",
        include_bytes!("../../../../tests/fixtures/recordings/anthropic--openllmetry/001.traces.pb"),
    ),
    ("openai", include_bytes!("../../../../tests/fixtures/recordings/openai--openllmetry/001.traces.pb")),
    (
        "smolagents",
        include_bytes!("../../../../tests/fixtures/recordings/smolagents--openinference/001.traces.pb"),
    ),
];

/// Replays put into an empty store.
const PAST: u64 = 240;
/// How far back they reach.
const REACH: i64 = 36 * Timestamp::HOUR;
/// Time between live replays.
const TRICKLE: Duration = Duration::from_secs(4);

/// Names for the services of the demo, in place of the recordings' one test name.
const SERVICES: &[&str] = &["support-desk", "research-crew", "trip-planner", "code-review", "billing-bot"];

/// Decoded recordings, cut into traces.
pub struct Demo {
    traces: Vec<Vec<Span>>,
    adapters: Adapters,
    seed: u64,
}

/// A small mixing function (SplitMix64, Steele, Lea and Flood 2014): the demo need not be random, only varied.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Demo {
    /// Decodes the recordings.
    pub fn new(adapters: Adapters) -> Result<Self> {
        let mut traces: Vec<Vec<Span>> = Vec::new();
        // Recordings lie in the past, and are of any age by the time that they are replayed.
        let limits = Limits { past_seconds: u64::from(u32::MAX), ..Limits::default() };
        for (name, bytes) in RECORDINGS {
            let decoded = quipu_otlp::decode_traces(bytes, Encoding::Protobuf, &limits, SystemClock.now());
            let decoded = decoded.with_context(|| format!("the demo recording {name} does not decode"))?;
            for span in decoded.batch.spans {
                match traces.iter_mut().find(|trace| trace[0].trace_id == span.trace_id) {
                    Some(trace) => trace.push(span),
                    None => traces.push(vec![span]),
                }
            }
        }
        let seed = u64::try_from(SystemClock.now().nanos()).unwrap_or_default();
        Ok(Self { traces, adapters, seed })
    }

    /// Fills an empty store; a store with data is left alone.
    pub async fn fill(&self, intake: &dyn Intake, store: &dyn Store) -> Result<()> {
        if store.info().await?.spans > 0 {
            return Ok(());
        }
        for replay in 0..PAST {
            let age = i64::try_from(mix(self.seed ^ replay)).unwrap_or(i64::MAX).rem_euclid(REACH);
            intake.submit(self.replay(replay, SystemClock.now().plus(-age))).await?;
        }
        Ok(())
    }

    /// Replays one trace after the other, for ever.
    pub async fn trickle(self, intake: Arc<dyn Intake>) {
        for replay in PAST.. {
            tokio::time::sleep(TRICKLE).await;
            let batch = self.replay(replay, SystemClock.now());
            if let Err(error) = intake.submit(batch).await {
                tracing::warn!(%error, "the demo's trickle was refused");
            }
        }
    }

    /// A recorded trace again, ending at `end`. Mock servers answer at once: times are stretched to those of real models.
    fn replay(&self, replay: u64, end: Timestamp) -> Batch {
        let dice = mix(self.seed.wrapping_add(replay));
        let trace = &self.traces[usize::try_from(dice).unwrap_or_default() % self.traces.len()];
        let stretch = 20 + i64::try_from(dice >> 32).unwrap_or_default() % 40;
        let last = trace.iter().filter_map(|span| span.end).max().unwrap_or_default();
        let at = |time: Timestamp| end.plus(-last.since(time).saturating_mul(stretch));
        let resource = Arc::new(renamed(
            &trace[0],
            SERVICES[usize::try_from(dice >> 8).unwrap_or_default() % SERVICES.len()],
        ));
        let spans = trace.iter().map(|span| {
            let mut span = span.clone();
            (span.trace_id, span.span_id) = (fresh_trace(dice, replay), fresh_span(span.span_id, dice));
            span.parent_id = span.parent_id.map(|parent| fresh_span(parent, dice));
            (span.start, span.end) = (at(span.start), span.end.map(at));
            span.events.iter_mut().for_each(|event| event.time = at(event.time));
            span.resource = Arc::clone(&resource);
            self.adapters.read(&mut span);
            span
        });
        Batch { spans: spans.collect(), ..Batch::default() }
    }
}

fn renamed(span: &Span, service: &str) -> quipu::core::Resource {
    let mut resource = (*span.resource).clone();
    let kept = resource.attributes.iter().filter(|(key, _)| key != "service.name").cloned();
    let mut attributes: Attributes = kept.collect();
    attributes.push("service.name", service);
    resource.attributes = attributes;
    resource
}

fn fresh_trace(dice: u64, replay: u64) -> TraceId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mix(dice).to_be_bytes());
    bytes[8..].copy_from_slice(&(replay | 1 << 63).to_be_bytes());
    TraceId::from_bytes(bytes).unwrap_or_else(|_| unreachable!("a bit is set"))
}

fn fresh_span(id: SpanId, dice: u64) -> SpanId {
    let fresh = (u64::from_be_bytes(*id.as_bytes()) ^ mix(dice)).max(1);
    SpanId::from_bytes(fresh.to_be_bytes()).unwrap_or(id)
}
