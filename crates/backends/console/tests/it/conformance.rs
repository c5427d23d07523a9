//! The conformance suite for exporters.

use std::sync::Arc;

use quipu_backend_console::{Colour, Config, Console, Format};
use quipu_conformance::run_exporter;
use quipu_core::{Backend, Level};

use crate::shared::Shown;

async fn every_law_holds(format: Format) {
    let config = Config {
        format,
        colour: Colour::Always,
        level: Level::Trace,
        contents: true,
        metrics: true,
        ..Config::default()
    };
    let report = run_exporter(move || {
        let console = Console::with_writer(config.clone(), Shown::default()).unwrap();
        async move { Arc::new(console) as Arc<dyn Backend> }
    });
    report.await.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_for_people() {
    every_law_holds(Format::Pretty).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_for_programs() {
    every_law_holds(Format::Json).await;
}
