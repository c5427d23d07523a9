//! The plug-ins obey the laws, and work in the library and in the binary.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use acme_quipu::{Acme, Csv, plug_ins};
use quipu_cli::quipu::core::{Backend, UsageQuery};
use quipu_cli::quipu::{self, Access};
use quipu_conformance::{Recording, run_adapter, run_exporter, sample::draft};

#[tokio::test]
async fn the_plug_ins_obey_every_law() {
    let call = draft(1, 1).with("acme.model", "gpt-5").with("acme.in", 1_000).with("acme.out", 100).span();
    let report = run_adapter(&Acme, &[Recording { name: "acme--call".to_owned(), spans: vec![call] }]);
    assert!(report.failed().is_empty(), "{report}");
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("spans.csv");
    let open = move || {
        let config = format!("path = {lines:?}");
        let backend = Csv::open(toml_of(&config)).unwrap();
        async { Arc::new(backend) as Arc<dyn Backend> }
    };
    let report = run_exporter(open).await;
    assert!(report.failed().is_empty(), "{report}");
}

fn toml_of<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap()
}

#[tokio::test]
async fn the_library_names_them_in_its_file_and_counts_their_calls() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("quipu.toml");
    let lines = folder.path().join("spans.csv");
    std::fs::write(&file, format!("backends = [\"sqlite:\", \"csv:\"]\n[backend.csv]\npath = {lines:?}\n"))
        .unwrap();
    let builder = quipu::builder().detached().without_env().config_file(&file).data_dir(folder.path());
    let library = builder.register(plug_ins()).init().unwrap();
    let span = library.context().foreign("acme", "ask");
    span.attribute("acme.model", "gpt-5").attribute("acme.in", 1_000).attribute("acme.out", 100).end();
    library.shutdown_async(Duration::from_secs(5)).await.unwrap();
    assert!(std::fs::read_to_string(&lines).unwrap().contains("\"ask\""));
    let store = quipu::open("sqlite:", folder.path(), Access::Read).unwrap();
    let usage = store.usage(&UsageQuery::default()).await.unwrap();
    assert_eq!(usage[0].totals.cost, "0.00225".parse().ok());
}

#[test]
fn the_binary_knows_them() {
    let folder = tempfile::tempdir().unwrap();
    let (file, lines) = (folder.path().join("quipu.toml"), folder.path().join("spans.csv"));
    std::fs::write(&file, format!("backends = [\"csv:\"]\n[backend.csv]\npath = {lines:?}\n")).unwrap();
    let (done, said) = run(&["check", "backends", "--config", path(&file)]);
    assert!(done && said.contains("csv"), "{said}");
    let otlp = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736",
        "spanId":"00f067aa0ba902b7","name":"ask","startTimeUnixNano":"1790000000000000000",
        "endTimeUnixNano":"1790000001000000000","attributes":[{"key":"acme.model","value":{"stringValue":"gpt-5"}},
        {"key":"acme.in","value":{"intValue":"1000"}},{"key":"acme.out","value":{"intValue":"100"}}]}]}]}]}"#;
    let sent = folder.path().join("sent.json");
    std::fs::write(&sent, otlp.replace('\n', "")).unwrap();
    let (done, said) = run(&["import", path(&sent), "--data-dir", path(folder.path())]);
    assert!(done, "{said}");
    let (done, said) =
        run(&["usage", "--json", "--data-dir", path(folder.path()), "--since", "2026-01-01T00:00:00Z"]);
    assert!(done && said.contains("0.00225"), "{said}");
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Whether a command succeeds, and its output.
fn run(args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_acme-quipu")).args(args).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}
