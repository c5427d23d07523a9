//! OTLP, the default protocol to Jaeger.

use std::sync::Arc;

use quipu_backend_jaeger::{Config, Jaeger};
use quipu_core::{
    Backend, Batch, Clock as _, ErrorKind, Event, Health, Level, Limits, Retry, Span, SystemClock, Value,
};
use quipu_otlp::{Encoding, Signal, decode_traces};

use crate::sample::{at, batch, call, resource, span};
use crate::server::{Got, Server};

fn jaeger(server: &Server) -> Jaeger {
    Jaeger::open(Config { endpoint: server.url.clone(), ..Config::default() }).unwrap()
}

fn read(got: &Got) -> Vec<Span> {
    decode_traces(&got.body, Encoding::Protobuf, &Limits::of_any_age(), SystemClock.now())
        .unwrap()
        .batch
        .spans
}

#[tokio::test]
async fn spans_come_whole_as_otlp_over_http() {
    let server = Server::start([]).await;
    jaeger(&server).write(batch([call()])).await.unwrap();
    let [got] = server.got().try_into().unwrap();
    assert_eq!(got.path, "/v1/traces");
    assert_eq!(got.headers["content-type"], "application/x-protobuf");
    let [read] = read(&got).try_into().unwrap();
    let sent = call();
    assert_eq!((read.trace_id, read.span_id, read.parent_id), (sent.trace_id, sent.span_id, sent.parent_id));
    assert_eq!((read.kind, read.status, read.end), (sent.kind, sent.status, sent.end));
    assert_eq!(read.resource, resource("shop"));
    assert_eq!(read.attributes.get("gen_ai.usage.input_tokens"), Some(&Value::Int(1200)));
}

#[tokio::test]
async fn what_runs_or_was_sampled_out_is_not_sent() {
    let server = Server::start([]).await;
    let jaeger = jaeger(&server);
    let running = Span { end: None, ..span(1, "running") };
    let mut left_out = span(2, "left out");
    left_out.attributes.push(Span::SAMPLED, false);
    jaeger.write(batch([running.clone(), left_out.clone()])).await.unwrap();
    assert!(server.got().is_empty(), "nothing to send is no request");
    jaeger.write(batch([running, left_out, span(3, "done")])).await.unwrap();
    let names: Vec<_> = read(&server.got()[0]).into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["done"]);
}

fn event(of: &Span, name: &str, body: &str) -> Event {
    Event {
        time: at(1),
        level: Level::Warning,
        name: name.into(),
        trace_id: Some(of.trace_id),
        span_id: Some(of.span_id),
        session: None,
        agent: None,
        framework: None,
        body: Value::from(body),
        attributes: [("n", 1_i64)].into_iter().collect(),
        wire: None,
        resource: Arc::clone(&of.resource),
        scope: Arc::clone(&of.scope),
    }
}

#[tokio::test]
async fn events_are_logs_of_their_span() {
    let server = Server::start([]).await;
    let events = vec![event(&span(3, ""), "retry", "again"), event(&span(99, ""), "elsewhere", "")];
    let all = Batch { spans: vec![span(3, "call")], events, ..Batch::default() };
    jaeger(&server).write(Arc::new(all.clone())).await.unwrap();
    let [read_span] = read(&server.got()[0]).try_into().unwrap();
    let [log] = read_span.events.try_into().unwrap();
    assert_eq!((log.name.as_str(), log.time), ("retry", at(1)));
    assert_eq!(log.attributes.text("level"), Some("warning"));
    assert_eq!(log.attributes.text("message"), Some("again"));
    assert_eq!(log.attributes.get("n"), Some(&Value::Int(1)));

    let bare = Config { endpoint: server.url.clone(), events: false, ..Config::default() };
    Jaeger::open(bare).unwrap().write(Arc::new(all)).await.unwrap();
    assert_eq!(read(&server.got()[1])[0].events, []);
}

#[tokio::test]
async fn what_jaeger_refuses_is_counted_and_what_it_cannot_take_now_is_repeated() {
    let partly = quipu_otlp::encode_answer(Signal::Traces, Encoding::Protobuf, 2, "too old");
    let server = Server::start([(200, partly), (503, Vec::new()), (401, Vec::new())]).await;
    let jaeger = jaeger(&server);
    let three = || batch([span(1, "a"), span(2, "b"), span(3, "c")]);
    let mut partly = jaeger.write(three()).await.unwrap_err();
    assert_eq!(partly.retry(), Retry::No);
    assert_eq!(partly.take_leftover().unwrap().unnamed, 2);
    assert!(!partly.to_string().contains("too old"), "{partly}: their words may quote what was sent");
    assert_eq!(jaeger.health(), Health::Ready);

    let later = jaeger.write(three()).await.unwrap_err();
    assert_eq!((later.kind(), later.retry()), (ErrorKind::Unavailable, Retry::Yes));
    assert_eq!(later.retry_after().map(|wait| wait.as_secs()), Some(7));
    assert!(matches!(jaeger.health(), Health::Down(_)));
    assert_eq!(jaeger.write(three()).await.unwrap_err().kind(), ErrorKind::Denied);
    jaeger.write(three()).await.unwrap();
    assert_eq!(jaeger.health(), Health::Ready);
}

#[tokio::test]
async fn a_probe_says_how_far_it_came() {
    let server = Server::start([(200, Vec::new()), (404, Vec::new())]).await;
    let steps = |findings: Vec<quipu_core::Finding>| -> Vec<(String, bool)> {
        findings.into_iter().map(|finding| (finding.step, finding.ok)).collect()
    };
    let jaeger = jaeger(&server);
    assert_eq!(steps(jaeger.probe().await), [("reach".to_owned(), true), ("traces".to_owned(), true)]);
    assert_eq!(read(&server.got()[0])[0].name, "quipu check");
    let wrong = jaeger.probe().await.pop().unwrap();
    assert!(!wrong.ok && wrong.said.contains("4318"), "{wrong:?}");
    let nobody = Config { endpoint: "http://127.0.0.1:1".to_owned(), ..Config::default() };
    let findings = Jaeger::open(nobody).unwrap().probe().await;
    assert_eq!(steps(findings), [("reach".to_owned(), false)]);
}

#[tokio::test]
async fn what_is_too_large_at_once_goes_in_halves() {
    let large = || (413, Vec::new());
    let server = Server::start([large(), (200, Vec::new()), large(), large(), (503, Vec::new())]).await;
    let jaeger = jaeger(&server);
    // Eight: too large. Four: accepted. Four: too large. Two: too large. One: not now.
    let sent = batch((1..=8).map(|number| span(number, "s")));
    let mut error = jaeger.write(Arc::clone(&sent)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
    let left = error.take_leftover().unwrap();
    assert_eq!((left.again.spans.as_slice(), left.refused.len()), (&sent.spans[4..], 0));

    let server = Server::start([large(), large(), (200, Vec::new())]).await;
    let jaeger = self::jaeger(&server);
    let mut error = jaeger.write(batch([span(1, "long"), span(2, "fine")])).await.unwrap_err();
    assert_eq!(error.retry(), Retry::No);
    let left = error.take_leftover().unwrap();
    assert_eq!((left.again.len(), left.refused.spans), (0, vec![span(1, "long")]));
    assert_eq!(read(&server.got()[2])[0].name, "fine");
}
