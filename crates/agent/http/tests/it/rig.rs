//! A recorder for tests, and access to its records.

use std::time::{Duration, Instant};

use quipu_core::{Span, Value};
use quipu_sdk::{Context, Drain, Recorder, RecorderConfig};

/// A recorder for one test.
pub struct Rig {
    pub recorder: Recorder,
    drain: Drain,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(RecorderConfig::default())
    }

    /// Creates a recorder with full prompt logging.
    pub fn full() -> Self {
        Self::with(RecorderConfig { log_full_prompts: true, ..RecorderConfig::default() })
    }

    fn with(settings: RecorderConfig) -> Self {
        let (recorder, drain) = Recorder::new(settings);
        Self { recorder, drain }
    }

    pub fn context(&self) -> Context {
        self.recorder.context()
    }

    /// Waits until `count` spans have ended; more are an error.
    pub fn spans(&mut self, count: usize) -> Vec<Span> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut spans = Vec::new();
        while spans.len() < count && Instant::now() < deadline {
            spans.extend(self.drain.collect(Duration::from_millis(50)).spans);
        }
        spans.extend(self.drain.collect(Duration::from_millis(1)).spans);
        assert_eq!(spans.len(), count, "{:?}", spans.iter().map(|span| &span.name).collect::<Vec<_>>());
        spans
    }

    /// The only span that ended.
    pub fn span(&mut self) -> Span {
        self.spans(1).remove(0)
    }
}

pub fn text<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    span.attributes.text(key)
}

pub fn int(span: &Span, key: &str) -> Option<i64> {
    span.attributes.get(key).and_then(Value::as_int)
}

/// Every text of a list, or a single text.
pub fn texts(span: &Span, key: &str) -> Vec<String> {
    let all = span.attributes.iter().filter(|(name, _)| name == key);
    all.flat_map(|(_, value)| match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        value => value.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
    })
    .collect()
}

/// Usage from the attributes: input, cache read, cache write, output, reasoning.
pub fn usage(span: &Span) -> [Option<i64>; 5] {
    [
        int(span, "gen_ai.usage.input_tokens"),
        int(span, "gen_ai.usage.cache_read.input_tokens"),
        int(span, "gen_ai.usage.cache_write.input_tokens")
            .or_else(|| int(span, "gen_ai.usage.cache_creation.input_tokens")),
        int(span, "gen_ai.usage.output_tokens"),
        int(span, "gen_ai.usage.reasoning.output_tokens"),
    ]
}

pub fn has_first_chunk(span: &Span) -> bool {
    span.attributes
        .get("gen_ai.response.time_to_first_chunk")
        .and_then(Value::as_number)
        .is_some_and(|seconds| seconds > 0.0)
}
