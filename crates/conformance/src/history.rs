//! Random histories of batches. Spans change, arrive late or twice, and ledger rows are corrected.

use std::sync::Arc;

use quipu_core::{
    Batch, Billing, Cost, Instrument, Kind, Level, Meeting, Metric, Rule, Signal, Span, SpanEvent, Status,
    Store, Temporality, Timestamp, TraceId, Unpriced, Usage, Usd,
};

use crate::answers::{compare_known, difference};
use crate::outcome::compare;
use crate::sample::{BASE, Draft, Random, counter, draft, event, metric, span_id, trace_id};
use crate::{Failure, Outcome};

const TRACES: u64 = 12;
const AGENTS: [&str; 3] = ["amy", "bob", "Ännchen"];
const TOOLS: [&str; 3] = ["search", "read_file", "run sql"];
const MODELS: [&str; 4] = ["openai/gpt-5", "openai/gpt-5-mini", "anthropic/claude", "local/llama"];
const FRAMEWORKS: [&str; 2] = ["crewai", "langgraph"];
const SERVICES: [&str; 2] = ["shop", "bank"];
const TAGS: [&str; 3] = ["nightly", "beta", "ünï"];
const PROJECTS: [&str; 3] = ["kite", "anvil", "raft"];
const WORDS: [&str; 5] = ["alpha", "beta", "gamma", "delta", "épsilon"];
const KINDS: [Kind; 6] = [Kind::Llm, Kind::Tool, Kind::Agent, Kind::Embedding, Kind::Task, Kind::Other];
const RULES: [Rule; 7] =
    [Rule::Leaf, Rule::Leaf, Rule::Merged, Rule::Repeats, Rule::Duplicate, Rule::Echo, Rule::Metric];
/// Highest number of a trace whose spans were made from other signals.
const MADE_TRACES: u64 = 4;
const MEETINGS: [&str; 3] = ["a", "b", "c"];
const REASONS: [Unpriced; 3] = [Unpriced::UnknownModel, Unpriced::NoUnitPrice, Unpriced::NotValidThen];

/// A span of the history, with every copy that was sent. Later copies are more complete.
struct SentSpan {
    copies: Vec<Span>,
    version: u64,
}

/// The next step of a history.
enum Step {
    Write(Batch),
    Forget(Vec<TraceId>),
}

struct History {
    random: Random,
    known: Vec<SentSpan>,
    /// Number of spans so far.
    spans: u64,
    points: i64,
    total: [f64; 2],
}

/// A history of `batches` batches; the same seed gives the same history. The order of the batches is fixed: a
/// ledger row comes after its span, and its corrections after the row.
pub fn history(seed: u64, batches: usize) -> Vec<Batch> {
    let steps = steps(seed, batches, false).into_iter();
    let batch = |step| match step {
        Step::Write(batch) => Some(batch),
        Step::Forget(_) => None,
    };
    steps.filter_map(batch).collect()
}

/// A history of `count` steps. If `may_forget`, some steps forget traces.
fn steps(seed: u64, count: usize, may_forget: bool) -> Vec<Step> {
    let mut history =
        History { random: Random::new(seed), known: Vec::new(), spans: 0, points: 0, total: [0.0; 2] };
    let mut all: Vec<Step> = Vec::new();
    while all.len() < count {
        if may_forget && history.random.one_in(10) {
            all.push(history.forget());
            continue;
        }
        // A batch may be sent again if its answer was lost.
        let again = match all.last() {
            Some(Step::Write(last)) if history.random.one_in(6) => Some(last.clone()),
            _ => None,
        };
        all.push(Step::Write(again.unwrap_or_else(|| history.batch())));
    }
    all
}

fn one<T: Copy>(random: &mut Random, of: &[T]) -> Option<T> {
    random.pick(of).copied()
}

impl History {
    fn batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        for _ in 0..1 + self.random.below(10) {
            match self.random.below(10) {
                0..4 => self.new_span(&mut batch),
                4..6 => self.copy(&mut batch),
                6..9 => self.row(&mut batch),
                _ => self.records(&mut batch),
            }
        }
        self.random.shuffle(&mut batch.spans);
        batch
    }

    fn new_span(&mut self, batch: &mut Batch) {
        self.spans += 1;
        let number = self.spans;
        let trace = 1 + self.random.below(TRACES);
        // Starts are within about two days. Many are on a full second, so there are ties.
        let mut start = BASE.plus(i64::try_from(trace).unwrap_or(0) * 4 * Timestamp::HOUR);
        start = start.plus(self.random.within(0, 5) * 20 * Timestamp::SECOND);
        if self.random.one_in(2) {
            start = start.plus(self.random.within(0, 9_999_999));
        }
        if self.random.one_in(8) {
            start = start.plus(3 * Timestamp::HOUR);
        }
        let mut span = draft(trace, number).starts(start);
        if !self.random.one_in(4) {
            // The parent may come later, or never.
            span = span.below(1 + self.random.below(number + 3));
        }
        let mut known = SentSpan { copies: vec![span.span()], version: 0 };
        known.copies[0] = self.improved(&known);
        batch.spans.push(known.copies[0].clone());
        self.known.push(known);
    }

    /// A more complete copy than all earlier ones.
    fn improved(&mut self, known: &SentSpan) -> Span {
        let random = &mut self.random;
        let base = &known.copies[known.copies.len() - 1];
        let word = one(random, &WORDS).unwrap_or_default();
        let mut next =
            Draft::from(base.clone()).named(&format!("{word} {}", base.span_id)).with("note", word);
        if let Some(service) = one(random, &SERVICES).filter(|_| random.one_in(2)) {
            next = next.service(service);
        }
        let mut span = next.span();
        let lasts = base.duration().unwrap_or(0) + random.within(1, 9 * Timestamp::SECOND);
        span.end = (base.end.is_some() || !random.one_in(3)).then(|| base.start.plus(lasts));
        span.status =
            one(random, &[Status::Unset, Status::Ok, Status::Ok, Status::Error]).unwrap_or_default();
        if span.status == Status::Error {
            span.status_message = format!("{word} failed");
        }
        if random.one_in(3) {
            let attributes = [("text", word)].into_iter().collect();
            span.events.push(SpanEvent { time: span.start, name: "note".into(), attributes });
        }
        read(random, &mut span);
        span
    }

    fn copy(&mut self, batch: &mut Batch) {
        let Some(at) = self.some_span() else { return };
        if self.random.one_in(3) {
            // An earlier copy arrives late.
            let stale = self.random.pick(&self.known[at].copies).cloned();
            batch.spans.extend(stale);
            return;
        }
        let known = SentSpan { copies: self.known[at].copies.clone(), version: 0 };
        let next = self.improved(&known);
        self.known[at].copies.push(next.clone());
        batch.spans.push(next);
    }

    /// One or two traces, known or not.
    fn forget(&mut self) -> Step {
        let mut traces = vec![trace_id(1 + self.random.below(TRACES))];
        if self.random.one_in(2) {
            traces.push(trace_id(1 + self.random.below(TRACES + 5)));
        }
        self.known.retain(|known| known.copies.iter().all(|copy| !traces.contains(&copy.trace_id)));
        Step::Forget(traces)
    }

    fn some_span(&mut self) -> Option<usize> {
        let below = u64::try_from(self.known.len()).unwrap_or(0);
        (below > 0).then(|| usize::try_from(self.random.below(below)).unwrap_or(0))
    }

    /// A ledger row, or its correction, for a span of this batch or an earlier one.
    fn row(&mut self, batch: &mut Batch) {
        let Some(at) = self.some_span() else { return };
        let random = &mut self.random;
        let known = &mut self.known[at];
        known.version += 1;
        let span = &known.copies[known.copies.len() - 1];
        let mut row = Cost { version: known.version, ..crate::sample::cost(span) };
        row.rule = one(random, &RULES).unwrap_or_default();
        if is_made(span) && !random.one_in(12) {
            // Most of these traces are hidden, and change between hidden and visible.
            row.rule = Rule::Echo;
        }
        row.agent = one(random, &AGENTS).map(Into::into).filter(|_| !random.one_in(4));
        if row.kind != Kind::Tool {
            row.tool = one(random, &TOOLS).map(Into::into).filter(|_| random.one_in(3));
            row.billing = if random.one_in(4) { Billing::Subscription } else { Billing::Metered };
            money(random, &mut row);
        }
        batch.costs.push(row);
    }

    fn records(&mut self, batch: &mut Batch) {
        let random = &mut self.random;
        let time = BASE.plus(random.within(0, 50) * Timestamp::HOUR);
        let level = one(random, &Level::ALL).unwrap_or_default();
        let word = one(random, &WORDS).unwrap_or_default();
        let mut note = event(time, level, word, &format!("{word} happened"));
        note.agent = one(random, &AGENTS).map(Into::into).filter(|_| random.one_in(2));
        note.session = random.one_in(2).then(|| format!("session {}", random.below(3)).into());
        note.trace_id = random.one_in(2).then(|| trace_id(1 + random.below(TRACES)));
        batch.events.push(note);
        batch.metrics.extend(self.points());
    }

    /// The next point of each of two counters and a gauge: a minute after the previous point, sometimes with
    /// a reset.
    fn points(&mut self) -> Vec<Metric> {
        let at = BASE.plus(self.points * 61 * Timestamp::SECOND);
        let first = self.points == 0;
        self.points += 1;
        for total in &mut self.total {
            let grown = *total + self.random.within(0, 100) as f64;
            *total = if first || self.random.one_in(8) { 0.0 } else { grown };
        }
        let delta = counter("deltas", "d", &[(at, self.random.within(0, 50) as f64)]);
        vec![
            counter("requests", "a", &[(at, self.total[0])]),
            counter("requests", "b", &[(at, self.total[1])]),
            Metric { temporality: Temporality::Delta, ..delta },
            metric("load", Instrument::Gauge, "g", &[(at, self.random.within(-50, 50) as f64)]),
        ]
    }
}

fn is_made(span: &Span) -> bool {
    (1..=MADE_TRACES).any(|trace| span.trace_id == trace_id(trace))
}

fn meeting(name: &str) -> Meeting {
    Meeting::of("history", name)
}

/// Sets canonical values of a span, as an adapter would.
fn read(random: &mut Random, span: &mut Span) {
    let session = random.below(4);
    let (kind, agent, tool) = (one(random, &KINDS), one(random, &AGENTS), one(random, &TOOLS));
    let (provider, model) = one(random, &MODELS).and_then(|model| model.split_once('/')).unwrap_or_default();
    let framework = one(random, &FRAMEWORKS);
    let made = is_made(span);
    let signal = one(random, &Signal::ALL).filter(|signal| *signal != Signal::Span).unwrap_or(Signal::Log);
    let meeting = one(random, &MEETINGS).map(meeting);
    let read = &mut span.canonical;
    read.signal = if made || random.one_in(6) { signal } else { Signal::Span };
    read.meeting = meeting.filter(|_| random.one_in(3));
    read.kind = kind.unwrap_or_default();
    read.convention = if random.one_in(5) { "" } else { "genai" }.into();
    read.framework = framework.filter(|_| random.one_in(2)).map(Into::into);
    read.agent = agent.filter(|_| random.one_in(3) || read.kind == Kind::Agent).map(Into::into);
    read.tool = tool.filter(|_| read.kind == Kind::Tool).map(Into::into);
    read.error_type = (span.status == Status::Error).then(|| "Timeout".into());
    if random.one_in(3) {
        read.session = Some(format!("session {session}").into());
        read.user = (session != 3).then(|| format!("user of {session}").into());
    }
    read.tags = TAGS.into_iter().filter(|_| random.one_in(8)).map(Into::into).collect();
    read.project = one(random, &PROJECTS).filter(|_| random.one_in(4)).map(Into::into);
    read.commit = one(random, &WORDS).filter(|_| random.one_in(5)).map(Into::into);
    read.branch = one(random, &WORDS).filter(|_| random.one_in(5)).map(Into::into);
    read.time_to_first_token = random.one_in(4).then(|| random.within(0, 3 * Timestamp::SECOND));
    read.guardrail_triggered = random.one_in(6).then(|| random.one_in(2));
    read.billing = random.one_in(6).then_some(Billing::Subscription);
    (read.provider, read.request_model, read.response_model, read.usage) = (None, None, None, None);
    if read.kind.is_call() {
        read.provider = Some(provider.into());
        read.request_model = Some(model.into());
        read.response_model = random.one_in(3).then(|| format!("{model}-2026").into());
        read.usage = (!random.one_in(5)).then(|| usage(random));
    }
}

fn usage(random: &mut Random) -> Usage {
    let (input, output) = (random.below(5_000), random.below(900));
    Usage {
        input: Some(input),
        output: (!random.one_in(6)).then_some(output),
        cache_read: random.one_in(3).then_some(input / 2),
        cache_write: random.one_in(4).then_some(input / 4),
        reasoning: random.one_in(4).then_some(output / 2),
        units: random.one_in(6).then(|| ("web_searches".into(), random.below(9))).into_iter().collect(),
        ..Usage::default()
    }
}

fn money(random: &mut Random, row: &mut Cost) {
    if row.usage.is_none() && random.one_in(3) && row.counts() {
        row.rule = Rule::OrphanRollup;
        row.usage = Some(usage(random));
    }
    if row.usage.is_some() && row.counts() {
        if random.one_in(4) {
            row.unpriced = one(random, &REASONS);
        } else {
            row.amount = Some(Usd::from_raw(i128::from(random.below(1 << 50)) * 1_000_003));
        }
    }
    row.reported = random.one_in(5).then(|| Usd::from_raw(i128::from(random.below(1 << 60))));
    if random.one_in(6) {
        // Close to the computed amount, on either side of the bound.
        let percent = i128::from(90 + random.below(20));
        row.reported = row.amount.map(|amount| Usd::from_raw(amount.raw() * percent / 100));
    }
}

/// Writes a random history to two fresh stores, forgets traces in between, and compares their answers half
/// way and at the end.
///
/// # Panics
/// A write fails, a store accepts a bad batch, or an answer differs. The text names seed, batch and query.
pub async fn assert_equal_histories(
    under_test: &dyn Store,
    reference: &dyn Store,
    seed: u64,
    batches: usize,
) {
    let told = tell(under_test, reference, seed, batches).await;
    assert!(
        told.is_ok(),
        "history of seed {seed}: {}",
        told.map_or_else(|why| why.to_string(), |()| String::new())
    );
}

async fn tell(under_test: &dyn Store, reference: &dyn Store, seed: u64, batches: usize) -> Outcome {
    let mut random = Random::new(seed ^ 0xBAD);
    for (number, step) in steps(seed, batches, true).into_iter().enumerate() {
        if random.one_in(7) {
            refuse(under_test, reference).await?;
        }
        match step {
            Step::Write(batch) => {
                let batch = Arc::new(batch);
                reference.write(Arc::clone(&batch)).await?;
                under_test.write(batch).await?;
            }
            Step::Forget(traces) => {
                let have = under_test.need_forgetting()?.forget(&traces).await?;
                let want = reference.need_forgetting()?.forget(&traces).await?;
                compare(&have, &want, || format!("traces forgotten at step {number}"))?;
            }
        }
        let look = number + 1 == batches || number == batches / 2;
        let found = if look { difference(under_test, reference).await } else { None };
        if let Some(found) = found {
            return Err(Failure::new(format!("after batch {number}: {found}")));
        }
    }
    let traces: Vec<_> = (1..=TRACES).map(trace_id).collect();
    // The middle of the three days of a history.
    let meetings = MEETINGS.map(|name| (meeting(name), BASE.plus(Timestamp::DAY)));
    compare_known(under_test, reference, &traces, &meetings).await
}

/// Both stores must reject a batch with a row of an unknown span. Its trace is never written again, so any
/// remains show as a difference.
async fn refuse(under_test: &dyn Store, reference: &dyn Store) -> Outcome {
    let span = draft(TRACES + 1, 1).llm("openai/gpt-5", 1, 1).span();
    let stranger = Cost { span_id: span_id(2), ..crate::sample::cost(&span) };
    let costs = [crate::sample::cost(&span), stranger];
    let bad = Arc::new(crate::sample::batch([span], costs));
    for store in [under_test, reference] {
        if store.write(Arc::clone(&bad)).await.is_ok() {
            return Err(Failure::new(format!("{} took a row of an unknown span", store.name())));
        }
    }
    Ok(())
}
