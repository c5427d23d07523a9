//! Laws and golden files of adapters.

mod enriched;
mod laws;
mod mutants;

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use quipu_core::{Adapter, Span};

pub use enriched::{Enriched, run_enricher};

use crate::{Failure, Outcome, Report, Verdict};

/// Named spans that a real source sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Name, such as `langgraph--openinference`.
    pub name: String,
    /// Its spans, as decoded, before any adapter.
    pub spans: Vec<Span>,
}

/// Judges an adapter by every law, on recordings of its sources. It must claim some span of each.
pub fn run_adapter(adapter: &dyn Adapter, recordings: &[Recording]) -> Report {
    let mut report = Report::default();
    for (name, law) in laws::ALL {
        let verdict = match recordings.iter().try_for_each(|recording| on(recording, adapter, law)) {
            Ok(()) => Verdict::Passed,
            Err(failure) => Verdict::Failed(failure.to_string()),
        };
        report.push("adapter", name, verdict);
    }
    report
}

fn on(recording: &Recording, adapter: &dyn Adapter, law: laws::Law) -> Outcome {
    let outcome = catch_unwind(AssertUnwindSafe(|| law(adapter, &recording.spans)));
    let outcome = outcome.unwrap_or_else(|_| Err(Failure::new("panicked")));
    outcome.map_err(|why| Failure::new(format!("{}: {why}", recording.name)))
}

/// The values that an adapter reads from a recording, as a text to commit. It has one paragraph per claimed
/// span with every set field. Messages are shown by role and kind of part with their length. Compare it with
/// [`crate::snapshot::assert_matches`].
pub fn golden(adapter: &dyn Adapter, recording: &Recording) -> String {
    let mut text = String::new();
    for span in recording.spans.iter().filter(|span| adapter.claims(span)) {
        let read = adapter.canonical(span);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {}", span.span_id, span.name);
        for line in format!("{read:#?}").lines().filter(|line| laws::says_something(line)) {
            let _ = writeln!(text, "  {}", line.trim_end());
        }
        let messages = adapter.messages(span);
        for (way, list) in [("in", &messages.input), ("out", &messages.output)] {
            for message in list {
                let parts: Vec<_> = message.parts.iter().map(laws::part_in_short).collect();
                let _ = writeln!(text, "  {way} {}: {}", message.role.as_str(), parts.join(", "));
            }
        }
        text.push('\n');
    }
    text
}
