//! Reader of the records of an export, page by page.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use quipu_core::{
    AnswerMemory, CostQuery, Detail, Event, EventQuery, MetricName, Span, SpanQuery, TraceId, TraceQuery,
};
use quipu_otlp::{Encoding, encode_logs, encode_traces};
use quipu_query::{FILTER_PARAMS, Params, parse_trace_filter};

use super::format::Format;
use super::rows::{ExportedPoint, ExportedSpan, points};
use crate::dto::{self, TraceSummary};
use crate::patience::Patience;
use crate::routes::metrics::bounded_series;
use crate::shared::Api;
use crate::{Problem, said};

/// Records per read, if their bytes do not end a page before.
const PAGE: usize = 500;
/// Memory of a span with its messages and its JSON value, as a multiple of the span itself.
const COPIES: usize = 4;

/// Records of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Records {
    Traces,
    Spans,
    Calls,
    Events,
    Metrics,
}

impl Records {
    const ALL: [Self; 5] = [Self::Traces, Self::Spans, Self::Calls, Self::Events, Self::Metrics];

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|records| records.as_str() == word)
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Spans => "spans",
            Self::Calls => "calls",
            Self::Events => "events",
            Self::Metrics => "metrics",
        }
    }
}

/// Position in the records.
enum Position {
    Traces(TraceQuery),
    Spans(TraceSpans),
    Calls(CostQuery),
    Events(EventQuery),
    Metrics { names: VecDeque<MetricName>, pairs: Vec<(String, String)> },
}

/// Position in the spans of the matching traces.
struct TraceSpans {
    /// Query of the next page of traces; `None` after the last one.
    traces: Option<TraceQuery>,
    waiting: VecDeque<TraceId>,
    within: Option<SpanQuery>,
}

/// A reader of records.
pub(super) struct Reader {
    api: Arc<Api>,
    format: Format,
    position: Option<Position>,
    head: Bytes,
}

impl Reader {
    /// Reads the parameters of an export.
    pub(super) async fn new(
        api: Arc<Api>,
        records: Records,
        format: Format,
        pairs: Vec<(String, String)>,
    ) -> Result<Self, Problem> {
        let params = |pairs| Params::new(pairs, api.clock.now(), &api.limits);
        let no_otlp = matches!(records, Records::Calls | Records::Metrics) && format == Format::OtlpJson;
        if no_otlp {
            let detail = format!("{} have no format otlp-json: use csv or jsonl.", records.as_str());
            return Err(Problem::bad_request("Bad format", detail));
        }
        let (position, head) = match records {
            Records::Traces if format != Format::OtlpJson => {
                (Position::Traces(traces(&params(pairs))?), format.head::<TraceSummary>())
            }
            Records::Traces | Records::Spans => {
                let traces = Some(traces(&params(pairs))?);
                let spans = TraceSpans { traces, waiting: VecDeque::new(), within: None };
                (Position::Spans(spans), format.head::<ExportedSpan>())
            }
            Records::Calls => {
                let filter = traces(&params(pairs))?.filter;
                let query = CostQuery { filter, limit: PAGE, ..CostQuery::default() };
                (Position::Calls(query), format.head::<dto::Call>())
            }
            Records::Events => {
                let query = EventQuery { limit: PAGE, ..params(pairs).event_query()? };
                (Position::Events(query), format.head::<dto::Event>())
            }
            Records::Metrics => {
                params(named(pairs.clone(), "any")).metric_query()?;
                let wanted = pairs.iter().find(|(key, _)| key == "name").map(|(_, name)| name.as_str());
                let is_wanted = |metric: &MetricName| wanted.is_none_or(|wanted| metric.name == wanted);
                let names = api.store.metrics().await?.into_iter().filter(is_wanted).collect();
                (Position::Metrics { names, pairs }, format.head::<ExportedPoint>())
            }
        };
        Ok(Self { api, format, position: Some(position), head })
    }

    /// The first line of the file.
    pub(super) fn head(&self) -> Bytes {
        self.head.clone()
    }

    /// The next page as for [`Self::page`]. Waits for memory.
    pub(super) async fn next_page(&mut self) -> Result<Option<Bytes>, Problem> {
        let patience = Patience::begin();
        loop {
            match self.page().await {
                Ok(page) => return Ok(page),
                Err(problem) => patience.pause(problem).await?,
            }
        }
    }

    /// The text of the next records; empty if a page has none, `None` after the last page. After an error the
    /// position is the same, so the page can be read again.
    pub(super) async fn page(&mut self) -> Result<Option<Bytes>, Problem> {
        let Some(mut position) = self.position.take() else { return Ok(None) };
        let read = match &mut position {
            Position::Traces(query) => self.traces(query).await,
            Position::Spans(spans) => self.spans(spans).await,
            Position::Calls(query) => self.calls(query).await,
            Position::Events(query) => self.events(query).await,
            Position::Metrics { names, pairs } => self.metric(names, pairs).await,
        };
        let has_more = read.as_ref().map_or(true, |(_, more)| *more);
        self.position = has_more.then_some(position);
        read.map(|(text, _)| Some(text))
    }

    // Each reads one page and moves its position, unless it fails. It returns the text, and whether there is
    // more.

    async fn traces(&self, query: &mut TraceQuery) -> Result<(Bytes, bool), Problem> {
        let page = self.api.store.traces(query).await?;
        query.cursor = page.next;
        Ok((self.format.lines(page.rows.iter().map(TraceSummary::from)), query.cursor.is_some()))
    }

    async fn spans(&self, at: &mut TraceSpans) -> Result<(Bytes, bool), Problem> {
        if let Some(query) = &mut at.within {
            let text = self.spans_within(query).await?;
            if query.after.is_none() {
                at.within = None;
            }
            return Ok((text, true));
        }
        if let Some(trace_id) = at.waiting.pop_front() {
            at.within = Some(SpanQuery { limit: PAGE, detail: Detail::Full, ..SpanQuery::of(trace_id) });
        } else if let Some(query) = &mut at.traces {
            let page = self.api.store.traces(query).await?;
            at.waiting.extend(page.rows.iter().map(|row| row.trace_id));
            query.cursor = page.next;
            if query.cursor.is_none() {
                at.traces = None;
            }
        } else {
            return Ok((Bytes::new(), false));
        }
        Ok((Bytes::new(), true))
    }

    async fn spans_within(&self, query: &mut SpanQuery) -> Result<Bytes, Problem> {
        let page = self.api.store.spans(query).await?;
        let bytes: usize = page.rows.iter().map(quipu_core::SpanRow::bytes).sum();
        let _hold = AnswerMemory::current().hold(bytes.saturating_mul(COPIES))?;
        let text = if self.format == Format::OtlpJson {
            let sent: Vec<Span> = page.rows.into_iter().filter_map(|row| row.raw).map(|raw| *raw).collect();
            request(!sent.is_empty(), || encode_traces(&sent, Encoding::Json))
        } else {
            let spans = said::spans(&self.api, query.trace_id, page.rows).await?;
            self.format.lines(spans.into_iter().map(|span| ExportedSpan::new(query.trace_id, span)))
        };
        query.after = page.next;
        Ok(text)
    }

    async fn calls(&self, query: &mut CostQuery) -> Result<(Bytes, bool), Problem> {
        let page = self.api.store.costs(query).await?;
        query.cursor = page.next;
        let calls = page.rows.iter().filter(|row| row.cost.is_call()).map(dto::Call::from);
        Ok((self.format.lines(calls), query.cursor.is_some()))
    }

    async fn events(&self, query: &mut EventQuery) -> Result<(Bytes, bool), Problem> {
        let page = self.api.store.events(query).await?;
        query.cursor = page.next;
        let text = if self.format == Format::OtlpJson {
            let sent: &[Event] = &page.rows;
            request(!sent.is_empty(), || encode_logs(sent, Encoding::Json))
        } else {
            self.format.lines(page.rows.iter().map(dto::Event::from))
        };
        Ok((text, query.cursor.is_some()))
    }

    async fn metric(
        &self,
        names: &mut VecDeque<MetricName>,
        pairs: &[(String, String)],
    ) -> Result<(Bytes, bool), Problem> {
        let Some(metric) = names.front() else { return Ok((Bytes::new(), false)) };
        let asked = named(pairs.to_vec(), &metric.name);
        let query = Params::new(asked, self.api.clock.now(), &self.api.limits).metric_query()?;
        let series = bounded_series(self.api.store.metric(&query).await?)?;
        if series.truncated {
            let detail = format!(
                "The metric {:?} has more series than fit into memory (limit group_bytes): narrow the time.",
                metric.name
            );
            return Err(Problem::bad_request("Too many series", detail));
        }
        let metric = dto::MetricName::from(metric);
        let text = self.format.lines(series.rows.iter().flat_map(|series| points(&metric, series)));
        names.pop_front();
        Ok((text, true))
    }
}

fn traces(params: &Params) -> Result<TraceQuery, Problem> {
    params.allow(&[FILTER_PARAMS], &[])?;
    Ok(TraceQuery { filter: parse_trace_filter(params)?, limit: PAGE, ..TraceQuery::default() })
}

/// Parameters with a name of a metric; theirs if they have one.
fn named(mut pairs: Vec<(String, String)>, name: &str) -> Vec<(String, String)> {
    if !pairs.iter().any(|(key, _)| key == "name") {
        pairs.push(("name".to_owned(), name.to_owned()));
    }
    pairs
}

/// A line with an OTLP request.
fn request(any: bool, encode: impl FnOnce() -> Vec<u8>) -> Bytes {
    if !any {
        return Bytes::new();
    }
    let mut line = encode();
    line.push(b'\n');
    line.into()
}
