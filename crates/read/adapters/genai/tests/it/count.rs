//! Minimal count of calls, each once, to compare recordings with their ground truth.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use quipu_core::{Canonical, Kind, Span, SpanId, Status, Tokens, TraceId, Usage};

/// Totals of a recording.
#[derive(Debug, Default)]
pub struct Count {
    pub tokens: Tokens,
    pub calls: u64,
    /// Runs by tool and outcome; `true` means failed.
    pub tools: BTreeMap<(String, bool), u64>,
    pub sessions: BTreeSet<String>,
    pub users: BTreeSet<String>,
    pub agents: BTreeSet<String>,
}

/// Counts calls. The innermost record of a call counts; usage outside calls counts only if no call below has
/// any.
pub fn count(spans: &[Span]) -> Count {
    let mut count = Count::default();
    let mut traces: BTreeMap<TraceId, Vec<&Span>> = BTreeMap::new();
    for span in spans {
        traces.entry(span.trace_id).or_default().push(span);
        count.sessions.extend(span.canonical.session.iter().map(ToString::to_string));
        count.users.extend(span.canonical.user.iter().map(ToString::to_string));
        count.agents.extend(span.canonical.agent.iter().map(ToString::to_string));
    }
    traces.values().for_each(|trace| count_trace(trace, &mut count));
    count
}

struct Tree<'a> {
    by_id: HashMap<SpanId, &'a Span>,
    children: HashMap<SpanId, Vec<&'a Span>>,
}

fn count_trace(spans: &[&Span], count: &mut Count) {
    let mut tree = Tree { by_id: HashMap::new(), children: HashMap::new() };
    for span in spans {
        tree.by_id.insert(span.span_id, span);
        if let Some(parent) = span.parent_id {
            tree.children.entry(parent).or_default().push(span);
        }
    }
    let mut seen: BTreeMap<String, Vec<&Span>> = BTreeMap::new();
    for span in spans {
        let (counts, tokens) = own(&tree, span);
        let twin = span.canonical.response_id.as_ref().filter(|_| span.canonical.kind == Kind::Llm);
        if let Some(id) = twin.filter(|_| counts) {
            let others = seen.entry(id.to_string()).or_default();
            if others.iter().any(|other| overlap(other, span)) {
                continue;
            }
            others.push(span);
        }
        count.calls += u64::from(counts && span.canonical.kind.is_call());
        count.tokens = count.tokens.plus(&tokens);
        if let Some((name, failed)) = tool_run(&tree, span) {
            *count.tools.entry((name, failed)).or_default() += 1;
        }
    }
}

fn overlap(one: &Span, other: &Span) -> bool {
    one.start <= other.end.unwrap() && other.start <= one.end.unwrap()
}

fn known(read: &Canonical) -> Option<&Usage> {
    read.usage.as_ref().filter(|usage| usage.is_known())
}

fn own(tree: &Tree<'_>, span: &Span) -> (bool, Tokens) {
    let read = &span.canonical;
    let below = descendants(tree, span);
    let call_below = below.iter().any(|child| child.canonical.kind.is_call());
    let usage_below =
        below.iter().any(|child| child.canonical.kind.is_call() && known(&child.canonical).is_some());
    if read.never_count || (read.kind.is_call() && call_below) || (!read.kind.is_call() && usage_below) {
        return (false, Tokens::default());
    }
    let counts = read.kind.is_call() || known(read).is_some();
    (counts, known(read).map(Usage::tokens).unwrap_or_default())
}

fn descendants<'a>(tree: &Tree<'a>, span: &Span) -> Vec<&'a Span> {
    let mut found = Vec::new();
    let mut next = tree.children.get(&span.span_id).cloned().unwrap_or_default();
    while let Some(child) = next.pop() {
        found.push(child);
        next.extend(tree.children.get(&child.span_id).into_iter().flatten());
    }
    found
}

/// A tool run, unless it is another record of the run above it.
fn tool_run(tree: &Tree<'_>, span: &Span) -> Option<(String, bool)> {
    let name = span.canonical.tool.as_ref().filter(|_| span.canonical.kind == Kind::Tool)?;
    let mut above = span.parent_id.and_then(|id| tree.by_id.get(&id));
    while let Some(parent) = above {
        if parent.canonical.kind == Kind::Tool && parent.canonical.tool.as_ref() == Some(name) {
            return None;
        }
        above = parent.parent_id.and_then(|id| tree.by_id.get(&id));
    }
    let again =
        descendants(tree, span).into_iter().filter(|child| child.canonical.tool.as_ref() == Some(name));
    let failed = std::iter::once(span).chain(again).any(failed);
    Some((name.to_string(), failed))
}

fn failed(span: &Span) -> bool {
    span.status == Status::Error || span.canonical.error_type.is_some()
}
