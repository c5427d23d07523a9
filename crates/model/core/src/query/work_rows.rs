//! Queries for the single spans behind sums over work.

use compact_str::CompactString;

use crate::{Cost, FacetField, Kind, SpanId, SpanRow, Status, Timestamp, TraceFilter, TraceId};

/// Order of spans; a tie is in the order of [`WorkRowSort::Newest`]. Spans without the figure come last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum WorkRowSort {
    /// Latest start first; at the same time, the greatest trace id, then the greatest span id.
    #[default]
    Newest,
    /// Earliest start first; the reverse of [`Self::Newest`].
    Oldest,
    /// Longest first.
    Longest,
    /// Shortest first.
    Shortest,
    /// Most input and output tokens first.
    MostTokens,
    /// Fewest input and output tokens first.
    FewestTokens,
    /// Highest computed cost first.
    Dearest,
    /// Lowest computed cost first.
    Cheapest,
    /// Failed spans first.
    FailedFirst,
    /// Failed spans last.
    FailedLast,
}

impl WorkRowSort {
    /// Whether greater figures come first.
    pub const fn falls(self) -> bool {
        matches!(self, Self::Newest | Self::Longest | Self::MostTokens | Self::Dearest | Self::FailedFirst)
    }

    /// The figure of a span, which the order compares; `None` without one.
    pub fn figure(self, failed: bool, duration: Option<i64>, cost: Option<&Cost>) -> Option<i64> {
        match self {
            Self::Newest | Self::Oldest => None,
            Self::Longest | Self::Shortest => duration,
            Self::MostTokens | Self::FewestTokens => {
                let tokens = cost?.usage.as_ref()?.tokens().total();
                Some(i64::try_from(tokens).unwrap_or(i64::MAX))
            }
            Self::Dearest | Self::Cheapest => cost?.amount.map(|amount| amount.nanos()),
            Self::FailedFirst | Self::FailedLast => Some(i64::from(failed)),
        }
    }

    /// Whether the order needs the ledger row.
    pub const fn asks_cost(self) -> bool {
        matches!(self, Self::MostTokens | Self::FewestTokens | Self::Dearest | Self::Cheapest)
    }
}

/// Position of a span in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkRowCursor {
    /// Its figure in that order, [`WorkRowSort::figure`].
    pub figure: Option<i64>,
    /// Its start.
    pub time: Timestamp,
    /// Its trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
}

impl WorkRowCursor {
    /// A key that rises along the order.
    pub fn rank(&self, sort: WorkRowSort) -> impl Ord + Copy + use<> {
        let figure = self.figure.map(|figure| {
            let figure = i128::from(figure);
            if sort.falls() { -figure } else { figure }
        });
        let newest = -i128::from(self.time.nanos());
        let time = if sort == WorkRowSort::Oldest { -newest } else { newest };
        let flip = |id: u128| if sort == WorkRowSort::Oldest { id } else { u128::MAX - id };
        let trace = flip(u128::from_be_bytes(*self.trace_id.as_bytes()));
        let span = flip(u128::from(u64::from_be_bytes(*self.span_id.as_bytes())));
        (figure.is_none(), figure, time, trace, span)
    }
}

/// A state by which spans are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkRowState {
    /// Failed, as [`WorkQuery::failed`](crate::WorkQuery::failed) counts: for spans of every kind, each
    /// failure once, where it began.
    Failed,
    /// Without an end.
    Running,
    /// With usage and without a price.
    Unpriced,
    /// Usage under a subscription, at list price.
    Subscription,
    /// A counted call without usage, whose usage is estimated.
    Estimated,
    /// With a computed cost that deviates from the reported one.
    Deviating,
    /// A guardrail that was triggered.
    Triggered,
}

impl WorkRowState {
    /// Whether the state is one of the ledger row.
    pub const fn is_of_cost(self) -> bool {
        matches!(self, Self::Unpriced | Self::Subscription | Self::Estimated | Self::Deviating)
    }

    /// Whether a ledger row has the state; true for states of other records.
    pub fn fits_cost(self, cost: &Cost) -> bool {
        match self {
            Self::Unpriced => cost.usage.is_some() && cost.unpriced.is_some(),
            Self::Subscription => cost.subscription().is_some(),
            Self::Estimated => cost.estimated().is_some(),
            Self::Deviating => cost.deviates(),
            Self::Failed | Self::Running | Self::Triggered => true,
        }
    }
}

/// A field of a ledger row that is no field of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkRowField {
    /// Provider.
    Provider,
    /// For a call the tool that it ran within, for a tool run the tool.
    Within,
    /// Telemetry convention.
    Convention,
}

/// A query for the spans that [`Store::work`](crate::Store::work) counts under
/// [`Worked::Spans`](crate::Worked::Spans), and for their number.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkRowQuery {
    /// Kinds; an empty list means every kind.
    pub kinds: Vec<Kind>,
    /// Filter, as in [`WorkQuery`](crate::WorkQuery).
    pub filter: TraceFilter,
    /// Fields of the filter, model or tool, that apply to the trace and not to the span.
    pub of_trace: Vec<FacetField>,
    /// State.
    pub state: Option<WorkRowState>,
    /// Values of the ledger row; `None` means that it has none.
    pub own: Vec<(WorkRowField, Option<String>)>,
    /// Errors of the span as [`WorkKey::Error`](crate::WorkKey::Error) names them, of which one must match;
    /// an empty text means no error text. An empty list means any.
    pub errors: Vec<String>,
    /// Order.
    pub sort: WorkRowSort,
    /// Requested rows; at least 1.
    pub limit: usize,
    /// Position after this span.
    pub cursor: Option<WorkRowCursor>,
}

impl Default for WorkRowQuery {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            filter: TraceFilter::default(),
            of_trace: Vec::new(),
            state: None,
            own: Vec::new(),
            errors: Vec::new(),
            sort: WorkRowSort::default(),
            limit: super::ROWS,
            cursor: None,
        }
    }
}

/// A span with facts of its trace and its resource.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkRow {
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span: SpanRow,
    /// Service of its resource.
    pub service: Option<CompactString>,
    /// Framework.
    pub framework: Option<CompactString>,
    /// Session of the trace.
    pub session: Option<CompactString>,
    /// User of the trace.
    pub user: Option<CompactString>,
    /// Status message, else kind of error, at most 200 characters; `None` without a failure or a text.
    pub error: Option<String>,
}

impl WorkRow {
    /// The ledger row of a counted call or tool run.
    pub fn counted(&self) -> Option<&Cost> {
        self.span.cost.as_ref().filter(|cost| cost.is_call() || cost.is_tool_run())
    }

    /// Start, that of the ledger row first.
    pub fn time(&self) -> Timestamp {
        self.counted().map_or(self.span.start, |cost| cost.time)
    }

    /// Duration in nanoseconds, that of the ledger row first.
    pub fn duration(&self) -> Option<i64> {
        self.counted().map_or(self.span.duration, |cost| cost.duration)
    }

    /// Whether it failed, by its ledger row first.
    pub fn failed(&self) -> bool {
        self.counted().map_or(self.span.status == Status::Error, |cost| cost.failed)
    }

    /// Its position in an order.
    pub fn place(&self, sort: WorkRowSort) -> WorkRowCursor {
        WorkRowCursor {
            figure: sort.figure(self.failed(), self.duration(), self.counted()),
            time: self.time(),
            trace_id: self.trace_id,
            span_id: self.span.span_id,
        }
    }
}

/// A page of spans.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkRowPage {
    /// Rows in order.
    pub rows: Vec<WorkRow>,
    /// Number of all spans that match, on every page.
    pub total: u64,
    /// Position of the next page; `None` at the end.
    pub next: Option<WorkRowCursor>,
}
