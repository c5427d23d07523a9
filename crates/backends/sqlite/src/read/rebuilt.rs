//! Reconstruction of stored records in the form in which they were written: spans, ledger rows and series.

use std::collections::HashMap;
use std::sync::Arc;

use quipu_core::{
    Attributes, Canonical, Cost, ErrorClass, Exemplar, Kind, Metric, Node, Resource, Scope, Span, SpanId,
    Status, Timestamp, TraceId,
};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::codec::{
    CallRow, Dictionaries, Labels, NODE_COLUMNS, NODE_WIDTH, Names, TextOf, decode_span, node_of,
    span_of_key, trace_id,
};
use crate::fault::{Fault, Result};
use crate::read::metrics::{instrument_of, temporality_of};
use crate::read::stored::{Sources, source};
use crate::readers::unpack;

/// These columns follow the node's.
const COLUMNS: &str = "s.tr, s.name, s.session, s.user, s.error, o.resource, o.scope, s.labels, s.ttft, s.verdict, s.model, s.provider";
const AT: usize = NODE_WIDTH;

/// A span, and whether its body is readable.
pub(crate) struct RebuiltSpan {
    pub(crate) span: Box<Span>,
    pub(crate) whole: bool,
}

/// The span with this number; `None` if it is missing.
pub(crate) fn load(
    conn: &Connection,
    dictionaries: &Dictionaries,
    sources: &mut Sources,
    traces: &HashMap<i64, TraceId>,
    pk: i64,
) -> Result<Option<RebuiltSpan>> {
    let sql = format!(
        "SELECT {NODE_COLUMNS}, {COLUMNS} FROM spans s JOIN origins o ON o.id = s.origin WHERE s.pk = ?1"
    );
    let mut look = conn.prepare_cached(&sql)?;
    let mut rows = look.query([pk])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let names = Names::new(conn);
    let node = node_of(row, &names)?;
    let trace = traces.get(&row.get(AT)?).ok_or(Fault::Damaged("the trace of a span is unknown"))?;
    let mut span = Box::new(Span::new(
        *trace,
        node.span_id,
        &names.text(row.get(AT + 1)?)?.unwrap_or_default(),
        node.start,
        node.start,
    ));
    span.end = node.duration.map(|duration| node.start.plus(duration));
    span.parent_id = node.parent_id;
    span.status = node.status;
    span.arrival = node.arrival;
    span.resource = Arc::new(source::<Resource>(conn, sources, row.get(AT + 5)?)?);
    span.scope = Arc::new(source::<Scope>(conn, sources, row.get(AT + 6)?)?);
    let body = body(conn, dictionaries, pk).and_then(|bytes| decode_span(&bytes));
    let whole = body.is_ok();
    if let Ok(mut body) = body {
        span.events = body.take_events(span.start);
        span.kind = body.kind;
        span.status_message = body.message;
        span.trace_state = body.state;
        span.attributes = body.attributes;
        span.links = body.links;
    }
    *span.canonical = canonical(row, &node, &names, &span)?;
    let class = names.text(Labels::unpack(row.get::<_, Option<Vec<u8>>>(AT + 7)?.as_deref())?.error)?;
    settle(&mut span, class.as_deref(), node.call.as_ref().map(|call| call.failed));
    Ok(Some(RebuiltSpan { span, whole }))
}

fn body(conn: &Connection, dictionaries: &Dictionaries, pk: i64) -> Result<Vec<u8>> {
    let z: Vec<u8> =
        conn.prepare_cached("SELECT z FROM bodies WHERE pk = ?1")?.query_row([pk], |row| row.get(0))?;
    unpack(conn, dictionaries, &z)
}

/// Sets the kind of error and the finish reason so that the span fails as it did, with the same class. The
/// kind of error is not stored for a span with a status message, and finish reasons are never stored.
fn settle(span: &mut Span, class: Option<&str>, failed: Option<bool>) {
    // Rows of earlier releases have no class.
    let is_old = class.is_none() && failed.unwrap_or(span.status == Status::Error);
    let fits = |span: &Span| {
        let same_class = is_old || span.error_class().map(ErrorClass::as_str) == class;
        same_class && failed.is_none_or(|failed| span.has_failed() == failed)
    };
    if fits(span) {
        return;
    }
    let stored = span.canonical.error_type.clone();
    let words = ErrorClass::ALL.into_iter().map(|class| Some(class.as_str())).chain([Some("error")]);
    let kinds: Vec<Option<&str>> = [None].into_iter().chain(words).collect();
    for reason in [None, Some("stop"), Some("error")] {
        for kind in &kinds {
            let read = &mut span.canonical;
            read.finish_reasons = reason.into_iter().map(Into::into).collect();
            read.error_type = stored.clone().or_else(|| kind.map(Into::into));
            if fits(span) {
                return;
            }
        }
    }
    (span.canonical.error_type, span.canonical.finish_reasons) = (stored, Vec::new());
}

/// The stored canonical values of the span: enough to write the same row again.
fn canonical(row: &Row<'_>, node: &Node, names: &Names<'_>, span: &Span) -> Result<Canonical> {
    let text = |at: usize| names.text(row.get(at)?);
    let labels = Labels::unpack(row.get::<_, Option<Vec<u8>>>(AT + 7)?.as_deref())?;
    let [project, commit, branch] = labels.single;
    let said: Option<String> = row.get(AT + 4)?;
    let mut read = Canonical {
        kind: node.kind,
        signal: node.signal,
        meeting: node.meeting,
        convention: text(11)?.unwrap_or_default(),
        framework: text(10)?,
        agent: node.agent.clone(),
        tool: node.tool.clone(),
        provider: text(AT + 11)?,
        response_model: text(AT + 10)?,
        session: text(AT + 2)?,
        user: text(AT + 3)?,
        time_to_first_token: row.get(AT + 8)?,
        guardrail_triggered: row.get(AT + 9)?,
        error_type: said.filter(|_| span.status_message.is_empty()).map(Into::into),
        tags: labels
            .tags
            .iter()
            .filter_map(|tag| names.text(Some(*tag)).transpose())
            .collect::<Result<_>>()?,
        project: names.text(project)?,
        commit: names.text(commit)?,
        branch: names.text(branch)?,
        ..Canonical::default()
    };
    if let Some(call) = &node.call {
        read.usage.clone_from(&call.usage);
        read.reported_cost = call.reported;
        read.never_count = call.never_count;
        read.operation.clone_from(&call.operation);
        read.request_model.clone_from(&call.request_model);
        read.response_model.clone_from(&call.response_model);
        read.service_tier.clone_from(&call.service_tier);
        read.billing = Some(call.billing);
        read.told.clone_from(&call.told);
        read.estimate.clone_from(&call.estimate);
        read.marks.clone_from(&call.marks);
        let id = if node.kind == Kind::Tool { &mut read.tool_call_id } else { &mut read.response_id };
        id.clone_from(&call.response_id);
    }
    Ok(read)
}

/// The ledger row of the span with this number, if it has one.
pub(crate) fn cost(conn: &Connection, trace: TraceId, span: SpanId, pk: i64) -> Result<Option<Cost>> {
    let sql = format!("SELECT {} FROM calls WHERE pk = ?1", CallRow::COLUMNS);
    let row = conn.prepare_cached(&sql)?.query_row([pk], |row| CallRow::of_row(row, 0)).optional()?;
    row.map(|row| row.cost(trace, span, &Names::new(conn))).transpose()
}

/// A series without points, with the labels of its points.
pub(crate) fn series(conn: &Connection, sources: &mut Sources, id: i64) -> Result<(Metric, Attributes)> {
    let mut look = conn.prepare_cached(
        "SELECT name, unit, description, instrument, temporality, labels, resource, scope FROM series WHERE id = ?1",
    )?;
    let mut rows = look.query([id])?;
    let row = rows.next()?.ok_or(Fault::Damaged("a series is missing"))?;
    let names = Names::new(conn);
    let metric = Metric {
        name: names.text(row.get(0)?)?.unwrap_or_default(),
        unit: names.text(row.get(1)?)?.unwrap_or_default(),
        description: row.get(2)?,
        instrument: instrument_of(row.get(3)?),
        temporality: temporality_of(row.get(4)?),
        points: Vec::new(),
        resource: Arc::new(source::<Resource>(conn, sources, row.get(6)?)?),
        scope: Arc::new(source::<Scope>(conn, sources, row.get(7)?)?),
    };
    Ok((metric, postcard::from_bytes(&row.get::<_, Vec<u8>>(5)?)?))
}

/// The exemplars of a point, up to the first unreadable one, and whether all are readable.
pub(crate) fn exemplars(conn: &Connection, series: i64, time: Timestamp) -> (Vec<Exemplar>, Result<()>) {
    let mut found = Vec::new();
    let mut read = || -> Result<()> {
        let mut look = conn.prepare_cached(
            "SELECT trace, span, observed, value FROM exemplars WHERE series = ?1 AND time = ?2 \
             ORDER BY observed, trace, span",
        )?;
        let mut rows = look.query([series, time.nanos()])?;
        while let Some(row) = rows.next()? {
            found.push(Exemplar {
                trace_id: trace_id(row, 0)?,
                span_id: span_of_key(row.get(1)?)?,
                time: Timestamp::from_nanos(row.get(2)?),
                value: row.get(3)?,
            });
        }
        Ok(())
    };
    let read = read();
    (found, read)
}
