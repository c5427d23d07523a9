//! Queries to a store, parsed from parameters, and the figures derived from its answers.
//!
//! Verb: ASK.
//! Takes: parameters as pairs of text ([`Params`]), and rows of a store.
//! Gives: queries of `quipu-core`, opaque cursors, latencies, rates and totals.
//! Never: reads a store itself, knows JSON shapes or HTTP, or answers another query.

mod agents;
mod calls;
mod costs;
mod cursor;
mod error;
mod events;
mod figure_ask;
mod figures;
mod filter;
mod language;
mod metrics;
mod params;
mod sessions;
mod spans;
mod time;
mod traces;
mod usage;
mod work_rows;

pub use agents::{AgentShare, Share, agent_shares};
pub use calls::{CALL_PARAMS, CALL_ROWS, CallAsk, CallSort};
pub use costs::{
    ANALYSIS_PARAMS, AnalysisAsk, PRICE_CHECK_PARAMS, PRICE_CHECK_PERCENT, PRICE_LIST_PARAMS,
    PRICE_LIST_ROWS, PriceListAsk, RANGE_PARAMS, RangeAsk, bucket_word,
};
pub use cursor::CursorText;
pub use error::ParamError;
pub use events::EVENT_PARAMS;
pub use figure_ask::{
    AUTO_STEPS, DEFAULT_TOP, FigureAsk, FigureKey, FigureSource, MAX_TOP, MetricAsk, QUERY_METRIC_PARAMS,
    QUERY_PARAMS, Rank, StepAsk, round_step,
};
pub use figures::{
    Bins, Latency, MAX_BINS, Spread, latency, millis, spread, success_rate, total, unpriced_calls,
};
pub use filter::{FILTER_PARAMS, parse_trace_filter};
pub use language::{
    MAX_FILTER_ALTERNATIVES, MAX_FILTER_BYTES, MAX_FILTER_TERMS, MAX_FILTER_VALUES, explain_terms,
    parse_terms,
};
pub use metrics::{MAX_STEPS, METRIC_PARAMS};
pub use params::{DEFAULT_ROWS, Params};
pub use sessions::{SESSION_PARAMS, SESSION_TRACE_PARAMS};
pub use spans::{DEFAULT_SPANS, MAX_SPANS, SPAN_PARAMS, SpanAsk};
pub use time::{parse_time, parse_time_range};
pub use traces::TRACE_PARAMS;
pub use usage::{FACET_PARAMS, FACET_ROWS, FacetAsk, USAGE_PARAMS, group_word};
pub use work_rows::{WORK_ROW_PARAMS, WORK_ROWS};
