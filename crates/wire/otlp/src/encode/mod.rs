//! Encodes records as export requests, for all three signals and both encodings.
//!
//! Decoded records are encoded as they were sent, except for the repairs and rejections of [`crate::decode`].
//! The adapter's result (`canonical`) is not part of the wire; [`crate::outgoing`] adds it. Consecutive
//! records with the same resource, and within it the same scope, are grouped. Times before 1970 become 0.

mod attributes;
mod logs;
mod metrics;
mod points;
mod traces;

use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1 as resource;
use prost::Message;
use quipu_core::{Event, Metric, Resource, Scope, Span, Timestamp};

use crate::Encoding;
use crate::json::{self, ToJson};
use crate::rest;
use attributes::pairs;

/// Encodes spans as an `ExportTraceServiceRequest`.
pub fn encode_traces(spans: &[Span], encoding: Encoding) -> Vec<u8> {
    write(&traces::request(spans), encoding)
}

/// Encodes events as an `ExportLogsServiceRequest`.
///
/// For events from other sources than OTLP, the level becomes the severity and the name the event's name.
pub fn encode_logs(events: &[Event], encoding: Encoding) -> Vec<u8> {
    write(&logs::request(events), encoding)
}

/// Encodes metrics as an `ExportMetricsServiceRequest`.
///
/// Metrics from other sources than OTLP have double values. An exponential histogram without its scale
/// becomes one with explicit bounds.
pub fn encode_metrics(metrics: &[Metric], encoding: Encoding) -> Vec<u8> {
    write(&metrics::request(metrics), encoding)
}

fn write<R: Message + ToJson>(request: &R, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => request.encode_to_vec(),
        Encoding::Json => json::write(request),
    }
}

/// Whether two values are shared or equal: records from a store or a spool do not share.
fn same<T: PartialEq>(a: &Arc<T>, b: &Arc<T>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// A record with its grouping keys, resource and scope.
trait Grouped {
    fn source(&self) -> (&Arc<Resource>, &Arc<Scope>);
}

macro_rules! grouped {
    ($($record:ty),*) => {$(
        impl Grouped for $record {
            fn source(&self) -> (&Arc<Resource>, &Arc<Scope>) {
                (&self.resource, &self.scope)
            }
        }
    )*};
}

grouped!(Span, Event, Metric);

/// Groups records by resource: the resource on the wire, its schema URL, and the records.
fn by_resource<T: Grouped>(
    records: &[T],
) -> impl Iterator<Item = (Option<resource::Resource>, String, &[T])> + '_ {
    records.chunk_by(|a, b| same(a.source().0, b.source().0)).filter_map(|group| {
        let resource = group.first()?.source().0;
        Some((resource_of(resource), resource.schema_url.to_string(), group))
    })
}

/// Groups the records of one resource by scope in the same way.
fn by_scope<T: Grouped>(
    records: &[T],
) -> impl Iterator<Item = (Option<InstrumentationScope>, String, &[T])> + '_ {
    records.chunk_by(|a, b| same(a.source().1, b.source().1)).filter_map(|group| {
        let scope = group.first()?.source().1;
        Some((scope_of(scope), scope.schema_url.to_string(), group))
    })
}

/// The resource on the wire; `None` for an empty one.
fn resource_of(resource: &Resource) -> Option<resource::Resource> {
    let (sent, rest) = rest::of_resource(&resource.attributes);
    let resource = resource::Resource {
        attributes: pairs(sent),
        dropped_attributes_count: rest.dropped_attributes,
        entity_refs: rest.entities,
    };
    (resource != resource::Resource::default()).then_some(resource)
}

fn scope_of(scope: &Scope) -> Option<InstrumentationScope> {
    let (sent, rest) = rest::of_scope(&scope.attributes);
    let scope = InstrumentationScope {
        name: scope.name.to_string(),
        version: scope.version.to_string(),
        attributes: pairs(sent),
        dropped_attributes_count: rest,
    };
    (scope != InstrumentationScope::default()).then_some(scope)
}

fn nanos(time: Timestamp) -> u64 {
    u64::try_from(time.nanos()).unwrap_or(0)
}
