//! Rows of each table.

use std::collections::BTreeSet;

use quipu_answers::{Series, is_usage, words_of};
use quipu_core::{
    Cost, Event, Kind, Meeting, Metric, Point, Result, Span, SpanConflict, SpanId, Status, Timestamp, TraceId,
};
use sha2::{Digest, Sha256};

use crate::codec;
use crate::rowbinary::Row;

/// Columns of [`span_row`].
pub(crate) const SPANS: &str = "day, trace_id, span_id, parent_id, version, start, ended, running, name, kind, \
    status, service, framework, agent, provider, model, tool, session, user, project, commit, branch, tags, \
    words, head, contents";
/// Columns of [`ledger_row`].
pub(crate) const LEDGER: &str = "day, trace_id, span_id, version, time, counts, is_usage, kind, rule, service, \
    framework, agent, provider, model, tool, tools, input_tokens, output_tokens, cost_usd, body";
/// Columns of [`refused_row`].
pub(crate) const REFUSED: &str = "trace_id, span_id, version, versions";
/// Columns of [`event_row`].
pub(crate) const EVENTS: &str =
    "day, time, identity, number, level, name, trace_id, session, agent, framework, service, body";
/// Columns of [`metric_row`].
pub(crate) const METRICS: &str = "name, series, rank, service, series_key, body";
/// Columns of [`point_row`].
pub(crate) const POINTS: &str = "day, name, series, time, rank, traces, body";
/// Columns of [`meeting_row`].
pub(crate) const MEETINGS: &str = "day, meeting, trace_id, version";

/// Id of a missing trace or span.
const NONE: [u8; 16] = [0; 16];

/// The number of a day since 1970.
pub(crate) fn day_of(time: Timestamp) -> i32 {
    // 292 years around 1970 have far fewer days than 32 bits.
    time.nanos().div_euclid(Timestamp::DAY) as i32
}

/// First half of a SHA-256 over a text.
pub(crate) fn identity(text: &str) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let mut half = NONE;
    half.copy_from_slice(&hash[..16]);
    half
}

pub(crate) fn span_row(span: &Span, version: u64) -> Result<Row> {
    let read = &span.canonical;
    let (head, contents) = codec::encode_span(span)?;
    let words = words_of(span);
    let status = match span.status {
        Status::Unset => "unset",
        Status::Ok => "ok",
        Status::Error => "error",
    };
    Ok(Row::default()
        .i32(day_of(span.start))
        .fixed(span.trace_id.as_bytes())
        .fixed(span.span_id.as_bytes())
        .fixed(span.parent_id.as_ref().map_or(&NONE[..SpanId::SIZE], |id| id.as_bytes()))
        .u64(version)
        .i64(span.start.nanos())
        .i64(span.end.unwrap_or(span.start).nanos())
        .u8(u8::from(span.end.is_none()))
        .text(&span.name)
        .text(read.kind.as_str())
        .text(status)
        .name(span.resource.service())
        .name(read.framework.as_deref())
        .name(read.agent.as_deref())
        .name(read.provider.as_deref())
        .name(read.model().map(|name| name.as_str()))
        .name(read.tool.as_deref())
        .name(read.session.as_deref())
        .name(read.user.as_deref())
        .name(read.project.as_deref())
        .name(read.commit.as_deref())
        .name(read.branch.as_deref())
        .texts(read.tags.iter().map(|tag| tag.as_str()))
        .texts(words.iter().map(String::as_str).collect::<Vec<_>>().into_iter())
        .bytes(&head)
        .bytes(&contents))
}

pub(crate) fn ledger_row(cost: &Cost, version: u64) -> Result<Row> {
    let tokens = cost.usage.as_ref().map(quipu_core::Usage::tokens).unwrap_or_default();
    let own = cost.tool.iter().filter(|_| cost.kind == Kind::Tool);
    let tools: Vec<&str> =
        own.chain(cost.inferred.iter().map(|run| &run.tool)).map(|tool| tool.as_str()).collect();
    Ok(Row::default()
        .i32(day_of(cost.time))
        .fixed(cost.trace_id.as_bytes())
        .fixed(cost.span_id.as_bytes())
        .u64(version)
        .i64(cost.time.nanos())
        .u8(u8::from(cost.counts()))
        .u8(u8::from(cost.counts() && is_usage(cost)))
        .text(cost.kind.as_str())
        .text(cost.rule.word())
        .name(cost.service.as_deref())
        .name(cost.framework.as_deref())
        .name(cost.agent.as_deref())
        .name(cost.provider.as_deref())
        .name(cost.model().map(|name| name.as_str()))
        .name(cost.tool.as_deref())
        .texts(tools.into_iter())
        .u64(tokens.input)
        .u64(tokens.output)
        .money(cost.amount.unwrap_or_default())
        .bytes(&codec::encode_cost(cost)?))
}

/// The row that takes a ledger row's place when its trace is removed.
pub(crate) fn removed_ledger_row(cost: &Cost, version: u64) -> Row {
    Row::default()
        .i32(day_of(cost.time))
        .fixed(cost.trace_id.as_bytes())
        .fixed(cost.span_id.as_bytes())
        .u64(version)
        .i64(cost.time.nanos())
        .u8(0)
        .u8(0)
        .text("")
        .text("removed")
        .text("")
        .text("")
        .text("")
        .text("")
        .text("")
        .text("")
        .texts([].into_iter())
        .u64(0)
        .u64(0)
        .money(quipu_core::Usd::ZERO)
        .bytes(&[])
}

pub(crate) fn refused_row(
    (trace_id, span_id): (TraceId, SpanId),
    versions: &[SpanConflict],
    version: u64,
) -> Result<Row> {
    Ok(Row::default()
        .fixed(trace_id.as_bytes())
        .fixed(span_id.as_bytes())
        .u64(version)
        .bytes(&codec::encode_refused(versions)?))
}

/// The row of an event without its wire record, which is not part of its identity.
pub(crate) fn event_row(event: &Event, number: i64) -> Result<Row> {
    Ok(Row::default()
        .i32(day_of(event.time))
        .i64(event.time.nanos())
        .fixed(&identity(&format!("{event:?}")))
        .i64(number)
        .u8(event.level as u8)
        .text(&event.name)
        .fixed(event.trace_id.as_ref().map_or(&NONE, |id| id.as_bytes()))
        .name(event.session.as_deref())
        .name(event.agent.as_deref())
        .name(event.framework.as_deref())
        .name(event.resource.service())
        .bytes(&codec::encode_event(event)?))
}

pub(crate) fn metric_row(
    metric: &Metric,
    point: &Point,
    (series, key): (&[u8; 16], &str),
    rank: u64,
) -> Result<Row> {
    Ok(Row::default()
        .text(&metric.name)
        .fixed(series)
        .u64(rank)
        .name(Series::of(metric, point).labels.get("service.name").map(String::as_str))
        .text(key)
        .bytes(&codec::encode_metric(metric, point)?))
}

pub(crate) fn point_row(name: &str, series: &[u8; 16], point: &Point, rank: u64) -> Result<Row> {
    let traces: BTreeSet<TraceId> = point.exemplars.iter().map(|exemplar| exemplar.trace_id).collect();
    let row = Row::default()
        .i32(day_of(point.time))
        .text(name)
        .fixed(series)
        .i64(point.time.nanos())
        .u64(rank)
        .ids(traces.iter());
    Ok(row.bytes(&codec::encode_point(point)?))
}

pub(crate) fn meeting_row(meeting: Meeting, span: &Span, version: u64) -> Row {
    Row::default().i32(day_of(span.start)).i64(meeting.number()).fixed(span.trace_id.as_bytes()).u64(version)
}
