//! Pushed metrics: to a remote-write receiver with its own wire types, and to a Pushgateway.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use prost::Message;
use quipu_backend_prometheus::{Config, Prometheus, Push, RemoteWrite};
use quipu_core::{
    Backend, ErrorKind, Exemplar, Instrument, Metric, MetricSink, PointValue, Retry, SpanId, TraceId,
};

use crate::sample::{BEGIN, at, buckets, delta, metric, number, point, quiet, resource};

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, repeated, tag = "1")]
    series: Vec<Series>,
    #[prost(message, repeated, tag = "3")]
    metadata: Vec<Metadata>,
}

#[derive(Clone, PartialEq, Message)]
struct Series {
    #[prost(map = "string, string", tag = "1")]
    labels: std::collections::HashMap<String, String>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    exemplars: Vec<Example>,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    time: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Example {
    #[prost(map = "string, string", tag = "1")]
    labels: std::collections::HashMap<String, String>,
    #[prost(double, tag = "2")]
    value: f64,
    #[prost(int64, tag = "3")]
    time: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(string, tag = "2")]
    family: String,
    #[prost(string, tag = "4")]
    help: String,
    #[prost(string, tag = "5")]
    unit: String,
}

struct Got {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

/// A server that records requests and gives prepared answers, then 204.
#[derive(Clone, Default)]
struct Receiver {
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    async fn start(answers: &[u16]) -> (Self, SocketAddr) {
        let receiver =
            Self { answers: Arc::new(Mutex::new(answers.iter().copied().collect())), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (receiver, address)
    }

    /// The requests since the last call.
    fn requests(&self) -> Vec<Request> {
        let got = std::mem::take(&mut *self.got.lock().unwrap());
        let read = |got: Got| {
            assert_eq!(got.headers["content-encoding"], "snappy");
            assert_eq!(got.headers["content-type"], "application/x-protobuf");
            assert_eq!(got.headers["x-prometheus-remote-write-version"], "0.1.0");
            Request::decode(&*snap::raw::Decoder::new().decompress_vec(&got.body).unwrap()).unwrap()
        };
        got.into_iter().map(read).collect()
    }

    /// Series of all requests since the last call as text, with their samples.
    fn series(&self) -> BTreeMap<String, Vec<(f64, i64)>> {
        let mut all: BTreeMap<String, Vec<(f64, i64)>> = BTreeMap::new();
        for series in self.requests().into_iter().flat_map(|request| request.series) {
            let samples = series
                .samples
                .iter()
                .map(|one| (one.value, (one.time * 1_000_000 - BEGIN.nanos()) / 1_000_000_000));
            all.entry(called(&series.labels)).or_default().extend(samples);
        }
        all
    }
}

async fn take(
    State(receiver): State<Receiver>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    receiver.got.lock().unwrap().push(Got { method, uri, headers, body });
    let answer = receiver.answers.lock().unwrap().pop_front();
    StatusCode::from_u16(answer.unwrap_or(204)).unwrap()
}

fn called(labels: &std::collections::HashMap<String, String>) -> String {
    let sorted: BTreeMap<_, _> = labels.iter().filter(|(key, _)| *key != "__name__").collect();
    let pairs: Vec<String> = sorted.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{}{{{}}}", labels["__name__"], pairs.join(","))
}

fn to(address: SocketAddr) -> Config {
    let url = format!("http://{address}/api/v1/write");
    Config { remote_write: Some(RemoteWrite { url, ..RemoteWrite::default() }), ..quiet() }
}

fn calls(points: &[(i64, f64)]) -> Metric {
    let points = points.iter().map(|(time, value)| number(*time, &[("tool", "search")], *value)).collect();
    metric("calls", "{call}", Instrument::Counter, points)
}

const CALLS: &str = "calls_total{job=shop,tool=search}";

#[tokio::test]
async fn figures_are_cumulative_and_say_who_they_are_of() {
    let (receiver, address) = Receiver::start(&[]).await;
    let prometheus = Prometheus::open(to(address)).unwrap();
    let mut sent = delta(calls(&[(1, 2.0), (2, 3.0)]));
    sent.resource = resource(&[
        ("service.namespace", "web"),
        ("service.name", "shop"),
        ("service.instance.id", "7"),
        ("host.name", "h"),
    ]);
    prometheus.write_metrics(&[sent]).await.unwrap();
    let series = receiver.series();
    let want = BTreeMap::from([
        ("calls_total{instance=7,job=web/shop,tool=search}".to_owned(), vec![(2.0, 1), (5.0, 2)]),
        ("target_info{host_name=h,instance=7,job=web/shop}".to_owned(), vec![(1.0, 2)]),
    ]);
    assert_eq!(series, want);

    let taken = metric("a", "", Instrument::Gauge, vec![number(3, &[("job", "x"), ("instance", "y")], 1.0)]);
    prometheus.write_metrics(&[taken]).await.unwrap();
    assert_eq!(receiver.series()["a{exported_instance=y,exported_job=x,job=shop}"], [(1.0, 3)]);
}

#[tokio::test]
async fn distributions_are_series_of_buckets_with_their_exemplars() {
    let (receiver, address) = Receiver::start(&[]).await;
    let prometheus = Prometheus::open(to(address)).unwrap();
    let exemplar = Exemplar {
        time: at(1),
        value: 1.5,
        trace_id: TraceId::from_bytes([1; 16]).unwrap(),
        span_id: SpanId::from_bytes([2; 8]).unwrap(),
    };
    let mut slow = point(1, &[], buckets(4.0, &[(1.0, 2), (2.0, 1), (f64::INFINITY, 1)]));
    slow.exemplars.push(exemplar);
    prometheus.write_metrics(&[metric("took", "s", Instrument::Histogram, vec![slow])]).await.unwrap();
    let [request]: [Request; 1] = receiver.requests().try_into().unwrap();
    let series: BTreeMap<String, f64> =
        request.series.iter().map(|one| (called(&one.labels), one.samples[0].value)).collect();
    let want = [
        ("target_info{job=shop}", 1.0),
        ("took_seconds_bucket{job=shop,le=+Inf}", 4.0),
        ("took_seconds_bucket{job=shop,le=1.0}", 2.0),
        ("took_seconds_bucket{job=shop,le=2.0}", 3.0),
        ("took_seconds_count{job=shop}", 4.0),
        ("took_seconds_sum{job=shop}", 4.0),
    ];
    assert_eq!(series, want.map(|(name, value)| (name.to_owned(), value)).into());
    let told: Vec<_> = request.series.iter().filter(|one| !one.exemplars.is_empty()).collect();
    assert_eq!((told.len(), told[0].labels["le"].as_str()), (1, "2.0"));
    let example = &told[0].exemplars[0];
    assert_eq!((example.value, example.time), (1.5, at(1).nanos() / 1_000_000));
    assert_eq!(example.labels["trace_id"], "01".repeat(16));
    let about = request.metadata.iter().find(|one| one.family == "took_seconds").unwrap();
    assert_eq!((about.kind, about.help.as_str(), about.unit.as_str()), (3, "About took.", "seconds"));
}

#[tokio::test]
async fn a_batch_that_is_written_again_sends_the_same_samples_again() {
    let (receiver, address) = Receiver::start(&[503]).await;
    let prometheus = Prometheus::open(to(address)).unwrap();
    let batch = [delta(calls(&[(1, 2.0), (2, 3.0)]))];
    let error = prometheus.write_metrics(&batch).await.unwrap_err();
    assert_eq!((error.retry(), error.backend()), (Retry::Yes, Some("prometheus")));
    let first = receiver.series();
    assert_eq!(first[CALLS], [(2.0, 1), (5.0, 2)]);
    prometheus.write_metrics(&batch).await.unwrap();
    assert_eq!(receiver.series(), first);
    prometheus.write_metrics(&batch).await.unwrap();
    assert_eq!(receiver.requests(), [], "all of it was taken");
    prometheus.write_metrics(&[calls(&[(3, 9.0)])]).await.unwrap();
    assert_eq!(receiver.series()[CALLS], [(9.0, 3)]);
}

#[tokio::test]
async fn what_is_refused_is_counted_and_the_rest_goes_on() {
    let (receiver, address) = Receiver::start(&[400, 204, 401]).await;
    let mut config = to(address);
    config.remote_write.as_mut().unwrap().samples_per_request = 1;
    let prometheus = Prometheus::open(config).unwrap();
    let mut error = prometheus.write_metrics(&[calls(&[(1, 2.0)])]).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Invalid, Retry::No));
    assert_eq!(error.take_leftover().unwrap().unnamed, 1);
    assert_eq!(receiver.requests().len(), 2, "the sample that is refused, and target_info");

    let batch = [calls(&[(2, 3.0)])];
    let error = prometheus.write_metrics(&batch).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Denied, Retry::Yes), "what waits is not lost");
    receiver.requests();
    prometheus.flush().await.unwrap();
    assert_eq!(receiver.series()[CALLS], [(3.0, 2)], "once it lets us in, nothing is missing");
}

#[tokio::test]
async fn settings_reach_the_requests_and_secrets_nobody_else() {
    let (receiver, address) = Receiver::start(&[]).await;
    let mut config = to(address);
    let write = config.remote_write.as_mut().unwrap();
    write.headers.insert("authorization".into(), "Bearer s3cret".into());
    write.labels.insert("cluster".into(), "eu".into());
    write.labels.insert("tool".into(), "never".into());
    assert!(!format!("{config:?}").contains("s3cret"));
    let prometheus = Prometheus::open(config).unwrap();
    assert!(prometheus.is_remote());
    prometheus.write_metrics(&[calls(&[(1, 2.0)])]).await.unwrap();
    assert_eq!(receiver.got.lock().unwrap()[0].headers["authorization"], "Bearer s3cret");
    assert!(receiver.series().contains_key("calls_total{cluster=eu,job=shop,tool=search}"));

    let findings = prometheus.probe().await;
    assert!(findings.len() == 2 && findings.iter().all(|finding| finding.ok), "{findings:?}");
    assert_eq!(receiver.requests(), [Request::default()], "a check sends no series");
    for (url, job) in [("gateway:9091", "j"), ("http://gateway:9091", "")] {
        let push = Push { url: url.into(), job: job.into(), ..Push::default() };
        let refused = Prometheus::open(Config { push: Some(push), ..quiet() }).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Invalid);
    }
}

#[tokio::test]
async fn a_receiver_that_lets_nobody_in_is_found_out_by_the_check() {
    let (_receiver, address) = Receiver::start(&[403]).await;
    let findings = Prometheus::open(to(address)).unwrap().probe().await;
    let last = findings.last().unwrap();
    assert!(!last.ok && last.said.contains("403") && last.said.contains("headers"), "{last:?}");
}

#[tokio::test]
async fn a_short_program_leaves_its_page_at_the_gateway() {
    let (receiver, address) = Receiver::start(&[]).await;
    let grouping = BTreeMap::from([("instance".to_owned(), "a/1".to_owned())]);
    let push = Push { url: format!("http://{address}/"), job: "nightly".into(), grouping, ..Push::default() };
    let prometheus = Prometheus::open(Config { push: Some(push), ..quiet() }).unwrap();
    let gauge = metric("a", "", Instrument::Gauge, vec![point(1, &[], PointValue::Number(7.0))]);
    prometheus.write_metrics(&[gauge]).await.unwrap();
    assert!(receiver.got.lock().unwrap().is_empty(), "not before the end");
    prometheus.close().await.unwrap();
    prometheus.close().await.unwrap();
    let got = std::mem::take(&mut *receiver.got.lock().unwrap());
    let [put]: [Got; 1] = got.try_into().map_err(|_| "one request").unwrap();
    assert_eq!((put.method, put.uri.path()), (Method::PUT, "/metrics/job/nightly/instance@base64/YS8x"));
    assert!(String::from_utf8_lossy(&put.body).contains("\na 7\n"));
}
