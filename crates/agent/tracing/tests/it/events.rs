//! Tests of events: levels, bodies, fields, places.

use quipu_core::{Level, Status, Value};
use quipu_sdk::{RecorderConfig, bind};
use quipu_tracing::layer;
use tracing::info_span;
use tracing::level_filters::LevelFilter;

use crate::{event, full, recorded, recorded_by, span};

#[test]
fn levels_are_those_of_tracing_and_two_more() {
    let batch = recorded_by(layer().with_level(LevelFilter::TRACE), RecorderConfig::default(), || {
        tracing::trace!("trace");
        tracing::debug!("debug");
        tracing::info!("info");
        tracing::warn!("warning");
        tracing::error!("error");
        tracing::info!(level = "success", "success");
        tracing::error!(quipu.level = "CRITICAL", "critical");
        tracing::info!(quipu.level = "warning", "raised");
        tracing::info!(level = "warning", "the user's own");
    });
    for level in Level::ALL {
        assert_eq!(event(&batch, level.as_str()).level, level);
    }
    assert_eq!(event(&batch, "raised").level, Level::Warning);
    let own = event(&batch, "the user's own");
    assert_eq!((own.level, own.attributes.text("level")), (Level::Info, Some("warning")));
}

#[test]
fn an_event_has_its_place_its_fields_and_what_is_bound() {
    let batch = recorded(|| {
        let _session = bind().session("s-1").enter();
        let _work = info_span!("work").entered();
        tracing::info!(target: "shop", count = 3, ok = true, what = %"x", "placed {}", 1);
    });
    let (placed, work) = (event(&batch, "placed 1"), span(&batch, "work"));
    assert_eq!((placed.trace_id, placed.span_id), (Some(work.trace_id), Some(work.span_id)));
    assert_eq!(placed.session.as_deref(), Some("s-1"));
    assert_eq!(placed.attributes.text("target"), Some("shop"));
    assert_eq!(placed.attributes.get("count"), Some(&Value::Int(3)));
    assert_eq!(placed.attributes.get("ok"), Some(&Value::Bool(true)));
    assert_eq!(placed.attributes.text("what"), Some("x"));
    assert_eq!((placed.name.as_str(), placed.scope.name.as_str()), ("", "tracing"));
}

#[test]
fn an_event_outside_of_spans_has_no_place() {
    let batch = recorded(|| {
        tracing::info!("alone");
        let work = info_span!("work").entered();
        tracing::info!(parent: None, "apart");
        drop(work);
        let other = info_span!("other");
        tracing::info!(name: "order.placed", parent: &other, "named");
    });
    assert_eq!((event(&batch, "alone").trace_id, event(&batch, "apart").span_id), (None, None));
    let named = event(&batch, "named");
    assert_eq!((named.name.as_str(), named.span_id), ("order.placed", Some(span(&batch, "other").span_id)));
}

#[test]
fn an_error_marks_the_span_that_it_is_in_and_no_other() {
    let batch = recorded(|| {
        let _outer = info_span!("outer").entered();
        {
            let _inner = info_span!("inner").entered();
            tracing::error!("it broke");
            tracing::warn!("and more");
        }
        let _guard = quipu_sdk::tool("t").enter();
        tracing::error!(error = %"timeout");
    });
    let inner = span(&batch, "inner");
    assert_eq!((inner.status, inner.status_message.as_str()), (Status::Error, "it broke"));
    assert_eq!(span(&batch, "outer").status, Status::Unset);
    assert_eq!(batch.events.len(), 3);
}

#[tracing::instrument(err)]
fn failing(secret: &str) -> Result<(), String> {
    Err(format!("refused {}", secret.len()))
}

#[test]
fn the_attribute_of_tracing_marks_errors_too() {
    let batch = recorded(|| drop(failing("x")));
    let failed = span(&batch, "failing");
    assert_eq!((failed.status, failed.status_message.as_str()), (Status::Error, "refused 1"));
}

#[test]
fn contents_in_events_need_full_prompts_and_levels_are_the_recorders_too() {
    let work = || {
        tracing::info!(gen_ai.input.messages = "secret", gen_ai.system = "openai", "asked");
    };
    let batch = recorded(work);
    assert!(event(&batch, "asked").attributes.get("gen_ai.input.messages").is_none());
    let batch = recorded_by(layer(), full(), work);
    assert_eq!(event(&batch, "asked").attributes.text("gen_ai.input.messages"), Some("secret"));
    let strict = RecorderConfig { level: Level::Success, ..RecorderConfig::default() };
    let batch = recorded_by(layer(), strict, || {
        tracing::info!("left out");
        tracing::info!(level = "success", "kept");
    });
    assert_eq!(batch.events.len(), 1);
}
