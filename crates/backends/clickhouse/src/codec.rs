//! Stored form of records: everything of a record comes back as it was written.

use compact_str::CompactString;
use quipu_core::{
    Arrival, Attributes, CallMarks, Cost, Error, ErrorKind, Event, InferredRun, Link, Metric, Point,
    RecordScope, Result, Span, SpanConflict, SpanEvent, ToldRuns, TraceId, UsageEstimate,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

type Name = Option<CompactString>;

/// A span without its contents, with the fields that its own form leaves out.
#[derive(Serialize, Deserialize)]
struct Head {
    span: Span,
    sender: u64,
    millisecond: i64,
    told: Option<Box<ToldRuns>>,
    estimate: Option<Box<UsageEstimate>>,
}

/// The contents of a span.
type Contents = (Attributes, Vec<SpanEvent>, Vec<Link>);

/// A ledger row, with the fields that its own form leaves out.
#[derive(Serialize, Deserialize)]
struct LedgerRow {
    cost: Cost,
    inferred: Vec<InferredRun>,
    estimate: Option<Box<UsageEstimate>>,
    scopes: Vec<(TraceId, Name, Name, Name)>,
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    postcard::to_stdvec(value)
        .map_err(|error| Error::new(ErrorKind::Internal, "encode record", error.to_string()))
}

fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T> {
    postcard::from_bytes(bytes).map_err(|_| damaged(what))
}

/// The first value of some bytes, and the bytes after it.
fn decode_first<'b, T: Deserialize<'b>>(what: &str, bytes: &'b [u8]) -> Result<(T, &'b [u8])> {
    postcard::take_from_bytes(bytes).map_err(|_| damaged(what))
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Damaged, "decode record", format!("a stored {what} cannot be decoded"))
}

/// A span as its head and its contents. The head keeps the attribute that says whether the span is sampled.
pub(crate) fn encode_span(span: &Span) -> Result<(Vec<u8>, Vec<u8>)> {
    let mut head = span.clone();
    head.attributes = Attributes::new();
    if let Some(sampled) = span.attributes.get(Span::SAMPLED) {
        head.attributes.push(Span::SAMPLED, sampled.clone());
    }
    (head.events, head.links) = (Vec::new(), Vec::new());
    let (told, estimate) = (head.canonical.told.take(), head.canonical.estimate.take());
    let (sender, millisecond) = (span.arrival.sender, span.arrival.millisecond);
    let contents: (&Attributes, &Vec<SpanEvent>, &Vec<Link>) = (&span.attributes, &span.events, &span.links);
    let marks = std::mem::take(&mut head.canonical.marks);
    let mut packed = encode(&Head { span: head, sender, millisecond, told, estimate })?;
    if marks != CallMarks::default() {
        // Added later: stored heads without marks stay readable.
        packed.extend(encode(&marks)?);
    }
    Ok((packed, encode(&contents)?))
}

/// A span of its head, with its contents if they were read too.
pub(crate) fn decode_span(head: &[u8], contents: Option<&[u8]>) -> Result<Span> {
    let (Head { mut span, sender, millisecond, told, estimate }, rest) = decode_first("span", head)?;
    if !rest.is_empty() {
        span.canonical.marks = decode("span", rest)?;
    }
    span.arrival = Arrival { sender, millisecond };
    (span.canonical.told, span.canonical.estimate) = (told, estimate);
    if let Some(contents) = contents {
        let read: Contents = decode("span", contents)?;
        (span.attributes, span.events, span.links) = read;
    }
    Ok(span)
}

pub(crate) fn encode_cost(cost: &Cost) -> Result<Vec<u8>> {
    let scope = |scope: &RecordScope| {
        (scope.trace_id, scope.service.clone(), scope.framework.clone(), scope.agent.clone())
    };
    encode(&LedgerRow {
        inferred: cost.inferred.clone(),
        estimate: cost.estimate.clone(),
        scopes: cost.scopes.iter().map(scope).collect(),
        cost: cost.clone(),
    })
}

pub(crate) fn decode_cost(bytes: &[u8]) -> Result<Cost> {
    let LedgerRow { mut cost, inferred, estimate, scopes } = decode("ledger row", bytes)?;
    (cost.inferred, cost.estimate) = (inferred, estimate);
    let scope = |(trace_id, service, framework, agent)| RecordScope { trace_id, service, framework, agent };
    cost.scopes = scopes.into_iter().map(scope).collect();
    Ok(cost)
}

/// Refused versions of a span, with their arrivals.
pub(crate) fn encode_refused(versions: &[SpanConflict]) -> Result<Vec<u8>> {
    let arrivals: Vec<_> = versions
        .iter()
        .map(|version| (version.span.arrival.sender, version.span.arrival.millisecond))
        .collect();
    encode(&(versions, arrivals))
}

pub(crate) fn decode_refused(bytes: &[u8]) -> Result<Vec<SpanConflict>> {
    let (mut versions, arrivals): (Vec<SpanConflict>, Vec<(u64, i64)>) = decode("refused version", bytes)?;
    for (version, (sender, millisecond)) in versions.iter_mut().zip(arrivals) {
        version.span.arrival = Arrival { sender, millisecond };
    }
    Ok(versions)
}

pub(crate) fn encode_event(event: &Event) -> Result<Vec<u8>> {
    encode(event)
}

pub(crate) fn decode_event(bytes: &[u8]) -> Result<Event> {
    decode("event", bytes)
}

/// The fields that all points of a metric share.
pub(crate) fn encode_metric(metric: &Metric, point: &Point) -> Result<Vec<u8>> {
    let bare = Point { exemplars: Vec::new(), wire: None, ..point.clone() };
    encode(&Metric { points: vec![bare], ..metric.clone() })
}

pub(crate) fn decode_metric(bytes: &[u8]) -> Result<Metric> {
    decode("metric", bytes)
}

pub(crate) fn encode_point(point: &Point) -> Result<Vec<u8>> {
    encode(point)
}

pub(crate) fn decode_point(bytes: &[u8]) -> Result<Point> {
    decode("point", bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use quipu_core::{RequestMark, SpanId, Timestamp, Value};

    use super::*;

    fn span() -> Span {
        let at = Timestamp::from_nanos(i64::MIN);
        let ids = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([2; 8]).unwrap());
        let mut span = Span::new(ids.0, ids.1, "chat", at, at);
        span.arrival = Arrival { sender: 7, millisecond: -3 };
        span.attributes.push("prompt", "a long one");
        span.attributes.push(Span::SAMPLED, Value::Bool(false));
        span.canonical.told = Some(Box::default());
        span.canonical.marks.request = RequestMark::of("req_011CSHoEeqs5C35K2UUqR7Fy", true);
        span.canonical.estimate = Some(Box::default());
        span
    }

    #[test]
    fn a_span_comes_back_with_what_its_own_form_leaves_out() {
        let span = span();
        let (head, contents) = encode_span(&span).unwrap();
        assert_eq!(decode_span(&head, Some(&contents)).unwrap(), span);
    }

    #[test]
    fn a_head_has_no_contents_and_still_says_whether_it_is_sampled() {
        let (head, _) = encode_span(&span()).unwrap();
        let read = decode_span(&head, None).unwrap();
        assert!(!read.is_sampled() && read.attributes.get("prompt").is_none());
    }

    #[test]
    fn damaged_bytes_are_an_error_without_them() {
        let error = decode_cost(b"not a row").unwrap_err();
        assert_eq!(error.to_string(), "decode record: a stored ledger row cannot be decoded");
    }
}
