//! Contents of the documents.

use std::sync::Arc;

use quipu_conformance::sample::{at, batch, draft, event, metric, priced, span_id, trace_id, unpriced};
use quipu_core::{
    Backend, Batch, Cost, Exemplar, Instrument, Level, Link, Resource, SpanEvent, Unpriced, Value,
};
use serde_json::{Value as Json, json};

use crate::cluster::Cluster;

async fn written(of: Batch) -> Cluster {
    let cluster = Cluster::start().await;
    cluster.backend().write(Arc::new(of)).await.unwrap();
    cluster
}

fn only(cluster: &Cluster, index: &str) -> (String, Json) {
    let mut found = cluster.documents(index);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn has(document: &Json, fields: &[(&str, Json)]) {
    for (name, want) in fields {
        assert_eq!(&document[*name], want, "{name} of {document}");
    }
}

#[tokio::test]
async fn a_call_has_the_fields_of_ecs_and_of_the_genai_conventions() {
    let mut span = draft(1, 2).below(1).named("chat gpt-5").service("shop").session("s").user("u");
    span = span.agent("buyer").llm("gpt-5", 120, 22).lasts(1_500_000).with("custom", 7);
    let mut span = span.span();
    let resource = [
        ("service.name", Value::from("shop")),
        ("service.version", "1.2".into()),
        ("deployment.environment.name", "prod".into()),
        ("host.name", "h".into()),
        ("process.pid", 7.into()),
    ];
    span.resource = Arc::new(Resource { attributes: resource.into_iter().collect(), ..Resource::default() });
    let row = priced(&span, "0.0042");
    let cluster = written(batch([span], [row])).await;
    let (id, document) = only(&cluster, "traces-quipu-default");
    assert_eq!(id, "00000000000000000000000000000001-0000000000000002");
    let fields = [
        ("@timestamp", json!("2026-03-02T10:00:02.000000000Z")),
        ("ecs.version", json!("9.0.0")),
        ("data_stream.type", json!("traces")),
        ("trace.id", json!("00000000000000000000000000000001")),
        ("span.id", json!("0000000000000002")),
        ("parent.id", json!("0000000000000001")),
        ("span.name", json!("chat gpt-5")),
        ("event.duration", json!(1_500_000)),
        ("event.outcome", json!("success")),
        ("service.name", json!("shop")),
        ("service.version", json!("1.2")),
        ("service.environment", json!("prod")),
        ("host.name", json!("h")),
        ("process.pid", json!(7)),
        ("user.id", json!("u")),
        ("gen_ai.conversation.id", json!("s")),
        ("gen_ai.agent.name", json!("buyer")),
        ("gen_ai.request.model", json!("gpt-5")),
        ("gen_ai.usage.input_tokens", json!(120)),
        ("gen_ai.usage.output_tokens", json!(22)),
        ("quipu.kind", json!("llm")),
        ("quipu.cost.counted", json!(true)),
        ("quipu.cost.usd", json!(0.0042)),
    ];
    has(&document, &fields);
    assert_eq!(document["attributes"]["custom"], 7);
}

#[tokio::test]
async fn a_failure_has_its_error() {
    let mut span = draft(1, 1).tool("search").failed("upstream did not answer").span();
    let attributes = [("exception.type", "Timeout"), ("exception.stacktrace", "at search")];
    span.events.push(SpanEvent {
        time: at(3),
        name: "exception".into(),
        attributes: attributes.into_iter().collect(),
    });
    span.links.push(Link { trace_id: trace_id(9), span_id: span_id(8), attributes: Default::default() });
    span.canonical.error_type = None;
    let (_, document) = only(&written(batch([span], [])).await, "traces-quipu-default");
    has(
        &document,
        &[
            ("event.outcome", json!("failure")),
            ("error.type", json!("Timeout")),
            ("error.message", json!("upstream did not answer")),
            ("error.stack_trace", json!("at search")),
            ("gen_ai.tool.name", json!("search")),
        ],
    );
    assert_eq!(document["span.events"][0]["name"], "exception");
    assert_eq!(document["span.links"][0]["trace.id"], trace_id(9).to_string());
}

#[tokio::test]
async fn what_cannot_be_indexed_is_kept_as_text() {
    let long = "x".repeat(40_000);
    let mut deep = Value::Int(1);
    for _ in 0..30 {
        deep = Value::Map(vec![("k".into(), deep)]);
    }
    let span = draft(1, 1).with("long", long.as_str()).with("deep", deep).with("", 1).with("a..b", 2);
    let span = span.with("twice", 1).with("twice", 2).with("nan", f64::NAN).with("short", "y").span();
    let (_, document) = only(&written(batch([span], [])).await, "traces-quipu-default");
    assert_eq!(document["attributes"], json!({"twice": 2, "nan": "NaN", "short": "y"}));
    let kept: Json = serde_json::from_str(document["attributes_long"].as_str().unwrap()).unwrap();
    assert_eq!((&kept["long"], &kept[""], &kept["a..b"]), (&json!(long), &json!(1), &json!(2)));
    assert!(kept["deep"]["k"]["k"]["k"].is_object());
}

#[tokio::test]
async fn a_span_that_runs_is_followed_by_the_one_that_ended() {
    let cluster = Cluster::start().await;
    let backend = cluster.backend();
    for span in [draft(1, 1).running().span(), draft(1, 1).span(), draft(1, 1).span()] {
        backend.write(Arc::new(batch([span], []))).await.unwrap();
    }
    let ids: Vec<_> = cluster.documents("traces-quipu-default").into_iter().map(|(id, _)| id).collect();
    let ended = "00000000000000000000000000000001-0000000000000001";
    assert_eq!(ids, [ended.to_owned(), format!("{ended}-running")]);
}

#[tokio::test]
async fn events_are_logs() {
    let mut note = event(at(1), Level::Error, "agent.stop", "stopped");
    (note.trace_id, note.session) = (Some(trace_id(1)), Some("s".into()));
    let mut other = event(at(1), Level::Info, "", "");
    other.body = Value::Map(vec![("k".into(), Value::Array(vec![1.into(), Value::Null]))]);
    let cluster = written(Batch { events: vec![note.clone(), note, other], ..Batch::default() }).await;
    let mut found: Vec<_> = cluster.documents("logs-quipu-default").into_iter().map(|(_, one)| one).collect();
    found.sort_by_key(|one| one["message"].to_string());
    assert_eq!(found.len(), 2, "the same event is one document");
    has(
        &found[0],
        &[
            ("message", json!("stopped")),
            ("log.level", json!("error")),
            ("event.action", json!("agent.stop")),
            ("trace.id", json!("00000000000000000000000000000001")),
            ("gen_ai.conversation.id", json!("s")),
        ],
    );
    has(&found[1], &[("message", json!(r#"{"k":[1,null]}"#)), ("log.level", json!("info"))]);
}

#[tokio::test]
async fn each_point_is_a_document() {
    let mut of = metric("latency", Instrument::Gauge, "a", &[(at(1), 2.5), (at(2), f64::NAN)]);
    of.points[0].exemplars =
        vec![Exemplar { time: at(1), value: 2.5, trace_id: trace_id(1), span_id: span_id(1) }];
    let cluster = written(Batch { metrics: vec![of], ..Batch::default() }).await;
    let mut found: Vec<_> =
        cluster.documents("metrics-quipu-default").into_iter().map(|(_, one)| one).collect();
    found.sort_by_key(|one| one["@timestamp"].to_string());
    has(&found[0], &[("metric.name", json!("latency")), ("metric.value", json!(2.5))]);
    assert_eq!(found[0]["metric.exemplars"][0]["span.id"], span_id(1).to_string());
    has(&found[1], &[("metric.value", Json::Null), ("metric.not_a_number", json!("NaN"))]);
}

#[tokio::test]
async fn the_newest_row_of_a_span_stays_whatever_order_they_come_in() {
    let span = draft(1, 1).llm("gpt-5", 1, 1).span();
    let version = |version: u64, usd: &str| Cost { version, ..priced(&span, usd) };
    let cluster = Cluster::start().await;
    let backend = cluster.backend();
    for row in [version(1, "1"), version(3, "3"), version(2, "2"), version(3, "3")] {
        backend.write(Arc::new(batch([], [row]))).await.unwrap();
    }
    let (id, document) = only(&cluster, "quipu-costs-default-2026.03");
    assert_eq!(id, "00000000000000000000000000000001-0000000000000001");
    has(&document, &[("quipu.cost.usd", json!(3)), ("gen_ai.usage.input_tokens", json!(1))]);
    let row = Cost { version: 9, ..unpriced(&span, Unpriced::UnknownModel) };
    backend.write(Arc::new(batch([], [row]))).await.unwrap();
    let (_, document) = only(&cluster, "quipu-costs-default-2026.03");
    has(&document, &[("quipu.cost.usd", Json::Null), ("quipu.cost.reason", json!("unknown_model"))]);
}
