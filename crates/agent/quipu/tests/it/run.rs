//! Tests of whole runs, from guards to the backends.

use std::sync::Arc;
use std::time::Duration;

use quipu::core::{ErrorKind, Health, TraceQuery, UsageQuery};
use quipu::{Access, Builder, Error, Quipu};
use tempfile::TempDir;

const SOON: Duration = Duration::from_secs(5);

/// A library in this folder, with SQLite.
pub fn library(folder: &TempDir) -> Builder {
    let builder =
        Quipu::builder().detached().without_env().without_file().service("shop").system_metrics(false);
    builder.data_dir(folder.path()).delay(Duration::from_millis(20))
}

#[tokio::test]
async fn a_call_reaches_sqlite_and_another_process_reads_it_while_the_agent_runs() {
    let folder = TempDir::new().unwrap();
    let quipu = library(&folder).init().unwrap();
    let agent = quipu.context().agent("planner");
    agent.llm("openai", "gpt-5").usage((1_000, 100)).finish_reason("stop").end();
    agent.end();
    quipu.flush_async(SOON).await.unwrap();
    let reader = quipu::open("sqlite:", folder.path(), Access::Read).unwrap();
    let usage = reader.usage(&UsageQuery::default()).await.unwrap();
    assert_eq!((usage[0].totals.llm_calls, usage[0].totals.tokens.total()), (1, 1_100));
    assert_eq!(usage[0].totals.cost, "0.00225".parse().ok());
    let traces = reader.traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await.unwrap();
    assert_eq!(
        (traces.rows.len(), traces.rows[0].spans, traces.rows[0].service.as_deref()),
        (1, 2, Some("shop"))
    );
    let status = quipu.status();
    assert!(status.running && status.backend("sqlite").unwrap().written > 0, "{status}");
    assert!(status.backend("file").is_none(), "lines are written on request only: {status}");
    quipu.shutdown_async(SOON).await.unwrap();
    assert!(!quipu.status().running);
}

/// A custom backend that fails.
#[cfg(feature = "backend-file")]
struct Failing;

#[cfg(feature = "backend-file")]
#[async_trait::async_trait]
impl quipu::core::Backend for Failing {
    fn name(&self) -> &str {
        "failing"
    }

    async fn write(&self, _batch: Arc<quipu::core::Batch>) -> quipu::core::Result<()> {
        Err(Error::new(ErrorKind::Unavailable, "write", "nobody is there"))
    }
}

#[cfg(feature = "backend-file")]
fn lines(folder: &TempDir) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder.path().join("lines/quipu.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[cfg(feature = "backend-file")]
#[tokio::test]
async fn with_one_backend_failing_sqlite_and_the_file_have_everything() {
    let folder = TempDir::new().unwrap();
    let quipu =
        library(&folder).backend("sqlite:").backend("file:").exporter(Arc::new(Failing)).init().unwrap();
    for _ in 0..20 {
        let agent = quipu.context().agent("planner");
        agent.llm("openai", "gpt-5").usage((100, 10)).end();
        agent.context().scope(|| quipu::events::business("order.placed").emit());
    }
    let ended = quipu.shutdown_async(SOON).await.unwrap_err().to_string();
    assert!(ended.contains("dropped: failing: "), "{ended}");
    let status = quipu.status();
    assert!(
        matches!(status.backend("failing").unwrap().health, Health::Degraded(_) | Health::Down(_)),
        "{status}"
    );
    let of_trace = lines(&folder).iter().filter(|line| line.to_string().contains("planner")).count();
    assert!(of_trace >= 40, "{of_trace} lines");
    let reader = quipu::open("sqlite:", folder.path(), Access::Read).unwrap();
    assert_eq!(reader.usage(&UsageQuery::default()).await.unwrap()[0].totals.llm_calls, 20);
    assert_eq!(reader.integrity().unwrap().check().await.unwrap(), Vec::<String>::new());
}

#[cfg(feature = "backend-file")]
#[tokio::test]
async fn a_line_that_a_crash_has_torn_is_told_of() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("lines")).unwrap();
    std::fs::write(folder.path().join("lines/quipu.jsonl"), "{\"record\":\"sp").unwrap();
    let quipu = library(&folder).backend("file:").init().unwrap();
    let status = quipu.status();
    assert_eq!(status.problems, ["file: an incomplete last line of 13 bytes was removed"], "{status}");
}

#[tokio::test]
async fn logs_spans_metrics_and_costs_of_a_run_are_joined_by_its_trace_in_sqlite() {
    let folder = TempDir::new().unwrap();
    let quipu = library(&folder).backend("sqlite:").init().unwrap();
    let agent = quipu.context().agent("planner");
    let trace = agent.trace_id().unwrap();
    agent.context().scope(|| {
        quipu::events::business("order.placed").emit();
        quipu::histogram("order.value").record(12.5, &[("kind", "book")]);
        quipu::llm("openai", "gpt-5").usage((1_000, 100)).end();
    });
    agent.end();
    quipu.shutdown_async(SOON).await.unwrap();
    let day = std::fs::read_dir(folder.path().join("days")).unwrap().map(|entry| entry.unwrap().path());
    let day = day.into_iter().find(|path| {
        path.extension().is_some_and(|kind| kind == "db")
            && path.file_name().unwrap().to_string_lossy().starts_with("d-")
    });
    let db = rusqlite::Connection::open(day.unwrap()).unwrap();
    let count = |sql: &str| db.query_row(sql, [trace.as_bytes()], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM traces t JOIN spans s ON s.tr = t.pk WHERE t.trace = ?1"), 2);
    assert_eq!(
        count(
            "SELECT COUNT(*) FROM traces t JOIN calls c ON c.tr = t.pk WHERE t.trace = ?1 AND c.amount IS NOT NULL"
        ),
        1
    );
    assert_eq!(count("SELECT COUNT(*) FROM events WHERE trace = ?1"), 1);
    let metric = "SELECT COUNT(*) FROM exemplars e JOIN series s ON s.id = e.series JOIN dims d ON d.id = s.name \
         WHERE e.trace = ?1 AND d.text = 'order.value'";
    assert_eq!(count(metric), 1);
    let derived = "SELECT COUNT(*) FROM exemplars e JOIN series s ON s.id = e.series JOIN dims d ON d.id = s.name \
         WHERE e.trace = ?1 AND d.text = 'gen_ai.client.operation.duration'";
    assert_eq!(count(derived), 1, "derived metrics know the call too");
}
