//! Failed requests, and the fate of their records.

use std::sync::Arc;
use std::time::Duration;

use quipu_backend_webhook::{Config, Webhook};
use quipu_conformance::sample::{batch, draft};
use quipu_core::{Backend, Batch, ErrorKind, Leftover, Retry};

use crate::receiver::Receiver;

fn spans(count: u64) -> Batch {
    batch((1..=count).map(|number| draft(1, number).with("k", "SECRET").span()).collect::<Vec<_>>(), [])
}

fn numbers(of: &Batch) -> Vec<u64> {
    of.spans.iter().map(|span| u64::from_be_bytes(*span.span_id.as_bytes())).collect()
}

async fn refusal(backend: &Webhook, of: Batch) -> (quipu_core::Error, Option<Leftover>) {
    let mut error = backend.write(Arc::new(of)).await.unwrap_err();
    let text = error.to_string();
    assert!(!text.contains("SECRET") && error.backend() == Some("webhook"), "{text}");
    let leftover = error.take_leftover();
    (error, leftover)
}

fn answers(receiver: &Receiver, of: &[(u16, Option<&'static str>)]) {
    receiver.held.lock().unwrap().answers.extend(of);
}

#[tokio::test]
async fn statuses_say_whether_to_come_again() {
    let receiver = Receiver::start().await;
    let backend = receiver.open(Config::default());
    for (status, wait, kind, retry) in [
        (429, Some("7"), ErrorKind::Exhausted, Retry::Yes),
        (503, None, ErrorKind::Unavailable, Retry::Yes),
        (401, None, ErrorKind::Denied, Retry::No),
        // Standard Webhooks: the receiver is gone permanently.
        (410, None, ErrorKind::NotFound, Retry::No),
    ] {
        answers(&receiver, &[(status, wait)]);
        let (error, leftover) = refusal(&backend, spans(2)).await;
        assert_eq!((error.kind(), error.retry(), leftover), (kind, retry, None), "{status}");
        assert_eq!(error.retry_after(), wait.map(|_| Duration::from_secs(7)));
    }
    for status in [400, 302, 413] {
        answers(&receiver, &[(status, None)]);
        let (error, leftover) = refusal(&backend, spans(2)).await;
        assert_eq!((error.retry(), numbers(&leftover.unwrap().refused)), (Retry::No, vec![1, 2]), "{status}");
    }
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn what_comes_behind_a_failure_waits_and_what_comes_behind_a_refusal_goes_on() {
    let receiver = Receiver::start().await;
    let backend = receiver.open(Config { max_records: 2, ..Config::default() });
    answers(&receiver, &[(200, None), (422, None), (200, None), (503, Some("3"))]);
    let (error, leftover) = refusal(&backend, spans(9)).await;
    let leftover = leftover.unwrap();
    assert_eq!((numbers(&leftover.refused), numbers(&leftover.again)), (vec![3, 4], vec![7, 8, 9]));
    assert_eq!((error.retry(), error.retry_after()), (Retry::Yes, Some(Duration::from_secs(3))));
    assert!(error.to_string().contains("4 records accepted, 3 to retry"), "{error}");
    assert_eq!(numbers(&receiver.records()), [1, 2, 5, 6]);
}

#[tokio::test]
async fn a_record_that_is_too_large_is_refused_alone() {
    let receiver = Receiver::start().await;
    let backend = receiver.open(Config { max_bytes: 4_096, ..Config::default() });
    let mut of = spans(5);
    of.spans[2] = draft(1, 3).with("large", "x".repeat(4_000)).span();
    let (error, leftover) = refusal(&backend, of).await;
    let leftover = leftover.unwrap();
    assert_eq!((error.retry(), numbers(&leftover.refused)), (Retry::No, vec![3]));
    assert!(leftover.again.is_empty() && error.to_string().contains("max_bytes"), "{error}");
    assert_eq!(numbers(&receiver.records()), [1, 2, 4, 5]);
}

#[tokio::test]
async fn nobody_is_an_error_that_may_pass() {
    let nobody = Webhook::open(Config::at("http://127.0.0.1:9/SECRET")).unwrap();
    let (error, leftover) = refusal(&nobody, spans(1)).await;
    assert_eq!((error.kind(), error.retry(), leftover), (ErrorKind::Unavailable, Retry::Yes, None));
}

#[tokio::test]
async fn a_record_of_any_size_takes_no_other_with_it() {
    let receiver = Receiver::start().await;
    let backend = receiver.open(Config { max_bytes: 4_096, ..Config::default() });
    let (mut taken, mut refused) = (0, 0);
    let sizes = 3_000..3_900;
    for size in sizes.clone() {
        let mut of = spans(2);
        of.spans[0] = draft(1, 1).with("large", "x".repeat(size)).span();
        match backend.write(Arc::new(of)).await {
            Ok(()) => taken += 2,
            Err(mut error) => {
                assert_eq!(numbers(&error.take_leftover().unwrap().refused), [1]);
                (taken, refused) = (taken + 1, refused + 1);
            }
        }
    }
    assert_eq!((receiver.records().spans.len(), taken + refused), (taken, 2 * sizes.len()));
    assert!(refused > 0 && refused < sizes.len(), "the bound lies between: {refused}");
}
