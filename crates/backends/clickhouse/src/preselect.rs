//! Preselection of traces by the server: conditions that every matching trace meets.
//!
//! A preselection may leave traces that do not match, because the answer checks each trace again. It never
//! drops one that does. Its conditions test every stored version of a span, of which the newest is one.

use quipu_answers::words;
use quipu_core::{Criterion, FacetField, GroupBy, Term, Timestamp, TraceFilter, TraceId, UsageQuery};

use crate::sql;

/// Requested part of the spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Without attributes, events and links.
    Heads,
    /// Whole.
    Full,
}

/// A trace that may match, with the earliest and latest start of the rows that met the conditions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) trace_id: TraceId,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// The records that the fields of a filter apply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Traces,
    Calls,
    Tools,
    Work,
}

/// Order of the candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Id,
    LatestFirst,
    EarliestFirst,
}

/// Conditions of candidates, and the part of them to read.
#[derive(Debug)]
pub(crate) struct Preselect {
    of: Of,
    spans: Vec<String>,
    ledger: Vec<String>,
    /// Conditions on other rows of the trace, each with its table.
    others: Vec<(&'static str, String)>,
    pub(crate) depth: Depth,
    pub(crate) refused: bool,
    order: Order,
}

impl Preselect {
    fn new(of: Of, filter: &TraceFilter) -> Self {
        let reads = filter.q.is_some() || filter.terms.iter().any(|term| reads_contents(&term.criterion));
        let depth = if reads { Depth::Full } else { Depth::Heads };
        let (spans, ledger, others) = (Vec::new(), Vec::new(), Vec::new());
        let mut all = Self { of, spans, ledger, others, depth, refused: false, order: Order::Id };
        all.spans = range("start", filter.since, filter.until);
        all.ledger = range("time", filter.since, filter.until);
        all.add_trace_fields(filter);
        all
    }

    /// For lists of traces and what is counted by trace.
    pub(crate) fn of_traces(filter: &TraceFilter) -> Self {
        let mut all = Self::new(Of::Traces, filter);
        all.add_equal("spans", "service", filter.service.as_ref());
        all.add_equal("spans", "framework", filter.framework.as_ref());
        all.add_equal("ledger", "model", filter.model.as_ref());
        all.add_tool(filter);
        all
    }

    /// For sums and pages of calls.
    pub(crate) fn of_calls(filter: &TraceFilter) -> Self {
        let mut all = Self::new(Of::Calls, filter);
        all.ledger.push("is_usage = 1".into());
        for (column, wanted) in [
            ("service", &filter.service),
            ("framework", &filter.framework),
            ("agent", &filter.agent),
            ("model", &filter.model),
        ] {
            all.ledger.extend(wanted.as_ref().map(|wanted| format!("{column} = {}", sql::text(wanted))));
        }
        all.add_tool(filter);
        all
    }

    /// For sums over tool runs.
    pub(crate) fn of_tools(filter: &TraceFilter) -> Self {
        let mut all = Self::new(Of::Tools, filter);
        all.ledger.push("notEmpty(tools)".into());
        all.ledger.extend(filter.tool.as_ref().map(|tool| format!("has(tools, {})", sql::text(tool))));
        all.add_equal("ledger", "model", filter.model.as_ref());
        all
    }

    /// For sums and pages of work.
    pub(crate) fn of_work(filter: &TraceFilter) -> Self {
        Self::new(Of::Work, filter)
    }

    /// For every trace with a span that starts in a range.
    pub(crate) fn within(since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self::new(Of::Traces, &TraceFilter { since, until, ..TraceFilter::default() })
    }

    #[must_use]
    pub(crate) const fn in_full(mut self) -> Self {
        self.depth = Depth::Full;
        self
    }

    #[must_use]
    pub(crate) const fn with_refused(mut self) -> Self {
        self.refused = true;
        self
    }

    #[must_use]
    pub(crate) const fn ordered(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Adds a condition on the rows of spans.
    #[must_use]
    pub(crate) fn and_spans(mut self, condition: String) -> Self {
        self.others.push(("spans", condition));
        self
    }

    fn add_equal(&mut self, table: &'static str, column: &str, wanted: Option<&String>) {
        let condition = wanted.map(|wanted| (table, format!("{column} = {}", sql::text(wanted))));
        self.others.extend(condition);
    }

    fn add_tool(&mut self, filter: &TraceFilter) {
        let tool = filter.tool.as_ref();
        self.others.extend(tool.map(|tool| ("ledger", format!("has(tools, {})", sql::text(tool)))));
    }

    /// The fields that apply to the trace in every query.
    fn add_trace_fields(&mut self, filter: &TraceFilter) {
        for (column, wanted) in [
            ("session", &filter.session),
            ("user", &filter.user),
            ("project", &filter.project),
            ("commit", &filter.commit),
            ("branch", &filter.branch),
        ] {
            self.add_equal("spans", column, wanted.as_ref());
        }
        let tag = filter.tag.as_ref();
        self.others.extend(tag.map(|tag| ("spans", format!("has(tags, {})", sql::text(tag)))));
        self.others.extend(filter.q.as_ref().and_then(|q| has_words(q)));
        for Term { not, criterion } in &filter.terms {
            if let (false, Criterion::Words(text)) = (not, criterion) {
                self.others.extend(has_words(text));
            }
        }
    }

    /// The query for trace, earliest and latest start of each candidate.
    pub(crate) fn sql(&self, table: impl Fn(&str) -> String, most: usize) -> String {
        let others = self.others.iter().map(|(of, condition)| {
            format!("trace_id IN (SELECT trace_id FROM {} WHERE {condition})", table(of))
        });
        let others: Vec<String> = others.collect();
        let rows = |name: &str, time: &str, own: &[String]| {
            let conditions = [own, others.as_slice()].concat();
            format!("SELECT trace_id, {time} AS at FROM {}{}", table(name), sql::filter(&conditions))
        };
        let (spans, ledger) = (rows("spans", "start", &self.spans), rows("ledger", "time", &self.ledger));
        let rows = match self.of {
            Of::Traces => spans,
            Of::Calls | Of::Tools => ledger,
            Of::Work => format!("{spans} UNION ALL {ledger}"),
        };
        let order = match self.order {
            Order::Id => "trace_id",
            Order::LatestFirst => "last DESC, trace_id",
            Order::EarliestFirst => "first, trace_id",
        };
        format!(
            "SELECT trace_id, min(at) AS first, max(at) AS last FROM ({rows}) GROUP BY trace_id \
             ORDER BY {order} LIMIT {most}"
        )
    }
}

fn range(column: &str, since: Option<Timestamp>, until: Option<Timestamp>) -> Vec<String> {
    let (since, until) = (since.map(Timestamp::nanos), until.map(Timestamp::nanos));
    let day = |nanos: i64| nanos.div_euclid(Timestamp::DAY);
    let since = since.map(|since| format!("{column} >= {since} AND day >= {}", day(since)));
    let until = until.map(|until| format!("{column} < {until} AND day <= {}", day(until)));
    since.into_iter().chain(until).collect()
}

/// The condition that one span has all words of a text; `None` for a text without words.
fn has_words(text: &str) -> Option<(&'static str, String)> {
    let wanted: Vec<String> = words(text).map(|word| sql::text(&word)).collect();
    (!wanted.is_empty()).then(|| ("spans", format!("hasAll(words, [{}])", wanted.join(","))))
}

/// Whether a condition needs the contents of spans.
fn reads_contents(criterion: &Criterion) -> bool {
    criterion.reads_spans() || criterion.tests(FacetField::Error)
}

/// Whether the rollup by hour can answer a query alone, apart from hours that the filter cuts.
pub(crate) fn is_of_rollup(query: &UsageQuery) -> bool {
    let bare = TraceFilter {
        since: None,
        until: None,
        service: None,
        framework: None,
        agent: None,
        model: None,
        ..query.filter.clone()
    };
    let is_there = |by: &GroupBy| match by {
        GroupBy::Hour | GroupBy::Day | GroupBy::Week | GroupBy::Month | GroupBy::Billing => true,
        GroupBy::Step(width) => *width > 0 && width % Timestamp::HOUR == 0,
        by => crate::rollup::column(*by).is_some(),
    };
    bare == TraceFilter::default() && query.group_by.iter().all(is_there)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql_of(preselect: &Preselect) -> String {
        preselect.sql(str::to_owned, 10)
    }

    #[test]
    fn values_are_literals() {
        let filter = TraceFilter { session: Some("a' OR 1=1".into()), ..TraceFilter::default() };
        let sql = sql_of(&Preselect::of_traces(&filter));
        assert!(sql.contains(r"WHERE session = 'a\' OR 1=1'"), "{sql}");
    }

    #[test]
    fn times_choose_partitions() {
        let (since, until) = (Timestamp::from_nanos(-1), Timestamp::from_nanos(Timestamp::DAY));
        let filter = TraceFilter { since: Some(since), until: Some(until), ..TraceFilter::default() };
        let sql = sql_of(&Preselect::of_calls(&filter));
        assert!(sql.contains("time >= -1 AND day >= -1 AND time < 86400000000000 AND day <= 1"), "{sql}");
    }

    #[test]
    fn a_negated_condition_preselects_nothing() {
        let words = |not| TraceFilter {
            terms: vec![Term { not, criterion: Criterion::Words("Alpha beta".into()) }],
            ..TraceFilter::default()
        };
        assert!(sql_of(&Preselect::of_traces(&words(false))).contains("hasAll(words, ['alpha','beta'])"));
        let not = Preselect::of_traces(&words(true));
        assert!(!sql_of(&not).contains("hasAll") && not.depth == Depth::Full);
    }

    #[test]
    fn the_rollup_answers_what_calls_say_themselves() {
        let query = |filter, by: &[GroupBy]| is_of_rollup(&UsageQuery { filter, group_by: by.to_vec() });
        let model = TraceFilter { model: Some("m".into()), ..TraceFilter::default() };
        assert!(query(model, &[GroupBy::Day, GroupBy::Tool]));
        assert!(query(TraceFilter::default(), &[GroupBy::Step(6 * Timestamp::HOUR)]));
        assert!(!query(TraceFilter::default(), &[GroupBy::Step(90 * 60 * Timestamp::SECOND)]));
        assert!(!query(TraceFilter::default(), &[GroupBy::Session]));
        let user = TraceFilter { user: Some("u".into()), ..TraceFilter::default() };
        assert!(!query(user, &[]));
    }
}
