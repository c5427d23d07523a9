//! Zipkin's v2 spans: <https://zipkin.io/zipkin-api/#/default/post_spans>.

mod annotation;
mod json;

use quipu_core::{SpanId, SpanKind, Value};

use self::json::{each_entry, each_item, integer, text};
use crate::draft::{Draft, DraftError, Pair, Read, Stop};
use crate::process;
use crate::taker::Taker;

/// Tags that describe a span's source. OpenTelemetry's exporters write the resource among the tags.
const OF_RESOURCE: [&str; 10] = [
    "service.",
    "telemetry.",
    "host.",
    "os.",
    "process.",
    "container.",
    "k8s.",
    "cloud.",
    "deployment.",
    "device.",
];

/// Reads a list of spans.
pub(crate) fn list(body: &[u8], to: &mut Taker<'_>) -> Read<()> {
    let text = String::from_utf8_lossy(body);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        to.mend("utf8");
    }
    let listed = each_item(&text, |span| {
        let draft = draft(span, to)?;
        to.take(draft)
    })?;
    to.end_batch(None);
    if listed { Ok(()) } else { Err(Stop::broken("it is not a list")) }
}

/// A span as sent, with values that a draft has no field for.
#[derive(Default)]
struct Sent {
    draft: Draft,
    shared: bool,
    service: Vec<u8>,
    of_resource: Vec<Pair>,
    /// The tag `error`; its value is the message.
    error: Option<String>,
}

fn draft(span: &str, to: &mut Taker<'_>) -> Read<Draft> {
    let mut sent = Sent::default();
    let is_object = each_entry(span, |key, value| sent.field(&key, value, to))?;
    if !is_object {
        sent.draft.fault = Some(DraftError::new("shape", "it is not an object"));
    }
    sent.end(to)
}

impl Sent {
    fn field(&mut self, key: &[u8], value: &str, to: &mut Taker<'_>) -> Read<()> {
        let draft = &mut self.draft;
        match key {
            b"traceId" => match id(value) {
                Ok(id) => draft.trace_id = id,
                Err(why) => draft.fault = Some(DraftError::new("trace_id", format!("trace id {why}"))),
            },
            b"id" => match id(value) {
                Ok(id) => draft.span_id = id,
                Err(why) => draft.fault = Some(DraftError::new("span_id", format!("span id {why}"))),
            },
            b"parentId" => match id(value) {
                Ok(id) => draft.parent_id = id,
                Err(why) => draft.fault = Some(DraftError::new("parent_id", format!("parent span id {why}"))),
            },
            b"name" => draft.name = to.name(text(value).unwrap_or_default()),
            b"kind" => draft.kind = kind(&text(value).unwrap_or_default()),
            b"timestamp" => draft.start = integer(value).unwrap_or_default().saturating_mul(1_000),
            b"duration" => draft.duration = integer(value).map(|micros| micros.saturating_mul(1_000)),
            b"shared" => self.shared = value == "true",
            b"localEndpoint" => self.local(value, to)?,
            b"remoteEndpoint" => remote(value, &mut draft.tags, to)?,
            b"annotations" => {
                each_item(value, |item| annotation::take(item, &mut draft.logs, to))?;
            }
            b"tags" => self.tags(value, to)?,
            _ => {}
        }
        Ok(())
    }

    fn local(&mut self, endpoint: &str, to: &mut Taker<'_>) -> Read<()> {
        let tags = &mut self.draft.tags;
        each_entry(endpoint, |key, value| match key.as_slice() {
            b"serviceName" => {
                self.service = text(value).unwrap_or_default();
                Ok(())
            }
            b"ipv4" | b"ipv6" => push_text("network.local.address", value, tags, to),
            b"port" => push_port("network.local.port", value, tags, to),
            _ => Ok(()),
        })?;
        Ok(())
    }

    fn tags(&mut self, tags: &str, to: &mut Taker<'_>) -> Read<()> {
        each_entry(tags, |key, value| {
            let have = self.draft.tags.len() + self.of_resource.len();
            if !to.fits(have) {
                return Ok(());
            }
            // Values are texts. Some senders write plain numbers and booleans.
            let value = match text(value) {
                Some(text) => Value::String(to.text(text)),
                None => json::scalar(value),
            };
            match value {
                Value::String(message) if key == b"error" => self.error = Some(message),
                value => {
                    let of_resource = OF_RESOURCE.iter().any(|prefix| key.starts_with(prefix.as_bytes()));
                    let into = if of_resource { &mut self.of_resource } else { &mut self.draft.tags };
                    into.push(to.pair(key, value)?);
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    fn end(self, to: &mut Taker<'_>) -> Read<Draft> {
        let Self { mut draft, shared, service, of_resource, error } = self;
        if let Some(message) = error {
            say_error(message, &mut draft.tags);
        }
        if draft.start == 0 {
            draft.start = draft.logs.iter().map(|log| log.time.nanos()).min().unwrap_or_default();
        }
        if draft.duration.is_none() && matches!(draft.kind, SpanKind::Producer | SpanKind::Consumer) {
            // A message is sent or received at one moment.
            draft.duration = Some(0);
        }
        if shared {
            part_from_client(&mut draft);
        }
        if !service.is_empty() || !of_resource.is_empty() {
            draft.process = Some(process::resource(service, of_resource, to)?);
        }
        Ok(draft)
    }
}

/// By Zipkin's convention a tag `error` means a failure, with any value; the value is the message.
fn say_error(message: String, tags: &mut Vec<Pair>) {
    if message == "false" {
        tags.push(("error".into(), message.into()));
        return;
    }
    tags.push(("error".into(), Value::Bool(true)));
    let described = tags.iter().any(|(key, _)| key == "otel.status_description");
    if !described && !message.is_empty() && message != "true" {
        tags.push(("otel.status_description".into(), message.into()));
    }
}

/// A server that shares its client's span id would overwrite the client's span. It becomes the client's
/// child, with an id derived from both.
fn part_from_client(draft: &mut Draft) {
    let Ok(client) = SpanId::from_bytes(draft.span_id) else { return };
    let trace: String = draft.trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
    draft.parent_id = draft.span_id;
    draft.span_id = *SpanId::made_of(&["zipkin shared", &trace, &client.to_string()]).as_bytes();
}

fn remote(endpoint: &str, tags: &mut Vec<Pair>, to: &mut Taker<'_>) -> Read<()> {
    each_entry(endpoint, |key, value| match key.as_slice() {
        b"serviceName" => push_text("peer.service", value, tags, to),
        b"ipv4" | b"ipv6" => push_text("network.peer.address", value, tags, to),
        b"port" => push_port("network.peer.port", value, tags, to),
        _ => Ok(()),
    })?;
    Ok(())
}

fn push_text(key: &str, value: &str, tags: &mut Vec<Pair>, to: &mut Taker<'_>) -> Read<()> {
    if let Some(text) = text(value).filter(|text| !text.is_empty())
        && to.fits(tags.len())
    {
        let text = Value::String(to.text(text));
        tags.push(to.pair(key.as_bytes().to_vec(), text)?);
    }
    Ok(())
}

fn push_port(key: &str, value: &str, tags: &mut Vec<Pair>, to: &mut Taker<'_>) -> Read<()> {
    if let Some(port) = integer(value).filter(|port| *port > 0)
        && to.fits(tags.len())
    {
        tags.push(to.pair(key.as_bytes().to_vec(), Value::Int(port))?);
    }
    Ok(())
}

/// Hexadecimal digits, padded with zeros on the left; null and an empty text mean no id.
fn id<const N: usize>(value: &str) -> Result<[u8; N], String> {
    let mut id = [0; N];
    if value == "null" {
        return Ok(id);
    }
    let digits = text(value).ok_or("is not text")?;
    if digits.len() > 2 * N {
        return Err(format!("has {} digits, not {}", digits.len(), 2 * N));
    }
    for (at, digit) in digits.iter().rev().enumerate() {
        let digit = char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digit = digit.ok_or("is not hexadecimal")?;
        id[N - 1 - at / 2] |= digit << (4 * (at % 2));
    }
    Ok(id)
}

fn kind(text: &[u8]) -> SpanKind {
    match text.to_ascii_uppercase().as_slice() {
        b"CLIENT" => SpanKind::Client,
        b"SERVER" => SpanKind::Server,
        b"PRODUCER" => SpanKind::Producer,
        b"CONSUMER" => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}
