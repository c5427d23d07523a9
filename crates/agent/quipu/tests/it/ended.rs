//! Tests of processes that end in the middle of their work.
#![cfg(unix)]

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use quipu::core::{SpanQuery, SpanRow, TraceQuery, TraceRow};
use quipu::{Access, Quipu};
use tempfile::TempDir;

/// Set for a child process only: its data folder, and how it handles signals.
const FOLDER: &str = "QUIPU_TEST_ENDED_FOLDER";
const SIGNALS: &str = "QUIPU_TEST_ENDED_SIGNALS";

#[test]
fn child_works_until_it_is_ended() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let builder = Quipu::builder().detached().without_env().without_file().system_metrics(false);
    let builder = builder.data_dir(folder).end_on_signals(std::env::var_os(SIGNALS).is_some());
    let quipu = builder.init().unwrap();
    let agent = quipu.context().agent("planner");
    let _call = agent.llm("openai", "gpt-5");
    if std::env::var_os(SIGNALS).is_none() {
        wait_until_stored(folder);
    }
    (0..50).for_each(|number| agent.tool(&format!("t{number}")).end());
    std::fs::write(folder.join("ready"), "").unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

/// Waits until the open agent is stored.
fn wait_until_stored(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let begin = Instant::now();
    let has_trace = || {
        let Ok(store) = quipu::open("sqlite:", folder, Access::Read) else { return false };
        let query = TraceQuery { limit: 1, ..TraceQuery::default() };
        runtime.block_on(store.traces(&query)).is_ok_and(|page| !page.rows.is_empty())
    };
    while !has_trace() {
        assert!(begin.elapsed() < Duration::from_secs(20), "the open agent is not stored");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn start(folder: &Path, signals: bool) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "ended::child_works_until_it_is_ended"]).env(FOLDER, folder);
    if signals {
        child.env(SIGNALS, "");
    }
    let child = child.spawn().unwrap();
    let begin = Instant::now();
    while !folder.join("ready").exists() {
        assert!(begin.elapsed() < Duration::from_secs(30), "the child does not start");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

fn end(mut child: Child, signal: &str) -> ExitStatus {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    child.wait().unwrap()
}

async fn stored(folder: &Path) -> (TraceRow, Vec<SpanRow>) {
    let store = quipu::open("sqlite:", folder, Access::Read).unwrap();
    let traces = store.traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await.unwrap().rows;
    assert_eq!(traces.len(), 1);
    let trace = traces.into_iter().next().unwrap();
    let query = SpanQuery { limit: 1_000, ..SpanQuery::of(trace.trace_id) };
    let spans = store.spans(&query).await.unwrap().rows;
    (trace, spans)
}

#[tokio::test]
async fn a_killed_agent_leaves_its_name_in_the_trace() {
    let folder = TempDir::new().unwrap();
    let ended = end(start(folder.path(), false), "-KILL");
    assert_eq!(ended.signal(), Some(9));
    let (trace, spans) = stored(folder.path()).await;
    assert_eq!(trace.name, "invoke_agent planner");
    assert_eq!(spans[0].duration, None);
}

#[tokio::test]
async fn signals_lose_no_ended_span_and_store_open_ones_as_unfinished() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = TempDir::new().unwrap();
        let ended = end(start(folder.path(), true), signal);
        assert_eq!(ended.code(), Some(code), "{ended}");
        let (trace, spans) = stored(folder.path()).await;
        assert_eq!(trace.name, "invoke_agent planner");
        let unfinished: Vec<_> = spans.iter().filter(|row| row.duration.is_none()).collect();
        assert_eq!((spans.len(), unfinished.len()), (52, 2), "50 tool runs, the agent and its call");
    }
}

#[tokio::test]
async fn a_shutdown_with_an_open_guard_stores_it_as_unfinished() {
    let folder = TempDir::new().unwrap();
    let builder = Quipu::builder().detached().without_env().without_file().system_metrics(false);
    let quipu = builder.data_dir(folder.path()).init().unwrap();
    let agent = quipu.context().agent("planner");
    agent.tool("search").end();
    quipu.shutdown_async(Duration::from_secs(5)).await.unwrap();
    let (trace, spans) = stored(folder.path()).await;
    assert_eq!((trace.name.as_str(), spans.len()), ("invoke_agent planner", 2));
    drop(agent);
}
