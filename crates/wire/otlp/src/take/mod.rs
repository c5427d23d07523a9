//! Converts the wire structs into records: moves them, item by item.

mod attributes;
mod exemplars;
mod logs;
mod metrics;
mod points;
mod traces;

use compact_str::CompactString;
use opentelemetry_proto::tonic::{common::v1 as common, resource::v1 as resource};
use quipu_core::{IdError, Limits, Resource, Result, Scope, SpanId, Timestamp, TraceId};

use crate::decoded::{Rejections, Tally};
use crate::encoding::NESTING;
use crate::json::NOT_HEX;
use crate::request;
use crate::rest;
use crate::{Decoded, Encoding, Rejection, Signal};

/// Decodes one export request of any signal.
///
/// # Errors
/// [`quipu_core::ErrorKind::Invalid`] if the body as a whole cannot be read. A single bad item does not fail
/// a request: it is listed in [`Decoded::rejected`].
pub fn decode(
    signal: Signal,
    body: &[u8],
    encoding: Encoding,
    limits: &Limits,
    now: Timestamp,
) -> Result<Decoded> {
    match signal {
        Signal::Traces => decode_traces(body, encoding, limits, now),
        Signal::Metrics => decode_metrics(body, encoding, limits, now),
        Signal::Logs => decode_logs(body, encoding, limits, now),
    }
}

/// Decodes an `ExportTraceServiceRequest`.
///
/// # Errors
/// The errors of [`decode`].
pub fn decode_traces(body: &[u8], encoding: Encoding, limits: &Limits, now: Timestamp) -> Result<Decoded> {
    let mut taker = Taker::new(limits, now);
    let request = request::read(body, encoding, &mut taker.out.mended)?;
    traces::take(request, &mut taker);
    Ok(taker.out)
}

/// Decodes an `ExportMetricsServiceRequest`.
///
/// # Errors
/// The errors of [`decode`].
pub fn decode_metrics(body: &[u8], encoding: Encoding, limits: &Limits, now: Timestamp) -> Result<Decoded> {
    let mut taker = Taker::new(limits, now);
    let request = request::read(body, encoding, &mut taker.out.mended)?;
    metrics::take(request, &mut taker);
    Ok(taker.out)
}

/// Decodes an `ExportLogsServiceRequest`.
///
/// # Errors
/// The errors of [`decode`].
pub fn decode_logs(body: &[u8], encoding: Encoding, limits: &Limits, now: Timestamp) -> Result<Decoded> {
    let mut taker = Taker::new(limits, now);
    let request = request::read(body, encoding, &mut taker.out.mended)?;
    logs::take(request, &mut taker);
    Ok(taker.out)
}

/// The limits, and the result so far.
pub(crate) struct Taker<'a> {
    limits: &'a Limits,
    now: Timestamp,
    earliest: Timestamp,
    latest: Timestamp,
    levels: usize,
    out: Decoded,
}

/// Reason of one rejected item: a label, and words.
pub(crate) struct TakeError {
    reason: &'static str,
    why: String,
}

impl TakeError {
    fn new(reason: &'static str, why: impl Into<String>) -> Self {
        Self { reason, why: why.into() }
    }
}

impl<'a> Taker<'a> {
    fn new(limits: &'a Limits, now: Timestamp) -> Self {
        let nanos =
            |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(Timestamp::SECOND);
        Self {
            limits,
            now,
            earliest: now.plus(nanos(limits.past_seconds).saturating_neg()),
            latest: now.plus(nanos(limits.future_seconds)),
            levels: limits.nesting.min(NESTING),
            out: Decoded::default(),
        }
    }

    fn rejected(&mut self) -> &mut Rejections {
        &mut self.out.rejected
    }

    fn mended(&mut self) -> &mut Tally {
        &mut self.out.mended
    }

    fn refuse(&mut self, what: &'static str, refusal: TakeError, where_: impl FnOnce() -> String) {
        let TakeError { reason, why } = refusal;
        self.rejected().add(reason, || Rejection { what, where_: where_(), why });
    }

    /// Checks that a time is within the limits. `what` names it: `start time`.
    fn time(&self, what: &str, nanos: u64) -> Result<Timestamp, TakeError> {
        let time = Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX));
        if time > self.latest {
            let why =
                format!("{what} {nanos} ns is more than {} s ahead of the clock", self.limits.future_seconds);
            return Err(TakeError::new("time_future", why));
        }
        if time < self.earliest {
            let why =
                format!("{what} {nanos} ns is more than {} s behind the clock", self.limits.past_seconds);
            return Err(TakeError::new("time_past", why));
        }
        Ok(time)
    }

    /// A time that may be missing or out of the limits.
    fn loose_time(nanos: u64, otherwise: Timestamp) -> Timestamp {
        match nanos {
            0 => otherwise,
            nanos => Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX)),
        }
    }

    fn resource(&mut self, resource: Option<resource::Resource>, schema_url: String) -> Resource {
        let resource = resource.unwrap_or_default();
        let mut rest = rest::OfResource {
            dropped_attributes: resource.dropped_attributes_count,
            entities: self.entities(resource.entity_refs),
        };
        let mut attributes = self.attributes(resource.attributes, &mut rest.dropped_attributes);
        rest::keep_resource(&mut attributes, rest);
        Resource { attributes, schema_url: self.name(schema_url) }
    }

    /// A resource's references to its identifying attributes.
    fn entities(&mut self, mut entities: Vec<common::EntityRef>) -> Vec<common::EntityRef> {
        let most = self.limits.attributes;
        self.shorten(&mut entities, most, "entities", &mut 0);
        for entity in &mut entities {
            for keys in [&mut entity.id_keys, &mut entity.description_keys] {
                self.shorten(keys, most, "entities", &mut 0);
                keys.iter_mut().for_each(|key| *key = self.name(std::mem::take(key)).into());
            }
            entity.schema_url = self.name(std::mem::take(&mut entity.schema_url)).into();
            entity.r#type = self.name(std::mem::take(&mut entity.r#type)).into();
        }
        entities
    }

    fn scope(&mut self, scope: Option<common::InstrumentationScope>, schema_url: String) -> Scope {
        let scope = scope.unwrap_or_default();
        let mut dropped = scope.dropped_attributes_count;
        let mut attributes = self.attributes(scope.attributes, &mut dropped);
        rest::keep_scope(&mut attributes, dropped);
        Scope {
            name: self.name(scope.name),
            version: self.name(scope.version),
            attributes,
            schema_url: self.name(schema_url),
        }
    }

    /// A name, cut to the limit.
    fn name(&mut self, name: String) -> CompactString {
        CompactString::from(self.cut(name, self.limits.name_bytes, "name_bytes"))
    }

    /// A text, cut at the last character that fits.
    fn cut(&mut self, mut text: String, most: usize, reason: &'static str) -> String {
        if text.len() > most {
            text.truncate(text.floor_char_boundary(most));
            text.shrink_to_fit();
            self.mended().add(reason, 1);
        }
        text
    }
}

fn trace_id(bytes: &[u8]) -> Result<TraceId, TakeError> {
    TraceId::from_slice(bytes).map_err(|error| wrong_id("trace_id", "trace id", bytes, error))
}

fn span_id(bytes: &[u8]) -> Result<SpanId, TakeError> {
    SpanId::from_slice(bytes).map_err(|error| wrong_id("span_id", "span id", bytes, error))
}

fn wrong_id(reason: &'static str, what: &'static str, bytes: &[u8], error: IdError) -> TakeError {
    let error = match (bytes, error) {
        ([], _) => return TakeError::new(reason, format!("{what} is missing")),
        (NOT_HEX, _) | (_, IdError::Hex { .. }) => IdError::Hex { what },
        (_, IdError::Length { have, want, .. }) => IdError::Length { what, have, want },
        (_, IdError::Zero { .. }) => IdError::Zero { what },
    };
    TakeError::new(reason, error.to_string())
}

/// Whether no id was sent, or the all-zero id, which means none.
fn is_unset(id: &[u8]) -> bool {
    id.iter().all(|byte| *byte == 0)
}
