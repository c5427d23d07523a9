//! Redaction of any text: what is JSON stays JSON, and what was masked once is masked for good.

use std::sync::{Arc, OnceLock};

use quipu_conformance::sample::draft;
use quipu_core::{Batch, NoMeter, Stage};
use quipu_pipeline::{Redact, RedactSettings};

fn everything() -> &'static Redact {
    static STAGE: OnceLock<Redact> = OnceLock::new();
    STAGE.get_or_init(|| {
        let text = "contents = \"on\"\nsecrets = true\npii = true\nhigh_entropy = true";
        let settings: RedactSettings = toml::from_str(text).expect("settings");
        Redact::new(&settings, Arc::new(NoMeter)).expect("a stage")
    })
}

fn masked(text: &str) -> String {
    let span = draft(1, 1).with("input.value", text).span();
    let mut batch = Batch { spans: vec![span], ..Batch::default() };
    everything().apply(&mut batch);
    let value = batch.spans[0].attributes.get("input.value").expect("the attribute stays");
    value.as_str().expect("a text stays a text").to_owned()
}

/// Any text.
pub fn feed(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let once = masked(text);
    if serde_json::from_str::<serde_json::Value>(text).is_ok() {
        serde_json::from_str::<serde_json::Value>(&once).expect("JSON stays JSON");
    }
    assert_eq!(masked(&once), once, "masking again changes it");
}
