//! Exported spans with Quipu's findings, in the words of other conventions.
//!
//! A backend passes a batch through [`map`] and encodes the result. Sent attributes stay, and Quipu's figures
//! replace them where both exist. Only spans that the ledger counts keep tokens and cost, so a sum over all
//! spans equals Quipu's own totals.

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

/// Mapping of exported spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mapping {
    /// Unchanged, as they were sent.
    Passthrough,
    /// With Quipu's findings in the words of the current GenAI conventions, over the sent attributes:
    /// <https://github.com/open-telemetry/semantic-conventions-genai>.
    #[default]
    GenAi,
    /// With Quipu's findings in the words of OpenInference, over the sent attributes:
    /// <https://github.com/Arize-ai/openinference/tree/main/spec>.
    OpenInference,
}

/// Maps the spans of a batch for export; borrowed if nothing changes.
///
/// Some spans were made from other records. [`Mapping::Passthrough`] leaves out those made from log records
/// and metrics, because these are exported themselves. The other mappings keep counting spans made from log
/// records in a vendor's own words, because some sources have no other spans. They leave out spans made from
/// metrics and from log records with a span's details.
///
/// These mappings write a span's kind, provider, models, parameters, agent, tool, session and error. A span
/// with a counting ledger row gets the row's tokens and cost, and loses other spellings of them. A span with
/// a row that does not count loses all of its tokens and cost, and names the rule. A span without a row in
/// the batch keeps its tokens.
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

/// A session file has no other record of its spans, so they are kept.
fn passthrough(spans: &[Span]) -> Cow<'_, [Span]> {
    let came = |span: &Span| matches!(span.canonical.signal, Signal::Span | Signal::Transcript);
    match spans.iter().all(came) {
        true => Cow::Borrowed(spans),
        false => Cow::Owned(spans.iter().filter(|span| came(span)).cloned().collect()),
    }
}
