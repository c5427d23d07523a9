//! One OTLP trace request split into many, each with a single span, without a protobuf library: the resource
//! and the scope are copied unchanged.
//!
//! Field numbers: opentelemetry-proto `collector/trace/v1/trace_service.proto` and `trace/v1/trace.proto`.

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

/// `ExportTraceServiceRequest.resource_spans`.
const RESOURCE_SPANS: u64 = 1;
/// `ResourceSpans.scope_spans` and `ScopeSpans.spans`; every other field of the two belongs to each part.
const INNER: u64 = 2;

/// One request a span, of a protobuf request.
///
/// # Errors
/// The body is not protobuf.
pub fn protobuf(body: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    for (_, resource) in fields(body)?.into_iter().filter(|(number, _)| *number == RESOURCE_SPANS) {
        let (scopes, around_scope) = divide(content(resource)?)?;
        for scope in scopes {
            let (spans, around_span) = divide(content(scope)?)?;
            for span in spans {
                let scope = message(INNER, &[around_span.as_slice(), span].concat());
                parts.push(message(RESOURCE_SPANS, &[around_scope.as_slice(), &scope].concat()));
            }
        }
    }
    Ok(parts)
}

/// One request a span, of a JSON request.
///
/// # Errors
/// The body is not JSON.
pub fn json(body: &[u8]) -> Result<Vec<Vec<u8>>> {
    let request: Value = serde_json::from_slice(body)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut parts = Vec::new();
    for resource in list(&request["resourceSpans"]) {
        for scope in list(&resource["scopeSpans"]) {
            for span in list(&scope["spans"]) {
                let (mut outer, mut inner) = (resource.clone(), scope.clone());
                inner["spans"] = json!([span]);
                outer["scopeSpans"] = json!([inner]);
                parts.push(json!({"resourceSpans": [outer]}).to_string().into_bytes());
            }
        }
    }
    Ok(parts)
}

/// The inner messages of field 2 (each with its tag), and all other fields together.
fn divide(message: &[u8]) -> Result<(Vec<&[u8]>, Vec<u8>)> {
    let (inner, around): (Vec<_>, Vec<_>) =
        fields(message)?.into_iter().partition(|(number, _)| *number == INNER);
    let whole =
        |fields: Vec<(u64, &[u8])>| fields.into_iter().flat_map(|(_, field)| field.to_vec()).collect();
    Ok((inner.into_iter().map(|(_, field)| field).collect(), whole(around)))
}

/// The fields of a message: number, and bytes with their tag.
fn fields(mut rest: &[u8]) -> Result<Vec<(u64, &[u8])>> {
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (tag, mut at) = varint(rest)?;
        at += match tag & 7 {
            0 => varint(&rest[at..])?.1,
            1 => 8,
            2 => {
                let (length, used) = varint(&rest[at..])?;
                used + usize::try_from(length)?
            }
            5 => 4,
            other => return Err(anyhow!("wire type {other} is unknown")),
        };
        let field = rest.get(..at).ok_or_else(|| anyhow!("a field ends beyond its message"))?;
        found.push((tag >> 3, field));
        rest = &rest[at..];
    }
    Ok(found)
}

/// The content of a length-delimited field.
fn content(field: &[u8]) -> Result<&[u8]> {
    let (_, tag) = varint(field)?;
    let (_, length) = varint(&field[tag..])?;
    Ok(&field[tag + length..])
}

fn varint(bytes: &[u8]) -> Result<(u64, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((value, at + 1));
        }
    }
    Err(anyhow!("a varint does not end"))
}

fn message(number: u64, content: &[u8]) -> Vec<u8> {
    let mut field = Vec::with_capacity(content.len() + 8);
    for mut value in [number << 3 | 2, content.len() as u64] {
        while value >= 0x80 {
            field.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        field.push(value as u8);
    }
    field.extend_from_slice(content);
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_two_scopes_becomes_one_request_a_span() {
        let resource = message(1, b"\x0a\x00");
        let scope = |spans: &[&[u8]]| {
            let spans: Vec<u8> = spans.iter().flat_map(|span| message(2, span)).collect();
            message(2, &[message(1, b"\x0a\x01x"), spans, message(3, b"url")].concat())
        };
        let span: &[u8] = &[0x2a, 1, b's'];
        let body = message(1, &[resource.clone(), scope(&[span, span]), scope(&[span])].concat());
        let parts = protobuf(&body).unwrap();
        assert_eq!(parts.len(), 3);
        let alone = [message(1, b"\x0a\x01x"), message(3, b"url"), message(2, span)].concat();
        assert_eq!(parts[0], message(1, &[resource, message(2, &alone)].concat()));
        assert!(protobuf(&body[..body.len() - 1]).is_err());
    }

    #[test]
    fn json_keeps_resource_and_scope() {
        let body = br#"{"resourceSpans":[{"resource":{"a":1},"scopeSpans":[{"scope":{"b":2},"spans":[{"c":3},{"c":4}]}]}]}"#;
        let parts = json(body).unwrap();
        assert_eq!(parts.len(), 2);
        let part: Value = serde_json::from_slice(&parts[1]).unwrap();
        let want = json!([{"resource": {"a": 1}, "scopeSpans": [{"scope": {"b": 2}, "spans": [{"c": 4}]}]}]);
        assert_eq!(part["resourceSpans"], want);
    }
}
