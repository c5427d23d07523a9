//! A store on disk with known records.

use std::path::Path;
use std::sync::Arc;

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_core::{
    Backend, Batch, Billing, Cost, Event, Kind, Level, Resource, Rule, Scope, Span, SpanId, Status,
    Timestamp, TraceId, Unpriced, Usage, Usd, Value,
};
use quipu_sql::{GivenRows, SqlAnswer, SqlError, SqlLimits, SqlQuestion, SqlSession};
use serde_json::json;
use tokio::runtime::Runtime;

/// 2026-11-24T12:00:00Z.
pub const NOW: Timestamp = Timestamp::from_nanos(1_795_521_600 * Timestamp::SECOND);

pub fn trace_id(number: u32) -> TraceId {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes[8..12].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    TraceId::from_bytes(bytes).unwrap()
}

fn span_id(trace: u32, number: u8) -> SpanId {
    let mut bytes = [3; 8];
    bytes[..4].copy_from_slice(&trace.to_be_bytes());
    bytes[4] = number;
    SpanId::from_bytes(bytes).unwrap()
}

fn pick<T: Copy>(dice: &mut fastrand::Rng, from: &[T]) -> T {
    from[dice.usize(..from.len())]
}

fn span(trace: u32, number: u8, start: Timestamp, kind: Kind, dice: &mut fastrand::Rng) -> Span {
    let end = start.plus(dice.i64(1..90_000) * 1_000_000 + i64::from(number));
    let name = format!("{} {}", kind.as_str(), pick(dice, &["alpha", "beta", "gamma"]));
    let mut span = Span::new(trace_id(trace), span_id(trace, number), &name, start, end);
    span.parent_id = (number > 1).then(|| span_id(trace, 1));
    span.status = pick(dice, &[Status::Ok, Status::Ok, Status::Unset, Status::Error]);
    let service = pick(dice, &["shop", "desk", "O'Reilly"]);
    let resource = [("service.name", service)].into_iter().collect();
    span.resource = Arc::new(Resource { attributes: resource, ..Resource::default() });
    span.scope = Arc::new(Scope { name: "test".into(), ..Scope::default() });
    span.attributes =
        [("prompt", Value::String(format!("word{} and more", trace % 7))), ("n", Value::Int(7))]
            .into_iter()
            .collect();
    let read = &mut span.canonical;
    read.kind = kind;
    read.convention = "genai".into();
    read.framework = dice.bool().then(|| "langgraph".into());
    read.agent = dice.bool().then(|| pick(dice, &["planner", "writer"]).into());
    read.session = (!trace.is_multiple_of(3)).then(|| format!("s{}", trace % 11).into());
    read.user = (!trace.is_multiple_of(4)).then(|| format!("u{}", trace % 5).into());
    read.project = trace.is_multiple_of(2).then(|| "atlas".into());
    if kind == Kind::Tool {
        read.tool = Some(pick(dice, &["search", "read_file"]).into());
    }
    if kind == Kind::Llm {
        read.provider = Some("openai".into());
        read.request_model = Some(pick(dice, &["gpt-4o", "gpt-4o-mini"]).into());
        read.usage = Some(Usage {
            input: Some(dice.u64(1..5_000)),
            output: Some(dice.u64(1..900)),
            cache_read: dice.bool().then_some(1),
            ..Usage::default()
        });
    }
    span
}

/// An amount that a float cannot hold.
fn amount(trace: u32, number: u8) -> Usd {
    Usd::from_raw(i128::from(trace) * 1_000_000_000_000_000_001 + i128::from(number) * 7)
}

fn cost(span: &Span, amount: Option<Usd>, dice: &mut fastrand::Rng) -> Cost {
    let read = &span.canonical;
    let unpriced = (read.kind == Kind::Llm && amount.is_none()).then_some(Unpriced::UnknownModel);
    Cost {
        trace_id: span.trace_id,
        span_id: span.span_id,
        version: 1,
        time: span.start,
        duration: span.duration(),
        kind: read.kind,
        signal: read.signal,
        rule: Rule::Leaf,
        failed: span.status == Status::Error,
        service: span.resource.service().map(Into::into),
        framework: read.framework.clone(),
        convention: read.convention.clone(),
        agent: read.agent.clone(),
        tool: read.tool.clone(),
        provider: read.provider.clone(),
        request_model: read.request_model.clone(),
        response_model: None,
        service_tier: None,
        billing: if dice.u8(..6) == 0 { Billing::Subscription } else { Billing::Metered },
        usage: read.usage.clone(),
        amount,
        unpriced,
        price: None,
        reported: (amount.is_some() && dice.u8(..4) == 0).then(|| Usd::from_raw(dice.i128(1..1 << 70))),
        inferred: Vec::new(),
        estimate: None,
        scopes: Vec::new(),
    }
}

fn event(trace: u32, time: Timestamp, name: &str, attributes: &[(&str, Value)]) -> Event {
    Event {
        time,
        level: if trace.is_multiple_of(2) { Level::Info } else { Level::Error },
        name: name.into(),
        trace_id: Some(trace_id(trace)),
        span_id: None,
        session: Some(format!("s{}", trace % 11).into()),
        agent: None,
        framework: None,
        body: Value::String(format!("body {trace}")),
        attributes: attributes.iter().map(|(key, value)| (*key, value.clone())).collect(),
        wire: None,
        resource: Arc::default(),
        scope: Arc::default(),
    }
}

/// Records of one trace, and the sum of its costs.
fn trace(number: u32, start: Timestamp, dice: &mut fastrand::Rng) -> (Batch, Usd) {
    let mut batch = Batch::default();
    let mut sum = Usd::ZERO;
    batch.spans.push(span(number, 1, start, Kind::Agent, dice));
    for at in 2..2 + dice.u8(1..6) {
        let kind = pick(dice, &[Kind::Llm, Kind::Tool, Kind::Task, Kind::Llm]);
        let start = start.plus(i64::from(at) * 1_000_003);
        let made = span(number, at, start, kind, dice);
        if matches!(kind, Kind::Llm | Kind::Tool) {
            let amount = (kind == Kind::Llm && dice.u8(..5) > 0).then(|| amount(number, at));
            let cost = cost(&made, amount, dice);
            sum += cost.billed().unwrap_or_default();
            batch.costs.push(cost);
        }
        batch.spans.push(made);
    }
    batch.events.push(event(number, start.plus(5), "step", &[("k", Value::Int(i64::from(number)))]));
    let score = [
        ("gen_ai.evaluation.name", Value::String("quality".into())),
        ("gen_ai.evaluation.score.value", Value::Double(f64::from(number % 10) / 10.0)),
        ("quipu.score.id", Value::String(format!("score {}", number % 20))),
    ];
    batch.events.push(event(number, start.plus(9), "gen_ai.evaluation.result", &score));
    (batch, sum)
}

/// A store with traces, open for reading, as a worker process has it.
pub struct World {
    pub runtime: Runtime,
    pub folder: tempfile::TempDir,
    pub traces: u32,
    pub spans: usize,
    pub cost: Usd,
}

impl World {
    /// Writes `each` traces on each of `days` days before [`NOW`], and closes the store.
    pub fn new(days: u32, each: u32) -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut dice = fastrand::Rng::with_seed(42);
        let store = Sqlite::open(Config { train_after_spans: 0, ..Config::at(folder.path()) }).unwrap();
        let (mut cost, mut spans) = (Usd::ZERO, 0);
        for day in 0..days {
            let mut batch = Batch::default();
            for at in 0..each {
                let number = day * each + at + 1;
                let start = NOW
                    .plus(-i64::from(day) * Timestamp::DAY)
                    .plus(-dice.i64(0..6 * Timestamp::HOUR) / 1_000 * 1_000);
                let (made, sum) = trace(number, start, &mut dice);
                cost += sum;
                spans += made.spans.len();
                batch.spans.extend(made.spans);
                batch.costs.extend(made.costs);
                batch.events.extend(made.events);
            }
            runtime.block_on(store.write(Arc::new(batch))).unwrap();
        }
        runtime.block_on(store.flush()).unwrap();
        let searched = std::time::Instant::now();
        while runtime.block_on(quipu_core::Store::info(&store)).unwrap().search_lag_spans > 0 {
            assert!(searched.elapsed().as_secs() < 60, "the full text index does not catch up");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        runtime.block_on(store.close()).unwrap();
        drop(store);
        Self { runtime, folder, traces: days * each, spans, cost }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn open(&self) -> Sqlite {
        Sqlite::open_read_only(self.path()).unwrap()
    }

    pub fn session_over(&self, store: &Sqlite, limits: SqlLimits) -> SqlSession {
        let budget =
            json!({"name": "team", "unit": "usd", "limit_amount": "10", "spent": "0.1", "share": 0.01});
        let given = GivenRows { budgets: Some(Arc::new(vec![budget])), alerts: Some(Arc::default()) };
        SqlSession::open(Arc::new(store.clone()), self.runtime.handle().clone(), &given, limits, NOW).unwrap()
    }

    pub fn session(&self) -> SqlSession {
        let limits =
            SqlLimits { time_ms: 900_000, rows: 1_000_000, bytes: 512 << 20, ..SqlLimits::default() };
        self.session_over(&self.open(), limits)
    }
}

pub fn ask(session: &SqlSession, query: &str) -> Result<SqlAnswer, SqlError> {
    session.ask(&SqlQuestion { query: query.to_owned(), ..SqlQuestion::default() })
}

/// The only value of an answer.
pub fn one(session: &SqlSession, query: &str) -> serde_json::Value {
    let answer = ask(session, query).unwrap_or_else(|error| panic!("{query}: {error}"));
    assert_eq!((answer.rows.len(), answer.columns.len()), (1, 1), "{query}");
    answer.rows[0][0].clone()
}
