//! Tests of spans: names, parents, fields, links.

use quipu_core::{SpanKind, Status, Value};
use quipu_sdk::{FutureExt, RecorderConfig, bind};
use quipu_tracing::{Selection, layer};
use tracing::field::Empty;
use tracing::level_filters::LevelFilter;
use tracing::{Instrument, debug_span, info_span};
use tracing_subscriber::Layer;

use crate::{full, names, recorded, recorded_by, span, value};

#[test]
fn a_span_becomes_a_record_of_the_scope_tracing() {
    let batch = recorded(|| drop(info_span!(target: "my::target", "work").entered()));
    let work = span(&batch, "work");
    assert_eq!(work.scope.name, "tracing");
    assert_eq!(value(work, "target"), "my::target".into());
    assert!(work.attributes.get("quipu.kind").is_none());
    assert!(work.end.is_some() && work.parent_id.is_none());
}

#[test]
fn fields_keep_their_types() {
    let batch = recorded(|| {
        info_span!(
            "typed",
            int = -3,
            large = u64::MAX,
            wide = 7_u128,
            widest = u128::MAX,
            double = 1.5,
            flag = true,
            text = "t",
            shown = %"d",
            debugged = ?Some(1),
            error = &std::io::Error::other("broken") as &dyn std::error::Error,
            bytes = &[1_u8, 2][..],
        );
    });
    let typed = span(&batch, "typed");
    let values = ["int", "large", "wide", "double", "flag", "text", "shown", "debugged", "error"];
    assert_eq!(
        values.map(|key| value(typed, key)),
        [
            Value::Int(-3),
            Value::Int(i64::MAX),
            Value::Int(7),
            Value::Double(1.5),
            Value::Bool(true),
            "t".into(),
            "d".into(),
            "Some(1)".into(),
            "broken".into(),
        ]
    );
    assert_eq!(value(typed, "widest"), u128::MAX.to_string().into());
    assert_eq!(value(typed, "bytes"), Value::Bytes(vec![1, 2]));
}

#[test]
fn late_fields_count_and_the_last_value_of_each() {
    let batch = recorded(|| {
        let chat = info_span!("chat", gen_ai.usage.input_tokens = Empty, state = "begun");
        chat.record("gen_ai.usage.input_tokens", 120_u64);
        chat.record("state", "done");
    });
    let chat = span(&batch, "chat");
    assert_eq!(value(chat, "gen_ai.usage.input_tokens"), Value::Int(120));
    let states: Vec<_> = chat.attributes.iter().filter(|(key, _)| key == "state").collect();
    assert_eq!(states.len(), 1);
    assert_eq!(states[0].1, "done".into());
}

#[test]
fn the_names_of_opentelemetry_are_about_the_span_itself() {
    let batch = recorded(|| {
        let named =
            info_span!("static", otel.name = "GET /x", otel.kind = "SERVER", otel.status_code = Empty);
        named.record("otel.status_code", "error");
        drop(named);
        info_span!("failed", otel.status_description = "no luck");
        let fine = info_span!("fine", otel.status_code = "OK", otel.kind = ?SpanKind::Client);
        let _entered = fine.enter();
        tracing::error!("told apart from the status that was said");
    });
    let named = span(&batch, "GET /x");
    assert_eq!((named.kind, named.status), (SpanKind::Server, Status::Error));
    let failed = span(&batch, "failed");
    assert_eq!((failed.status, failed.status_message.as_str()), (Status::Error, "no luck"));
    let fine = span(&batch, "fine");
    assert_eq!((fine.kind, fine.status), (SpanKind::Client, Status::Ok));
    assert!(batch.spans.iter().all(|span| span.attributes.iter().all(|(key, _)| !key.starts_with("otel."))));
}

#[test]
fn guards_and_spans_are_each_others_parents() {
    let batch = recorded(|| {
        let agent = quipu_sdk::agent("planner").enter();
        let outer = info_span!("outer").entered();
        quipu_sdk::tool("inner").end();
        drop(outer);
        drop(agent);
        info_span!("alone");
    });
    let agent = batch.spans.iter().find(|span| span.attributes.text("quipu.kind") == Some("agent")).unwrap();
    let tool = batch.spans.iter().find(|span| span.attributes.text("quipu.kind") == Some("tool")).unwrap();
    let outer = span(&batch, "outer");
    assert_eq!(outer.parent_id, Some(agent.span_id));
    assert_eq!(tool.parent_id, Some(outer.span_id));
    assert_eq!([outer.trace_id, tool.trace_id], [agent.trace_id; 2]);
    // Bound values pass through spans of `tracing`, too.
    assert_eq!(value(outer, "gen_ai.agent.name"), "planner".into());
    assert_eq!(value(tool, "gen_ai.agent.name"), "planner".into());
    assert_eq!(span(&batch, "alone").parent_id, None);
}

#[test]
fn explicit_parents_and_roots_are_kept() {
    let batch = recorded(|| {
        let _session = bind().session("s-1").enter();
        let elsewhere = info_span!("elsewhere");
        let current = info_span!("current").entered();
        info_span!(parent: &elsewhere, "child");
        info_span!(parent: None, "root");
        drop(current);
    });
    let [elsewhere, current] = ["elsewhere", "current"].map(|name| span(&batch, name));
    assert_eq!(span(&batch, "child").parent_id, Some(elsewhere.span_id));
    let root = span(&batch, "root");
    assert_eq!(root.parent_id, None);
    assert_ne!(root.trace_id, current.trace_id);
    assert_eq!(value(root, "session.id"), "s-1".into());
}

#[test]
fn a_parent_that_is_closed_or_left_out_does_not_break_the_chain() {
    let batch = recorded(|| {
        let top = info_span!("top").entered();
        let hidden = debug_span!("hidden").entered();
        info_span!("below");
        let handle = hidden.exit();
        info_span!(parent: &handle, "beside");
        let below = info_span!(parent: &handle, "first");
        drop((top, handle));
        // Its parents are left and closed.
        info_span!(parent: &below, "late");
    });
    let top = span(&batch, "top");
    assert_eq!(span(&batch, "below").parent_id, Some(top.span_id));
    assert_eq!(span(&batch, "beside").parent_id, Some(top.span_id));
    assert!(!names(&batch).contains(&"hidden"));
    let first = span(&batch, "first");
    assert_eq!((first.parent_id, span(&batch, "late").parent_id), (Some(top.span_id), Some(first.span_id)));
}

#[test]
fn follows_from_is_a_link() {
    let batch = recorded(|| {
        let first = info_span!("first");
        let second = info_span!("second");
        second.follows_from(&first);
        second.follows_from(tracing::Span::none().id());
    });
    let (first, second) = (span(&batch, "first"), span(&batch, "second"));
    assert_eq!(second.links.len(), 1);
    assert_eq!((second.links[0].trace_id, second.links[0].span_id), (first.trace_id, first.span_id));
}

#[test]
fn instrumented_futures_carry_their_span_across_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let batch = recorded(|| {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let parent = info_span!("task", number);
                let work = async move {
                    for step in 0..3 {
                        tokio::task::yield_now().await;
                        info_span!("step", number, step);
                    }
                    assert!(quipu_sdk::Context::current().span_id().is_some());
                };
                let work = work.instrument(parent).in_current_context();
                runtime.spawn(tracing::instrument::WithSubscriber::with_subscriber(work, dispatch.clone()))
            })
            .collect();
        runtime.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
    assert_eq!(batch.spans.len(), 8 + 24);
    for step in batch.spans.iter().filter(|span| span.name == "step") {
        let parent = batch.spans.iter().find(|span| Some(span.span_id) == step.parent_id).unwrap();
        assert_eq!((value(parent, "number"), parent.trace_id), (value(step, "number"), step.trace_id));
    }
}

#[test]
fn a_guard_in_an_instrumented_future_stays_below_its_span() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batch = recorded(|| {
        let work = async {
            let guard = quipu_sdk::tool("search");
            guard.instrument(async { info_span!("within") }).await;
        };
        runtime.block_on(work.instrument(info_span!("handler")));
        assert!(quipu_sdk::Context::current().span_id().is_none());
    });
    let tool = span(&batch, batch.spans.iter().find(|s| s.scope.name != "tracing").unwrap().name.as_str());
    assert_eq!(tool.parent_id, Some(span(&batch, "handler").span_id));
    assert_eq!(span(&batch, "within").parent_id, Some(tool.span_id));
}

#[test]
fn a_panic_is_recorded_and_passed_on() {
    let batch = recorded(|| {
        let caught = std::panic::catch_unwind(|| {
            let _entered = info_span!("doomed").entered();
            panic!("for the test");
        });
        assert!(caught.is_err());
        assert!(quipu_sdk::Context::current().span_id().is_none());
    });
    let doomed = span(&batch, "doomed");
    assert_eq!(doomed.status, Status::Error);
    assert_eq!(value(doomed, "error.type"), "panic".into());
}

#[test]
fn what_was_said_needs_full_prompts() {
    let work = || {
        info_span!(
            "chat",
            gen_ai.request.model = "m",
            gen_ai.input.messages = "secret",
            "gen_ai.completion.0.content" = "secret",
            output.value = ?"secret",
        );
    };
    let batch = recorded(work);
    let keys: Vec<_> = span(&batch, "chat").attributes.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(keys, ["target", "gen_ai.request.model"]);
    let batch = recorded_by(layer(), full(), work);
    assert_eq!(span(&batch, "chat").attributes.len(), 5);
}

#[test]
fn the_selection_is_by_level_target_and_genai_fields() {
    let work = || {
        debug_span!("debug");
        debug_span!("model", gen_ai.operation.name = "chat");
        info_span!(target: "noisy::part", "noise");
        info_span!(target: "quipu_pipeline::worker", "own");
        tracing::trace_span!(target: "mine", "fine");
    };
    assert_eq!(names(&recorded(work)), ["model", "noise"]);
    let chosen = layer().with_level(LevelFilter::DEBUG).with_target_filter("noisy", LevelFilter::OFF);
    let chosen = chosen.with_target_filter("mine", LevelFilter::TRACE);
    assert_eq!(names(&recorded_by(chosen, RecorderConfig::default(), work)), ["debug", "model", "fine"]);
    let plain = layer().with_selection(Selection::default().level(LevelFilter::WARN).gen_ai(false));
    assert!(recorded_by(plain, RecorderConfig::default(), work).spans.is_empty());
}

#[test]
fn as_a_filter_the_selection_says_the_same() {
    use tracing_subscriber::layer::SubscriberExt;
    let (recorder, mut drain) = quipu_sdk::Recorder::new(RecorderConfig::default());
    let bridge = layer().with_recorder(recorder).with_filter(Selection::default());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(bridge), || {
        debug_span!("debug").in_scope(|| info_span!("info").in_scope(|| tracing::info!("said")));
        debug_span!("model", gen_ai.operation.name = "chat");
    });
    let batch = drain.collect(std::time::Duration::from_millis(20));
    assert_eq!(names(&batch), ["info", "model"]);
    assert_eq!(batch.events[0].span_id, Some(span(&batch, "info").span_id));
}

#[test]
fn where_it_stands_in_the_source_is_said_on_request() {
    let batch = recorded_by(layer().with_location(true), RecorderConfig::default(), || {
        info_span!("here").in_scope(|| tracing::info!("there"));
    });
    let here = span(&batch, "here");
    assert!(here.attributes.text("code.file.path").unwrap().ends_with("spans.rs"));
    assert!(matches!(value(here, "code.line.number"), Value::Int(line) if line > 0));
    assert_eq!(value(here, "code.module.name"), module_path!().into());
    assert_eq!(batch.events[0].attributes.text("code.module.name"), Some(module_path!()));
}
