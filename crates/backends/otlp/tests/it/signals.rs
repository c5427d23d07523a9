//! Endpoints and contents of each signal.

use quipu_core::{Backend as _, Batch, Signal, SignalSet, Value};

use quipu_conformance::sample::draft;

use crate::server::{Server, taken};
use crate::shared::{batch, open, records, write};

#[tokio::test]
async fn every_signal_of_a_batch_arrives_by_every_protocol() {
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        let server = match protocol {
            "grpc" => Server::grpc(|_| Ok(0)).await,
            _ => Server::http(|_| taken()).await,
        };
        let otlp =
            open(&format!("endpoint = {:?}\nprotocol = {protocol:?}\nmapping = \"passthrough\"", server.url));
        write(&otlp, batch()).await.unwrap();
        let came = server.requests().iter().map(records).fold(Batch::default(), |mut all, more| {
            all.append(more);
            all
        });
        let sent = batch();
        assert_eq!(came.spans.len(), 2);
        for (came, sent) in came.spans.iter().zip(&sent.spans) {
            assert_eq!((came.trace_id, came.span_id, &came.name), (sent.trace_id, sent.span_id, &sent.name));
            assert_eq!(came.attributes, sent.attributes);
        }
        assert_eq!(came.events[0].name, sent.events[0].name);
        assert_eq!(came.metrics[0].name, sent.metrics[0].name);
    }
}

#[tokio::test]
async fn short_addresses_say_the_protocol() {
    let server = Server::grpc(|_| Ok(0)).await;
    let address = server.url.trim_start_matches("http://").to_owned();
    for text in [
        format!("endpoint = \"grpc://{address}\""),
        format!("endpoint = {address:?}\nprotocol = \"grpc\"\ninsecure = true"),
    ] {
        write(&open(&text), batch()).await.unwrap();
    }
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn a_signal_can_go_elsewhere_otherwise_or_nowhere() {
    let (all, logs) = (Server::http(|_| taken()).await, Server::grpc(|_| Ok(0)).await);
    let otlp = open(&format!(
        "endpoint = {:?}\nheaders = {{ a = \"1\", b = \"1\" }}\n[logs]\nendpoint = {:?}\nprotocol = \"grpc\"\nheaders = {{ B = \"2\" }}\n[metrics]\nsend = false",
        all.url, logs.url
    ));
    assert_eq!(otlp.signals(), SignalSet::SPANS.and(SignalSet::EVENTS));
    write(&otlp, batch()).await.unwrap();
    let (all, logs) = (all.requests(), logs.requests());
    assert_eq!((all.len(), logs.len()), (1, 1));
    assert_eq!(all[0].path, "/v1/traces");
    assert_eq!((&all[0].headers["a"], &all[0].headers["b"]), (&"1".parse().unwrap(), &"1".parse().unwrap()));
    assert_eq!(
        (&logs[0].headers["a"], &logs[0].headers["b"]),
        (&"1".parse().unwrap(), &"2".parse().unwrap())
    );
}

#[tokio::test]
async fn attributes_are_added_to_resources_that_lack_them() {
    let server = Server::http(|_| taken()).await;
    let otlp = open(&format!(
        "endpoint = {:?}\nresource = {{ \"gcp.project_id\" = \"p\", \"service.name\" = \"other\" }}",
        server.url
    ));
    let spans = vec![draft(1, 1).service("shop").span(), draft(1, 2).span()];
    write(&otlp, Batch { spans, ..batch() }).await.unwrap();
    for seen in server.requests() {
        let came = records(&seen);
        let resources = came.spans.iter().map(|span| &span.resource);
        let resources = resources.chain(came.events.iter().map(|event| &event.resource));
        for resource in resources.chain(came.metrics.iter().map(|metric| &metric.resource)) {
            assert_eq!(resource.attributes.get("gcp.project_id"), Some(&Value::from("p")));
            let names = resource.attributes.iter().filter(|(name, _)| name == "service.name").count();
            assert_eq!(names, 1);
        }
        if let Some(first) = came.spans.first() {
            assert_eq!(first.resource.attributes.text("service.name"), Some("shop"));
        }
    }
}

#[tokio::test]
async fn in_passthrough_spans_made_of_other_signals_stay_here() {
    let server = Server::http(|_| taken()).await;
    let otlp = open(&format!("endpoint = {:?}\nmapping = \"passthrough\"", server.url));
    let spans = vec![draft(1, 1).made_of(Signal::Log).span()];
    write(&otlp, Batch { spans, ..Batch::default() }).await.unwrap();
    assert!(server.requests().is_empty());
}
