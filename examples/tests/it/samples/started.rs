//! Samples about the start of the library and its exporters.

use std::fs;
use std::time::Duration;

use quipu::Builder;

const SOON: Duration = Duration::from_secs(10);

/// A library of its own in an empty folder.
fn apart(builder: Builder, folder: &tempfile::TempDir) -> Builder {
    let builder = builder.detached().without_env().without_file().system_metrics(false);
    builder.metrics_interval(Duration::from_millis(100)).data_dir(folder.path())
}

#[tokio::test]
async fn an_exporter_is_added_while_the_library_runs() {
    let (folder, added) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let quipu = apart(quipu::builder(), &folder).init().unwrap();
    let uri = format!("file:{}", added.path().display());
    // sample: add_exporter
    quipu.add_backend(&uri).unwrap();
    // end
    quipu.context().span("later").end();
    quipu.flush_async(SOON).await.unwrap();
    let lines = fs::read_to_string(added.path().join("quipu.jsonl")).unwrap();
    assert!(lines.contains("\"later\""), "{lines}");
    assert!(quipu.add_backend("unheard-of:").is_err(), "an unknown exporter is an error");
}

#[tokio::test]
async fn a_service_starts_with_a_page_for_prometheus() {
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let builder = apart(quipu::builder(), &folder);
    let uri = format!("prometheus:{port}");
    // sample: initialize_observability
    let quipu = builder.service("my-service").backend(uri).init().unwrap();
    // end
    quipu.context().llm("openai", "gpt-4").usage((100, 50)).end();
    quipu.flush_async(SOON).await.unwrap();
    let begin = std::time::Instant::now();
    loop {
        let page = reqwest::get(format!("http://{port}/metrics")).await.unwrap().text().await.unwrap();
        if page.contains("quipu_llm_calls_total{") && page.contains("my-service") {
            break;
        }
        assert!(begin.elapsed() < SOON, "{page}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let names: Vec<_> = quipu.status().backends.into_iter().map(|backend| backend.name).collect();
    assert_eq!(names, ["sqlite", "prometheus"], "the page does not replace the store");
}

#[tokio::test]
async fn the_whole_config_is_code() {
    let folder = tempfile::tempdir().unwrap();
    let builder = apart(quipu::builder(), &folder);
    // sample: observability_config
    let delivery = quipu::DeliveryConfig { queue_records: 2_048, ..Default::default() };
    let quipu = builder
        .service("my-service")
        .resource("service.version", "1.2.0")
        .resource("deployment.environment.name", "staging")
        .sample_ratio(0.5)
        .level(quipu::Level::Debug)
        .delivery(delivery)
        .delay(Duration::from_millis(100))
        .metrics_interval(Duration::from_secs(30))
        .init()
        .unwrap();
    // end
    let status = quipu.status();
    assert!(status.running && status.problems.is_empty(), "{status}");
}

#[test]
fn presets_are_one_call() {
    let folder = tempfile::tempdir().unwrap();
    let develop = || apart(quipu::development(), &folder);
    // sample: presets
    let quipu = develop().init().unwrap();
    // end
    let names: Vec<_> = quipu.status().backends.into_iter().map(|backend| backend.name).collect();
    assert_eq!(names, ["sqlite", "console"]);
}
