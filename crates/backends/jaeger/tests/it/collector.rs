//! Requests to a Thrift collector over HTTP.

use std::sync::Arc;

use quipu_backend_jaeger::{Config, Jaeger};
use quipu_core::{Backend, Batch, ErrorKind, Retry, Span};
use quipu_send::Secret;

use crate::sample::{batch, call, resource, span};
use crate::server::Server;
use crate::thrift::of_body;

fn jaeger(server: &Server) -> Jaeger {
    let config = Config {
        endpoint: format!("{}/api/traces?format=jaeger.thrift", server.url),
        protocol: Some(quipu_backend_jaeger::Protocol::Collector),
        username: Some("me".to_owned()),
        password: Some(Secret::from("hush")),
        ..Config::default()
    };
    Jaeger::open(config).unwrap()
}

fn of(number: u64, service: &str) -> Span {
    Span { resource: resource(service), ..span(number, "s") }
}

#[tokio::test]
async fn a_batch_comes_whole_with_name_and_password() {
    let server = Server::start([]).await;
    let mut long = call();
    long.attributes.push("prompt", "p".repeat(200_000));
    jaeger(&server).write(batch([long])).await.unwrap();
    let [got] = server.got().try_into().unwrap();
    assert_eq!(got.path, "/api/traces");
    assert_eq!(got.headers["authorization"], "Basic bWU6aHVzaA==");
    assert_eq!(got.headers["content-type"], "application/vnd.apache.thrift.binary");
    let heard = of_body(&got.body);
    assert_eq!(heard.at(1).text(1), "shop");
    let tags = heard.list(2)[0].tags(10);
    assert_eq!(tags["prompt"], "p".repeat(200_000).as_str().into());
}

#[tokio::test]
async fn what_was_taken_is_not_repeated_and_what_was_refused_is_given_back() {
    let server = Server::start([(202, vec![]), (400, vec![]), (503, vec![])]).await;
    let jaeger = jaeger(&server);
    let all = [of(1, "a"), of(2, "b"), of(3, "c"), of(4, "d")];
    let all = Batch { spans: all.to_vec(), ..Batch::default() };
    let mut error = jaeger.write(Arc::new(all.clone())).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
    assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(7));
    assert!(!error.to_string().contains("hush"));
    let leftover = error.take_leftover().unwrap();
    assert_eq!(leftover.refused.spans, all.spans[1..2]);
    assert_eq!(leftover.again.spans, all.spans[2..]);
    jaeger.write(Arc::new(leftover.again)).await.unwrap();
    let services: Vec<_> =
        server.got().iter().map(|got| of_body(&got.body).at(1).text(1).to_owned()).collect();
    assert_eq!(services, ["a", "b", "c", "c", "d"]);
}

#[tokio::test]
async fn a_probe_tells_what_is_wrong() {
    let server = Server::start([(200, vec![]), (401, vec![]), (404, vec![])]).await;
    let jaeger = jaeger(&server);
    assert!(jaeger.probe().await.iter().all(|finding| finding.ok));
    for hint in ["password", "/api/traces"] {
        let last = jaeger.probe().await.pop().unwrap();
        assert!(!last.ok && last.said.contains(hint), "{last:?}");
    }
}
