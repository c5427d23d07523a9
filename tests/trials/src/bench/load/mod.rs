//! The load: agents at work over thirty days, the same on every run except for the days.
//!
//! Shape: 3 to 22 spans a trace, one trace in 1,000 with 100 spans, a few with 10,000. There are 12 models,
//! 10 services and 20 tools, and 15 to 25 attributes a span. 30.7 % of the spans are calls of a language
//! model with about 2.5 kB of text.

mod trace;

use std::time::{SystemTime, UNIX_EPOCH};

use super::words::{Random, Words};

const DAY: u64 = 86_400 * 1_000_000_000;
/// Days that the load covers.
pub const DAYS: u64 = 30;
const VOCABULARY: usize = 20_000;
/// Spans of a trace on average, roughly.
const MEAN: u64 = 13;

/// Services.
pub const SERVICES: [&str; 10] = [
    "checkout-agent",
    "support-bot",
    "research-crew",
    "code-review",
    "travel-planner",
    "billing-assistant",
    "doc-search",
    "sales-copilot",
    "ops-runner",
    "data-analyst",
];
/// Models with their providers.
pub const MODELS: [(&str, &str); 12] = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-5"),
    ("openai", "gpt-5-mini"),
    ("openai", "o3"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-opus-4-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("gcp.gemini", "gemini-2.5-pro"),
    ("gcp.gemini", "gemini-2.5-flash"),
    ("mistral_ai", "mistral-large-2512"),
    ("deepseek", "deepseek-chat"),
];

/// An attribute's value.
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A fraction.
    Double(f64),
    /// Several texts.
    Texts(Vec<String>),
}

/// An attribute.
pub struct Attribute {
    /// Key.
    pub key: &'static str,
    /// Value.
    pub value: Value,
}

/// A span of the load.
pub struct Span {
    /// Trace.
    pub trace_id: [u8; 16],
    /// Span.
    pub span_id: [u8; 8],
    /// Parent.
    pub parent_id: Option<[u8; 8]>,
    /// Name.
    pub name: String,
    /// OpenTelemetry span kind.
    pub kind: u8,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds since 1970.
    pub end: u64,
    /// Whether the span failed.
    pub failed: bool,
    /// Service.
    pub service: &'static str,
    /// Attributes.
    pub attributes: Vec<Attribute>,
}

/// A trace of the load, without its spans.
#[derive(Clone, Copy)]
pub struct Trace {
    index: u64,
    /// Spans in it.
    pub spans: u64,
    /// Nanoseconds since 1970.
    start: u64,
}

impl Trace {
    /// Its id, as 32 hexadecimal digits.
    pub fn hex(&self) -> String {
        trace::id(self.index).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A load of this many spans.
#[derive(Clone)]
pub struct Load {
    spans: u64,
    words: Words,
    end: u64,
}

impl Load {
    /// Ends now.
    pub fn new(spans: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        Self {
            spans: spans.max(1_000),
            words: Words::new(VOCABULARY),
            end: u64::try_from(now).unwrap_or(u64::MAX),
        }
    }

    /// Spans in it.
    pub const fn spans(&self) -> u64 {
        self.spans
    }

    /// The vocabulary.
    pub const fn words(&self) -> &Words {
        &self.words
    }

    /// Every span, traces by start, the spans of a trace by end.
    pub fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        self.traces().flat_map(|trace| self.spans_of(&trace))
    }

    /// Every trace by start, without its spans: what any number of spans can be made from piece by piece.
    pub fn traces(&self) -> impl Iterator<Item = Trace> + '_ {
        let step = DAYS * DAY / self.sizes().count() as u64;
        self.sizes().map(move |(index, spans)| {
            // A trace lasts at most some minutes; the last ones still end before now.
            let offset = (index * step).min(DAYS * DAY - 600_000_000_000);
            Trace { index, spans, start: self.end - DAYS * DAY + offset }
        })
    }

    /// The spans of one of its traces, by end.
    pub fn spans_of(&self, trace: &Trace) -> Vec<Span> {
        trace::spans(&self.words, trace.index, trace.start, trace.spans)
    }

    /// The spans of the last nanoseconds once more, as other traces: a kept store may be older than that.
    pub fn recent(&self, nanos: u64) -> impl Iterator<Item = Span> + '_ {
        let since = self.end.saturating_sub(nanos);
        let traces = self.traces().filter(move |trace| trace.start >= since);
        traces.flat_map(|trace| trace::spans(&self.words, trace.index | 1 << 40, trace.start, trace.spans))
    }

    /// One more trace, of this many spans, that ended just now.
    pub fn one_of(&self, size: u64) -> Vec<Span> {
        trace::spans(&self.words, u64::MAX >> 1, self.end - 600_000_000_000, size)
    }

    /// Number and spans of every trace.
    fn sizes(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut left = self.spans;
        (0..).map_while(move |index| {
            let size = trace_size(index, self.spans).min(left);
            left -= size;
            (size > 0).then_some((index, size))
        })
    }
}

/// How many spans the trace of this number has.
fn trace_size(index: u64, spans: u64) -> u64 {
    let about = spans / MEAN;
    let huge = [about / 3, about / 2, about * 4 / 5];
    if spans >= 100_000 && huge.contains(&index) {
        return 10_000;
    }
    if index % 1_000 == 500 || index == 1 {
        return 100;
    }
    Random::new(index ^ 0x5eed).range(3, 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_load_has_the_stated_shape() {
        let load = Load::new(20_000);
        let spans: Vec<Span> = load.iter().collect();
        assert_eq!(spans.len(), 20_000);
        let calls = spans.iter().filter(|span| span.name.starts_with("chat ")).count() as f64 / 20_000.0;
        assert!((0.29..0.33).contains(&calls), "{calls}");
        let mut traces: BTreeMap<[u8; 16], usize> = BTreeMap::new();
        spans.iter().for_each(|span| *traces.entry(span.trace_id).or_default() += 1);
        assert!(traces.values().any(|spans| *spans == 100));
        assert!(spans.iter().all(|span| (12..=26).contains(&span.attributes.len())), "attributes");
        assert!(
            spans.iter().all(|span| span.start >= load.end - DAYS * DAY && span.end <= load.end),
            "times"
        );
        let named: BTreeMap<String, u64> = load.traces().map(|trace| (trace.hex(), trace.spans)).collect();
        let hex = |id: &[u8; 16]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert!(
            traces.iter().all(|(id, spans)| named[&hex(id)] == *spans as u64) && named.len() == traces.len()
        );
        let bytes: usize = super::super::wire::request(&spans).len();
        assert!((1_000..2_500).contains(&(bytes / spans.len())), "{} bytes a span", bytes / spans.len());
    }
}
