//! Tests of tasks and threads that inherit the context.

use std::time::Duration;

use quipu_primitives::{spawn, spawn_blocking, thread_spawn};
use quipu_sdk::{Context, FutureExt, Recorder, RecorderConfig};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_they_record_belongs_to_who_spawned_them() {
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    let parent = recorder.context().workflow("parent");
    let within = async {
        let task = spawn(async { quipu_sdk::task("task").span_id() });
        let blocking = spawn_blocking(|| quipu_sdk::task("blocking").span_id());
        let thread = thread_spawn("worker", || {
            assert_eq!(std::thread::current().name(), Some("worker"));
            quipu_sdk::task("thread").span_id()
        });
        assert!(task.await.unwrap().is_some());
        assert!(blocking.await.unwrap().is_some());
        assert!(thread.unwrap().join().unwrap().is_some());
    };
    within.in_context(parent.context()).await;
    let id = parent.span_id();
    drop(parent);
    let spans = drain.collect(Duration::ZERO).spans;
    let mut below: Vec<_> =
        spans.iter().filter(|span| span.parent_id == id).map(|span| span.name.as_str()).collect();
    below.sort_unstable();
    assert_eq!(below, ["blocking", "task", "thread"]);
}

#[tokio::test]
async fn without_a_recorder_they_are_plain() {
    assert!(Context::current().trace_id().is_none());
    assert_eq!(spawn(async { 1 }).await.unwrap(), 1);
}
