//! Tests of `log` records.

use quipu_core::{Level, Value};
use quipu_tracing::{catch_log, layer};
use tracing::info_span;

use crate::{event, recorded, recorded_by, span};

#[test]
fn records_of_log_are_events_with_their_own_target_and_place() {
    assert_eq!([catch_log(), catch_log()], [Ok(()); 2]);
    let batch = recorded(|| {
        let _work = info_span!("work").entered();
        log::warn!(target: "old::library", "from {}", "log");
        log::debug!("left out");
    });
    assert_eq!(batch.events.len(), 1);
    let caught = event(&batch, "from log");
    assert_eq!((caught.level, caught.name.as_str()), (Level::Warning, ""));
    assert_eq!(caught.attributes.text("target"), Some("old::library"));
    assert_eq!(caught.span_id, Some(span(&batch, "work").span_id));
    assert!(caught.attributes.iter().all(|(key, _)| !key.starts_with("log.")));
    let located =
        layer().with_location(true).with_target_filter("quiet", tracing::level_filters::LevelFilter::OFF);
    let batch = recorded_by(located, quipu_sdk::RecorderConfig::default(), || {
        log::info!(target: "quiet::one", "silenced");
        log::info!("located");
    });
    assert_eq!(batch.events.len(), 1);
    let located = event(&batch, "located");
    assert!(located.attributes.text("code.file.path").unwrap().ends_with("log.rs"));
    assert!(matches!(located.attributes.get("code.line.number"), Some(Value::Int(_))));
}
