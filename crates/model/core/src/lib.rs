//! Records, ids and contracts of Quipu, shared by every crate.
//!
//! Verb: none; this room names things.
//! Takes: nothing.
//! Gives: the records (span, event, metric, cost), ids, time, money, limits, one error, and the plug-in
//! traits.
//! Never: does I/O, starts a runtime, or knows an OpenTelemetry type.

mod accounts;
mod adapter;
mod backend;
mod batch;
mod canonical;
mod charge;
mod cost;
mod encoded;
mod error;
mod error_class;
mod estimate;
mod event;
mod finality;
mod groups;
mod health;
mod ids;
mod intake;
mod lens;
mod limits;
mod marks;
mod memory;
mod message;
mod metric;
mod money;
mod owner;
mod params;
mod period;
mod price;
mod query;
mod record_scope;
mod retention;
mod signal;
mod signal_set;
mod sink;
mod sketch;
mod span;
mod stage;
mod steps;
mod store;
mod store_info;
mod time;
mod tokenizer;
mod told;
mod unpriced;
mod usage;
mod value;

pub use accounts::{
    AccountId, AccountUnit, Accounts, Counted, Fired, HeldReservation, Posting, Sheet, TraceFacts,
};
pub use adapter::{Adapter, Adapters};
pub use backend::Backend;
pub use batch::Batch;
pub use canonical::{BY_SHAPE, Canonical, Kind, Provider};
pub use charge::Charge;
pub use cost::{Billing, Call, Cost, DEVIATION_PERCENT, Node, PriceLine, PriceRef, Rule};
pub use encoded::Encoded;
pub use error::{Error, ErrorKind, Leftover, Result, Retry};
pub use error_class::ErrorClass;
pub use estimate::{CostEstimate, EstimatedTotals, Spread, TokenEstimate, TokenSpread, UsageEstimate};
pub use event::{Event, EventWire, Level};
pub use finality::{
    Arrival, CORRECTION_SECONDS, Conflicts, SpanConflict, SpanVersion, Verdict, stamp_arrival,
};
pub use groups::{GroupKey, GroupSums, GroupTable, rest_key};
pub use health::{Finding, Health};
pub use ids::{IdError, SpanId, TraceId};
pub use intake::{Committed, Intake, Meter, NoMeter};
pub use lens::{Lens, LensLine};
pub use limits::Limits;
pub use marks::{CallMarks, RequestMark, TextMark};
pub use memory::{AnswerMemory, MEMORY, MemoryBudget, MemoryHold};
pub use message::{Message, Messages, Part, Role};
pub use metric::{
    Bucket, Exemplar, ExemplarWire, Exponential, ExponentialSide, Instrument, Metric, Point, PointValue,
    PointWire, Quantile, Temporality,
};
pub use money::{MoneyError, Usd};
pub use owner::{Erasure, FORGOTTEN, Owned, Owner, OwnerKind, Remnant};
pub use params::{Params, SentParams};
pub use period::{DiskBytes, Keep, PeriodError};
pub use price::{PriceAnswer, PriceBook, PriceRequest, PriceUnit};
pub use query::{
    CostCursor, CostPage, CostQuery, CostRow, Criterion, Cursor, Detail, EventPage, EventQuery, Facet,
    FacetField, FigureRange, GroupBy, MetricAggregate, MetricName, MetricQuery, MetricSeries, Pattern,
    ScanCursor, ScanField, ScanPage, ScannedSpan, SessionPage, SessionQuery, SessionRow, Sort, SpanPage,
    SpanQuery, SpanRow, SpanScan, Term, ToolGroup, TraceFigure, TraceFilter, TracePage, TraceQuery, TraceRow,
    TraceStatus, UsageGroup, UsageKey, UsageQuery, UsageTotals, Wanted, WorkGroup, WorkKey, WorkQuery,
    WorkRow, WorkRowCursor, WorkRowField, WorkRowPage, WorkRowQuery, WorkRowSort, WorkRowState, WorkTotals,
    Worked, has_attribute,
};
pub use record_scope::RecordScope;
pub use retention::{
    DayFate, Hold, MOST_HOLDS, Retention, RetentionPreset, RetentionRule, RetentionSignal, Retired,
    RetiredDay, RetiredFor,
};
pub use signal::{Meeting, Signal, answer_id_is_unique};
pub use signal_set::SignalSet;
pub use sink::{CostSink, EventSink, MetricSink, SpanSink};
pub use sketch::{MOST_EXACT, Sketch};
pub use span::{Link, Resource, Scope, ScopeMark, Span, SpanEvent, SpanKind, SpanWire, Status};
pub use stage::Stage;
pub use steps::{SeriesPoints, metric_series};
pub use store::{Store, StoreEncoding, StoreForgetting, StoreIntegrity, StoreRetention, StoreScan};
pub use store_info::StoreInfo;
pub use time::{Clock, SystemClock, TimeError, Timestamp};
pub use tokenizer::Tokenizer;
pub use told::{InferredRun, ToldCall, ToldResult, ToldRun, ToldRuns, hash_of_id};
pub use unpriced::Unpriced;
pub use usage::{Reading, Tokens, Usage};
pub use value::{Attributes, Value};
