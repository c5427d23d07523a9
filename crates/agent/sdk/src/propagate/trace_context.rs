//! W3C `traceparent` and `tracestate`, by Trace Context Level 2.
//!
//! Source: <https://www.w3.org/TR/trace-context-2/>, sections 3.2 (`traceparent`) and 3.3 (`tracestate`). The
//! flag for random trace ids is ignored on input and not written, so it promises nothing to later services.

use compact_str::CompactString;

use super::hex::{is_lower_hex, span_id, trace_id};
use super::{Extractor, Injector, Remote};
use crate::Context;

/// Characters of version 00; a later version can continue after a dash.
const LENGTH: usize = 55;
/// Most members of a trace state.
const MOST_MEMBERS: usize = 32;
/// Most propagated characters of a trace state.
const MOST_CHARACTERS: usize = 512;
/// Members longer than this are dropped first if there are too many characters.
const LONG_MEMBER: usize = 128;

pub(super) fn inject(context: &Context, headers: &mut impl Injector) {
    let Some(place) = context.at.place() else { return };
    let flags = u8::from(place.sampled);
    headers.set("traceparent", format!("00-{}-{}-{flags:02x}", place.trace_id, place.span_id));
    let state = context.bound().map(|bound| trace_state(&[&bound.trace_state])).unwrap_or_default();
    if !state.is_empty() {
        headers.set("tracestate", state.into());
    }
}

pub(super) fn extract(headers: &impl Extractor) -> Option<Remote> {
    // Several headers contradict each other, so none is used.
    let [parent] = headers.get_all("traceparent")[..] else { return None };
    let remote = parse(parent.trim_matches([' ', '\t']))?;
    Some(Remote { trace_state: trace_state(&headers.get_all("tracestate")), ..remote })
}

fn parse(header: &str) -> Option<Remote> {
    let bytes = header.as_bytes();
    if !header.is_ascii() || bytes.len() < LENGTH || [bytes[2], bytes[35], bytes[52]] != *b"---" {
        return None;
    }
    let (version, flags) = (&header[..2], &header[53..LENGTH]);
    let is_known_length = bytes.len() == LENGTH || (version != "00" && bytes[LENGTH] == b'-');
    if !is_lower_hex(version) || version == "ff" || !is_lower_hex(flags) || !is_known_length {
        return None;
    }
    Some(Remote {
        trace_id: trace_id(&header[3..35])?,
        span_id: span_id(&header[36..52])?,
        sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
        debug: false,
        trace_state: CompactString::default(),
    })
}

/// Joins the trace state of all headers; empty if any member is invalid or there are too many. The first
/// member of a key stays. If the state is too long, long members are dropped first, then the last ones.
fn trace_state(headers: &[&str]) -> CompactString {
    let mut members: Vec<(&str, &str)> = Vec::new();
    for member in headers.iter().flat_map(|header| header.split(',')) {
        let member = member.trim_matches([' ', '\t']);
        if member.is_empty() {
            continue;
        }
        match key_of(member) {
            Some(key) if members.iter().any(|(known, _)| *known == key) => {}
            Some(key) => members.push((key, member)),
            None => return CompactString::default(),
        }
        if members.len() > MOST_MEMBERS {
            return CompactString::default();
        }
    }
    shorten(&mut members);
    let members: Vec<_> = members.iter().map(|(_, member)| *member).collect();
    members.join(",").into()
}

fn shorten(members: &mut Vec<(&str, &str)>) {
    let length = |members: &[(&str, &str)]| {
        members.iter().map(|(_, member)| member.len() + 1).sum::<usize>().saturating_sub(1)
    };
    while length(members) > MOST_CHARACTERS {
        let long = members.iter().rposition(|(_, member)| member.len() > LONG_MEMBER);
        members.remove(long.unwrap_or(members.len() - 1));
    }
}

/// Key of a member that is valid by section 3.3.1.3.
fn key_of(member: &str) -> Option<&str> {
    let (key, value) = member.split_once('=')?;
    let starts = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let goes_on = |c: u8| starts(c) || matches!(c, b'_' | b'-' | b'*' | b'/' | b'@');
    let is_key = key.len() <= 256 && key.bytes().next().is_some_and(starts) && key.bytes().all(goes_on);
    let may_hold = |c: u8| (0x20..=0x7e).contains(&c) && c != b'=';
    let is_value = (1..=256).contains(&value.len()) && value.bytes().all(may_hold);
    (is_key && is_value).then_some(key)
}
