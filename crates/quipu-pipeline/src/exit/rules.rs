//! What of the stream goes to one backend.

use std::sync::Arc;

use quipu_core::{Batch, Error, ErrorKind, Kind, NoMeter, Resource, Result, Stage, TraceId};
use serde::{Deserialize, Serialize};

use crate::redact::glob::fits;
use crate::redact::{Redact, RedactSettings};

/// A signal as rules name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSignal {
    /// Spans.
    Traces,
    /// Events.
    Logs,
    /// Metrics.
    Metrics,
    /// Ledger rows.
    Costs,
}

/// What of the stream goes to one backend: by default all of it, as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExitRules {
    /// The signals that go there; `None`: all.
    pub signals: Option<Vec<RuleSignal>>,
    /// Services whose records go there, by name; `*` stands for any characters. Empty: all.
    pub services: Vec<String>,
    /// Services whose records do not.
    pub not_services: Vec<String>,
    /// Kinds of spans that go there. Empty: all. Ledger rows follow their spans' kinds.
    pub kinds: Vec<Kind>,
    /// The part of traces that goes there, 0 to 1, chosen by trace id so that traces stay whole and backends agree; events follow
    /// their trace. `None`: all.
    pub sample: Option<f64>,
    /// Whether metrics go there that a server derives from what comes in, beside those that come in. Not said: to backends that
    /// take metrics and nothing else, for a place that gets the spans can derive its own.
    pub derived: Option<bool>,
    /// What is masked or left out on the way there, beside what is for all.
    #[serde(with = "on_the_way")]
    pub redact: Option<RedactSettings>,
}

impl ExitRules {
    /// Whether everything goes as it is.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether they can be followed.
    ///
    /// # Errors
    /// `sample` is no part of a whole, or a pattern of `redact` is no regular expression.
    pub fn check(&self) -> Result<()> {
        Filter::new(self).map(|_| ())
    }
}

/// How redaction is written in rules. Other than for all, contents are only left out where it says so: whether they are there at
/// all was decided before; and no event tells of it.
mod on_the_way {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::redact::{Capture, FieldRules, HashKey, Mode, OwnPattern, Pii, RedactSettings};

    /// Whether contents are left out, or whose are kept.
    #[derive(Clone, Serialize, Deserialize)]
    #[serde(untagged, expecting = "expected true, false, \"on\", \"off\", or a table of services")]
    enum Contents {
        LeftOut(bool),
        Kept(Capture),
    }

    #[derive(Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Written {
        contents: Contents,
        secrets: bool,
        pii: Pii,
        emails: bool,
        high_entropy: bool,
        mode: Mode,
        #[serde(skip_serializing)]
        key: Option<HashKey>,
        patterns: Vec<OwnPattern>,
        fields: FieldRules,
        allow: Vec<String>,
    }

    impl Default for Written {
        fn default() -> Self {
            Self::from(RedactSettings { contents: Some(Capture::all(true)), ..RedactSettings::default() })
        }
    }

    impl From<RedactSettings> for Written {
        fn from(settings: RedactSettings) -> Self {
            let RedactSettings {
                contents,
                secrets,
                pii,
                emails,
                high_entropy,
                mode,
                key,
                patterns,
                fields,
                allow,
                ..
            } = settings;
            let contents = contents.map_or(Contents::LeftOut(true), |capture| match capture.is_all() {
                true => Contents::LeftOut(false),
                false => Contents::Kept(capture),
            });
            Self { contents, secrets, pii, emails, high_entropy, mode, key, patterns, fields, allow }
        }
    }

    impl From<Written> for RedactSettings {
        fn from(written: Written) -> Self {
            let Written { contents, secrets, pii, emails, high_entropy, mode, key, patterns, fields, allow } =
                written;
            let contents = Some(match contents {
                Contents::LeftOut(left_out) => Capture::all(!left_out),
                Contents::Kept(capture) => capture,
            });
            Self {
                contents,
                secrets,
                pii,
                emails,
                high_entropy,
                mode,
                key,
                patterns,
                fields,
                allow,
                events: false,
            }
        }
    }

    pub(super) fn serialize<S: Serializer>(
        settings: &Option<RedactSettings>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        settings.clone().map(Written::from).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<RedactSettings>, D::Error> {
        Ok(Option::<Written>::deserialize(from)?.map(RedactSettings::from))
    }
}

/// Rules, ready to be applied.
pub(crate) struct Filter {
    rules: ExitRules,
    /// Traces below it do not go, of the numbers that their ids give.
    threshold: u64,
    redact: Option<Redact>,
    chooses: bool,
}

/// Bits of a trace id that are random by W3C Trace Context 2, and by which OpenTelemetry samples consistently
/// (<https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>).
const RANDOM: u64 = (1 << 56) - 1;

/// Where the numbers begin that go, so that `part` of them do.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the part is between 0 and 1; 2^56 and its parts are whole numbers that a double holds well enough to sample by"
)]
fn threshold(part: f64) -> u64 {
    ((1.0 - part) * (RANDOM + 1) as f64) as u64
}

impl Filter {
    pub fn new(rules: &ExitRules) -> Result<Self> {
        let part = rules.sample.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&part) {
            let context = format!("rules.sample: {part} is not between 0 and 1");
            return Err(Error::new(ErrorKind::Invalid, "read rules", context));
        }
        let redact =
            rules.redact.as_ref().map(|settings| Redact::new(settings, Arc::new(NoMeter))).transpose()?;
        let chooses = *rules != ExitRules { redact: rules.redact.clone(), ..ExitRules::default() };
        Ok(Self { rules: rules.clone(), threshold: threshold(part), redact, chooses })
    }

    /// What of a batch goes; the batch itself where that is all of it.
    pub fn apply(&self, batch: &Arc<Batch>) -> Arc<Batch> {
        let mut chosen = Arc::clone(batch);
        if self.chooses && !self.takes_all(batch) {
            chosen = Arc::new(self.choose(batch));
        }
        if let Some(redact) = self.redact.as_ref().filter(|_| !chosen.is_empty()) {
            redact.apply(Arc::make_mut(&mut chosen));
        }
        chosen
    }

    fn takes_all(&self, batch: &Batch) -> bool {
        batch.spans.iter().all(|span| self.takes_span(span))
            && batch.events.iter().all(|event| self.takes_event(event))
            && batch.metrics.iter().all(|metric| self.takes_metric(metric))
            && batch.costs.iter().all(|cost| self.takes_cost(cost))
    }

    fn choose(&self, batch: &Batch) -> Batch {
        Batch {
            spans: batch.spans.iter().filter(|span| self.takes_span(span)).cloned().collect(),
            events: batch.events.iter().filter(|event| self.takes_event(event)).cloned().collect(),
            metrics: batch.metrics.iter().filter(|metric| self.takes_metric(metric)).cloned().collect(),
            costs: batch.costs.iter().filter(|cost| self.takes_cost(cost)).cloned().collect(),
        }
    }

    fn takes_span(&self, span: &quipu_core::Span) -> bool {
        self.takes(RuleSignal::Traces, named(&span.resource), Some(span.trace_id))
            && self.takes_kind(span.canonical.kind)
    }

    fn takes_event(&self, event: &quipu_core::Event) -> bool {
        self.takes(RuleSignal::Logs, named(&event.resource), event.trace_id)
    }

    fn takes_metric(&self, metric: &quipu_core::Metric) -> bool {
        self.takes(RuleSignal::Metrics, named(&metric.resource), None)
    }

    fn takes_cost(&self, cost: &quipu_core::Cost) -> bool {
        let service = cost.service.as_deref().unwrap_or_default();
        self.takes(RuleSignal::Costs, service, Some(cost.trace_id)) && self.takes_kind(cost.kind)
    }

    fn takes_kind(&self, kind: Kind) -> bool {
        self.rules.kinds.is_empty() || self.rules.kinds.contains(&kind)
    }

    fn takes(&self, signal: RuleSignal, service: &str, trace: Option<TraceId>) -> bool {
        let named = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, service));
        self.rules.signals.as_ref().is_none_or(|signals| signals.contains(&signal))
            && (self.rules.services.is_empty() || named(&self.rules.services))
            && !named(&self.rules.not_services)
            && trace.is_none_or(|trace| self.takes_trace(trace))
    }

    fn takes_trace(&self, trace: TraceId) -> bool {
        let [.., a, b, c, d, e, f, g] = *trace.as_bytes();
        u64::from_be_bytes([0, a, b, c, d, e, f, g]) >= self.threshold
    }
}

fn named(resource: &Resource) -> &str {
    resource.service().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text, want) in [
            ("shop", "shop", true),
            ("shop", "shop-web", false),
            ("shop-*", "shop-web", true),
            ("shop-*", "shop", false),
            ("*", "", true),
            ("", "", true),
            ("*-web", "shop-web", true),
            ("s*p*b", "shop-web", true),
            ("s*x*b", "shop-web", false),
            ("xy*yx", "xyx", false),
            ("*a*a*", "a", false),
            ("*a**a*", "xaya", true),
        ] {
            assert_eq!(fits(pattern, text), want, "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn thresholds_are_those_of_opentelemetry() {
        assert_eq!([1.0, 0.5, 0.25, 0.0].map(threshold), [0, 1 << 55, 3 << 54, 1 << 56]);
    }

    #[test]
    fn rules_say_what_is_wrong_with_them() {
        let wrong = ExitRules { sample: Some(1.5), ..ExitRules::default() };
        assert!(wrong.check().unwrap_err().to_string().contains("rules.sample: 1.5"));
        assert!(ExitRules { sample: Some(f64::NAN), ..ExitRules::default() }.check().is_err());
        let text = "redact = { patterns = [\"(\"] }";
        assert!(toml::from_str::<ExitRules>(text).unwrap().check().is_err());
        assert!(
            toml::from_str::<ExitRules>("redact = { prompts = true }").is_err(),
            "no key that nobody reads"
        );
        let read: ExitRules = toml::from_str("redact = { contents = true, emails = true }").unwrap();
        let redact = read.redact.clone().unwrap();
        assert!(redact.leaves_contents_out() && redact.emails && redact.secrets && !redact.events);
        assert!(!toml::from_str::<ExitRules>("redact = {}").unwrap().redact.unwrap().leaves_contents_out());
        assert_eq!(toml::from_str::<ExitRules>(&toml::to_string(&read).unwrap()).unwrap(), read);
    }
}
