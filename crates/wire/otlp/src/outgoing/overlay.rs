//! One span's sent attributes, and the attributes that replace them.

use std::borrow::Cow;

use compact_str::CompactString;
use quipu_core::{Attributes, Billing, Canonical, Span, Usage, Usd, Value};
use quipu_semconv::quipu;

use super::ledger::{Figures, Rows};
use super::spelling::Strip;

/// The attributes that a mapping writes on a span.
pub(super) struct Overlay<'a> {
    pub(super) span: &'a Span,
    /// Tokens of the span.
    pub(super) usage: Option<&'a Usage>,
    /// Cost of a metered call.
    pub(super) cost: Option<f64>,
    strip: Strip,
    new: Vec<(Cow<'static, str>, Value)>,
}

impl<'a> Overlay<'a> {
    /// Decides which figures the span may export, and writes the attributes that all mappings share.
    pub(super) fn over(rows: &Rows<'a>, span: &'a Span) -> Self {
        let mut overlay = Self { span, usage: None, cost: None, strip: Strip::NOTHING, new: Vec::new() };
        match rows.figures(span) {
            Figures::Uncounted(rule) => {
                overlay.strip = Strip::EVERYTHING;
                overlay.set(quipu::UNCOUNTED, Some(rule));
            }
            Figures::Counted { usage, cost } => {
                overlay.usage = usage.filter(|usage| usage.is_known());
                // Figures that the reader of a call left out are not its usage.
                let is_without = span.canonical.kind.is_call() && span.canonical.usage.is_none();
                let tokens = overlay.usage.is_some() || is_without;
                overlay.strip = Strip { tokens, money: cost.is_some(), all: false };
                if let Some((amount, billing)) = cost {
                    overlay.price(amount, billing);
                }
                if overlay.usage.is_some_and(|usage| usage.estimated) {
                    overlay.set(quipu::USAGE_ESTIMATED, Some(true));
                }
            }
        }
        overlay
    }

    fn price(&mut self, amount: Usd, billing: Billing) {
        // Converted by way of text, so the double is the nearest one.
        let dollars = amount.to_string().parse().unwrap_or_default();
        match billing {
            Billing::Metered => {
                self.cost = Some(dollars);
                self.set(quipu::COST, Some(dollars));
            }
            Billing::Subscription => self.set(quipu::SUBSCRIPTION_COST, Some(dollars)),
        }
    }

    /// The canonical fields.
    pub(super) fn read(&self) -> &'a Canonical {
        &self.span.canonical
    }

    /// Sets a key, in place of a sent value; `None` changes nothing.
    pub(super) fn set(&mut self, key: impl Into<Cow<'static, str>>, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.new.push((key.into(), value.into()));
        }
    }

    /// Sets a text.
    pub(super) fn text(&mut self, key: &'static str, text: Option<&CompactString>) {
        self.set(key, text.map(CompactString::as_str));
    }

    /// Sets a count.
    pub(super) fn count(&mut self, key: &'static str, count: Option<u64>) {
        self.set(key, count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)));
    }

    /// Sets a list of words, unless it is empty.
    pub(super) fn words(&mut self, key: &'static str, words: &[CompactString]) {
        let list = || Value::Array(words.iter().map(|word| word.as_str().into()).collect());
        self.set(key, (!words.is_empty()).then(list));
    }

    /// Whether the key was sent.
    pub(super) fn is_sent(&self, key: &str) -> bool {
        self.span.attributes.get(key).is_some()
    }

    /// Whether a key with this prefix was sent.
    pub(super) fn is_begun(&self, prefix: &str) -> bool {
        self.span.attributes.iter().any(|(key, _)| key.starts_with(prefix))
    }

    /// The span to export; `None` if nothing changes.
    pub(super) fn finish(self) -> Option<Span> {
        let Self { span, strip, new, .. } = self;
        let is_new = |key: &str| new.iter().any(|(known, _)| known == key);
        if new.is_empty()
            && (strip == Strip::NOTHING || !span.attributes.iter().any(|(key, _)| strip.takes(key)))
        {
            return None;
        }
        let mut attributes = Attributes::with_capacity(span.attributes.len() + new.len());
        for (key, value) in &span.attributes {
            if !strip.takes(key) && !is_new(key) {
                attributes.push(key.clone(), value.clone());
            }
        }
        for (key, value) in new {
            attributes.push(CompactString::from(key), value);
        }
        Some(with(span, attributes))
    }
}

/// A copy of a span with other attributes; its own attributes are not copied.
fn with(span: &Span, attributes: Attributes) -> Span {
    Span {
        attributes,
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_id: span.parent_id,
        name: span.name.clone(),
        start: span.start,
        end: span.end,
        kind: span.kind,
        status: span.status,
        status_message: span.status_message.clone(),
        trace_state: span.trace_state.clone(),
        resource: span.resource.clone(),
        scope: span.scope.clone(),
        events: span.events.clone(),
        links: span.links.clone(),
        wire: span.wire,
        arrival: span.arrival,
        canonical: span.canonical.clone(),
    }
}
