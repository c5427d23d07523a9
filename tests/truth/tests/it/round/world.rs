//! OTLP requests of an invented program, and its truth.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::{Batch, Limits, Timestamp};
use quipu_otlp::{Encoding, Signal, decode};
use serde_json::{Value, json};

use super::call::Call;

/// Start of all programs: 2026-11-20T10:20:00Z.
const BEGIN: i64 = 1_795_170_000_000_000_000;
const MILLISECOND: i64 = 1_000_000;
/// OTLP's number of a client span.
pub const CLIENT: u64 = 3;
/// OTLP's number of a server span.
pub const SERVER: u64 = 2;

/// Place of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    pub trace: String,
    pub span: String,
}

/// The requests of a program, and the calls that it made.
#[derive(Debug)]
pub struct World {
    seed: u64,
    ids: u64,
    resource: Value,
    spans: Vec<Value>,
    logs: Vec<Value>,
    metrics: Vec<Value>,
    pub calls: Vec<Call>,
    /// Runs and failed runs by tool.
    pub tools: BTreeMap<String, (u64, u64)>,
    pub agents: BTreeSet<String>,
    pub sessions: BTreeSet<String>,
    /// Cost that the source itself reports, in micro-dollars.
    pub reported: u64,
    /// Whether the source tells tokens, and not how many calls used them.
    pub is_sum: bool,
}

impl World {
    pub fn new(name: &str) -> Self {
        let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut world = Self {
            seed,
            ids: 0,
            resource: Value::Null,
            spans: Vec::new(),
            logs: Vec::new(),
            metrics: Vec::new(),
            calls: Vec::new(),
            tools: BTreeMap::new(),
            agents: BTreeSet::new(),
            sessions: BTreeSet::new(),
            reported: 0,
            is_sum: false,
        };
        world.process(name, 1);
        world
    }

    /// Sends all that follows from another process.
    pub fn process(&mut self, service: &str, pid: u64) {
        let instance = format!("{service}-{pid}-{:x}", self.seed);
        self.resource = json!({"service.name": service, "service.instance.id": instance,
            "process.pid": pid,
            "host.name": format!("host-{:x}", self.seed & 0xffff)});
    }

    /// Sends all that follows from a process with this resource.
    pub fn resource(&mut self, resource: Value) {
        self.resource = resource;
    }

    /// The next true call, changed by `how`.
    pub fn call(&mut self, how: impl FnOnce(Call) -> Call) -> Call {
        let call = how(Call::new(self.seed, self.calls.len() as u64));
        self.calls.push(call.clone());
        call
    }

    /// The next two true calls, changed by `how`.
    pub fn twice(&mut self, how: fn(Call) -> Call) -> [Call; 2] {
        [self.call(how), self.call(how)]
    }

    /// Says that the source tells sums of tokens, so calls cannot be counted.
    pub const fn untold(&mut self) {
        self.is_sum = true;
    }

    /// A true run of a tool.
    pub fn ran(&mut self, tool: &str, failed: bool) {
        let runs = self.tools.entry(tool.to_owned()).or_default();
        *runs = (runs.0 + 1, runs.1 + u64::from(failed));
    }

    /// A new place, in a new trace.
    pub fn place(&mut self) -> At {
        self.ids += 1;
        let number = self.seed.wrapping_add(self.ids);
        At { trace: format!("{number:016x}{:016x}", self.ids), span: format!("{number:016x}") }
    }

    /// A span of `scope`; [`Span::send`] sends it.
    pub fn span<'w>(&'w mut self, scope: &str, name: &str) -> Span<'w> {
        let at = self.place();
        Span {
            scope: scope.to_owned(),
            body: json!({"name": name, "kind": 1, "attributes": [], "events": []}),
            at,
            parent: None,
            world: self,
        }
    }

    /// A log record of `scope` with this event's name, at a time.
    pub fn log(&mut self, (scope, name): (&str, &str), ms: i64, at: Option<&At>, attributes: Value) {
        let mut record = json!({"timeUnixNano": nanos(ms), "observedTimeUnixNano": nanos(ms + 3),
            "severityNumber": 9, "eventName": name, "body": {"stringValue": name},
            "attributes": pairs(&attributes)});
        if let Some(at) = at {
            record["traceId"] = json!(at.trace);
            record["spanId"] = json!(at.span);
        }
        let group = json!({"resource": {"attributes": pairs(&self.resource)},
            "scopeLogs": [{"scope": {"name": scope}, "logRecords": [record]}]});
        self.logs.push(group);
    }

    /// A metric with its points: attributes, value, start and time in milliseconds.
    pub fn metric(&mut self, scope: &str, metric: Metric<'_>) {
        let temporality = if metric.is_delta { 1 } else { 2 };
        let points: Vec<Value> = metric.points.iter().map(|point| metric.point(point)).collect();
        let data = json!({"dataPoints": points, "aggregationTemporality": temporality,
            "isMonotonic": true});
        let kind = if metric.is_histogram { "histogram" } else { "sum" };
        let mut body = json!({"name": metric.name, "unit": "{token}"});
        body[kind] = data;
        self.measured(scope, body);
    }

    /// Delta points of a histogram with exponential buckets.
    pub fn exponential(&mut self, scope: &str, name: &str, points: &[Point]) {
        let points = points.iter().map(|(attributes, value, start, time)| {
            json!({"attributes": pairs(attributes), "startTimeUnixNano": nanos(*start),
                "timeUnixNano": nanos(*time), "count": "1", "sum": *value as f64, "scale": 0,
                "zeroCount": "0", "positive": {"offset": 1, "bucketCounts": ["1"]}})
        });
        let data = json!({"dataPoints": points.collect::<Value>(), "aggregationTemporality": 1});
        self.measured(scope, json!({"name": name, "unit": "{token}", "exponentialHistogram": data}));
    }

    /// Points of a gauge.
    pub fn gauge(&mut self, scope: &str, name: &str, points: &[Point]) {
        let points = points.iter().map(|(attributes, value, _, time)| {
            json!({"attributes": pairs(attributes), "timeUnixNano": nanos(*time), "asInt": value.to_string()})
        });
        let data = json!({"dataPoints": points.collect::<Value>()});
        self.measured(scope, json!({"name": name, "unit": "{token}", "gauge": data}));
    }

    fn measured(&mut self, scope: &str, metric: Value) {
        let group = json!({"resource": {"attributes": pairs(&self.resource)},
            "scopeMetrics": [{"scope": {"name": scope}, "metrics": [metric]}]});
        self.metrics.push(group);
    }

    /// The requests, as a receiver decodes them: spans, logs, metrics.
    pub fn batches(&self) -> Vec<Batch> {
        let all = [
            (Signal::Traces, "resourceSpans", &self.spans),
            (Signal::Logs, "resourceLogs", &self.logs),
            (Signal::Metrics, "resourceMetrics", &self.metrics),
        ];
        let sent = all.into_iter().filter(|(.., groups)| !groups.is_empty());
        let read = |(signal, key, groups): (Signal, &str, &Vec<Value>)| {
            let body = json!({ key: groups }).to_string();
            let now = Timestamp::from_nanos(BEGIN + 3_600_000 * MILLISECOND);
            let read = decode(signal, body.as_bytes(), Encoding::Json, &Limits::of_any_age(), now).unwrap();
            assert!(read.rejected.is_empty(), "{}", read.rejected.summary());
            read.batch
        };
        sent.map(read).collect()
    }
}

/// Attributes, value, start and time in milliseconds of a data point.
pub type Point = (Value, u64, i64, i64);

/// A metric as an SDK exports it.
pub struct Metric<'m> {
    pub name: &'m str,
    pub is_delta: bool,
    pub is_histogram: bool,
    pub points: Vec<Point>,
}

impl Metric<'_> {
    fn point(&self, (attributes, value, start, time): &Point) -> Value {
        let mut point = json!({"attributes": pairs(attributes), "startTimeUnixNano": nanos(*start),
            "timeUnixNano": nanos(*time)});
        if self.is_histogram {
            point["count"] = json!("1");
            point["sum"] = json!(*value as f64);
            point["bucketCounts"] = json!(["1"]);
        } else {
            point["asInt"] = json!(value.to_string());
        }
        point
    }
}

/// A span that is being written.
pub struct Span<'w> {
    world: &'w mut World,
    scope: String,
    body: Value,
    at: At,
    parent: Option<String>,
}

impl Span<'_> {
    /// Below a span, in its trace.
    pub fn under(mut self, parent: &At) -> Self {
        self.at.trace.clone_from(&parent.trace);
        self.parent = Some(parent.span.clone());
        self
    }

    /// At a place that was made before, such as that of a span whose children are sent first.
    pub fn of(mut self, at: &At) -> Self {
        self.at = at.clone();
        self
    }

    /// From `start`, for `ms` milliseconds.
    pub fn time(mut self, start: i64, ms: i64) -> Self {
        self.body["startTimeUnixNano"] = json!(nanos(start));
        self.body["endTimeUnixNano"] = json!(nanos(start + ms));
        self
    }

    /// At times as they are sent.
    pub fn raw_times(mut self, start: &str, end: &str) -> Self {
        self.body["startTimeUnixNano"] = json!(start);
        self.body["endTimeUnixNano"] = json!(end);
        self
    }

    /// At the time of a call, begun and ended this much outside of it.
    pub fn around(self, call: &Call, ms: i64) -> Self {
        self.time(call.start - ms, call.ms + 2 * ms)
    }

    pub fn kind(mut self, kind: u64) -> Self {
        self.body["kind"] = json!(kind);
        self
    }

    /// Adds attributes; those of `null` are left out.
    pub fn with(mut self, attributes: Value) -> Self {
        let Value::Array(all) = &mut self.body["attributes"] else { unreachable!() };
        let Value::Array(more) = pairs(&attributes) else { unreachable!() };
        all.extend(more);
        self
    }

    pub fn event(mut self, name: &str, ms: i64, attributes: Value) -> Self {
        let event = json!({"name": name, "timeUnixNano": nanos(ms), "attributes": pairs(&attributes)});
        let Value::Array(all) = &mut self.body["events"] else { unreachable!() };
        all.push(event);
        self
    }

    /// Fails, with the exception of a refused request.
    pub fn fail(mut self, error: &str) -> Self {
        self.body["status"] = json!({"code": 2, "message": error});
        let end = self.body["endTimeUnixNano"].as_str().unwrap_or_default().parse().unwrap_or(BEGIN);
        let told = json!({"exception.type": error, "exception.message": "429 slow down"});
        self.event("exception", (end - BEGIN) / MILLISECOND, told)
    }

    /// Fails if the call failed.
    pub fn outcome(self, call: &Call) -> Self {
        if call.failed { self.fail("RateLimitError") } else { self }
    }

    /// Sends it, and returns its place.
    pub fn send(mut self) -> At {
        self.body["traceId"] = json!(self.at.trace);
        self.body["spanId"] = json!(self.at.span);
        if let Some(parent) = &self.parent {
            self.body["parentSpanId"] = json!(parent);
        }
        let group = json!({"resource": {"attributes": pairs(&self.world.resource)},
            "scopeSpans": [{"scope": {"name": self.scope}, "spans": [self.body]}]});
        self.world.spans.push(group);
        self.at
    }
}

fn nanos(ms: i64) -> String {
    (BEGIN + ms * MILLISECOND).to_string()
}

fn pairs(object: &Value) -> Value {
    let Value::Object(members) = object else { return json!([]) };
    let known = members.iter().filter(|(_, value)| !value.is_null());
    known.map(|(key, value)| json!({"key": key, "value": any(value)})).collect()
}

fn any(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(flag) => json!({"boolValue": flag}),
        Value::Number(number) if number.is_f64() => json!({"doubleValue": number}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::String(text) => json!({"stringValue": text}),
        Value::Array(values) => json!({"arrayValue": {"values": values.iter().map(any).collect::<Value>()}}),
        Value::Object(_) => json!({"kvlistValue": {"values": pairs(value)}}),
    }
}
