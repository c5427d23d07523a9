//! The connection and its failures.

use std::sync::Arc;

use quipu_backend_syslog::{Config, Syslog};
use quipu_conformance::sample::{batch, draft};
use quipu_core::{Backend, Batch, ErrorKind, Retry};
use tokio::net::TcpListener;

use crate::receiver::Receiver;

fn one(number: u64) -> Arc<Batch> {
    Arc::new(batch([draft(1, number).span()], []))
}

#[tokio::test]
async fn one_connection_is_kept() {
    let receiver = Receiver::start().await;
    let backend = Syslog::open(Config::at(format!("tcp://127.0.0.1:{}", receiver.port))).unwrap();
    for number in 1..=20 {
        backend.write(one(number)).await.unwrap();
    }
    let found = receiver.messages(20).await;
    assert_eq!(found[19].parameter("span_id"), Some("0000000000000014"));
    assert_eq!(*receiver.connections.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_receiver_that_hung_up_is_called_again() {
    let receiver = Receiver::with(None, Some(1)).await;
    let backend = Syslog::open(Config::at(format!("tcp://127.0.0.1:{}", receiver.port))).unwrap();
    for number in 1..=5 {
        backend.write(one(number)).await.unwrap();
        receiver.hung_up(usize::try_from(number).unwrap()).await;
    }
    assert_eq!(receiver.messages(5).await.len(), 5);
}

#[tokio::test]
async fn nobody_and_somebody_who_does_not_read_are_errors_that_may_pass() {
    let nobody = Syslog::open(Config::at("tcp://127.0.0.1:9")).unwrap();
    let error = nobody.write(one(1)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry(), error.backend()),
        (ErrorKind::Unavailable, Retry::Yes, Some("syslog"))
    );
    assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
    // It accepts but never reads: the write must end, and the next one must reconnect.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("tcp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let deaf = Syslog::open(Config { timeout_ms: 200, ..Config::at(url) }).unwrap();
    let large: Vec<_> = (1..=20_000).map(|number| draft(1, number).span()).collect();
    let error = deaf.write(Arc::new(batch(large, []))).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Unavailable, "write messages"));
    let (_first, _) = listener.accept().await.unwrap();
    deaf.write(one(1)).await.unwrap();
    listener.accept().await.unwrap();
}

#[tokio::test]
async fn a_look_at_the_other_side_says_where_it_ends() {
    let steps = async |url: String| -> Vec<(String, bool)> {
        let backend = Syslog::open(Config { timeout_ms: 500, ..Config::at(url) }).unwrap();
        backend.probe().await.into_iter().map(|found| (found.step, found.ok)).collect()
    };
    let receiver = Receiver::start().await;
    let is = |steps: &[(&str, bool)]| -> Vec<(String, bool)> {
        steps.iter().map(|(step, ok)| ((*step).to_owned(), *ok)).collect()
    };
    let good = [("reach", true), ("acceptance", true)];
    assert_eq!(steps(format!("tcp://127.0.0.1:{}", receiver.port)).await, is(&good));
    assert_eq!(receiver.messages(1).await[0].msgid, "quipu.check");
    let rude = Receiver::with(None, Some(1)).await;
    let off = [("reach", true), ("acceptance", false)];
    assert_eq!(steps(format!("tcp://127.0.0.1:{}", rude.port)).await, is(&off));
    assert_eq!(steps("tcp://127.0.0.1:9".to_owned()).await, is(&[("reach", false)]));
    assert_eq!(
        steps(format!("tls://localhost:{}", receiver.port)).await,
        is(&[("reach", true), ("tls", false)])
    );
}
