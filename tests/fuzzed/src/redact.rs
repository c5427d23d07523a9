//! Fuzz target: redaction of any text. Objects, lists and strings of JSON stay JSON, and a second redaction
//! changes nothing.

use std::sync::{Arc, LazyLock};

use quipu_conformance::sample::draft;
use quipu_core::{Batch, NoMeter, Stage};
use quipu_pipeline::{Redact, RedactConfig};

/// One stage for each kind of redaction.
static STAGES: LazyLock<[Redact; 3]> = LazyLock::new(|| {
    ["drop", "mask", "hash"].map(|mode| {
        let text = format!(
            "contents = \"on\"\nsecrets = true\npii = true\nhigh_entropy = true\nmode = \"{mode}\"\nkey = \"0123456789abcdef\""
        );
        let settings: RedactConfig = toml::from_str(&text).expect("settings");
        Redact::new(&settings, Arc::new(NoMeter)).expect("a stage")
    })
});

fn clean(stage: &Redact, text: &str) -> String {
    let span = draft(1, 1).with("input.value", text).span();
    let mut batch = Batch { spans: vec![span], ..Batch::default() };
    stage.apply(&mut batch);
    let value = batch.spans[0].attributes.get("input.value").expect("the attribute stays");
    value.as_str().expect("a text stays a text").to_owned()
}

/// Any text; how long it is decides how is taken out.
pub fn feed(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let stage = &STAGES[text.len() % STAGES.len()];
    let once = clean(stage, text);
    let json = serde_json::from_str::<serde_json::Value>(text);
    if json.is_ok_and(|json| json.is_object() || json.is_array() || json.is_string()) {
        serde_json::from_str::<serde_json::Value>(&once).expect("JSON stays JSON");
    }
    assert_eq!(clean(stage, &once), once, "a second look changes it");
}
