//! One trace in memory: a tree of spans that accepts any order of arrival.

mod changes;

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Call, InferredRun, Kind, Meeting, Node, Signal, SpanId, TraceId};

use crate::merge;
use crate::row;
use crate::standing::{At, Standing};
use crate::tally::Tally;
use crate::versions::supersedes;

/// The inferred runs of each call that was given a result.
pub(crate) type Inferred = HashMap<At, Vec<InferredRun>>;

/// A span with its place in the tree.
#[derive(Debug)]
pub(crate) struct Entry {
    pub node: Node,
    pub parent: Option<At>,
    pub children: Vec<At>,
    /// The nearest agent above.
    pub agent: Option<At>,
    /// The nearest tool run above, with only steps in between.
    pub tool: Option<At>,
    /// The nearest named tool run above, regardless of the spans in between.
    pub within: Option<At>,
    /// The nearest call above.
    pub call: Option<At>,
    /// The nearest span above that names a model.
    pub model: Option<At>,
    /// The meeting of its session's signals: its own, otherwise that of the nearest span above.
    pub meeting: Option<Meeting>,
    /// Its standing, by the tree alone.
    pub standing: Standing,
    /// Calls in and below it.
    pub tally: Tally,
    /// The sibling record of the same call that counts instead of it.
    pub lost_to: Option<At>,
    /// Other records of this call.
    pub partners: Vec<At>,
    /// Fingerprint of its row as last returned.
    pub emitted: Option<row::Print>,
    /// Whether it is in [`Trace::dirty`].
    pub is_dirty: bool,
    /// Whether it is in [`Trace::touched`].
    pub is_touched: bool,
}

/// Ancestors of a span that it refers to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Above {
    agent: Option<At>,
    tool: Option<At>,
    within: Option<At>,
    call: Option<At>,
    model: Option<At>,
    meeting: Option<Meeting>,
}

impl Entry {
    /// Whether no row of it was returned yet.
    pub const fn is_new(&self) -> bool {
        self.emitted.is_none()
    }

    fn above(&self) -> Above {
        let Self { agent, tool, within, call, model, meeting, .. } = *self;
        Above { agent, tool, within, call, model, meeting }
    }
}

/// The spans of one trace, and those that changed since its rows were last returned.
#[derive(Debug)]
pub(crate) struct Trace {
    pub id: TraceId,
    pub entries: Vec<Entry>,
    pub by_id: HashMap<SpanId, At>,
    waiting: HashMap<SpanId, Vec<At>>,
    by_response: HashMap<CompactString, Vec<At>>,
    by_tool: HashMap<CompactString, Vec<At>>,
    /// Tools with added, changed or removed runs.
    tools: HashSet<CompactString>,
    /// Spans whose standing may have changed, with all their ancestors.
    pub dirty: Vec<At>,
    /// Spans whose row may have changed.
    pub touched: Vec<At>,
    /// Calls whose messages tell of tools, and the runs that are inferred from them.
    pub tellers: HashSet<At>,
    pub inferred: Inferred,
    /// Calls whose usage is estimated: whether it is depends on every span above.
    pub estimated: HashSet<At>,
    /// Whether tool runs have spans.
    pub has_runs: bool,
    /// Sender of the first span.
    sender: Option<u64>,
    /// Whether several senders sent its spans.
    pub is_shared: bool,
}

impl Trace {
    pub fn new(id: TraceId) -> Self {
        Self {
            id,
            entries: Vec::new(),
            by_id: HashMap::new(),
            waiting: HashMap::new(),
            by_response: HashMap::new(),
            by_tool: HashMap::new(),
            tools: HashSet::new(),
            dirty: Vec::new(),
            touched: Vec::new(),
            tellers: HashSet::new(),
            inferred: Inferred::new(),
            estimated: HashSet::new(),
            has_runs: false,
            sender: None,
            is_shared: false,
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn entry(&self, at: At) -> &Entry {
        &self.entries[at as usize]
    }

    pub fn entry_mut(&mut self, at: At) -> &mut Entry {
        &mut self.entries[at as usize]
    }

    /// Calls that carry this response id.
    pub fn twins(&self, response_id: &str) -> &[At] {
        self.by_response.get(response_id).map_or(&[], Vec::as_slice)
    }

    /// Runs of the tool of this bare name.
    pub fn runs(&self, tool: &str) -> &[At] {
        self.by_tool.get(tool).map_or(&[], Vec::as_slice)
    }

    /// Every run of a tool with a name.
    pub fn all_runs(&self) -> impl Iterator<Item = At> {
        self.by_tool.values().flatten().copied()
    }

    /// Tools whose runs may pair anew, each once.
    pub fn take_tools(&mut self) -> HashSet<CompactString> {
        std::mem::take(&mut self.tools)
    }

    /// Makes room for so many more spans. Most traces come at once: for those it is just what they need.
    pub fn reserve(&mut self, spans: usize) {
        if self.entries.is_empty() {
            self.entries.reserve_exact(spans);
            self.by_id.reserve(spans);
        } else {
            self.entries.reserve(spans);
        }
    }

    /// Adds a span, or replaces the earlier copy of it.
    pub fn insert(&mut self, node: Node) {
        let sender = *self.sender.get_or_insert(node.arrival.sender);
        self.is_shared |= sender != node.arrival.sender;
        let Some(at) = self.by_id.get(&node.span_id).copied() else { return self.append(node) };
        if let Some(arrival) = supersedes(&node, &self.entry(at).node) {
            self.replace(at, Node { arrival, ..node });
        }
    }

    fn append(&mut self, node: Node) {
        let at = At::try_from(self.entries.len()).unwrap_or(At::MAX);
        self.by_id.insert(node.span_id, at);
        let (id, parent_id) = (node.span_id, node.parent_id);
        let children = self.waiting.remove(&id).unwrap_or_default();
        self.index(at, &node);
        self.entries.push(Entry {
            node,
            parent: None,
            children,
            agent: None,
            tool: None,
            within: None,
            call: None,
            model: None,
            meeting: None,
            standing: Standing::default(),
            tally: Tally::default(),
            lost_to: None,
            partners: Vec::new(),
            emitted: None,
            is_dirty: false,
            is_touched: false,
        });
        for child in self.entry(at).children.clone() {
            self.entry_mut(child).parent = Some(at);
            if self.entry(child).node.signal == Signal::Details {
                self.mark(child);
            }
        }
        self.join(at, parent_id);
        self.inherit_from(at);
        self.mark(at);
    }

    fn replace(&mut self, at: At, node: Node) {
        let old = self.entry(at).node.clone();
        self.mark(at);
        self.lose_to(at, None);
        self.unindex(at, &old);
        self.index(at, &node);
        if old.parent_id != node.parent_id {
            self.leave(at, old.parent_id);
            self.join(at, node.parent_id);
        }
        self.mark_parts(at);
        self.entry_mut(at).node = node;
        self.inherit_from(at);
        self.mark(at);
        if self.entry(at).node.kind.is_call() || old.kind.is_call() {
            self.mark_sums_below(at);
        }
    }

    fn index(&mut self, at: At, node: &Node) {
        if node.call.as_ref().is_some_and(|call| call.told.is_some()) {
            self.tellers.insert(at);
        }
        if node.call.as_ref().is_some_and(|call| call.estimate.is_some()) {
            self.estimated.insert(at);
        }
        if let Some(id) = merge::response_id(node) {
            self.by_response.entry(id.clone()).or_default().push(at);
        }
        if let Some(tool) = merge::bare_tool(node) {
            self.tools.insert(tool.into());
            self.by_tool.entry(tool.into()).or_default().push(at);
        }
    }

    fn unindex(&mut self, at: At, node: &Node) {
        if let Some(twins) = merge::response_id(node).and_then(|id| self.by_response.get_mut(id)) {
            twins.retain(|twin| *twin != at);
        }
        if let Some(tool) = merge::bare_tool(node) {
            self.tools.insert(tool.into());
            self.by_tool.entry(tool.into()).or_default().retain(|run| *run != at);
        }
    }

    fn leave(&mut self, at: At, parent_id: Option<SpanId>) {
        self.unlink(at);
        if let Some(waiting) = parent_id.and_then(|id| self.waiting.get_mut(&id)) {
            waiting.retain(|child| *child != at);
        }
    }

    fn join(&mut self, at: At, parent_id: Option<SpanId>) {
        let Some(parent_id) = parent_id else { return };
        let Some(parent) = self.by_id.get(&parent_id).copied() else {
            return self.waiting.entry(parent_id).or_default().push(at);
        };
        let Some(cycle) = self.path_between(parent, at) else { return self.link(at, parent) };
        // A cycle has no root. The lowest id becomes the root, regardless of the order of arrival.
        let top = cycle.into_iter().min_by_key(|at| self.entry(*at).node.span_id).unwrap_or(at);
        if top != at {
            self.unlink(top);
            self.link(at, parent);
            self.inherit_from(top);
            self.mark(top);
        }
    }

    fn link(&mut self, at: At, parent: At) {
        self.entry_mut(at).parent = Some(parent);
        self.entry_mut(parent).children.push(at);
    }

    fn unlink(&mut self, at: At) {
        if let Some(parent) = self.entry_mut(at).parent.take() {
            self.entry_mut(parent).children.retain(|child| *child != at);
            self.mark(parent);
        }
    }

    /// The spans from `at` up to `top`, both included, if `top` is `at` or above it. A span without children
    /// has no descendants, which avoids most walks.
    fn path_between(&self, at: At, top: At) -> Option<Vec<At>> {
        if at != top && self.entry(top).children.is_empty() {
            return None;
        }
        let mut path = vec![at];
        while path.last() != Some(&top) {
            path.push(self.entry(*path.last()?).parent?);
        }
        Some(path)
    }

    /// Passes the nearest agent, tool run, meeting and similar values down to `top` and its descendants.
    fn inherit_from(&mut self, top: At) {
        let mut stack = vec![top];
        while let Some(at) = stack.pop() {
            let above = self.entry(at).parent.map(|parent| self.hands_down(parent)).unwrap_or_default();
            let entry = self.entry_mut(at);
            let now = Above { meeting: meeting(entry.node.meeting, above.meeting), ..above };
            let changed = entry.above() != now;
            (entry.agent, entry.tool, entry.call) = (now.agent, now.tool, now.call);
            (entry.model, entry.meeting) = (now.model, now.meeting);
            entry.within = now.within;
            if changed || at == top {
                stack.extend_from_slice(&self.entry(at).children);
            }
            // The ancestors decide whether a tool run or a sum counts.
            let node = &self.entry(at).node;
            if node.kind == Kind::Tool || may_be_of_a_call_above(node) {
                self.mark(at);
                self.mark_parts(at);
            } else {
                self.touch(at);
            }
        }
    }

    fn hands_down(&self, at: At) -> Above {
        let entry = self.entry(at);
        let agent =
            if entry.node.kind == Kind::Agent && entry.node.agent.is_some() { Some(at) } else { entry.agent };
        let tool = match entry.node.kind {
            Kind::Tool => Some(at),
            Kind::Task | Kind::Other => entry.tool,
            _ => None,
        };
        let is_named_run = entry.node.kind == Kind::Tool && entry.node.tool.is_some();
        let within = if is_named_run { Some(at) } else { entry.within };
        let call = if entry.node.kind.is_call() { Some(at) } else { entry.call };
        let names_model = entry.node.call.as_ref().is_some_and(|call| call.request_model.is_some());
        let model = if names_model { Some(at) } else { entry.model };
        Above { agent, tool, within, call, model, meeting: entry.meeting }
    }
}

/// The meeting of a span: its own, otherwise that of the spans above. The meeting of a session above precedes
/// that of an answer, because the session's other signals report the same answers.
fn meeting(own: Option<Meeting>, above: Option<Meeting>) -> Option<Meeting> {
    let is_of_session = |meeting: Meeting| !meeting.is_of_answer();
    above.filter(|above| own.is_some_and(Meeting::is_of_answer) && is_of_session(*above)).or(own).or(above)
}

/// Whether the usage on a span may be that of a call above: usage outside calls, or of a call by shape. A
/// call that names nothing may be an event of it.
fn may_be_of_a_call_above(node: &Node) -> bool {
    let is_of_call = || merge::is_by_shape(node) || names_nothing(node) || merge::is_piece(node);
    node.call.is_some() && (!node.kind.is_call() || is_of_call())
}

/// Whether a record names no model, no usage and no id of an answer.
pub(crate) fn names_nothing(node: &Node) -> bool {
    let names_model = |call: &Call| call.request_model.is_some() || call.response_model.is_some();
    !node.call.as_deref().is_some_and(names_model)
        && merge::usage(node).is_none()
        && merge::response_id(node).is_none()
}
