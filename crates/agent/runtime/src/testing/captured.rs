//! Records of a unit test, and assertions about them.

use quipu_core::{Cost, Event, Kind, Span, Usd};

use super::sink::Written;

/// Records of a unit test. Assertions panic with the facts, and can be chained.
#[derive(Debug, Clone)]
pub struct Captured(Written);

impl Captured {
    pub(super) const fn new(written: Written) -> Self {
        Self(written)
    }

    /// Ended spans, in the order of their ends within a thread.
    pub fn spans(&self) -> &[Span] {
        &self.0.spans
    }

    /// The first span with this name, such as `chat gpt-5` or `execute_tool search`.
    pub fn span(&self, name: &str) -> Option<&Span> {
        self.0.spans.iter().find(|span| span.name == name)
    }

    /// Recorded events.
    pub fn events(&self) -> &[Event] {
        &self.0.events
    }

    /// The first event with this name.
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.0.events.iter().find(|event| event.name == name)
    }

    /// Ledger rows of the counted model calls.
    pub fn calls(&self) -> impl Iterator<Item = &Cost> {
        self.0.costs.iter().filter(|cost| cost.is_call())
    }

    /// Names of the tools that ran, by the start of each run.
    pub fn tools(&self) -> Vec<&str> {
        let mut runs: Vec<&Span> =
            self.0.spans.iter().filter(|span| span.canonical.kind == Kind::Tool).collect();
        runs.sort_by_key(|span| span.start);
        runs.into_iter().filter_map(|span| span.canonical.tool.as_deref()).collect()
    }

    /// Total cost of the counted calls with a price.
    pub fn cost(&self) -> Usd {
        self.0.costs.iter().filter(|cost| cost.counts()).filter_map(|cost| cost.amount).sum()
    }

    /// Sum of the input and output tokens of the counted calls.
    pub fn tokens(&self) -> u64 {
        self.calls().filter_map(|cost| cost.usage.as_ref()).map(|usage| usage.tokens().total()).sum()
    }

    /// Asserts the number of counted model calls.
    #[track_caller]
    pub fn assert_calls(&self, count: usize) -> &Self {
        let found = self.calls().count();
        assert!(found == count, "expected {count} model calls, found {found}: {}", self.models());
        self
    }

    /// Asserts that at most this many model calls were counted.
    #[track_caller]
    pub fn assert_calls_at_most(&self, most: usize) -> &Self {
        let found = self.calls().count();
        assert!(found <= most, "expected at most {most} model calls, found {found}: {}", self.models());
        self
    }

    /// Asserts that all counted calls together cost at most this much. A call without a price fails it.
    #[track_caller]
    pub fn assert_cost_at_most(&self, most: Usd) -> &Self {
        let unpriced = self.calls().find_map(|cost| cost.unpriced);
        assert!(unpriced.is_none(), "the cost is unknown: {unpriced:?}; the calls are {}", self.models());
        let cost = self.cost();
        assert!(cost <= most, "expected a cost of at most {most} USD, found {cost} USD: {}", self.models());
        self
    }

    /// Asserts the names of the tools that ran, by the start of each run.
    #[track_caller]
    pub fn assert_tools(&self, names: &[&str]) -> &Self {
        let found = self.tools();
        assert!(found == names, "expected the tools {names:?}, found {found:?}");
        self
    }

    /// Asserts that an event with this name was recorded.
    #[track_caller]
    pub fn assert_event(&self, name: &str) -> &Self {
        let names: Vec<&str> = self.0.events.iter().map(|event| event.name.as_str()).collect();
        assert!(names.contains(&name), "expected an event {name:?}, found {names:?}");
        self
    }

    /// Asserts that no span has failed.
    #[track_caller]
    pub fn assert_no_errors(&self) -> &Self {
        let failed = self.0.spans.iter().find(|span| span.has_failed());
        let told = failed.map(|span| format!("{}: {}", span.name, span.status_message));
        assert!(told.is_none(), "expected no errors, found {}", told.unwrap_or_default());
        self
    }

    /// The models of the counted calls, for error texts.
    fn models(&self) -> String {
        let models: Vec<&str> = self
            .calls()
            .map(|cost| cost.model().map_or("an unnamed model", |model| model.as_str()))
            .collect();
        models.join(", ")
    }
}
