//! One span with its ledger row, and the decision between two versions of it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_core::{Arrival, Cost, Node, Signal, Span, SpanConflict, SpanId, SpanVersion, Timestamp, Verdict};

/// One span with its ledger row.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The span.
    pub span: Arc<Span>,
    /// Its ledger row.
    pub cost: Option<Cost>,
    /// Refused versions of it.
    pub conflicts: Vec<SpanConflict>,
}

/// The spans of one trace.
pub type Trace = BTreeMap<SpanId, Entry>;

/// The effect of a new version on a stored span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// None.
    Kept,
    /// The new version is the span now.
    Replaced,
    /// The new version was refused.
    Refused {
        /// Whether it is stored next to the span, and no other one had to go for it.
        is_kept: bool,
        /// Whether the list of refused versions changed.
        changed: bool,
    },
}

impl Entry {
    /// A span without a ledger row.
    pub const fn new(span: Arc<Span>) -> Self {
        Self { span, cost: None, conflicts: Vec::new() }
    }

    /// Takes a further version of the span.
    pub fn take(&mut self, span: &Span) -> Taken {
        let version = |span: &Span| SpanVersion::of(&Node::of(span));
        match version(&self.span).judge(&version(span), rank(span, &self.span)) {
            Verdict::Keep => Taken::Kept,
            Verdict::Replace(arrival) => {
                self.span = Arc::new(Span { arrival, ..span.clone() });
                Taken::Replaced
            }
            Verdict::Conflict { same_sender } => self.refuse(SpanConflict::of(span, same_sender)),
        }
    }

    /// Keeps a rejected version, unless it is stored already or the limit is reached. A span whose contents
    /// were removed gets no others.
    fn refuse(&mut self, version: SpanConflict) -> Taken {
        let is_new = !self.conflicts.iter().any(|known| known.is_same(&version));
        if !is_new || !self.span.is_sampled() {
            return Taken::Refused { is_kept: false, changed: false };
        }
        let replaced = SpanConflict::to_replace(&self.conflicts, &version);
        replaced.into_iter().for_each(|at| drop(self.conflicts.remove(at)));
        self.conflicts.push(version);
        Taken::Refused { is_kept: replaced.is_none(), changed: true }
    }

    /// Adds refused versions that were read from another store. Returns whether the list changed.
    pub fn restore(&mut self, versions: Vec<SpanConflict>) -> bool {
        let mut changed = false;
        for version in versions {
            if let Taken::Refused { changed: true, .. } = self.refuse(version) {
                changed = true;
            }
        }
        changed
    }

    /// Whether the entry is a sent span, or was made from another signal and counts: its trace then lists it.
    /// Spans that sampling left out are excluded.
    pub fn is_one(&self) -> bool {
        self.span.is_sampled() && self.has_told()
    }

    fn has_told(&self) -> bool {
        self.span.canonical.signal == Signal::Span || self.cost.as_ref().is_some_and(Cost::counts)
    }

    /// Whether pages of spans include the entry. Excluded are entries made from another signal whose ledger
    /// row does not count, and spans that sampling left out.
    pub fn is_shown(&self) -> bool {
        self.span.is_sampled() && (self.cost.is_none() || self.is_one())
    }
}

/// A trace's earliest start.
pub fn started_at(trace: &Trace) -> Option<Timestamp> {
    trace.values().map(|entry| entry.span.start).min()
}

/// Rank of a span copy; the highest wins. An ended copy beats a running one, then the later end, then more
/// attributes and events, then the greater content text. So any order of arrival leads to the same copy.
fn rank(a: &Span, b: &Span) -> Ordering {
    let weight = |span: &Span| (span.end, span.attributes.len() + span.events.len());
    let content = |span: &Span| format!("{:?}", Span { arrival: Arrival::default(), ..span.clone() });
    weight(a).cmp(&weight(b)).then_with(|| content(a).cmp(&content(b)))
}
