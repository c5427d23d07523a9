//! Jaeger's protobuf: <https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/model.proto>.
//!
//! The bytes are read message by message. A generated decoder would build all structs before a limit applies,
//! at some hundred bytes for a message of two. It would also reject a whole request for one text that is not
//! UTF-8.

mod fields;

use std::sync::Arc;

use quipu_core::{Resource, SpanEvent, Value};

use self::fields::{Field, fields};
use crate::draft::{Draft, DraftError, Pair, Read, Reference};
use crate::process;
use crate::taker::Taker;

/// Reads a `PostSpansRequest`.
pub(crate) fn request(body: &[u8], to: &mut Taker<'_>) -> Read<()> {
    for field in fields(body) {
        if let (1, Field::Bytes(batch)) = field? {
            take_batch(batch, to)?;
        }
    }
    Ok(())
}

fn take_batch(bytes: &[u8], to: &mut Taker<'_>) -> Read<()> {
    let mut process = None;
    for field in fields(bytes) {
        match field? {
            (1, Field::Bytes(bytes)) => {
                let draft = span(bytes, to)?;
                to.take(draft)?;
            }
            (2, Field::Bytes(bytes)) => process = take_process(bytes, to)?,
            _ => {}
        }
    }
    to.end_batch(process);
    Ok(())
}

/// An empty process counts as missing.
fn take_process(bytes: &[u8], to: &mut Taker<'_>) -> Read<Option<Arc<Resource>>> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let (mut service, mut tags) = (Vec::new(), Vec::new());
    for field in fields(bytes) {
        match field? {
            (1, Field::Bytes(name)) => service = name.to_vec(),
            (2, Field::Bytes(bytes)) => tag(bytes, &mut tags, to)?,
            _ => {}
        }
    }
    process::resource(service, tags, to).map(Some)
}

fn span(bytes: &[u8], to: &mut Taker<'_>) -> Read<Draft> {
    let mut draft = Draft { duration: Some(0), ..Draft::default() };
    for field in fields(bytes) {
        match field? {
            (1, Field::Bytes(id)) => match trace_id(id) {
                Ok(id) => draft.trace_id = id,
                Err(fault) => draft.fault = Some(fault),
            },
            (2, Field::Bytes(id)) => match span_id(id) {
                Ok(id) => draft.span_id = id,
                Err(fault) => draft.fault = Some(fault),
            },
            (3, Field::Bytes(name)) => draft.name = to.name(name.to_vec()),
            (4, Field::Bytes(bytes)) => reference(bytes, &mut draft.references, to)?,
            (5, Field::Number(flags)) => draft.flags = flags as u32,
            (6, Field::Bytes(bytes)) => draft.start = nanos(bytes)?,
            (7, Field::Bytes(bytes)) => draft.duration = Some(nanos(bytes)?),
            (8, Field::Bytes(bytes)) => tag(bytes, &mut draft.tags, to)?,
            (9, Field::Bytes(bytes)) => log(bytes, &mut draft.logs, to)?,
            (10, Field::Bytes(bytes)) => draft.process = take_process(bytes, to)?,
            _ => {}
        }
    }
    Ok(draft)
}

/// 16 bytes, or the lower 8 of them from senders with 64-bit ids.
fn trace_id(bytes: &[u8]) -> Result<[u8; 16], DraftError> {
    let mut id = [0; 16];
    match bytes.len() {
        16 => id.copy_from_slice(bytes),
        8 => id[8..].copy_from_slice(bytes),
        0 => {}
        have => return Err(DraftError::new("trace_id", format!("trace id has {have} bytes, not 16 or 8"))),
    }
    Ok(id)
}

fn span_id(bytes: &[u8]) -> Result<[u8; 8], DraftError> {
    match bytes.len() {
        0 => Ok([0; 8]),
        have => bytes
            .try_into()
            .map_err(|_| DraftError::new("span_id", format!("span id has {have} bytes, not 8"))),
    }
}

fn reference(bytes: &[u8], into: &mut Vec<Reference>, to: &mut Taker<'_>) -> Read<()> {
    let mut reference = Reference::default();
    for field in fields(bytes) {
        match field? {
            // Invalid ids stay zero, and such a reference is dropped.
            (1, Field::Bytes(id)) => reference.trace_id = trace_id(id).unwrap_or_default(),
            (2, Field::Bytes(id)) => reference.span_id = span_id(id).unwrap_or_default(),
            (3, Field::Number(kind)) => reference.follows = kind == 1,
            _ => {}
        }
    }
    to.reference(into, reference)
}

fn log(bytes: &[u8], into: &mut Vec<SpanEvent>, to: &mut Taker<'_>) -> Read<()> {
    if !to.has_room_for_event(into) {
        return Ok(());
    }
    let (mut time, mut pairs) = (0, Vec::new());
    for field in fields(bytes) {
        match field? {
            (1, Field::Bytes(bytes)) => time = nanos(bytes)?,
            (2, Field::Bytes(bytes)) => tag(bytes, &mut pairs, to)?,
            _ => {}
        }
    }
    to.event(into, time, pairs)
}

fn tag(bytes: &[u8], into: &mut Vec<Pair>, to: &mut Taker<'_>) -> Read<()> {
    if !to.fits(into.len()) {
        return Ok(());
    }
    let (mut key, mut kind) = (&[][..], 0);
    let (mut text, mut flag, mut long, mut double, mut raw) = (&[][..], false, 0, 0.0, &[][..]);
    for field in fields(bytes) {
        match field? {
            (1, Field::Bytes(bytes)) => key = bytes,
            (2, Field::Number(number)) => kind = number,
            (3, Field::Bytes(bytes)) => text = bytes,
            (4, Field::Number(number)) => flag = number != 0,
            (5, Field::Number(number)) => long = number.cast_signed(),
            (6, Field::Fixed(bits)) => double = f64::from_bits(bits),
            (7, Field::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let value = match kind {
        0 => Value::String(to.text(text.to_vec())),
        1 => Value::Bool(flag),
        2 => Value::Int(long),
        3 => Value::Double(double),
        4 => Value::Bytes(to.bytes(raw.to_vec())),
        _ => Value::Null,
    };
    into.push(to.pair(key.to_vec(), value)?);
    Ok(())
}

/// Converts a `google.protobuf.Timestamp` or `Duration` to nanoseconds.
fn nanos(bytes: &[u8]) -> Read<i64> {
    let (mut seconds, mut nanos) = (0_i64, 0_i64);
    for field in fields(bytes) {
        match field? {
            (1, Field::Number(number)) => seconds = number.cast_signed(),
            (2, Field::Number(number)) => nanos = number.cast_signed(),
            _ => {}
        }
    }
    Ok(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}
