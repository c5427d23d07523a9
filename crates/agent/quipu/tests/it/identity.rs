//! Tests that a recording has the same figures in any order, any split into batches and at any time of day.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu::core::{
    Adapters, Attributes, Backend, Batch, Facet, FacetField, SessionQuery, Stage, Store, Timestamp,
    TraceFilter, UsageQuery, UsageTotals,
};
use quipu::pipeline::Priced;
use quipu_backend_memory::Memory;
use quipu_ledger::Ledger;
use quipu_prices::Books;
use quipu_recordings::{bodies, names, want};

/// A day in nanoseconds; its boundaries are full hours, too.
const DAY: i64 = 86_400 * Timestamp::SECOND;
/// Midnight before the recordings: 2026-11-01T00:00:00Z.
const MIDNIGHT: i64 = 1_793_491_200 * Timestamp::SECOND;
/// Moments of a recording that are moved to midnight.
const PLACES: usize = 6;

/// A receiver without a network: reads, counts, prices and stores.
struct Intake {
    adapters: Adapters,
    ledger: Ledger,
    priced: Priced,
    store: Memory,
}

/// Figures that must not depend on the order and split of the batches.
#[derive(Debug, Clone, PartialEq)]
struct Figures {
    total: UsageTotals,
    tools: Vec<(String, u64, u64)>,
    agents: BTreeMap<String, u64>,
    sessions: BTreeMap<String, (u64, u64, u64, u64)>,
}

impl Intake {
    fn new(memory: usize) -> Self {
        Self {
            adapters: quipu::adapters(),
            ledger: Ledger::new(memory).leaving_in_store(),
            priced: Priced::new(Arc::new(Books::vendored())),
            store: Memory::new(),
        }
    }

    async fn take(&mut self, mut batch: Batch) {
        self.adapters.read_batch(&mut batch);
        self.ledger.count(&mut batch, &self.store).await.unwrap();
        self.priced.apply(&mut batch);
        self.store.write(Arc::new(batch)).await.unwrap();
    }

    async fn figures(&self) -> Figures {
        let all = TraceFilter::default();
        let groups = self.store.usage(&UsageQuery::default()).await.unwrap();
        let tools = self.store.tools(&all).await.unwrap();
        let agents = self.store.facets(FacetField::Agent, &all, 1_000).await.unwrap();
        let query = SessionQuery { limit: 1_000, ..SessionQuery::default() };
        let sessions = self.store.sessions(&query).await.unwrap().rows;
        let mut tools: Vec<_> =
            tools.iter().map(|tool| (tool.tool.to_string(), tool.calls, tool.errors)).collect();
        tools.sort();
        Figures {
            total: groups.into_iter().next().map(|group| group.totals).unwrap_or_default(),
            tools,
            agents: agents.into_iter().map(|Facet { value, traces }| (value.to_string(), traces)).collect(),
            sessions: sessions
                .into_iter()
                .map(|row| {
                    let figures = (row.llm_calls, row.tool_calls, row.errors, row.tokens.total());
                    (row.session.to_string(), figures)
                })
                .collect(),
        }
    }
}

async fn figures(batches: impl IntoIterator<Item = Batch>, memory: usize) -> Figures {
    let mut intake = Intake::new(memory);
    for batch in batches {
        intake.take(batch).await;
    }
    intake.figures().await
}

fn sent(name: &str) -> Vec<Batch> {
    bodies(name).iter().map(quipu_recordings::Body::decode).collect()
}

/// One span per batch; log records and metrics keep their batches.
fn apart(batches: &[Batch]) -> Vec<Batch> {
    let mut parts = Vec::new();
    for batch in batches {
        let one = |span: &quipu::core::Span| Batch { spans: vec![span.clone()], ..Batch::default() };
        parts.extend(batch.spans.iter().map(one));
        let rest = Batch { spans: Vec::new(), ..batch.clone() };
        if !rest.events.is_empty() || !rest.metrics.is_empty() {
            parts.push(rest);
        }
    }
    parts
}

/// A shuffled order that depends on the seed only.
fn shuffled<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    for last in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, (state >> 33) as usize % (last + 1));
    }
    items
}

/// The batches moved to a later time.
fn later(batches: &[Batch], nanos: i64) -> Vec<Batch> {
    let mut batches = batches.to_vec();
    for batch in &mut batches {
        for span in &mut batch.spans {
            span.start = span.start.plus(nanos);
            span.end = span.end.map(|end| end.plus(nanos));
            span.events.iter_mut().for_each(|event| event.time = event.time.plus(nanos));
        }
        for event in &mut batch.events {
            event.time = event.time.plus(nanos);
            move_words(&mut event.attributes, nanos);
        }
        for point in batch.metrics.iter_mut().flat_map(|metric| &mut metric.points) {
            point.time = point.time.plus(nanos);
            point.start = point.start.map(|start| start.plus(nanos));
        }
    }
    batches
}

/// Coding agents also send an event's time as text.
fn move_words(attributes: &mut Attributes, nanos: i64) {
    for (_, value) in attributes.iter_mut().filter(|(key, _)| key == "event.timestamp") {
        if let Some(time) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
            *value = time.plus(nanos).to_string().as_str().into();
        }
    }
}

/// Moments of a recording that are interesting as boundaries: just after the start of a call, and in the
/// middle of one.
fn places(batches: &[Batch]) -> Vec<i64> {
    let adapters = quipu::adapters();
    let mut places = Vec::new();
    for batch in batches {
        let mut batch = batch.clone();
        adapters.read_batch(&mut batch);
        let calls = batch.spans.iter().filter(|span| span.canonical.kind.is_call());
        places
            .extend(calls.flat_map(|span| {
                [span.start.nanos(), span.start.nanos() + span.duration().unwrap_or(0) / 2]
            }));
        places.extend(batch.events.iter().map(|event| event.time.nanos()));
    }
    places.sort_unstable();
    places.dedup();
    let step = places.len().div_ceil(PLACES).max(1);
    places.into_iter().step_by(step).collect()
}

/// Differences from the figures of a recording that was sent once.
fn note(wrong: &mut Vec<String>, name: &str, how: &str, have: &Figures, want: &Figures) {
    if have == want {
        return;
    }
    let mut off = Vec::new();
    let (a, b) = (&have.total, &want.total);
    if (a.llm_calls, a.errors) != (b.llm_calls, b.errors) {
        off.push(format!("calls and errors {:?} of {:?}", (a.llm_calls, a.errors), (b.llm_calls, b.errors)));
    }
    if a.tokens != b.tokens {
        off.push(format!("{:?} of {:?}", a.tokens, b.tokens));
    }
    if (a.cost, a.reported) != (b.cost, b.reported) {
        off.push(format!("cost {:?} of {:?}", (a.cost, a.reported), (b.cost, b.reported)));
    }
    if have.tools != want.tools {
        off.push(format!("tools {:?} of {:?}", have.tools, want.tools));
    }
    if have.agents != want.agents {
        off.push(format!("agents {:?} of {:?}", have.agents, want.agents));
    }
    if have.sessions != want.sessions {
        off.push(format!("sessions {:?} of {:?}", have.sessions, want.sessions));
    }
    if off.is_empty() {
        off.push("other figures".to_owned());
    }
    wrong.push(format!("{name}, {how}: {}", off.join("; ")));
}

/// Differences from the model server's log.
fn note_truth(wrong: &mut Vec<String>, name: &str, have: &Figures) {
    let want = want(name);
    let limited = want.get("source_limited").filter(|limited| !limited.is_null());
    let truth = limited.unwrap_or(&want["tokens"]);
    let tokens = have.total.tokens;
    for (figure, have) in [("input", tokens.input), ("output", tokens.output)] {
        if let Some(want) = truth[figure].as_u64().filter(|want| *want != have) {
            wrong.push(format!("{name}: {figure} {have} of {want}"));
        }
    }
    let (ok, failed) = (want["llm_calls_ok"].as_u64().unwrap(), want["llm_calls_failed"].as_u64().unwrap());
    if limited.is_none() && !(ok..=ok + failed).contains(&have.total.llm_calls) {
        wrong.push(format!("{name}: calls {} of {ok} and {failed} failed", have.total.llm_calls));
    }
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn a_recording_comes_to_the_truth() {
    let mut wrong = Vec::new();
    for name in names() {
        note_truth(&mut wrong, &name, &figures(sent(&name), Ledger::NODES).await);
    }
    assert_none(&wrong);
}

#[tokio::test]
async fn neither_order_nor_cut_matters() {
    let mut wrong = Vec::new();
    for name in names() {
        let batches = sent(&name);
        let once = figures(batches.clone(), Ledger::NODES).await;
        let twice = batches.iter().chain(&batches).cloned();
        note(&mut wrong, &name, "twice", &figures(twice, Ledger::NODES).await, &once);
        let parts = apart(&batches);
        let reversed = figures(parts.iter().rev().cloned(), Ledger::NODES).await;
        note(&mut wrong, &name, "reversed, one span each", &reversed, &once);
        for seed in 1..4 {
            let memory = if seed == 1 { 4 } else { Ledger::NODES };
            let other = figures(shuffled(parts.clone(), seed), memory).await;
            note(&mut wrong, &name, &format!("shuffled by {seed}"), &other, &once);
        }
    }
    assert_none(&wrong);
}

#[tokio::test]
async fn neither_a_full_hour_nor_midnight_matters() {
    let mut wrong = Vec::new();
    for name in names() {
        let batches = sent(&name);
        let once = figures(batches.clone(), Ledger::NODES).await;
        for (number, place) in places(&batches).into_iter().enumerate() {
            for (what, nanos) in [("just after", 1), ("a second before", -Timestamp::SECOND)] {
                let boundary = MIDNIGHT + DAY;
                let moved = later(&batches, boundary - place - nanos);
                let parts = if number % 2 == 0 { moved } else { shuffled(apart(&moved), 7) };
                let have = figures(parts, Ledger::NODES).await;
                note(&mut wrong, &name, &format!("midnight {what} place {number}"), &have, &once);
            }
        }
    }
    assert_none(&wrong);
}

#[tokio::test]
async fn all_in_one_store_come_to_the_sum_of_all() {
    let mut sum = UsageTotals::default();
    let mut tools: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut all = Vec::new();
    for name in names() {
        let batches = sent(&name);
        let one = figures(batches.clone(), Ledger::NODES).await;
        sum.merge(&one.total);
        for (tool, calls, errors) in one.tools {
            let of_tool = tools.entry(tool).or_default();
            *of_tool = (of_tool.0 + calls, of_tool.1 + errors);
        }
        all.extend(apart(&batches));
    }
    for (how, batches) in [("in order", all.clone()), ("shuffled", shuffled(all, 11))] {
        let have = figures(batches, Ledger::NODES).await;
        let together: BTreeMap<_, _> =
            have.tools.iter().map(|(tool, calls, errors)| (tool.clone(), (*calls, *errors))).collect();
        assert_eq!((have.total.llm_calls, have.total.errors), (sum.llm_calls, sum.errors), "{how}");
        assert_eq!(have.total.tokens, sum.tokens, "{how}");
        assert_eq!((have.total.cost, have.total.reported), (sum.cost, sum.reported), "{how}");
        assert_eq!(together, tools, "{how}");
    }
}

#[test]
fn a_recording_has_places_to_be_a_boundary() {
    let batches = sent("langchain--oi-langchain+oi-openai");
    let calls = batches.iter().flat_map(|batch| &batch.spans).count();
    assert!(calls > PLACES && (2..=PLACES).contains(&places(&batches).len()));
}
