//! Records, ids and contracts of Quipu, shared by every crate.
//!
//! Verb: none; this room names things.
//! Takes: nothing.
//! Gives: the records (span, event, metric, cost), ids, time, money, limits, one error, and the plug-in
//! traits.
//! Never: does I/O, starts a runtime, or knows an OpenTelemetry type.
//!
//! Without the feature `full`, the crate has the records alone: a library that is compiled out names them.

mod accounts;
mod adapter;
#[cfg(feature = "full")]
mod backend;
mod batch;
pub mod budget;
mod canonical;
mod charge;
mod cost;
#[cfg(feature = "full")]
mod digest;
mod encoded;
mod error;
mod error_class;
mod estimate;
mod event;
mod finality;
#[cfg(feature = "full")]
mod groups;
mod health;
mod ids;
#[cfg(feature = "full")]
mod intake;
mod lens;
mod limits;
pub mod locks;
mod marks;
mod memory;
mod message;
mod metric;
mod money;
mod owner;
mod params;
mod period;
mod price;
#[cfg(feature = "full")]
mod query;
mod record_scope;
mod retention;
#[cfg(feature = "full")]
mod sha256;
mod signal;
mod signal_set;
#[cfg(feature = "full")]
mod sink;
mod sketch;
mod span;
mod stage;
#[cfg(feature = "full")]
mod steps;
#[cfg(feature = "full")]
mod store;
#[cfg(feature = "full")]
mod store_capabilities;
#[cfg(feature = "full")]
mod store_copy;
mod store_info;
mod time;
#[cfg(feature = "full")]
mod time_text;
mod tokenizer;
mod told;
mod unpriced;
mod usage;
mod value;

pub use accounts::{
    AccountId, AccountUnit, Accounts, Counted, Fired, HeldReservation, Posting, Sheet, TraceFacts,
};
pub use adapter::{Adapter, Adapters};
#[cfg(feature = "full")]
pub use backend::Backend;
pub use batch::Batch;
pub use canonical::{BY_SHAPE, Canonical, Kind, Provider, meets_by_time};
pub use charge::Charge;
pub use cost::{Billing, Call, Cost, DEVIATION_PERCENT, Node, PriceLine, PriceRef, Rule};
#[cfg(feature = "full")]
pub use digest::stamp_arrival;
pub use encoded::Encoded;
pub use error::{Error, ErrorKind, Leftover, Result, Retry};
pub use error_class::ErrorClass;
pub use estimate::{CostEstimate, EstimatedTotals, Spread, TokenEstimate, TokenSpread, UsageEstimate};
pub use event::{Event, EventWire, Level};
pub use finality::{Arrival, CORRECTION_SECONDS, Conflicts, SpanConflict, SpanVersion, Verdict};
#[cfg(feature = "full")]
pub use groups::{GroupKey, GroupSums, GroupTable, rest_key};
pub use health::{Finding, Health};
pub use ids::{IdError, SpanId, TraceId};
#[cfg(feature = "full")]
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
#[cfg(feature = "full")]
pub use query::{
    CostCursor, CostFacts, CostPage, CostQuery, CostRow, CostScan, CostScanCursor, CostScanPage, Criterion,
    Cursor, Detail, EventPage, EventQuery, Facet, FacetField, FigureRange, GroupBy, MetricAggregate,
    MetricName, MetricQuery, MetricSeries, Pattern, ScanCursor, ScanField, ScanPage, ScannedCost,
    ScannedSpan, SessionPage, SessionQuery, SessionRow, Sort, SpanPage, SpanQuery, SpanRow, SpanScan, Term,
    ToolGroup, TraceFigure, TraceFilter, TracePage, TraceQuery, TraceRow, TraceStatus, UsageGroup, UsageKey,
    UsageQuery, UsageTotals, Wanted, WorkGroup, WorkKey, WorkQuery, WorkRow, WorkRowCursor, WorkRowField,
    WorkRowPage, WorkRowQuery, WorkRowSort, WorkRowState, WorkTotals, Worked, has_attribute,
};
pub use record_scope::RecordScope;
pub use retention::{
    DayFate, Hold, MOST_HOLDS, Retention, RetentionPreset, RetentionRule, RetentionSignal, Retired,
    RetiredDay, RetiredFor,
};
#[cfg(feature = "full")]
pub use sha256::sha256;
pub use signal::{Meeting, Signal, answer_id_is_unique};
pub use signal_set::SignalSet;
#[cfg(feature = "full")]
pub use sink::{CostSink, EventSink, MetricSink, SpanSink};
pub use sketch::{MOST_EXACT, Sketch};
pub use span::{Link, Resource, Scope, ScopeMark, Span, SpanEvent, SpanKind, SpanWire, Status};
pub use stage::Stage;
#[cfg(feature = "full")]
pub use steps::{SeriesPoints, metric_series};
#[cfg(feature = "full")]
pub use store::Store;
#[cfg(feature = "full")]
pub use store_capabilities::{
    StoreCapabilities, StoreEncoding, StoreForgetting, StoreIntegrity, StoreRetention, StoreScan,
};
#[cfg(feature = "full")]
pub use store_copy::{CopyDay, PointCursor, PointPage, StoreCopy, StoredSpan};
pub use store_info::StoreInfo;
pub use time::{Clock, SystemClock, Timestamp};
#[cfg(feature = "full")]
pub use time_text::TimeError;
pub use tokenizer::Tokenizer;
pub use told::{InferredRun, ToldCall, ToldResult, ToldRun, ToldRuns, hash_of_id};
pub use unpriced::Unpriced;
pub use usage::{Reading, Tokens, Usage};
pub use value::{Attributes, Value};
