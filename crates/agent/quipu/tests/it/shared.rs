//! Tests of several processes in one data folder.

use std::process::Command;
use std::time::{Duration, Instant};

use quipu::core::{Store, TraceQuery, UsageQuery};
use quipu::{Access, Builder, Quipu};
use tempfile::TempDir;

const SOON: Duration = Duration::from_secs(5);

/// Set for a child process only: the data folder.
const FOLDER: &str = "QUIPU_TEST_SHARED_FOLDER";

fn library(folder: &std::path::Path) -> Builder {
    let builder =
        Quipu::builder().detached().without_env().without_file().system_metrics(false).service("shop");
    builder.data_dir(folder).delay(Duration::from_millis(20))
}

fn call(quipu: &Quipu, agent: &str) {
    let agent = quipu.context().agent(agent);
    agent.llm("openai", "gpt-5").usage((1_000, 100)).end();
}

async fn calls(store: &dyn Store) -> u64 {
    let usage = store.usage(&UsageQuery::default()).await.unwrap();
    usage.first().map_or(0, |group| group.totals.llm_calls)
}

async fn until_calls(quipu: &Quipu, expected: u64) {
    let begin = Instant::now();
    loop {
        let seen = calls(&*quipu.store().unwrap()).await;
        if seen == expected {
            return;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{seen} calls instead of {expected}: {}",
            quipu.status()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[cfg(feature = "backend-file")]
#[tokio::test]
async fn two_libraries_in_one_folder_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let first = library(folder.path()).init().unwrap();
    let second = library(folder.path()).backend("file:").init().unwrap();
    let third = library(folder.path()).backend("file:").init().unwrap();
    for (quipu, agent) in [(&first, "first"), (&second, "second"), (&third, "third")] {
        assert!(quipu.status().problems.is_empty(), "{}", quipu.status());
        call(quipu, agent);
        quipu.flush_async(SOON).await.unwrap();
    }
    until_calls(&first, 3).await;
    assert_eq!(
        calls(&*second.store().unwrap()).await,
        3,
        "a process without the lock reads beside the other"
    );
    let traces =
        first.store().unwrap().traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await.unwrap();
    let cost = |agent: &str| traces.rows.iter().find(|row| row.name.contains(agent)).map(|row| row.cost);
    assert_eq!(cost("second"), cost("first"), "{traces:?}");
    // The lock goes to another process with the end of its holder.
    first.shutdown_async(SOON).await.unwrap();
    call(&second, "alone");
    second.flush_async(SOON).await.unwrap();
    until_calls(&second, 4).await;
    third.shutdown_async(SOON).await.unwrap();
    second.shutdown_async(SOON).await.unwrap();
    let store = quipu::open("sqlite:", folder.path(), Access::Read).unwrap();
    assert_eq!(calls(&*store).await, 4);
    assert_eq!(store.integrity().unwrap().check().await.unwrap(), Vec::<String>::new());
    assert!(folder.path().join("lines/quipu-2.jsonl").exists(), "each process has its own lines");
}

#[test]
fn child_records_one_call() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let quipu = library(std::path::Path::new(&folder)).init().unwrap();
    call(&quipu, "child");
    quipu.shutdown(SOON).unwrap();
}

#[tokio::test]
async fn a_short_process_beside_an_agent_is_stored_and_priced() {
    let folder = TempDir::new().unwrap();
    let quipu = library(folder.path()).init().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "shared::child_records_one_call"]).env(FOLDER, folder.path());
    let ended = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    until_calls(&quipu, 1).await;
    let usage = quipu.store().unwrap().usage(&UsageQuery::default()).await.unwrap();
    assert_eq!(usage[0].totals.cost, "0.00225".parse().ok());
}

#[tokio::test]
async fn batches_that_no_process_took_in_are_stored_by_the_last_one() {
    let folder = TempDir::new().unwrap();
    let first = library(folder.path()).init().unwrap();
    let second = library(folder.path()).init().unwrap();
    call(&second, "late");
    let ended = tokio::join!(first.shutdown_async(SOON), second.flush_async(SOON));
    assert!(ended.0.is_ok() && ended.1.is_ok(), "{ended:?}");
    second.shutdown_async(SOON).await.unwrap();
    let store = quipu::open("sqlite:", folder.path(), Access::Read).unwrap();
    assert_eq!(calls(&*store).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_lends_its_store_to_a_command_and_takes_it_back() {
    let folder = TempDir::new().unwrap();
    let quipu = library(folder.path()).init().unwrap();
    call(&quipu, "before");
    quipu.flush_async(SOON).await.unwrap();
    let store = quipu::open("sqlite:", folder.path(), Access::Write).unwrap();
    assert_eq!(calls(&*store).await, 1);
    call(&quipu, "meanwhile");
    quipu.flush_async(SOON).await.unwrap();
    let dropped: u64 = quipu.status().backends.iter().flat_map(|one| one.dropped.values()).sum();
    assert_eq!(dropped, 0, "{}", quipu.status());
    store.close().await.unwrap();
    drop(store);
    until_calls(&quipu, 2).await;
    quipu.shutdown_async(SOON).await.unwrap();
}

#[tokio::test]
async fn a_call_that_two_processes_report_counts_once() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (library(folder.path()).init().unwrap(), library(folder.path()).init().unwrap());
    let call = first.context().llm("openai", "gpt-5").usage((1_000, 100));
    let (trace, span) = (call.trace_id().unwrap(), call.span_id().unwrap());
    let within = second.context().within(trace, span, true);
    within.llm("openai", "gpt-5").usage((1_000, 100)).end();
    second.flush_async(SOON).await.unwrap();
    until_calls(&first, 1).await;
    call.end();
    first.flush_async(SOON).await.unwrap();
    let row = first.store().unwrap().trace(trace).await.unwrap().unwrap();
    assert_eq!((row.spans, row.llm_calls, row.tokens.total()), (2, 1, 1_100), "{row:?}");
}
