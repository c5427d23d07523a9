//! Reconstruction of a span and its ledger row for a new write.

use std::collections::HashMap;
use std::sync::Arc;

use quipu_core::{Canonical, Cost, Kind, Node, Resource, Scope, Span, SpanId, Status, TraceId};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::codec::{
    CallRow, Dictionaries, Labels, NODE_COLUMNS, NODE_WIDTH, Names, TextOf, decode_span, node_of,
};
use crate::fault::{Fault, Result};
use crate::read::stored::{Sources, source};
use crate::readers::unpack;

/// These columns follow the node's.
const COLUMNS: &str = "s.tr, s.name, s.session, s.user, s.error, o.resource, o.scope, s.labels, s.ttft, s.verdict, s.model, s.provider";
const AT: usize = NODE_WIDTH;

/// A span, and whether its body is readable.
pub(super) struct SalvagedSpan {
    pub(super) span: Box<Span>,
    pub(super) whole: bool,
}

/// The span with this number; `None` if it is missing.
pub(super) fn load(
    conn: &Connection,
    dictionaries: &Dictionaries,
    sources: &mut Sources,
    traces: &HashMap<i64, TraceId>,
    pk: i64,
) -> Result<Option<SalvagedSpan>> {
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
    Ok(Some(SalvagedSpan { span, whole }))
}

fn body(conn: &Connection, dictionaries: &Dictionaries, pk: i64) -> Result<Vec<u8>> {
    let z: Vec<u8> =
        conn.prepare_cached("SELECT z FROM bodies WHERE pk = ?1")?.query_row([pk], |row| row.get(0))?;
    unpack(conn, dictionaries, &z)
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
        let id = if node.kind == Kind::Tool { &mut read.tool_call_id } else { &mut read.response_id };
        id.clone_from(&call.response_id);
        if call.failed && span.status != Status::Error && read.error_type.is_none() {
            read.error_type = Some("error".into());
        }
    }
    Ok(read)
}

/// The ledger row of the span with this number, if it has one.
pub(super) fn cost(conn: &Connection, trace: TraceId, span: SpanId, pk: i64) -> Result<Option<Cost>> {
    let sql = format!("SELECT {} FROM calls WHERE pk = ?1", CallRow::COLUMNS);
    let row = conn.prepare_cached(&sql)?.query_row([pk], |row| CallRow::of_row(row, 0)).optional()?;
    row.map(|row| row.cost(trace, span, &Names::new(conn))).transpose()
}
