//! Tests of the server layer.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::MatchedPath;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;
use futures_util::StreamExt;
use http_body_util::BodyExt;
use quipu_core::{SpanKind, Status};
use quipu_http::TraceLayer;
use tower::{Layer, Service, ServiceExt};

use crate::mock;
use crate::rig::{Rig, int, text};

fn layer(rig: &Rig) -> TraceLayer {
    TraceLayer::new()
        .context(rig.context())
        .route(|parts| parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned()))
}

fn asking(path: &str) -> Request<Body> {
    let request = Request::get(path).header("host", "shop.example.com:8080");
    request.header("authorization", "header-secret").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_request_is_a_span_with_its_route() {
    let mut rig = Rig::new();
    let app = Router::new().route("/orders/{id}", get(|| async { "fine" })).layer(layer(&rig));
    let response = app.oneshot(asking("/orders/7?token=query-secret")).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "fine");
    let span = rig.span();
    assert_eq!(
        (span.name.as_str(), span.kind, span.status),
        ("GET /orders/{id}", SpanKind::Server, Status::Unset)
    );
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/orders/{id}"),
        ("url.path", "/orders/7"),
        ("server.address", "shop.example.com"),
    ] {
        assert_eq!(text(&span, key), Some(value), "{key}");
    }
    assert_eq!((int(&span, "server.port"), int(&span, "http.response.status_code")), (Some(8080), Some(200)));
    assert!(!format!("{span:?}").contains("secret"));
}

#[tokio::test]
async fn a_status_of_500_or_more_is_an_error_and_one_below_is_not() {
    for (status, is_error) in [(404, false), (500, true), (503, true)] {
        let mut rig = Rig::new();
        let app = Router::new()
            .fallback(move || async move { StatusCode::from_u16(status).unwrap() })
            .layer(layer(&rig));
        app.oneshot(asking("/x")).await.unwrap();
        let span = rig.span();
        assert_eq!(
            (span.name.as_str(), int(&span, "http.response.status_code")),
            ("GET", Some(i64::from(status)))
        );
        assert_eq!(span.status == Status::Error, is_error);
        assert_eq!(text(&span, "error.type"), is_error.then(|| status.to_string()).as_deref());
    }
}

#[tokio::test]
async fn the_span_is_current_in_handler_and_body_and_ends_with_the_body() {
    let mut rig = Rig::new();
    let handler = || async {
        quipu_sdk::task("in the handler").end();
        let pieces = futures_util::stream::iter(0..3).map(|piece| {
            quipu_sdk::task("in the body").end();
            Ok::<_, Infallible>(Bytes::from(piece.to_string()))
        });
        Response::new(Body::from_stream(pieces))
    };
    let app = Router::new().route("/stream", get(handler)).layer(layer(&rig));
    let response = app.oneshot(asking("/stream")).await.unwrap();
    let begun = rig.spans(1);
    assert_eq!(begun[0].name, "in the handler");
    // The time of a slow client is part of the span.
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "012");
    let spans = rig.spans(4);
    let span = &spans[3];
    assert_eq!((span.name.as_str(), text(span, "error.type")), ("GET /stream", None));
    assert!(span.duration().unwrap() >= 20_000_000);
    assert!(spans[..3].iter().chain(&begun).all(|child| child.parent_id == Some(span.span_id)));
}

#[tokio::test]
async fn a_body_dropped_midway_was_cancelled() {
    let mut rig = Rig::new();
    let endless = || async {
        Response::new(Body::from_stream(futures_util::stream::repeat(Ok::<_, Infallible>(Bytes::from("x")))))
    };
    let app = Router::new().route("/stream", get(endless)).layer(layer(&rig));
    let mut body = app.oneshot(asking("/stream")).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(text(&rig.span(), "error.type"), Some("cancelled"));
}

#[tokio::test]
async fn a_body_that_fails_is_an_error() {
    let mut rig = Rig::new();
    let failing = || async {
        let pieces = futures_util::stream::iter([Ok(Bytes::from("x")), Err(std::io::Error::other("sesame"))]);
        Response::new(Body::from_stream(pieces))
    };
    let app = Router::new().route("/stream", get(failing)).layer(layer(&rig));
    app.oneshot(asking("/stream")).await.unwrap().into_body().collect().await.unwrap_err();
    let span = rig.span();
    assert_eq!((span.status, text(&span, "error.type")), (Status::Error, Some("body")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_before_the_answer_cancels() {
    let mut rig = Rig::new();
    let slow = || async { tokio::time::sleep(Duration::from_secs(60)).await };
    let server = mock::serve(Router::new().route("/slow", get(slow)).layer(layer(&rig))).await;
    let request =
        reqwest::Client::new().get(format!("http://{server}/slow")).timeout(Duration::from_millis(100));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(text(&rig.span(), "error.type"), Some("cancelled"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_without_a_body_end_their_span() {
    let mut rig = Rig::new();
    let app = Router::new().route("/x", get(|| async { "a body" })).layer(layer(&rig));
    let server = mock::serve(app).await;
    let client = reqwest::Client::new();
    client.head(format!("http://{server}/x")).send().await.unwrap();
    let span = rig.span();
    assert_eq!((span.name.as_str(), text(&span, "error.type")), ("HEAD /x", None));
    client.get(format!("http://{server}/x")).send().await.unwrap().text().await.unwrap();
    assert_eq!(text(&rig.span(), "error.type"), None);
}

#[tokio::test]
async fn a_panic_is_recorded_and_passed_on() {
    let mut rig = Rig::new();
    let wrong = || async {
        tokio::task::yield_now().await;
        if true {
            panic!("sesame");
        }
    };
    let app = Router::new().route("/panic", get(wrong)).layer(layer(&rig));
    let result = tokio::spawn(app.oneshot(asking("/panic"))).await;
    assert!(result.unwrap_err().is_panic());
    let span = rig.span();
    assert_eq!((span.status, text(&span, "error.type")), (Status::Error, Some("panic")));
    assert!(!format!("{span:?}").contains("sesame"));
}

#[tokio::test]
async fn a_service_that_fails_is_an_error() {
    let mut rig = Rig::new();
    let failing = tower::service_fn(|_: Request<Body>| async {
        Err::<Response<Body>, _>(std::io::Error::other("sesame"))
    });
    let mut service = layer(&rig).layer(failing);
    service.ready().await.unwrap().call(asking("/x")).await.unwrap_err();
    assert_eq!(rig.span().status, Status::Error);
}

#[tokio::test]
async fn baggage_is_bound() {
    let mut rig = Rig::new();
    let app = Router::new().route("/x", get(|| async { quipu_sdk::task("inner").end() })).layer(layer(&rig));
    let mut request = asking("/x");
    request.headers_mut().insert("baggage", "team=blue,quipu.session_id=s-1".parse().unwrap());
    app.oneshot(request).await.unwrap();
    for span in rig.spans(2) {
        assert_eq!((text(&span, "quipu.data.team"), text(&span, "session.id")), (Some("blue"), Some("s-1")));
    }
}

#[tokio::test]
async fn methods_that_nobody_knows_are_one() {
    let mut rig = Rig::new();
    let app = Router::new().fallback(|| async { "fine" }).layer(layer(&rig));
    let request = Request::builder().method("BREW").uri("/pot").body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(rig.span().name, "_OTHER");
}
