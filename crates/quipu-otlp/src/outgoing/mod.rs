//! What Quipu knows of spans, in words that others read.
//!
//! A backend passes a batch through [`map`] and encodes what comes out. Attributes as sent stay; over them lie Quipu's figures. Tokens and
//! cost are left only on spans that the ledger counts, so that whoever adds up all spans comes to Quipu's own totals.

mod genai;
mod json;
mod ledger;
mod messages;
mod openinference;
mod overlay;
mod spelling;

use std::borrow::Cow;

use quipu_core::{Batch, Signal, Span};
use serde::{Deserialize, Serialize};

use ledger::Rows;
use overlay::Overlay;

/// How spans go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mapping {
    /// As they came, untouched.
    Passthrough,
    /// With what Quipu read in the words of the current GenAI conventions, over the attributes as sent:
    /// <https://github.com/open-telemetry/semantic-conventions-genai>.
    #[default]
    GenAi,
    /// With what Quipu read in the words of OpenInference, over the attributes as sent:
    /// <https://github.com/Arize-ai/openinference/tree/main/spec>.
    OpenInference,
}

/// The spans of a batch as they are to go out; borrowed where nothing changes.
///
/// Of the spans that were made from other records, [`Mapping::Passthrough`] leaves out those of log records and metrics, which go out
/// themselves. The other mappings let pass, as the only spans of some sources, those that were made from log records in a vendor's
/// own words and count; a record with the details of a span, and a metric, stand for no span of their own.
///
/// They name what a span does, its provider, models, parameters, agent, tool, session and error. A span whose ledger row counts
/// gets the row's tokens and cost, and no other spelling of them; one whose row does not count loses all of its tokens and cost
/// and says by which rule; one without a row in the batch keeps its tokens.
pub fn map(batch: &Batch, mapping: Mapping) -> Cow<'_, [Span]> {
    let words = match mapping {
        Mapping::Passthrough => return passthrough(&batch.spans),
        Mapping::GenAi => genai::overlay,
        Mapping::OpenInference => openinference::overlay,
    };
    let rows = Rows::of(batch);
    let said = |span| {
        let mut overlay = Overlay::over(&rows, span);
        words(&mut overlay);
        overlay.finish()
    };
    let goes = |span: &&Span| match span.canonical.signal {
        Signal::Span | Signal::Transcript => true,
        Signal::Log => rows.counts(span),
        Signal::Details | Signal::Metric => false,
    };
    let same = batch.spans.iter().take_while(|span| goes(span) && said(span).is_none()).count();
    if same == batch.spans.len() {
        return Cow::Borrowed(&batch.spans);
    }
    let (same, rest) = batch.spans.split_at(same);
    let mut mapped = Vec::with_capacity(batch.spans.len());
    mapped.extend_from_slice(same);
    mapped.extend(rest.iter().filter(goes).map(|span| said(span).unwrap_or_else(|| span.clone())));
    Cow::Owned(mapped)
}

/// What was read from a session file came as no other record.
fn passthrough(spans: &[Span]) -> Cow<'_, [Span]> {
    let came = |span: &Span| matches!(span.canonical.signal, Signal::Span | Signal::Transcript);
    match spans.iter().all(came) {
        true => Cow::Borrowed(spans),
        false => Cow::Owned(spans.iter().filter(|span| came(span)).cloned().collect()),
    }
}
