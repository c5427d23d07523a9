//! B3, Zipkin's propagation format, with one or several headers.
//!
//! Source: <https://github.com/openzipkin/b3-propagation>. Debug implies sampling and is propagated. A
//! sampling decision without ids is no context, so the trace and the decision start here.

use compact_str::CompactString;

use super::hex::{span_id, trace_id_of_either_size};
use super::{Extractor, Injector, Remote, is_debug};
use crate::Context;

const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

pub(super) fn inject(context: &Context, headers: &mut impl Injector) {
    let Some(place) = context.at.place() else { return };
    let state = match (place.sampled, is_debug(context)) {
        (true, true) => 'd',
        (true, false) => '1',
        (false, _) => '0',
    };
    headers.set("b3", format!("{}-{}-{state}", place.trace_id, place.span_id));
}

pub(super) fn inject_multi(context: &Context, headers: &mut impl Injector) {
    let Some(place) = context.at.place() else { return };
    headers.set(TRACE_ID, place.trace_id.to_string());
    headers.set(SPAN_ID, place.span_id.to_string());
    // Debug implies sampled, which is then omitted.
    if place.sampled && is_debug(context) {
        headers.set(FLAGS, "1".to_owned());
    } else {
        headers.set(SAMPLED, u8::from(place.sampled).to_string());
    }
}

/// `{TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}`; the last two are optional.
pub(super) fn extract(headers: &impl Extractor) -> Option<Remote> {
    let mut parts = headers.get("b3")?.trim().split('-');
    let (trace, span) = (parts.next()?, parts.next()?);
    let state = parts.next();
    let sampled = state.map_or(Some(true), decision)?;
    let parent_is_fine = parts.next().is_none_or(|parent| parent.is_empty() || span_id(parent).is_some());
    (parent_is_fine && parts.next().is_none()).then_some(())?;
    remote(trace, span, sampled, state == Some("d"))
}

pub(super) fn extract_multi(headers: &impl Extractor) -> Option<Remote> {
    let is_debug = headers.get(FLAGS).is_some_and(|flags| flags.trim() == "1");
    // An invalid decision counts as a missing one.
    let decided = headers.get(SAMPLED).and_then(|said| decision(said.trim())).unwrap_or(true);
    remote(headers.get(TRACE_ID)?.trim(), headers.get(SPAN_ID)?.trim(), is_debug || decided, is_debug)
}

fn remote(trace: &str, span: &str, sampled: bool, debug: bool) -> Option<Remote> {
    let trace_id = trace_id_of_either_size(trace)?;
    Some(Remote { trace_id, span_id: span_id(span)?, sampled, debug, trace_state: CompactString::default() })
}

/// Accept, deny or debug; the words come from senders older than the specification.
fn decision(state: &str) -> Option<bool> {
    match state {
        "1" | "d" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}
