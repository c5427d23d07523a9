//! The JSON of the HTTP interface, and the conversion of rows into it. Every type also deserializes its own
//! JSON, so clients in the same workspace share these types.
//!
//! Times are RFC 3339 text in UTC with nanoseconds. Durations are milliseconds in fields ending `_ms`. Money
//! is decimal text in US dollars in fields ending `_usd`, or null with a reason in another field. Ids are
//! lower-case hexadecimal.

mod agents;
mod alert;
mod alert_states;
mod analysis;
mod ask;
mod backends;
mod book;
mod budget;
mod call;
mod conflict;
mod cost;
mod dashboard;
mod drift;
mod estimate;
mod event;
mod excerpt;
mod exchange;
mod export;
mod figures;
mod forget;
mod graph;
mod health;
mod incident;
mod joined;
mod lens;
mod live;
mod message;
mod metric;
mod mirrored;
mod outline;
mod params;
mod parity;
mod plans;
mod preset;
mod price;
mod query;
mod reprice;
mod retention;
mod score;
mod session;
mod sla;
mod source;
mod span;
mod sql;
mod status;
mod summary;
mod system;
mod trace;
mod usage;
mod value;
mod view;
mod work;
mod work_row;

pub use agents::{AgentFigures, AgentRow, AgentsAnswer};
pub use alert::{
    Alert, AlertAckAsk, AlertBacktest, AlertBacktestAsk, AlertBacktestEpisode, AlertChannel, AlertCurvePoint,
    AlertEpisode, AlertFigures, AlertFireAsk, AlertFired, AlertHistory, AlertHistoryParams, AlertLinkParams,
    AlertNotice, AlertRule, AlertRulesAnswer, Silence, SilenceAsk, SilencesAnswer, Slo, SlosAnswer,
};
pub use alert_states::{AlertCounts, AlertStatesParams, AlertsAnswer};
pub use analysis::{
    AnalysisAnswer, CacheFigures, DearSession, Deviations, Forecast, SpendPoint, Suggestion, Trend,
};
pub use ask::{
    AnalysisParams, CallsParams, EventParams, ExcerptsParams, ExchangesParams, FacetParams, FilterParams,
    LiveParams, MetricParams, OutlineParams, PageParams, PriceCheckParams, PriceListParams, QueryParams,
    RangeParams, ScoresParams, SearchParams, SpanParams, TraceParams, UsageParams,
};
pub use backends::{
    BackendsAnswer, DeadLetter, DeadLettersAnswer, RemoveDeadLetters, RemovedAnswer, ReplayAnswer,
};
pub use book::{
    Disagreement, DisagreementsAnswer, DisplayCurrency, OtherPrice, PriceModel, PriceModelsAnswer,
    PriceSource, PricesAnswer, ReloadAnswer, UserPrices,
};
pub use budget::{
    Budget, BudgetAccount, BudgetAsk, BudgetNotice, BudgetRefusal, BudgetScope, BudgetSettings,
    BudgetVerdict, BudgetsAnswer, LoopSettings,
};
pub use call::{Call, CallsAnswer};
pub use conflict::SpanConflict;
pub use cost::{CostAnswer, UnpricedAnswer, UnpricedModel};
pub use dashboard::{
    Dashboard, DashboardEntry, DashboardPanel, DashboardSettings, DashboardVariable, DashboardsAnswer,
    PanelKind,
};
pub use drift::{Drift, FieldChange, SourceCompleteness};
pub use estimate::{CostSpread, EstimateAnswer, EstimateAsk, TokenSpread};
pub use event::{Event, EventsAnswer};
pub use excerpt::{Excerpt, ExcerptsAnswer};
pub use exchange::{Exchange, ExchangesAnswer};
pub use export::ExportParams;
pub use figures::{Latency, Tokens};
pub use forget::{DeleteAnswer, DeleteAsk, ForgetAnswer, ForgetAsk, ForgottenPlace};
pub use graph::{GraphAnswer, GraphEdge, GraphNode, MapAnswer};
pub use health::{HealthParams, HealthScore, HealthScorePart, HealthTrendPoint};
pub use incident::{
    Incident, IncidentAnswer, IncidentAsk, IncidentEvent, IncidentParams, IncidentTotals, IncidentsAnswer,
};
pub use joined::JoinedSpan;
pub use lens::{LensAnswer, LensLine};
pub use live::{LiveFrame, NumberedFrame};
pub use message::{Message, Part};
pub use metric::{MetricName, MetricSeries, MetricsAnswer, SeriesAnswer};
pub use outline::{OutlineAnswer, SearchAnswer};
pub use parity::{InTraces, ParityAnswer, ParityRow, Sends};
pub use plans::{Plan, PlanWindow, PlansAnswer};
pub use preset::AlertPreset;
pub use price::{PriceAnswer, PriceAsk, PriceLine, PriceRule};
pub use query::{FigureGroup, FigurePoint, FigureTotal, Figures, QueryAnswer, Spread};
pub use reprice::{
    Reprice, RepriceAnswer, RepriceAsk, RepricedModel, RepricedSum, RepricesAnswer, UndoAnswer,
};
pub use retention::{
    HeldTrace, HoldAsk, HoldsAnswer, LeftDay, ReleasedAnswer, RetentionAnswer, RetentionAsk,
    RetentionRuleSettings, RetentionRules, RetiredAnswer, RetiredDay,
};
pub use score::{Score, ScoreAsk, ScoreValue, ScoresAnswer, ScoresAsk};
pub use session::{Session, SessionAnswer, SessionsAnswer};
pub use sla::{SloAnswer, SloDay, SloPair, SloReport, SloReportDay, SloReportParams, SloReportRow};
pub use source::{SampleSpan, UnreadAnswer, UnreadSource};
pub use span::{Link, Source, Span, SpanAnswer, SpanEstimate, SpanEvent, TokenRange};
pub use sql::{SqlAsk, SqlColumn, SqlColumnInfo, SqlFunctionInfo, SqlResult, SqlSchema, SqlTableInfo};
pub use status::{
    AuditState, BackendState, HealthAnswer, Listeners, ProjectStates, ReadyAnswer, SearchState, StatusAnswer,
    StoreState,
};
pub use summary::{FrameworkSummary, SummaryAnswer, SummaryRow, UsagePoint};
pub use system::{
    BackendHealth, DeliveryFigures, DiskFigures, DropCount, HostFigures, IngestFigures, ProcessFigures,
    QueueFigures, SystemAnswer, SystemNow, SystemPoint, Vitals,
};
pub use trace::{TraceAnswer, TraceSummary, TracesAnswer};
pub(crate) use usage::UsageJson;
pub use usage::{Estimated, Facet, FacetsAnswer, ToolRow, ToolsAnswer, UsageAnswer, UsageGroup, UsageRow};
pub use view::{View, ViewSettings, ViewsAnswer};
pub use work::{
    AgentModel, AgentTool, AgentWork, AgentWorkAnswer, Detection, ErrorCount, GuardrailPoint, GuardrailRow,
    GuardrailsAnswer, ToolBaseline, ToolChange, ToolHour, ToolInsight, ToolInsightsAnswer,
    ToolRecommendation,
};
pub use work_row::{WorkSpan, WorkSpansAnswer, WorkSpansParams};

pub(crate) use span::cost_reason;
pub(crate) use value::{json, object};

use compact_str::CompactString;

/// The text, or `None` if the source sent an empty one.
pub(crate) fn text(from: &str) -> Option<String> {
    (!from.is_empty()).then(|| from.to_owned())
}

/// Converts a compact string.
pub(crate) fn name(from: Option<&CompactString>) -> Option<String> {
    from.map(ToString::to_string)
}

/// Converts compact strings.
pub(crate) fn names(from: &[CompactString]) -> Vec<String> {
    from.iter().map(ToString::to_string).collect()
}
