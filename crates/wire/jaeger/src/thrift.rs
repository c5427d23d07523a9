//! Jaeger's Thrift: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift>.
//!
//! The bytes are read field by field with Apache's protocol readers. Generated code would allocate lists and
//! texts by the lengths that the sender declares. It would also reject a whole packet for one text that is
//! not UTF-8.

use std::sync::Arc;

use quipu_core::{Resource, SpanEvent, Value};
use thrift::TConfiguration;
use thrift::protocol::{TBinaryInputProtocol, TCompactInputProtocol, TInputProtocol, TType};

use crate::draft::{Draft, Pair, Read, Reference, Stop};
use crate::process;
use crate::taker::Taker;

/// Largest nesting of structs and lists; a batch has six levels.
const DEPTH: usize = 16;

/// Thrift protocol of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Variable-length numbers; usually on Jaeger's port 6831.
    Compact,
    /// Fixed-width numbers; usually on Jaeger's port 6832.
    Binary,
}

impl From<thrift::Error> for Stop {
    fn from(error: thrift::Error) -> Self {
        // The texts of these errors may contain sent data.
        Self::broken(match error {
            thrift::Error::Transport(_) => "it ends too early",
            thrift::Error::Protocol(error) => match error.kind {
                thrift::ProtocolErrorKind::SizeLimit | thrift::ProtocolErrorKind::NegativeSize => {
                    "a length exceeds the body"
                }
                thrift::ProtocolErrorKind::DepthLimit => "it is nested too deeply",
                thrift::ProtocolErrorKind::BadVersion => "it is not Thrift, or uses another Thrift protocol",
                _ => "it is not Thrift",
            },
            thrift::Error::Application(_) | thrift::Error::User(_) => "it is not Thrift",
        })
    }
}

/// Reads a call of `Agent.emitBatch`.
pub(crate) fn packet(body: &[u8], protocol: Protocol, to: &mut Taker<'_>) -> Read<()> {
    match protocol {
        Protocol::Compact => call(&mut TCompactInputProtocol::with_config(body, bounds(body)?), to),
        // Clients usually write the version, but need not.
        Protocol::Binary => call(&mut TBinaryInputProtocol::with_config(body, false, bounds(body)?), to),
    }
}

/// Reads a `Batch` in the binary protocol.
pub(crate) fn batch(body: &[u8], to: &mut Taker<'_>) -> Read<()> {
    take_batch(&mut TBinaryInputProtocol::with_config(body, false, bounds(body)?), to)
}

/// No value can be longer than the body.
fn bounds(body: &[u8]) -> Read<TConfiguration> {
    let most = Some(body.len().max(1));
    let bounds = TConfiguration::builder()
        .max_message_size(most)
        .max_frame_size(most)
        .max_container_size(most)
        .max_string_size(most)
        .max_recursion_depth(Some(DEPTH));
    Ok(bounds.build()?)
}

fn call(from: &mut impl TInputProtocol, to: &mut Taker<'_>) -> Read<()> {
    let message = from.read_message_begin()?;
    if message.name != "emitBatch" {
        return Err(Stop::broken("it calls a method other than emitBatch"));
    }
    let mut found = false;
    fields(from, |from, field| match field {
        (1, TType::Struct) => {
            found = true;
            take_batch(from, to).map(|()| true)
        }
        _ => Ok(false),
    })?;
    if found { Ok(()) } else { Err(Stop::broken("it has no batch")) }
}

fn take_batch(from: &mut impl TInputProtocol, to: &mut Taker<'_>) -> Read<()> {
    let mut process = None;
    let read = fields(from, |from, field| match field {
        (1, TType::Struct) => {
            process = Some(take_process(from, to)?);
            Ok(true)
        }
        (2, TType::List) => list(from, TType::Struct, |from| {
            let draft = span(from, to)?;
            to.take(draft)
        }),
        _ => Ok(false),
    });
    to.end_batch(process);
    read
}

fn take_process(from: &mut impl TInputProtocol, to: &mut Taker<'_>) -> Read<Arc<Resource>> {
    let (mut service, mut pairs) = (Vec::new(), Vec::new());
    fields(from, |from, field| match field {
        (1, TType::String) => {
            service = from.read_bytes()?;
            Ok(true)
        }
        (2, TType::List) => tags(from, to, &mut pairs),
        _ => Ok(false),
    })?;
    process::resource(service, pairs, to)
}

fn span(from: &mut impl TInputProtocol, to: &mut Taker<'_>) -> Read<Draft> {
    let mut draft = Draft { duration: Some(0), ..Draft::default() };
    let mut incomplete = false;
    fields(from, |from, field| {
        match field {
            (1, TType::I64) => low(&mut draft.trace_id, from.read_i64()?),
            (2, TType::I64) => high(&mut draft.trace_id, from.read_i64()?),
            (3, TType::I64) => draft.span_id = from.read_i64()?.to_be_bytes(),
            (4, TType::I64) => draft.parent_id = from.read_i64()?.to_be_bytes(),
            (5, TType::String) => draft.name = to.name(from.read_bytes()?),
            (6, TType::List) => return references(from, to, &mut draft.references),
            (7, TType::I32) => draft.flags = from.read_i32()?.cast_unsigned(),
            (8, TType::I64) => draft.start = from.read_i64()?.saturating_mul(1_000),
            (9, TType::I64) => draft.duration = Some(from.read_i64()?.saturating_mul(1_000)),
            (10, TType::List) => return tags(from, to, &mut draft.tags),
            (11, TType::List) => return logs(from, to, &mut draft.logs),
            (12, TType::Bool) => incomplete = from.read_bool()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if incomplete {
        draft.duration = None;
    }
    Ok(draft)
}

fn references(from: &mut impl TInputProtocol, to: &mut Taker<'_>, into: &mut Vec<Reference>) -> Read<bool> {
    list(from, TType::Struct, |from| {
        let mut reference = Reference::default();
        fields(from, |from, field| {
            match field {
                (1, TType::I32) => reference.follows = from.read_i32()? == 1,
                (2, TType::I64) => low(&mut reference.trace_id, from.read_i64()?),
                (3, TType::I64) => high(&mut reference.trace_id, from.read_i64()?),
                (4, TType::I64) => reference.span_id = from.read_i64()?.to_be_bytes(),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        to.reference(into, reference)
    })
}

fn logs(from: &mut impl TInputProtocol, to: &mut Taker<'_>, into: &mut Vec<SpanEvent>) -> Read<bool> {
    list(from, TType::Struct, |from| {
        if !to.has_room_for_event(into) {
            return Ok(from.skip(TType::Struct)?);
        }
        let (mut time, mut pairs) = (0, Vec::new());
        fields(from, |from, field| match field {
            (1, TType::I64) => {
                time = from.read_i64()?.saturating_mul(1_000);
                Ok(true)
            }
            (2, TType::List) => tags(from, to, &mut pairs),
            _ => Ok(false),
        })?;
        to.event(into, time, pairs)
    })
}

fn tags(from: &mut impl TInputProtocol, to: &mut Taker<'_>, into: &mut Vec<Pair>) -> Read<bool> {
    list(from, TType::Struct, |from| {
        if !to.fits(into.len()) {
            return Ok(from.skip(TType::Struct)?);
        }
        into.push(tag(from, to)?);
        Ok(())
    })
}

fn tag(from: &mut impl TInputProtocol, to: &mut Taker<'_>) -> Read<Pair> {
    let (mut key, mut kind) = (Vec::new(), 0);
    let (mut text, mut double, mut flag, mut long, mut bytes) = (Vec::new(), 0.0, false, 0, Vec::new());
    fields(from, |from, field| {
        match field {
            (1, TType::String) => key = from.read_bytes()?,
            (2, TType::I32) => kind = from.read_i32()?,
            (3, TType::String) => text = from.read_bytes()?,
            (4, TType::Double) => double = from.read_double()?,
            (5, TType::Bool) => flag = from.read_bool()?,
            (6, TType::I64) => long = from.read_i64()?,
            (7, TType::String) => bytes = from.read_bytes()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let value = match kind {
        0 => Value::String(to.text(text)),
        1 => Value::Double(double),
        2 => Value::Bool(flag),
        3 => Value::Int(long),
        4 => Value::Bytes(to.bytes(bytes)),
        _ => Value::Null,
    };
    to.pair(key, value)
}

fn low(id: &mut [u8; 16], half: i64) {
    id[8..].copy_from_slice(&half.to_be_bytes());
}

fn high(id: &mut [u8; 16], half: i64) {
    id[..8].copy_from_slice(&half.to_be_bytes());
}

/// Reads a struct. `each` returns whether it has read the field; otherwise the field is skipped.
fn fields<P: TInputProtocol>(
    from: &mut P,
    mut each: impl FnMut(&mut P, (i16, TType)) -> Read<bool>,
) -> Read<()> {
    from.read_struct_begin()?;
    loop {
        let field = from.read_field_begin()?;
        if field.field_type == TType::Stop {
            return Ok(from.read_struct_end()?);
        }
        if !each(from, (field.id.unwrap_or_default(), field.field_type))? {
            from.skip(field.field_type)?;
        }
        from.read_field_end()?;
    }
}

/// Reads a list. Elements of another type than `wanted` are skipped.
fn list<P: TInputProtocol>(
    from: &mut P,
    wanted: TType,
    mut each: impl FnMut(&mut P) -> Read<()>,
) -> Read<bool> {
    let list = from.read_list_begin()?;
    for _ in 0..list.size {
        if list.element_type == wanted {
            each(from)?;
        } else {
            from.skip(list.element_type)?;
        }
    }
    from.read_list_end()?;
    Ok(true)
}
