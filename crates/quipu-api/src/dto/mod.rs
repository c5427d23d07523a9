//! The JSON of the HTTP interface, and how rows become it. Every shape reads back what it writes, so that clients of the
//! same workspace share it.
//!
//! Times are RFC 3339 text in UTC with nanoseconds; durations are milliseconds in fields ending `_ms`; money is decimal text
//! in US dollars in fields ending `_usd`, or null with a reason beside it; ids are lower-case hexadecimal.

mod agents;
mod analysis;
mod ask;
mod book;
mod budget;
mod cost;
mod estimate;
mod event;
mod figures;
mod lens;
mod live;
mod message;
mod metric;
mod parity;
mod plans;
mod price;
mod reprice;
mod session;
mod span;
mod status;
mod trace;
mod usage;
mod value;

pub use agents::{AgentFigures, AgentRow, AgentsAnswer};
pub use analysis::{
    AnalysisAnswer, CacheFigures, DearSession, Deviations, Forecast, SpendPoint, Suggestion, Trend,
};
pub use ask::{
    AnalysisParams, EventParams, FacetParams, FilterParams, MetricParams, PageParams, PriceCheckParams,
    PriceListParams, RangeParams, SpanParams, TraceParams, UsageParams,
};
pub use book::{
    Disagreement, DisagreementsAnswer, DisplayCurrency, OtherPrice, PriceModel, PriceModelsAnswer,
    PriceSource, PricesAnswer, ReloadAnswer, UserPrices,
};
pub use budget::{
    Budget, BudgetAccount, BudgetAsk, BudgetNotice, BudgetRefusal, BudgetScope, BudgetSettings,
    BudgetVerdict, BudgetsAnswer, LoopSettings,
};
pub use cost::{CostAnswer, UnpricedAnswer, UnpricedModel};
pub use estimate::{CostSpread, EstimateAnswer, EstimateAsk, TokenSpread};
pub use event::{Event, EventsAnswer};
pub use figures::{Latency, Tokens};
pub use lens::{LensAnswer, LensLine};
pub use live::LiveFrame;
pub use message::{Message, Part};
pub use metric::{MetricName, MetricSeries, MetricsAnswer, SeriesAnswer};
pub use parity::{InTraces, ParityAnswer, ParityRow, Sends};
pub use plans::{Plan, PlanWindow, PlansAnswer};
pub use price::{PriceAnswer, PriceAsk, PriceLine, PriceRule};
pub use reprice::{
    Reprice, RepriceAnswer, RepriceAsk, RepricedModel, RepricedSum, RepricesAnswer, UndoAnswer,
};
pub use session::{Session, SessionAnswer, SessionsAnswer};
pub use span::{Link, Source, Span, SpanAnswer, SpanEvent};
pub use status::{BackendState, HealthAnswer, Listeners, ReadyAnswer, SearchState, StatusAnswer, StoreState};
pub use trace::{TraceAnswer, TraceSummary, TracesAnswer};
pub use usage::{Facet, FacetsAnswer, ToolRow, ToolsAnswer, UsageAnswer, UsageGroup, UsageRow};

pub(crate) use span::cost_reason;
pub(crate) use value::{json, object};

use compact_str::CompactString;

/// Text, or nothing where the source left it empty.
pub(crate) fn text(from: &str) -> Option<String> {
    (!from.is_empty()).then(|| from.to_owned())
}

/// A compact text as an ordinary one.
pub(crate) fn name(from: Option<&CompactString>) -> Option<String> {
    from.map(ToString::to_string)
}

/// Compact texts as ordinary ones.
pub(crate) fn names(from: &[CompactString]) -> Vec<String> {
    from.iter().map(ToString::to_string).collect()
}
