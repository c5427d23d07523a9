//! The reading of a span: which attribute gave each value.

use quipu_core::{Adapters, Lens, SpanRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::span::cost_reason;
use super::{JoinedSpan, PriceRule, names, text};
use crate::reread::reread;

/// The reading of one span, and the reason why its figures count or not. Messages, prompts, arguments and
/// results appear only with their size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LensAnswer {
    /// The trace, 32 hexadecimal digits.
    pub trace_id: String,
    /// The span, 16 hexadecimal digits.
    pub span_id: String,
    /// Name as sent.
    pub name: String,
    /// Adapter that read the span; null if none claims it.
    pub adapter: Option<String>,
    /// Adapters that added to the reading or changed it later.
    pub enriched_by: Vec<String>,
    /// Convention of the span; null without one.
    pub convention: Option<String>,
    /// Signal of the span: `span`, `details`, `log`, `transcript` or `metric`.
    pub signal: String,
    /// Whether its figures are part of the totals.
    pub counted: bool,
    /// The rule behind `counted`: `leaf`, `repeats`, `never_counted`, `orphan_rollup`, `merged`, `duplicate`,
    /// `fetched`, `echo` or `metric`. Null for spans that are no call, tool run or holder of usage.
    pub rule: Option<String>,
    /// Description of that rule.
    pub rule_text: Option<String>,
    /// How input and cached tokens relate: `inclusive`, `exclusive`, `proven_inclusive`, `proven_exclusive`
    /// or `inferred`; null without usage.
    pub reading: Option<String>,
    /// Description of that relation.
    pub reading_text: Option<String>,
    /// The values, in the order of the record's fields.
    pub lines: Vec<LensLine>,
    /// Attribute keys of the conventions, and of usage, that no adapter reads; at most 64.
    pub unread: Vec<String>,
    /// Values that were unreadable or repaired.
    pub notes: Vec<String>,
    /// Price rule of its computed cost; null without a computed cost.
    pub priced_by: Option<PriceRule>,
    /// Reason for a missing computed cost, as in the span's `cost_reason`.
    pub cost_reason: Option<String>,
    /// Other records of the same call or tool run, in this trace or another.
    #[serde(default)]
    pub joined: Vec<JoinedSpan>,
}

/// One value with its source attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LensLine {
    /// Name of the value, such as `request_model` or `cache_read`.
    pub field: String,
    /// The value as text.
    pub value: String,
    /// The source attribute; null if no single attribute gave the value.
    pub key: Option<String>,
    /// Other attributes with a value that `key` takes precedence over.
    pub passed_over: Vec<String>,
    /// The rule that derived the value from the attribute; null for a copy.
    pub rule: Option<String>,
}

impl From<quipu_core::LensLine> for LensLine {
    fn from(line: quipu_core::LensLine) -> Self {
        Self {
            field: line.field.into(),
            value: line.value,
            key: line.key.map(Into::into),
            passed_over: names(&line.passed_over),
            rule: line.rule.map(Into::into),
        }
    }
}

impl LensAnswer {
    /// Reads the row's span again. The row must hold the whole span; otherwise only the values of the ledger
    /// are present.
    pub(crate) fn new(trace_id: quipu_core::TraceId, mut row: SpanRow, adapters: &Adapters) -> Self {
        let mut answer = Self {
            trace_id: trace_id.to_string(),
            span_id: row.span_id.to_string(),
            name: row.name.to_string(),
            ..Self::default()
        };
        if let Some(span) = reread(adapters, &mut row) {
            answer.fill(&span.canonical, adapters.lens(span));
        }
        if let Some(cost) = &row.cost {
            answer.signal = cost.signal.as_str().to_owned();
            answer.counted = cost.counts();
            answer.rule = Some(cost.rule.word().to_owned());
            answer.rule_text = Some(cost.rule.as_str().to_owned());
            answer.priced_by = cost.price.as_ref().map(PriceRule::from);
            answer.cost_reason = cost_reason(cost).map(str::to_owned);
        }
        answer
    }

    fn fill(&mut self, read: &quipu_core::Canonical, lens: Lens) {
        let reading = read.usage.as_ref().map(|usage| usage.reading);
        self.adapter = text(&lens.adapter);
        self.enriched_by = names(&lens.enriched_by);
        self.convention = text(&read.convention);
        self.signal = read.signal.as_str().to_owned();
        self.reading = reading.map(|reading| reading.word().to_owned());
        self.reading_text = reading.map(|reading| reading.as_str().to_owned());
        self.lines = lens.lines.into_iter().map(LensLine::from).collect();
        self.unread = names(&lens.unread);
        self.notes = names(&read.notes);
    }
}
