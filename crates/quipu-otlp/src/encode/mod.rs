//! From records to export requests, of all three signals and in both encodings.
//!
//! What was taken from a request comes back as it was sent, but for what [`crate::decode`] mended or refused. What an adapter read
//! in it (`canonical`) is not part of the wire; [`crate::outgoing`] puts it there. Records that follow each other and share a
//! resource, and within it a scope, are grouped. Times before 1970 become 0.

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

/// Writes spans as an `ExportTraceServiceRequest`.
pub fn encode_traces(spans: &[Span], encoding: Encoding) -> Vec<u8> {
    write(&traces::request(spans), encoding)
}

/// Writes events as an `ExportLogsServiceRequest`.
///
/// Of events that did not come by OTLP, the level becomes the severity and the name the event's name.
pub fn encode_logs(events: &[Event], encoding: Encoding) -> Vec<u8> {
    write(&logs::request(events), encoding)
}

/// Writes metrics as an `ExportMetricsServiceRequest`.
///
/// Metrics that did not come by OTLP have doubles for values; an exponential histogram without its scale becomes one with bounds.
pub fn encode_metrics(metrics: &[Metric], encoding: Encoding) -> Vec<u8> {
    write(&metrics::request(metrics), encoding)
}

fn write<R: Message + ToJson>(request: &R, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => request.encode_to_vec(),
        Encoding::Json => json::write(request),
    }
}

/// Shared, or equal: records from a store or a spool do not share.
fn same<T: PartialEq>(a: &Arc<T>, b: &Arc<T>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// A record with the two things that it is grouped by.
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

/// Records by resource: what stands for the resource on the wire, its schema, and the records.
fn by_resource<T: Grouped>(
    records: &[T],
) -> impl Iterator<Item = (Option<resource::Resource>, String, &[T])> + '_ {
    records.chunk_by(|a, b| same(a.source().0, b.source().0)).filter_map(|group| {
        let resource = group.first()?.source().0;
        Some((resource_of(resource), resource.schema_url.to_string(), group))
    })
}

/// Records of one resource by scope, likewise.
fn by_scope<T: Grouped>(
    records: &[T],
) -> impl Iterator<Item = (Option<InstrumentationScope>, String, &[T])> + '_ {
    records.chunk_by(|a, b| same(a.source().1, b.source().1)).filter_map(|group| {
        let scope = group.first()?.source().1;
        Some((scope_of(scope), scope.schema_url.to_string(), group))
    })
}

/// `None` where nothing is known of it.
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
