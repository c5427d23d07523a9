//! Jaeger's own propagation headers, which precede W3C's.
//!
//! Source: <https://www.jaegertracing.io/sdk-migration/#propagation-format>. Ids may lack leading zeros, and
//! the value may be percent-encoded. Bit 0 of the flags is sampled. Bit 1 is debug, which implies sampling
//! and is propagated.
//!
//! Two more headers are for manual requests and are only read. `jaeger-debug-id` starts a trace that is kept
//! regardless of sampling and can be found by that id. `jaeger-baggage` is baggage as `k=v, k=v`. Both are
//! read as in Jaeger's own clients:
//! <https://github.com/jaegertracing/jaeger-client-go#debug-traces-forced-sampling>.

use compact_str::CompactString;

use super::hex::{padded_span_id, padded_trace_id};
use super::{Extractor, Injector, Remote, baggage as w3c, is_debug, percent};
use crate::Context;

const HEADER: &str = "uber-trace-id";
const BAGGAGE: &str = "uberctx-";
const BAGGAGE_BY_HAND: &str = "jaeger-baggage";
/// The header, and the key for its value in the context.
pub(super) const DEBUG_ID: &str = "jaeger-debug-id";
/// Most bound entries, as in W3C baggage.
const MOST_ENTRIES: usize = 64;
/// Most bytes of a bound name and value, as in the whole of W3C baggage.
const MOST_BYTES: usize = 8192;

pub(super) fn inject(context: &Context, headers: &mut impl Injector) {
    if let Some(place) = context.at.place() {
        let flags = if place.sampled && is_debug(context) { 3 } else { u8::from(place.sampled) };
        headers.set(HEADER, format!("{}:{}:0:{flags:x}", place.trace_id, place.span_id));
    }
    for (key, value) in context.bound().into_iter().flat_map(w3c::members) {
        let mut encoded = String::new();
        percent::encode(value, &mut encoded);
        headers.set(&format!("{BAGGAGE}{key}"), encoded);
    }
}

/// `{trace-id}:{span-id}:{parent-span-id}:{flags}`.
pub(super) fn extract(headers: &impl Extractor) -> Option<Remote> {
    let header = percent::decode(headers.get(HEADER)?.trim());
    let mut parts = header.split(':');
    let (trace, span) = (parts.next()?, parts.next()?);
    // The parent is not used, and some senders leave it empty.
    let (_parent, flags) = (parts.next()?, parts.next()?);
    if parts.next().is_some() || !(1..=2).contains(&flags.len()) || flags.starts_with('+') {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let trace_state = CompactString::default();
    Some(Remote {
        trace_id: padded_trace_id(trace)?,
        span_id: padded_span_id(span)?,
        sampled: flags & 3 != 0,
        debug: flags & 2 != 0,
        trace_state,
    })
}

/// The debug id of a trace that starts here.
pub(super) fn debug_id(headers: &impl Extractor) -> Option<String> {
    let id = headers.get(DEBUG_ID)?.trim();
    (!id.is_empty() && id.len() <= MOST_BYTES).then(|| percent::decode(id).into_owned())
}

/// Entries of `uberctx-` headers, if Jaeger's other header is present, and then the manual ones.
pub(super) fn baggage(headers: &impl Extractor) -> Vec<(String, String)> {
    let mut entries = if headers.get(HEADER).is_some() { named(headers) } else { Vec::new() };
    let by_hand = headers.get(BAGGAGE_BY_HAND).filter(|text| text.len() <= MOST_BYTES).unwrap_or_default();
    entries.extend(by_hand.split(',').filter_map(entry));
    entries.truncate(MOST_ENTRIES);
    entries
}

fn named(headers: &impl Extractor) -> Vec<(String, String)> {
    let entries = headers.names().into_iter().filter_map(|name| {
        let (prefix, key) = name.split_at_checked(BAGGAGE.len())?;
        let value = headers.get(name)?;
        let fits = prefix.eq_ignore_ascii_case(BAGGAGE) && key.len() + value.len() <= MOST_BYTES;
        (fits && w3c::is_token(key)).then(|| (key.to_owned(), percent::decode(value.trim()).into_owned()))
    });
    entries.take(MOST_ENTRIES).collect()
}

/// Parses `key=value`; a second `=` makes it invalid, as in Jaeger's clients.
fn entry(text: &str) -> Option<(String, String)> {
    let (key, value) = text.trim().split_once('=').filter(|(_, value)| !value.contains('='))?;
    let key = percent::decode(key.trim());
    w3c::is_token(&key).then(|| (key.into_owned(), percent::decode(value.trim()).into_owned()))
}
