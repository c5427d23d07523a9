//! Tests of start and shutdown on every runtime.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_backend_memory::Memory;
use quipu_core::*;
use quipu_runtime::Quipu;

use crate::house::{House, SOON, Stuck, library, total};

fn counted(store: &Arc<Memory>) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(total(&(Arc::clone(store) as _))).llm_calls
}

fn started() -> (Quipu<House>, Arc<Memory>) {
    let store = Arc::new(Memory::new());
    (library().store(Arc::clone(&store) as _).init().unwrap(), store)
}

fn call(quipu: &Quipu<House>) {
    quipu.context().llm("openai", "gpt-5").usage((1, 1)).end();
}

#[test]
fn without_a_runtime_dropping_the_handle_writes_what_waits() {
    let (quipu, store) = started();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..100).for_each(|_| call(&quipu)));
        }
    });
    drop(quipu);
    assert_eq!(counted(&store), 800);
}

#[tokio::test(flavor = "current_thread")]
async fn on_a_current_thread_runtime_nothing_blocks_for_ever() {
    let (quipu, store) = started();
    call(&quipu);
    quipu.flush(SOON).unwrap();
    call(&quipu);
    quipu.flush_async(SOON).await.unwrap();
    call(&quipu);
    drop(quipu);
    assert_eq!(total(&(store as _)).await.llm_calls, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_multi_thread_runtime_tasks_record_too() {
    let (quipu, store) = started();
    let context = quipu.context();
    let tasks = (0..50).map(|_| {
        let context = context.clone();
        tokio::spawn(async move { context.llm("openai", "gpt-5").usage((1, 1)).end() })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    quipu.shutdown_async(SOON).await.unwrap();
    quipu.shutdown_async(SOON).await.unwrap();
    assert_eq!(total(&(store as _)).await.llm_calls, 50);
}

#[test]
fn after_the_end_what_is_recorded_is_dropped_and_counted() {
    let (quipu, store) = started();
    call(&quipu);
    quipu.shutdown(SOON).unwrap();
    quipu.shutdown(SOON).unwrap();
    assert!(!quipu.status().running);
    call(&quipu);
    let status = quipu.status();
    assert_eq!(status.recorder.dropped.iter().map(|(_, count)| count).sum::<u64>(), 1, "{status}");
    assert!(quipu.flush(SOON).unwrap_err().to_string().contains("shut down"));
    assert_eq!(counted(&store), 1);
}

#[test]
fn a_stuck_backend_does_not_hold_up_the_end() {
    let quipu = library().exporter(Arc::new(Stuck)).init().unwrap();
    call(&quipu);
    let begun = Instant::now();
    let flushed = quipu.flush(Duration::from_millis(200)).unwrap_err();
    assert!(flushed.to_string().contains("200 ms"), "{flushed}");
    let ended = quipu.shutdown(Duration::from_secs(2));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    let status = quipu.status();
    let dropped: u64 = status.backend("stuck").unwrap().dropped.values().sum();
    let text = ended.expect_err("what was not written is told").to_string();
    assert!(dropped > 0 && text.contains("dropped: stuck: "), "{text}: {status}");
}

#[test]
fn a_start_without_a_backend_has_a_problem() {
    let quipu = library().init().unwrap();
    let problems = quipu.status().problems;
    assert!(problems.iter().any(|problem| problem.starts_with("records go nowhere")), "{problems:?}");
    let (quipu, _store) = started();
    assert!(quipu.status().problems.is_empty());
}

#[test]
fn a_backend_outside_of_the_build_is_named_with_its_feature() {
    let quipu = library().backend("otlp:http://127.0.0.1:1").backend("acme:").init().unwrap();
    let status = quipu.status();
    let error = |name| status.backend(name).unwrap().last_error.clone().unwrap();
    assert!(error("otlp").contains("cargo feature `backend-otlp`"), "{status}");
    assert!(!error("acme").contains("cargo feature"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_beyond_all_clocks_is_taken_as_long() {
    let (quipu, store) = started();
    call(&quipu);
    quipu.flush(Duration::MAX).unwrap();
    call(&quipu);
    quipu.flush_async(Duration::MAX).await.unwrap();
    quipu.shutdown(Duration::MAX).unwrap();
    assert_eq!(total(&(store as _)).await.llm_calls, 2);
}

#[test]
fn a_panic_that_unwinds_through_it_loses_nothing() {
    let store = Arc::new(Memory::new());
    let held = Arc::clone(&store);
    let ended = std::thread::spawn(move || {
        let quipu = library().store(held as _).init().unwrap();
        let _call = quipu.context().llm("openai", "gpt-5").usage((1, 1));
        panic!("as planned");
    });
    ended.join().unwrap_err();
    assert_eq!(counted(&store), 1);
}

#[test]
fn switched_off_nothing_runs_and_nothing_fails() {
    let quipu = library().enabled(false).init().unwrap();
    assert!(!quipu.is_enabled() && !quipu.context().llm("openai", "gpt-5").is_recording());
    quipu.flush(SOON).unwrap();
    quipu.budget("any").check(Usd::ZERO).unwrap();
    quipu.shutdown(SOON).unwrap();
}

/// The only test of this process that installs its recorder.
#[test]
fn the_second_one_is_refused_and_the_first_stays() {
    let store = Arc::new(Memory::new());
    let make = || Quipu::<House>::builder().without_env().without_file().without_backends();
    let wrong = make().config_file("/nowhere/quipu.toml");
    let first = make().store(Arc::clone(&store) as _).init().unwrap();
    let second = make().init().err().unwrap().to_string();
    assert!(second.contains("already initialised"), "{second}");
    drop(wrong);
    quipu_sdk::llm("openai", "gpt-5").usage((1, 1)).end();
    let panicked = std::thread::spawn(|| panic!("as planned")).join();
    assert!(panicked.is_err());
    first.shutdown(SOON).unwrap();
    assert_eq!(counted(&store), 1);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let query = EventQuery { name: Some("system.error".into()), limit: 10, ..EventQuery::default() };
    let events = runtime.block_on(store.events(&query)).unwrap().rows;
    assert!(!events.is_empty(), "a panic is an event");
}

#[tokio::test]
async fn exporters_come_and_go_while_the_library_runs() {
    let (quipu, store) = started();
    let added = Arc::new(Memory::new());
    let seen = || async { total(&(Arc::clone(&added) as Arc<dyn Store>)).await.llm_calls };
    call(&quipu);
    quipu.flush_async(SOON).await.unwrap();
    quipu.add_exporter(Arc::clone(&added) as _).unwrap();
    call(&quipu);
    quipu.flush_async(SOON).await.unwrap();
    let twice = quipu.add_exporter(Arc::new(Memory::new())).unwrap_err().to_string();
    assert!(twice.contains("memory"), "{twice}");
    assert_eq!(seen().await, 1, "only what came after it");
    call(&quipu);
    quipu.remove_exporter("memory").await.unwrap();
    let gone = quipu.remove_exporter("memory").await.unwrap_err().to_string();
    assert!(gone.contains("there is no exporter \"memory\""), "{gone}");
    let before = seen().await;
    call(&quipu);
    quipu.flush_async(SOON).await.unwrap();
    assert_eq!(seen().await, before);
    quipu.add_backend("failing:").unwrap();
    let unknown = quipu.add_backend("otlp:http://127.0.0.1:1").unwrap_err().to_string();
    assert!(unknown.contains("backend-otlp"), "{unknown}");
    let names: Vec<_> = quipu.status().backends.into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["memory", "failing"]);
    assert_eq!(total(&(store as _)).await.llm_calls, 4);
}

#[test]
fn an_added_price_prices_the_next_call() {
    let (quipu, _store) = started();
    let make =
        || quipu.context().llm("house", "own").usage((1_000, 100)).duration(Duration::from_secs(1)).end();
    let row = make().row().unwrap();
    assert_eq!((row.amount, row.unpriced), (None, Some(Unpriced::UnknownModel)));
    let price = quipu_prices::NewPrice::new("house", "own").input(1).output(2);
    quipu.prices().unwrap().add(&price).unwrap();
    let ended = make();
    assert_eq!(ended.cost().map(|cost| cost.to_string()).as_deref(), Some("0.0012"));
    assert_eq!((ended.tokens(), ended.duration()), (Some(1_100), Some(Duration::from_secs(1))));
}
