//! Spans of agents, sent as a collector sends them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method};
use quipu::core::{Attributes, Clock as _, Resource, Scope, Span, SpanId, SystemClock, Timestamp, TraceId};
use quipu_otlp::{Encoding, encode_traces};

use super::figures::Figures;
use crate::client::Client;

/// Senders at once.
const SENDERS: u64 = 2;
/// Traces of one request.
const TRACES: u64 = 5;
/// Spans of one trace: an agent, and calls of a model and of tools in turn.
const SPANS: u64 = 100;
/// Largest answer to a request, in bytes.
const ANSWER: usize = 1 << 20;
/// The most spans of a benchmark: a fast machine shall not fill its disk.
const MOST: u64 = 3_000_000;
/// Days over which the traces are spread.
const DAYS: i64 = 3;
/// Words of the prompts; the queries search for them.
pub const WORDS: [&str; 12] = [
    "knot", "cord", "harvest", "ledger", "bridge", "market", "llama", "wool", "census", "road", "maize",
    "tally",
];
const MODELS: [&str; 3] = ["gpt-4o", "gpt-4o-mini", "o3"];

/// Sends spans for a time, and gives their number.
///
/// # Errors
/// The server rejects a request.
pub fn send(url: &str, most: Duration, figures: &mut Figures) -> Result<u64> {
    let sent = AtomicU64::new(0);
    let url = format!("{}/v1/traces", url.trim_end_matches('/'));
    let began = Instant::now();
    let (to, counted) = (url.as_str(), &sent);
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| scope.spawn(move || sending(to, sender, (began, most), counted)))
            .collect();
        senders.into_iter().try_for_each(|sender| sender.join().map_err(|_| anyhow!("a sender failed"))?)
    })?;
    let spans = sent.into_inner();
    figures.add("ingest.spans_per_s", spans as f64 / began.elapsed().as_secs_f64(), "1/s");
    figures.add("ingest.spans", spans as f64, "spans");
    Ok(spans)
}

fn sending(url: &str, sender: u64, (began, most): (Instant, Duration), sent: &AtomicU64) -> Result<()> {
    let client = Client::of_others(None)?;
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"))]);
    let mut maker = Maker::new(sender);
    while began.elapsed() < most && sent.load(Ordering::Relaxed) < MOST {
        let spans = maker.request()?;
        let body = encode_traces(&spans, Encoding::Protobuf);
        let answer = client.ask(Method::POST, url, headers.clone(), body, ANSWER).context("sending spans")?;
        match answer.status {
            200 => sent.fetch_add(spans.len() as u64, Ordering::Relaxed),
            // Back-pressure is the server's answer to a sender that is too fast.
            429 | 503 => {
                std::thread::sleep(Duration::from_millis(20));
                0
            }
            status => bail!("the server answered spans with status {status}"),
        };
    }
    Ok(())
}

/// Makes traces, each with ids of its own.
struct Maker {
    random: fastrand::Rng,
    resource: Arc<Resource>,
    scope: Arc<Scope>,
    now: Timestamp,
}

impl Maker {
    fn new(sender: u64) -> Self {
        let mut resource = Resource::default();
        resource.attributes.push("service.name", if sender == 0 { "planner" } else { "support" });
        let scope = Scope { name: "benchmark".into(), ..Scope::default() };
        let random = fastrand::Rng::with_seed(sender + 1);
        Self { random, resource: Arc::new(resource), scope: Arc::new(scope), now: SystemClock.now() }
    }

    fn request(&mut self) -> Result<Vec<Span>> {
        let traces = (0..TRACES).map(|_| self.trace()).collect::<Result<Vec<_>>>()?;
        Ok(traces.concat())
    }

    /// An agent's run: calls of a model and runs of tools in turn.
    fn trace(&mut self) -> Result<Vec<Span>> {
        let trace = TraceId::from_bytes(self.random.u128(1..).to_be_bytes())?;
        let ids = (0..SPANS).map(|_| SpanId::from_bytes(self.random.u64(1..).to_be_bytes()));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        let begin = self.now.nanos() - self.random.i64(0..DAYS * 86_400) * 1_000_000_000;
        let session = format!("session-{}", self.random.u32(..10_000));
        let mut spans = Vec::with_capacity(ids.len());
        for (at, id) in (0..).zip(&ids) {
            let start = Timestamp::from_nanos(begin + at * 20_000_000);
            let end = start.plus(if at == 0 { 2_000_000_000 } else { 15_000_000 });
            let mut span = Span::new(trace, *id, "", start, end);
            span.parent_id = (at > 0).then_some(ids[0]);
            (span.resource, span.scope) = (Arc::clone(&self.resource), Arc::clone(&self.scope));
            span.attributes.push("session.id", session.as_str());
            let name = match at {
                0 => self.agent(&mut span.attributes),
                at if at % 2 == 1 => self.call(&mut span.attributes),
                _ => self.tool(&mut span.attributes),
            };
            span.name = name.into();
            spans.push(span);
        }
        Ok(spans)
    }

    fn agent(&self, attributes: &mut Attributes) -> String {
        attributes.push("gen_ai.operation.name", "invoke_agent");
        attributes.push("gen_ai.agent.name", "planner");
        "invoke_agent planner".to_owned()
    }

    fn call(&mut self, attributes: &mut Attributes) -> String {
        let model = MODELS[self.random.usize(..MODELS.len())];
        attributes.push("gen_ai.operation.name", "chat");
        attributes.push("gen_ai.provider.name", "openai");
        attributes.push("gen_ai.request.model", model);
        attributes.push("gen_ai.response.model", model);
        attributes.push("gen_ai.response.id", format!("chatcmpl-{:016x}", self.random.u64(..)));
        attributes.push("gen_ai.usage.input_tokens", self.random.i64(200..8_000));
        attributes.push("gen_ai.usage.output_tokens", self.random.i64(10..900));
        let said =
            format!(r#"[{{"role":"user","parts":[{{"type":"text","content":"{}"}}]}}]"#, self.words(40));
        attributes.push("gen_ai.input.messages", said);
        format!("chat {model}")
    }

    fn tool(&mut self, attributes: &mut Attributes) -> String {
        attributes.push("gen_ai.operation.name", "execute_tool");
        attributes.push("gen_ai.tool.name", "search");
        attributes.push("gen_ai.tool.call.arguments", format!(r#"{{"q":"{}"}}"#, self.words(4)));
        "execute_tool search".to_owned()
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| WORDS[self.random.usize(..WORDS.len())]).collect();
        words.join(" ")
    }
}
