//! A trace in columns, in display order.

use quipu_core::{Kind, Status, TraceRow};
use quipu_insight::{Outline, OutlineRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::TraceSummary;

/// Rows of a trace in display order: every row before its children, siblings by their start. Each column is a
/// list; all lists have the same length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OutlineAnswer {
    /// Summary of the trace.
    pub trace: TraceSummary,
    /// Version of the trace. Only pages of the same version belong together.
    pub version: String,
    /// Number of rows of the whole trace.
    pub total: u64,
    /// Whether the rows cover all spans. The limit is the first 250,000.
    pub complete: bool,
    /// Number of the first row on this page.
    pub at: u64,
    /// Number of the next page's first row; null on the last page.
    pub next_at: Option<u64>,
    /// Values for the indexes in `kind`.
    pub kinds: Vec<String>,
    /// Values for the indexes in `status`: `unset`, `ok`, `error`, `running`.
    pub statuses: Vec<String>,
    /// Values for the indexes in `name`.
    pub names: Vec<String>,
    /// Values for the indexes in `agent`.
    pub agents: Vec<String>,
    /// Values for the indexes in `model`.
    pub models: Vec<String>,
    /// Values for the indexes in `tool`.
    pub tools: Vec<String>,
    /// Span ids, 16 hexadecimal digits.
    pub ids: Vec<String>,
    /// Row of the parent in the whole trace; -1 for a root, and if the parent is missing.
    pub parent: Vec<i64>,
    /// Number of rows of the subtree, including the row itself. A folded row skips that many.
    pub size: Vec<u32>,
    /// Depth in the tree: number of ancestors.
    pub depth: Vec<u32>,
    /// Start in microseconds after the start of the trace.
    pub start_us: Vec<i64>,
    /// Duration in microseconds; -1 while it runs.
    pub duration_us: Vec<i64>,
    /// Duration without a running child, in microseconds; -1 while it runs.
    pub self_us: Vec<i64>,
    /// Time to the first token in microseconds; -1 if unknown.
    pub first_token_us: Vec<i64>,
    /// Index in `kinds`.
    pub kind: Vec<u32>,
    /// Index in `statuses`.
    pub status: Vec<u32>,
    /// Index in `names`.
    pub name: Vec<u32>,
    /// Index in `agents`; -1 without an agent.
    pub agent: Vec<i64>,
    /// Index in `models`; -1 without a model.
    pub model: Vec<i64>,
    /// Index in `tools`; -1 without a tool.
    pub tool: Vec<i64>,
    /// 1 if the ledger counts the row, 0 if not, -1 without a ledger row.
    pub counted: Vec<i8>,
    /// Input tokens; -1 if unknown.
    pub input: Vec<i64>,
    /// Output tokens; -1 if unknown.
    pub output: Vec<i64>,
    /// Metered cost in billionths of a US dollar; null if unknown or absent.
    pub cost_nusd: Vec<Option<i64>>,
    /// 1 for a tool run without a span, inferred from the messages of two calls. Its time is a bound.
    #[serde(default)]
    pub inferred: Vec<u8>,
}

/// Indexes of the names of a page.
struct Local<'a> {
    outline: &'a Outline,
    numbers: Vec<Option<u32>>,
    list: Vec<String>,
}

impl<'a> Local<'a> {
    fn new(outline: &'a Outline) -> Self {
        Self { outline, numbers: vec![None; outline.names.len()], list: Vec::new() }
    }

    fn number(&mut self, name: u32) -> u32 {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let Some(slot) = self.numbers.get_mut(name as usize) else { return 0 };
        *slot.get_or_insert_with(|| {
            self.list.push(self.outline.name(name).to_owned());
            next
        })
    }

    fn optional(&mut self, name: Option<u32>) -> i64 {
        name.map_or(-1, |name| i64::from(self.number(name)))
    }
}

const STATUSES: [&str; 4] = ["unset", "ok", "error", "running"];

fn status(row: &OutlineRow) -> u32 {
    match (row.status, row.duration) {
        (Status::Error, _) => 2,
        (_, None) => 3,
        (Status::Ok, _) => 1,
        (Status::Unset, _) => 0,
    }
}

/// Microseconds, rounded; -1 if unknown.
fn micros(nanos: Option<i64>) -> i64 {
    nanos.map_or(-1, |nanos| nanos.saturating_add(500).div_euclid(1_000))
}

fn figure(tokens: Option<u64>) -> i64 {
    tokens.map_or(-1, |tokens| i64::try_from(tokens).unwrap_or(i64::MAX))
}

fn words(words: impl IntoIterator<Item = &'static str>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

impl OutlineAnswer {
    /// The rows from `at`, at most `limit`.
    pub(crate) fn new(trace: &TraceRow, version: u64, outline: &Outline, at: usize, limit: usize) -> Self {
        let at = at.min(outline.rows.len());
        let end = at.saturating_add(limit).min(outline.rows.len());
        let rows = outline.rows.get(at..end).unwrap_or_default();
        let column = |read: &dyn Fn(&OutlineRow) -> i64| rows.iter().map(read).collect::<Vec<i64>>();
        let mut names = Local::new(outline);
        let name = rows.iter().map(|row| names.number(row.name)).collect();
        let named = |read: &dyn Fn(&OutlineRow) -> Option<u32>| {
            let mut local = Local::new(outline);
            (rows.iter().map(|row| local.optional(read(row))).collect::<Vec<i64>>(), local.list)
        };
        let (agent, agents) = named(&|row| row.agent);
        let (model, models) = named(&|row| row.model);
        let (tool, tools) = named(&|row| row.tool);
        Self {
            trace: TraceSummary::from(trace),
            version: format!("{version:016x}"),
            total: outline.rows.len() as u64,
            complete: outline.complete,
            at: at as u64,
            next_at: (end < outline.rows.len()).then_some(end as u64),
            kinds: words(Kind::ALL.map(Kind::as_str)),
            statuses: words(STATUSES),
            names: names.list,
            agents,
            models,
            tools,
            ids: rows.iter().map(|row| row.span_id.to_string()).collect(),
            parent: column(&|row| row.parent.map_or(-1, i64::from)),
            size: rows.iter().map(|row| row.size).collect(),
            depth: rows.iter().map(|row| row.depth).collect(),
            start_us: column(&|row| micros(Some(row.start.since(trace.started_at)))),
            duration_us: column(&|row| micros(row.duration)),
            self_us: column(&|row| micros(row.own)),
            first_token_us: column(&|row| micros(row.first_token)),
            kind: rows.iter().map(|row| u32::from(row.kind as u8)).collect(),
            status: rows.iter().map(status).collect(),
            name,
            agent,
            model,
            tool,
            counted: rows.iter().map(|row| row.counted.map_or(-1, i8::from)).collect(),
            input: column(&|row| figure(row.tokens.map(|(input, _)| input))),
            output: column(&|row| figure(row.tokens.map(|(_, output)| output))),
            cost_nusd: rows.iter().map(|row| row.cost).collect(),
            inferred: rows.iter().map(|row| u8::from(row.inferred)).collect(),
        }
    }
}

/// Matches of a search within a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchAnswer {
    /// Version of the trace, as in its outline.
    pub version: String,
    /// Numbers of the matching rows, in order.
    pub rows: Vec<u32>,
    /// Whether all texts were searched. Names are always searched.
    pub complete: bool,
}
