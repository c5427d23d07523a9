//! Handwritten batches in all of Jaeger's wires, encoded with Apache's writers and with prost.

use prost::Message;
use quipu_jaeger::{Protocol, Wire};
use thrift::protocol::{
    TBinaryOutputProtocol, TCompactOutputProtocol, TFieldIdentifier, TListIdentifier, TMessageIdentifier,
    TMessageType, TOutputProtocol, TStructIdentifier, TType,
};

/// A tag's value.
#[derive(Debug, Clone)]
pub enum Tag {
    Text(Vec<u8>),
    Double(f64),
    Flag(bool),
    Long(i64),
    Bytes(Vec<u8>),
}

pub type Tags = Vec<(String, Tag)>;

#[derive(Debug, Clone, Default)]
pub struct Process {
    pub service: String,
    pub tags: Tags,
}

#[derive(Debug, Clone)]
pub struct Span {
    pub trace: (u64, u64),
    pub id: u64,
    pub parent: u64,
    pub name: String,
    /// Follows, trace, span.
    pub references: Vec<(bool, (u64, u64), u64)>,
    pub flags: u32,
    pub start_us: i64,
    pub duration_us: i64,
    pub tags: Tags,
    pub logs: Vec<(i64, Tags)>,
    /// Protobuf only.
    pub process: Option<Process>,
}

/// A valid span.
pub fn span(id: u64) -> Span {
    Span {
        trace: (1, 2),
        id,
        parent: 0,
        name: "chat".to_owned(),
        references: Vec::new(),
        flags: 1,
        start_us: super::NOW.nanos() / 1_000 - 5_000_000,
        duration_us: 1_500,
        tags: Vec::new(),
        logs: Vec::new(),
        process: None,
    }
}

pub fn text(key: &str, value: &str) -> (String, Tag) {
    (key.to_owned(), Tag::Text(value.as_bytes().to_vec()))
}

pub fn process() -> Process {
    Process { service: "shop".to_owned(), tags: vec![text("hostname", "h")] }
}

/// The same batch in every wire that can express it.
pub fn wires(process: &Process, spans: &[Span]) -> Vec<(Wire, Vec<u8>)> {
    vec![
        (Wire::Packet(Protocol::Compact), packet(Protocol::Compact, "emitBatch", process, spans)),
        (Wire::Packet(Protocol::Binary), packet(Protocol::Binary, "emitBatch", process, spans)),
        (Wire::Batch, thrift_batch(process, spans)),
        (Wire::PostSpans, protobuf(Some(process), spans)),
    ]
}

pub fn packet(protocol: Protocol, method: &str, process: &Process, spans: &[Span]) -> Vec<u8> {
    let mut bytes = Vec::new();
    match protocol {
        Protocol::Compact => call(&mut TCompactOutputProtocol::new(&mut bytes), method, process, spans),
        Protocol::Binary => call(&mut TBinaryOutputProtocol::new(&mut bytes, true), method, process, spans),
    }
    bytes
}

pub fn thrift_batch(process: &Process, spans: &[Span]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_batch(&mut TBinaryOutputProtocol::new(&mut bytes, true), process, spans);
    bytes
}

fn call(to: &mut impl TOutputProtocol, method: &str, process: &Process, spans: &[Span]) {
    to.write_message_begin(&TMessageIdentifier::new(method, TMessageType::OneWay, 0)).unwrap();
    record(to, |to| field(to, 1, TType::Struct, |to| write_batch(to, process, spans)));
    to.write_message_end().unwrap();
}

fn write_batch(to: &mut impl TOutputProtocol, process: &Process, spans: &[Span]) {
    record(to, |to| {
        field(to, 1, TType::Struct, |to| {
            record(to, |to| {
                field(to, 1, TType::String, |to| to.write_string(&process.service).unwrap());
                field(to, 2, TType::List, |to| write_tags(to, &process.tags));
            });
        });
        field(to, 2, TType::List, |to| list(to, spans, write_span));
    });
}

fn write_span(to: &mut impl TOutputProtocol, span: &Span) {
    record(to, |to| {
        let mut long =
            |id, value: u64| field(to, id, TType::I64, |to| to.write_i64(value.cast_signed()).unwrap());
        long(1, span.trace.1);
        long(2, span.trace.0);
        long(3, span.id);
        long(4, span.parent);
        field(to, 5, TType::String, |to| to.write_string(&span.name).unwrap());
        field(to, 6, TType::List, |to| list(to, &span.references, write_reference));
        field(to, 7, TType::I32, |to| to.write_i32(span.flags.cast_signed()).unwrap());
        field(to, 8, TType::I64, |to| to.write_i64(span.start_us).unwrap());
        field(to, 9, TType::I64, |to| to.write_i64(span.duration_us).unwrap());
        field(to, 10, TType::List, |to| write_tags(to, &span.tags));
        field(to, 11, TType::List, |to| list(to, &span.logs, write_log));
    });
}

fn write_log(to: &mut impl TOutputProtocol, (time, fields): &(i64, Tags)) {
    record(to, |to| {
        field(to, 1, TType::I64, |to| to.write_i64(*time).unwrap());
        field(to, 2, TType::List, |to| write_tags(to, fields));
    });
}

fn write_reference(to: &mut impl TOutputProtocol, (follows, trace, id): &(bool, (u64, u64), u64)) {
    record(to, |to| {
        field(to, 1, TType::I32, |to| to.write_i32(i32::from(*follows)).unwrap());
        for (number, value) in [(2, trace.1), (3, trace.0), (4, *id)] {
            field(to, number, TType::I64, |to| to.write_i64(value.cast_signed()).unwrap());
        }
    });
}

fn write_tags(to: &mut impl TOutputProtocol, tags: &Tags) {
    list(to, tags, |to, (key, value)| {
        record(to, |to| {
            field(to, 1, TType::String, |to| to.write_string(key).unwrap());
            let mut kind = |kind| field(to, 2, TType::I32, |to| to.write_i32(kind).unwrap());
            match value {
                Tag::Text(text) => {
                    kind(0);
                    field(to, 3, TType::String, |to| to.write_bytes(text).unwrap());
                }
                Tag::Double(double) => {
                    kind(1);
                    field(to, 4, TType::Double, |to| to.write_double(*double).unwrap());
                }
                Tag::Flag(flag) => {
                    kind(2);
                    field(to, 5, TType::Bool, |to| to.write_bool(*flag).unwrap());
                }
                Tag::Long(long) => {
                    kind(3);
                    field(to, 6, TType::I64, |to| to.write_i64(*long).unwrap());
                }
                Tag::Bytes(bytes) => {
                    kind(4);
                    field(to, 7, TType::String, |to| to.write_bytes(bytes).unwrap());
                }
            }
        });
    });
}

fn record<P: TOutputProtocol>(to: &mut P, write: impl FnOnce(&mut P)) {
    to.write_struct_begin(&TStructIdentifier::new("")).unwrap();
    write(to);
    to.write_field_stop().unwrap();
    to.write_struct_end().unwrap();
}

fn field<P: TOutputProtocol>(to: &mut P, id: i16, kind: TType, write: impl FnOnce(&mut P)) {
    to.write_field_begin(&TFieldIdentifier::new("", kind, id)).unwrap();
    write(to);
    to.write_field_end().unwrap();
}

fn list<P: TOutputProtocol, T>(to: &mut P, items: &[T], mut write: impl FnMut(&mut P, &T)) {
    to.write_list_begin(&TListIdentifier::new(TType::Struct, i32::try_from(items.len()).unwrap())).unwrap();
    items.iter().for_each(|item| write(to, item));
    to.write_list_end().unwrap();
}

/// `jaeger.api_v2` as prost structs.
pub mod wire {
    use prost::Message;

    #[derive(Clone, PartialEq, Message)]
    pub struct PostSpansRequest {
        #[prost(message, optional, tag = "1")]
        pub batch: Option<Batch>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Batch {
        #[prost(message, repeated, tag = "1")]
        pub spans: Vec<Span>,
        #[prost(message, optional, tag = "2")]
        pub process: Option<Process>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Process {
        #[prost(string, tag = "1")]
        pub service_name: String,
        #[prost(message, repeated, tag = "2")]
        pub tags: Vec<KeyValue>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct KeyValue {
        #[prost(string, tag = "1")]
        pub key: String,
        #[prost(int32, tag = "2")]
        pub v_type: i32,
        #[prost(bytes = "vec", tag = "3")]
        pub v_str: Vec<u8>,
        #[prost(bool, tag = "4")]
        pub v_bool: bool,
        #[prost(int64, tag = "5")]
        pub v_int64: i64,
        #[prost(double, tag = "6")]
        pub v_float64: f64,
        #[prost(bytes = "vec", tag = "7")]
        pub v_binary: Vec<u8>,
    }

    /// Time of a timestamp and of a duration.
    #[derive(Clone, PartialEq, Message)]
    pub struct Time {
        #[prost(int64, tag = "1")]
        pub seconds: i64,
        #[prost(int32, tag = "2")]
        pub nanos: i32,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Log {
        #[prost(message, optional, tag = "1")]
        pub timestamp: Option<Time>,
        #[prost(message, repeated, tag = "2")]
        pub fields: Vec<KeyValue>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct SpanRef {
        #[prost(bytes = "vec", tag = "1")]
        pub trace_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub span_id: Vec<u8>,
        #[prost(int32, tag = "3")]
        pub ref_type: i32,
    }

    #[derive(Clone, PartialEq, Message)]
    pub struct Span {
        #[prost(bytes = "vec", tag = "1")]
        pub trace_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub span_id: Vec<u8>,
        #[prost(string, tag = "3")]
        pub operation_name: String,
        #[prost(message, repeated, tag = "4")]
        pub references: Vec<SpanRef>,
        #[prost(uint32, tag = "5")]
        pub flags: u32,
        #[prost(message, optional, tag = "6")]
        pub start_time: Option<Time>,
        #[prost(message, optional, tag = "7")]
        pub duration: Option<Time>,
        #[prost(message, repeated, tag = "8")]
        pub tags: Vec<KeyValue>,
        #[prost(message, repeated, tag = "9")]
        pub logs: Vec<Log>,
        #[prost(message, optional, tag = "10")]
        pub process: Option<Process>,
    }
}

pub fn protobuf(process: Option<&Process>, spans: &[Span]) -> Vec<u8> {
    let batch =
        wire::Batch { spans: spans.iter().map(proto_span).collect(), process: process.map(proto_process) };
    wire::PostSpansRequest { batch: Some(batch) }.encode_to_vec()
}

fn proto_process(process: &Process) -> wire::Process {
    wire::Process { service_name: process.service.clone(), tags: proto_tags(&process.tags) }
}

fn proto_time(micros: i64) -> Option<wire::Time> {
    let nanos = i32::try_from(micros % 1_000_000 * 1_000).unwrap();
    Some(wire::Time { seconds: micros / 1_000_000, nanos })
}

fn trace_id((high, low): (u64, u64)) -> Vec<u8> {
    [high.to_be_bytes(), low.to_be_bytes()].concat()
}

/// Clients send the parent as the first reference.
fn proto_span(span: &Span) -> wire::Span {
    let parent = (span.parent != 0).then_some((false, span.trace, span.parent));
    let references = parent.iter().chain(&span.references);
    let reference = |(follows, trace, id): &(bool, (u64, u64), u64)| wire::SpanRef {
        trace_id: trace_id(*trace),
        span_id: id.to_be_bytes().to_vec(),
        ref_type: i32::from(*follows),
    };
    let log =
        |(time, fields): &(i64, Tags)| wire::Log { timestamp: proto_time(*time), fields: proto_tags(fields) };
    wire::Span {
        trace_id: trace_id(span.trace),
        span_id: span.id.to_be_bytes().to_vec(),
        operation_name: span.name.clone(),
        references: references.map(reference).collect(),
        flags: span.flags,
        start_time: proto_time(span.start_us),
        duration: proto_time(span.duration_us),
        tags: proto_tags(&span.tags),
        logs: span.logs.iter().map(log).collect(),
        process: span.process.as_ref().map(proto_process),
    }
}

fn proto_tags(tags: &Tags) -> Vec<wire::KeyValue> {
    let pair = |(key, value): &(String, Tag)| {
        let empty = wire::KeyValue { key: key.clone(), ..Default::default() };
        match value.clone() {
            Tag::Text(v_str) => wire::KeyValue { v_str, ..empty },
            Tag::Flag(v_bool) => wire::KeyValue { v_type: 1, v_bool, ..empty },
            Tag::Long(v_int64) => wire::KeyValue { v_type: 2, v_int64, ..empty },
            Tag::Double(v_float64) => wire::KeyValue { v_type: 3, v_float64, ..empty },
            Tag::Bytes(v_binary) => wire::KeyValue { v_type: 4, v_binary, ..empty },
        }
    };
    tags.iter().map(pair).collect()
}
