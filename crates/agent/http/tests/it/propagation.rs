//! Tests of context propagation over a real connection.

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::routing::post;
use quipu_http::{Middleware, Propagate, TraceLayer, extract, inject, inject_as};
use quipu_sdk::propagate::{Format, Formats};
use quipu_sdk::{Context, FutureExt, Recorder, RecorderConfig};
use std::collections::BTreeMap;

use crate::answers;
use crate::mock;
use crate::rig::{Rig, text};

#[test]
fn headers_carry_a_context_there_and_back() {
    let (recorder, _drain) = Recorder::new(RecorderConfig::default());
    let span = recorder.context().agent("planner").session_id("s-1").user_data("team", "blue");
    let mut headers = HeaderMap::new();
    inject(&span.context(), &mut headers);
    let arrived = extract(&headers);
    assert_eq!((arrived.trace_id(), arrived.span_id()), (span.trace_id(), span.span_id()));
    let bound = arrived.bound().unwrap();
    assert_eq!(bound.session.as_deref(), Some("s-1"));
    assert_eq!(bound.data, [("team".into(), "blue".into())]);
    assert_eq!(extract(&HeaderMap::new()).span_id(), None);
}

/// A server whose handler creates a span, and a client that calls it within a span.
async fn hop(format: Format) {
    let mut inside = Rig::new();
    let handler = || async {
        quipu_sdk::task("inner").end();
        "fine"
    };
    let layer = TraceLayer::new().context(inside.context());
    let server = mock::serve(Router::new().route("/work", post(handler)).layer(layer)).await;
    let (recorder, _drain) = Recorder::new(RecorderConfig::default());
    let agent = recorder.context().agent("planner").session_id("s-1");
    let mut headers = HeaderMap::new();
    let formats = Formats::new([format, Format::Baggage]);
    inject_as(&agent.context(), &formats, &mut headers);
    let response =
        reqwest::Client::new().post(format!("http://{server}/work")).headers(headers).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "fine");
    let spans = inside.spans(2);
    let (inner, outer) = (&spans[0], &spans[1]);
    assert_eq!((outer.name.as_str(), inner.name.as_str()), ("POST", "inner"));
    assert_eq!(outer.parent_id, agent.span_id(), "{format}");
    assert_eq!(inner.parent_id, Some(outer.span_id));
    for span in &spans {
        assert_eq!(Some(span.trace_id), agent.trace_id());
        assert_eq!(text(span, "session.id"), Some("s-1"), "{format}");
    }
}

#[tokio::test]
async fn a_servers_span_is_the_child_of_the_callers() {
    for format in [Format::TraceContext, Format::B3, Format::B3Multi, Format::Jaeger] {
        hop(format).await;
    }
}

#[tokio::test]
async fn from_middleware_to_layer_in_every_format() {
    for format in [Format::TraceContext, Format::B3, Format::B3Multi, Format::Jaeger] {
        let mut inside = Rig::new();
        let layer = TraceLayer::new().context(inside.context());
        let server = mock::serve(Router::new().fallback(|| async { "fine" }).layer(layer)).await;
        let settings = RecorderConfig {
            propagate: Formats::new([format, Format::Baggage]),
            ..RecorderConfig::default()
        };
        let (recorder, mut drain) = Recorder::new(settings);
        let client = mock::client(Middleware::new());
        let request = client.get(format!("http://{server}/orders"));
        request.send().in_context(recorder.context()).await.unwrap().text().await.unwrap();
        let client_span = drain.collect(std::time::Duration::from_secs(5)).spans.remove(0);
        let server_span = inside.span();
        assert_eq!((client_span.name.as_str(), server_span.name.as_str()), ("GET", "GET"));
        assert_eq!(
            (server_span.trace_id, server_span.parent_id),
            (client_span.trace_id, Some(client_span.span_id))
        );
    }
}

async fn seen(middleware: Middleware, context: &Context, path: &str) -> BTreeMap<String, String> {
    let server = mock::echo().await;
    let body = answers::named("chat").request.to_string();
    let request = mock::client(middleware).post(format!("http://{server}{path}")).body(body);
    request.send().in_context(context.clone()).await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn model_providers_learn_the_trace_and_others_what_is_bound() {
    let rig = Rig::new();
    let agent = rig.context().agent("planner").session_id("s-1").user_data("team", "blue");
    let context = agent.context();
    let model = "/v1/chat/completions";
    let has = |headers: &BTreeMap<String, String>| {
        (headers.contains_key("traceparent"), headers.contains_key("baggage"))
    };
    assert_eq!(has(&seen(Middleware::new(), &context, model).await), (true, false));
    assert_eq!(has(&seen(Middleware::new(), &context, "/other").await), (true, true));
    let none = || Middleware::new().to_models(Propagate::Nothing).to_others(Propagate::Nothing);
    assert_eq!(has(&seen(none(), &context, model).await), (false, false));
    assert_eq!(has(&seen(none(), &context, "/other").await), (false, false));
    let named = none().to_host("127.0.0.1", Propagate::All);
    assert_eq!(has(&seen(named, &context, model).await), (true, true));
    let quiet = Middleware::new().to_host("127.0.0.1", Propagate::Nothing);
    assert_eq!(has(&seen(quiet, &context, "/other").await), (false, false));
}

#[tokio::test]
async fn a_trace_goes_on_through_a_service_that_records_nothing() {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = HeaderMap::from_iter([("traceparent".parse().unwrap(), traceparent.parse().unwrap())]);
    let headers = seen(Middleware::new(), &extract(&headers), "/other").await;
    assert_eq!(headers["traceparent"], traceparent);
}

#[tokio::test]
async fn an_agent_behind_a_server_calls_a_model() {
    let model = mock::always(200, "application/json", answers::named("chat").body).await;
    let mut rig = Rig::new();
    let handler = move || async move {
        let agent = quipu_sdk::agent("planner");
        let context = agent.context();
        let case = answers::named("chat");
        let client = mock::client(Middleware::new());
        let request = client.post(format!("http://{model}{}", case.path)).body(case.request.to_string());
        let answer = request.send().in_context(context).await.unwrap().text().await.unwrap();
        agent.end();
        Body::from(answer)
    };
    let layer = TraceLayer::new().context(rig.context()).route(|parts| Some(parts.uri.path().to_owned()));
    let server = mock::serve(Router::new().route("/ask", post(handler)).layer(layer)).await;
    reqwest::Client::new().post(format!("http://{server}/ask")).send().await.unwrap().text().await.unwrap();
    let spans = rig.spans(3);
    let find = |kind: &str| spans.iter().find(|span| text(span, "quipu.kind") == Some(kind)).unwrap();
    let (server, agent, llm) = (find("other"), find("agent"), find("llm"));
    assert_eq!(server.name, "POST /ask");
    assert_eq!((agent.parent_id, llm.parent_id), (Some(server.span_id), Some(agent.span_id)));
    assert_eq!(text(llm, "gen_ai.agent.name"), Some("planner"));
}
