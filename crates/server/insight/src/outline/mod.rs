//! Rows of a trace in display order: every row before its children, siblings by their start.

mod forest;
mod names;

use std::hash::{DefaultHasher, Hash, Hasher as _};

use compact_str::CompactString;
use quipu_core::{Kind, SpanId, SpanRow, Status, Timestamp};

use crate::inferred::inferred_rows;
pub(crate) use forest::Forest;
use names::Names;

/// One span of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutlineRow {
    /// The span.
    pub span_id: SpanId,
    /// Number of the row of its parent; `None` of a root, and of a span whose parent is not there.
    pub parent: Option<u32>,
    /// Rows of its subtree, itself included: the row after them is no descendant.
    pub size: u32,
    /// Rows above it.
    pub depth: u32,
    /// Start.
    pub start: Timestamp,
    /// Nanoseconds; `None` while it runs.
    pub duration: Option<i64>,
    /// Nanoseconds in which none of its children ran; `None` while it runs.
    pub own: Option<i64>,
    /// Nanoseconds until the first token.
    pub first_token: Option<i64>,
    /// Kind of the span.
    pub kind: Kind,
    /// How it ended.
    pub status: Status,
    /// Its name, as a number of [`Outline::names`].
    pub name: u32,
    /// Agent that did the work, as such a number.
    pub agent: Option<u32>,
    /// Model, as an index into `names`.
    pub model: Option<u32>,
    /// Tool, as an index into `names`.
    pub tool: Option<u32>,
    /// Whether its ledger row counts; `None` without one.
    pub counted: Option<bool>,
    /// Input and output tokens of its ledger row.
    pub tokens: Option<(u64, u64)>,
    /// Billionths of a dollar to be paid by use.
    pub cost: Option<i64>,
    /// Whether it is a tool run without a span, inferred from the messages of calls.
    pub inferred: bool,
}

/// A trace in display order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Its rows.
    pub rows: Vec<OutlineRow>,
    /// Names in its rows, each once.
    pub names: Vec<CompactString>,
    /// Whether all spans of the trace are there.
    pub complete: bool,
}

impl Outline {
    /// Bytes in memory, about.
    pub fn bytes(&self) -> usize {
        let texts: usize = self.names.iter().map(|name| size_of::<CompactString>() + name.len()).sum();
        self.rows.len() * size_of::<OutlineRow>() + texts
    }

    /// A number that another content would not have.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.rows, &self.names, self.complete).hash(&mut hasher);
        hasher.finish()
    }

    /// The name behind a number of a row.
    pub fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", CompactString::as_str)
    }
}

/// Memory of a row's place in the tree and among the ids.
const ORDER: usize = 64;

/// The spans of a trace as they are read, one after the other.
#[derive(Debug, Default)]
pub struct OutlineDraft {
    rows: Vec<OutlineRow>,
    above: Vec<Option<SpanId>>,
    names: Names,
}

impl OutlineDraft {
    /// Spans so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes in memory, about.
    pub fn bytes(&self) -> usize {
        self.rows.len() * (size_of::<OutlineRow>() + size_of::<Option<SpanId>>()) + self.names.bytes()
    }

    /// Bytes in memory while [`OutlineDraft::finish`] makes the tree, about: the rows before and after, and
    /// their order.
    pub fn bytes_to_finish(&self) -> usize {
        2 * self.bytes() + self.rows.len() * ORDER
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a span and the tool runs inferred from it. Spans come by start, then id, as a store gives them.
    pub fn add(&mut self, row: &SpanRow) {
        self.push(row, false);
        for run in inferred_rows(row) {
            self.push(&run, true);
        }
    }

    fn push(&mut self, row: &SpanRow, inferred: bool) {
        let cost = row.cost.as_ref();
        let agent = row.agent.as_ref().or_else(|| cost.and_then(|cost| cost.agent.as_ref()));
        let model = row.model.as_ref().or_else(|| cost.and_then(|cost| cost.model()));
        let usage = cost.and_then(|cost| cost.usage.as_ref()).map(quipu_core::Usage::tokens);
        self.above.push(row.parent_id);
        self.rows.push(OutlineRow {
            span_id: row.span_id,
            parent: None,
            size: 1,
            depth: 0,
            start: row.start,
            duration: row.duration,
            own: None,
            first_token: row.first_token,
            kind: row.kind,
            status: row.status,
            name: self.names.number(&row.name),
            agent: agent.map(|name| self.names.number(name)),
            model: model.map(|name| self.names.number(name)),
            tool: row.tool.as_ref().map(|name| self.names.number(name)),
            counted: cost.map(quipu_core::Cost::counts),
            tokens: usage.map(|tokens| (tokens.input, tokens.output)),
            cost: cost.and_then(quipu_core::Cost::billed).map(quipu_core::Usd::nanos),
            inferred,
        });
    }

    /// The tree. A span whose parent is not there is a root; a circle of parents is cut before its earliest
    /// span.
    pub fn finish(mut self, complete: bool) -> Outline {
        if self.rows.iter().any(|row| row.inferred) {
            self.sort();
        }
        let ids: Vec<SpanId> = self.rows.iter().map(|row| row.span_id).collect();
        let forest = Forest::new(&ids, &self.above);
        for at in 0..self.rows.len() {
            self.rows[at].own = own_time(&self.rows, at, forest.children(at));
        }
        let order = forest.order();
        // The row of each span, to which its children point.
        let mut places = vec![0_u32; order.len()];
        order.iter().zip(0..).for_each(|(at, place)| places[*at as usize] = place);
        let mut rows: Vec<OutlineRow> = Vec::with_capacity(order.len());
        for at in order {
            let parent = forest.parent(at as usize).map(|parent| places[parent as usize]);
            let depth = parent.map_or(0, |parent| rows[parent as usize].depth + 1);
            rows.push(OutlineRow { parent, depth, ..self.rows[at as usize].clone() });
        }
        // Children come after their parents: from the end on, every size is whole when it is added.
        for at in (0..rows.len()).rev() {
            if let (Some(parent), size) = (rows[at].parent, rows[at].size) {
                rows[parent as usize].size += size;
            }
        }
        Outline { rows, names: self.names.into_list(), complete }
    }
}

impl OutlineDraft {
    /// Puts inferred runs, which come with the call after them, into the order of starts.
    fn sort(&mut self) {
        let mut all: Vec<(OutlineRow, Option<SpanId>)> =
            std::mem::take(&mut self.rows).into_iter().zip(std::mem::take(&mut self.above)).collect();
        all.sort_by_key(|(row, _)| (row.start, row.span_id));
        (self.rows, self.above) = all.into_iter().unzip();
    }
}

/// The time of a span that none of its children, which come by start, takes.
fn own_time(rows: &[OutlineRow], at: usize, children: &[u32]) -> Option<i64> {
    let (start, duration) = (rows[at].start.nanos(), rows[at].duration?);
    let end = start.saturating_add(duration);
    let (mut taken, mut until) = (0_i64, start);
    for child in children.iter().map(|child| &rows[*child as usize]) {
        let begins = child.start.nanos().clamp(until, end.max(until));
        let ends =
            child.duration.map_or(end, |duration| child.start.nanos().saturating_add(duration)).min(end);
        if ends > begins {
            taken += ends - begins;
            until = ends;
        }
    }
    Some((duration - taken).max(0))
}
