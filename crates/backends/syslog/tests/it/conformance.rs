//! The conformance suite for exporters; RFC 5424 allows each of its messages.

use std::sync::{Arc, Mutex};

use quipu_backend_syslog::{Config, Format, Syslog};
use quipu_conformance::run_exporter;
use quipu_core::Backend;

use crate::receiver::Receiver;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds() {
    for format in [Format::Text, Format::Json] {
        let receivers: Arc<Mutex<Vec<Arc<Receiver>>>> = Arc::default();
        let kept = Arc::clone(&receivers);
        let report = run_exporter(move || {
            let kept = Arc::clone(&kept);
            async move {
                let receiver = Arc::new(Receiver::start().await);
                let url = format!("tcp://127.0.0.1:{}", receiver.port);
                kept.lock().unwrap().push(receiver);
                Arc::new(Syslog::open(Config { format, ..Config::at(url) }).unwrap()) as Arc<dyn Backend>
            }
        });
        report
            .await
            .assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
        let receivers = receivers.lock().unwrap().clone();
        let mut messages = 0;
        for receiver in receivers {
            let found = receiver.messages(receiver.count()).await;
            assert!(found.iter().all(|message| message.bytes <= 8_192));
            messages += found.len();
        }
        assert!(messages > 14_000, "{messages} messages were read");
    }
}
