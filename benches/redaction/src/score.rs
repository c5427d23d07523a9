//! Score of the stage on the labelled set.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_core::{Batch, NoMeter, Span, SpanId, Stage as _, Timestamp, TraceId};
use quipu_pipeline::{Capture, Pii, Redact, RedactConfig};

use crate::set::Labelled;

/// Results for one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// Texts that hold one.
    pub texts: u64,
    /// Exact redactions among these: all of the value is gone, and nothing else.
    pub exact: u64,
    /// Texts with a false detection of this kind.
    pub wrong: u64,
    /// Texts that came out otherwise than they are to, some of them.
    pub examples: Vec<String>,
}

impl Score {
    /// Share of the redacted values that are of this kind.
    pub fn precision(&self) -> f64 {
        part(self.exact, self.exact + self.wrong)
    }

    /// Share of the values of this kind that were redacted.
    pub fn recall(&self) -> f64 {
        part(self.exact, self.texts)
    }
}

fn part(some: u64, all: u64) -> f64 {
    let number = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if all == 0 { 1.0 } else { number(some) / number(all) }
}

/// All kinds with a shape, masked.
pub fn settings() -> RedactConfig {
    RedactConfig {
        contents: Some(Capture::all(true)),
        pii: Pii::All(true),
        events: false,
        ..RedactConfig::default()
    }
}

/// Runs the stage over a set.
///
/// # Errors
/// The settings cannot be followed.
pub fn score(settings: &RedactConfig, set: &[Labelled]) -> anyhow::Result<BTreeMap<String, Score>> {
    let stage = Redact::new(settings, Arc::new(NoMeter))?;
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for labelled in set {
        let got = through(&stage, &labelled.text)?;
        if let Some(kind) = labelled.kind {
            let score = scores.entry(kind.to_owned()).or_default();
            score.texts += 1;
            score.exact += u64::from(got == labelled.want);
        }
        if got == labelled.want {
            continue;
        }
        let wanted = kinds(&labelled.want);
        for kind in kinds(&got).into_iter().filter(|kind| !wanted.contains(kind) || labelled.kind.is_none()) {
            scores.entry(kind).or_default().wrong += 1;
        }
        let what = labelled.kind.map_or_else(|| kinds(&got).pop().unwrap_or_default(), str::to_owned);
        let examples = &mut scores.entry(what).or_default().examples;
        if examples.len() < 5 {
            examples.push(format!("{}: {:?} became {got:?}", labelled.what, labelled.text));
        }
    }
    Ok(scores)
}

/// A text after the stage, as the value of an unknown attribute.
fn through(stage: &Redact, text: &str) -> anyhow::Result<String> {
    let (trace, span) = (TraceId::from_bytes([1; 16])?, SpanId::from_bytes([1; 8])?);
    let at = Timestamp::from_nanos(0);
    let mut span = Span::new(trace, span, "labelled", at, at);
    span.attributes.push("note", text);
    let mut batch = Batch { spans: vec![span], ..Batch::default() };
    stage.apply(&mut batch);
    let text = batch.spans.first().and_then(|span| span.attributes.text("note"));
    Ok(text.unwrap_or_default().to_owned())
}

/// The kinds that a text says were taken out of it.
fn kinds(text: &str) -> Vec<String> {
    let masks = text.split("[redacted:").skip(1);
    masks.filter_map(|rest| Some(rest.split_once(']')?.0.to_owned())).collect()
}
