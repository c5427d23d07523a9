//! Failed requests, and the fate of their records.

use std::sync::Arc;
use std::time::Duration;

use quipu_backend_elasticsearch::{Config, Elasticsearch};
use quipu_conformance::sample::{agent_runs, at, batch, counter, draft, priced};
use quipu_core::{Backend, Batch, ErrorKind, Leftover, Retry};

use crate::cluster::{Cluster, USUAL};

fn spans(count: u64) -> Arc<Batch> {
    let spans: Vec<_> = (1..=count).map(|number| draft(1, number).with("secret", "SECRET").span()).collect();
    Arc::new(batch(spans, []))
}

fn numbers(of: &Batch) -> Vec<u64> {
    of.spans.iter().map(|span| u64::from_be_bytes(*span.span_id.as_bytes())).collect()
}

async fn refusal(backend: &Elasticsearch, batch: Arc<Batch>) -> (quipu_core::Error, Option<Leftover>) {
    let mut error = backend.write(batch).await.unwrap_err();
    let text = error.to_string();
    assert!(!text.contains("SECRET") && error.backend() == Some("elasticsearch"), "{text}");
    let leftover = error.take_leftover();
    (error, leftover)
}

#[tokio::test]
async fn each_record_has_its_own_verdict() {
    let cluster = Cluster::start().await;
    let faults = [
        None,
        Some((429, "es_rejected_execution_exception")),
        Some((400, "document_parsing_exception")),
        None,
    ];
    cluster.set(|held| held.faults.extend(faults));
    let backend = cluster.backend();
    let (error, leftover) = refusal(&backend, spans(5)).await;
    let leftover = leftover.unwrap();
    assert_eq!((numbers(&leftover.again), numbers(&leftover.refused)), (vec![2], vec![3]));
    assert_eq!(error.retry(), Retry::Yes);
    let text = error.to_string();
    assert!(text.contains("3 records accepted, 1 to retry, 1 rejected"), "{text}");
    assert!(text.contains("document_parsing_exception ×1"), "{text}");
    backend.write(Arc::new(leftover.again)).await.unwrap();
    assert_eq!(cluster.count(), 4);
    cluster.set(|held| held.faults.extend([Some((400, "document_parsing_exception"))]));
    let (error, leftover) = refusal(&backend, spans(6)).await;
    assert_eq!((error.retry(), error.kind()), (Retry::No, ErrorKind::Invalid));
    assert_eq!(numbers(&leftover.unwrap().refused), [1]);
    assert_eq!(cluster.count(), 6, "the third, which was refused before, and the sixth are new");
}

#[tokio::test]
async fn points_and_events_are_left_over_by_themselves() {
    let cluster = Cluster::start().await;
    let mut of = agent_runs(1, 1);
    of.spans.clear();
    of.costs.clear();
    let events = of.events.len();
    of.metrics.push(counter("requests", "a", &[(at(1), 1.0), (at(2), 2.0), (at(3), 3.0)]));
    let mut faults = vec![None; events];
    faults.extend([Some((429, "busy")), None, Some((429, "busy"))]);
    cluster.set(|held| held.faults.extend(faults));
    let (_, leftover) = refusal(&cluster.backend(), Arc::new(of.clone())).await;
    let again = leftover.unwrap().again;
    let mut want = of.metrics;
    want[0].points.remove(1);
    assert_eq!(again, Batch { metrics: want, ..Batch::default() });
}

#[tokio::test]
async fn a_span_that_is_sent_again_has_its_cost_with_it() {
    let cluster = Cluster::start().await;
    let calls: Vec<_> = (1..=3).map(|number| draft(1, number).llm("gpt-5", 1, 1).span()).collect();
    let rows: Vec<_> = calls.iter().map(|span| priced(span, "0.5")).collect();
    cluster.set(|held| held.faults.extend([None, Some((429, "busy"))]));
    let backend = cluster.backend();
    let (_, leftover) = refusal(&backend, Arc::new(batch(calls, rows.clone()))).await;
    let again = leftover.unwrap().again;
    assert_eq!((numbers(&again), &again.costs), (vec![2], &vec![rows[1].clone()]));
    backend.write(Arc::new(again)).await.unwrap();
    let documents = cluster.documents("traces-quipu-default");
    assert!(documents.iter().all(|(_, one)| one["quipu.cost.usd"] == 0.5), "{documents:?}");
    assert_eq!((documents.len(), cluster.count()), (3, 6));
}

#[tokio::test]
async fn a_busy_cluster_says_when_to_come_again() {
    let cluster = Cluster::start().await;
    let answers = [(429, Some("7"), String::new()), (503, None, String::new())];
    cluster.set(|held| held.answers.extend(answers));
    let backend = cluster.backend();
    let (error, leftover) = refusal(&backend, spans(2)).await;
    assert_eq!((error.retry(), error.retry_after()), (Retry::Yes, Some(Duration::from_secs(7))));
    assert_eq!(leftover, None, "nothing was taken");
    assert_eq!(refusal(&backend, spans(2)).await.0.retry(), Retry::Yes);
    backend.write(spans(2)).await.unwrap();
    assert_eq!(cluster.count(), 2);
}

#[tokio::test]
async fn what_comes_behind_a_failure_waits() {
    let cluster = Cluster::start().await;
    let backend = cluster.open(Config { bulk_records: 2, ..Config::default() });
    cluster.set(|held| held.faults.extend([Some((400, "document_parsing_exception"))]));
    let answers = [(USUAL, None, String::new()), (502, None, String::new())];
    cluster.set(|held| held.answers.extend(answers));
    let (error, leftover) = refusal(&backend, spans(6)).await;
    let leftover = leftover.unwrap();
    assert_eq!((numbers(&leftover.again), numbers(&leftover.refused)), (vec![3, 4, 5, 6], vec![1]));
    assert_eq!((error.retry(), cluster.set(|held| held.bulks)), (Retry::Yes, 2));
    assert!(error.to_string().contains("answered 502"), "{error}");
    backend.write(Arc::new(leftover.again)).await.unwrap();
    assert_eq!(cluster.count(), 5);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_divided() {
    let cluster = Cluster::start().await;
    let backend = cluster.backend();
    backend.write(spans(1)).await.unwrap();
    cluster.set(|held| held.most_bytes = Some(3_000));
    let mut of = (*spans(20)).clone();
    of.spans[7] = draft(1, 8).with("large", "x".repeat(5_000)).span();
    let (error, leftover) = refusal(&backend, Arc::new(of)).await;
    assert_eq!((error.kind(), numbers(&leftover.unwrap().refused)), (ErrorKind::Invalid, vec![8]));
    assert_eq!(cluster.count(), 19);
}

#[tokio::test]
async fn bodies_stay_within_their_bounds() {
    let cluster = Cluster::start().await;
    let backend = cluster.open(Config { bulk_bytes: 4_000, ..Config::default() });
    cluster.set(|held| held.most_bytes = Some(4_000));
    backend.write(spans(100)).await.unwrap();
    let by_bytes = cluster.set(|held| std::mem::take(&mut held.bulks));
    assert!((15..60).contains(&by_bytes), "{by_bytes} requests, none of them refused");
    let backend = cluster.open(Config { bulk_records: 10, ..Config::default() });
    cluster.set(|held| held.most_bytes = None);
    backend.write(spans(95)).await.unwrap();
    assert_eq!(cluster.set(|held| held.bulks), 10);
}

#[tokio::test]
async fn wrong_credentials_and_other_servers_are_told_apart() {
    let cluster = Cluster::start().await;
    let backend = cluster.backend();
    let answers = [(401, None, String::new()), (200, None, "<html>SECRET".to_owned())];
    cluster.set(|held| held.answers.extend(answers));
    let (error, _) = refusal(&backend, spans(1)).await;
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Denied, Retry::No));
    let (error, _) = refusal(&backend, spans(1)).await;
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
    let nobody = Elasticsearch::open(Config::at("http://127.0.0.1:9")).unwrap();
    let (error, _) = refusal(&nobody, spans(1)).await;
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
}
