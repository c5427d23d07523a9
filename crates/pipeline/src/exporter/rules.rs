//! Rules that select the records of an exporter.

use std::sync::Arc;

use quipu_core::{Batch, Error, ErrorKind, Kind, NoMeter, Resource, Result, Stage, TraceId};
use serde::{Deserialize, Serialize};

use crate::redact::glob::fits;
use crate::redact::{Redact, RedactConfig};

/// A signal, by its name in rules.
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

/// Rules that select the records of an exporter. The default selects all records and changes none.
///
/// ```
/// use quipu_pipeline::ExporterRules;
///
/// let rules = ExporterRules { services: vec!["shop-*".into()], sample: Some(0.1), ..Default::default() };
/// rules.check()?;
/// # Ok::<(), quipu_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExporterRules {
    /// Selected signals; `None`: all.
    pub signals: Option<Vec<RuleSignal>>,
    /// Selected services by name; `*` matches any characters. Empty: all.
    pub services: Vec<String>,
    /// Excluded services.
    pub not_services: Vec<String>,
    /// Selected span kinds. Empty: all. Ledger rows follow the kinds of their spans.
    pub kinds: Vec<Kind>,
    /// Share of traces, 0 to 1. The choice depends on the trace id, so traces stay whole and exporters agree.
    /// Events follow their trace. `None`: all.
    pub sample: Option<f64>,
    /// Whether the exporter also gets the metrics that a server derives from spans. Default: only if it
    /// accepts metrics and no spans, because a target with spans can derive its own.
    pub derived: Option<bool>,
    /// Redaction for this exporter, in addition to the redaction for all.
    #[serde(with = "on_the_way")]
    pub redact: Option<RedactConfig>,
}

impl ExporterRules {
    /// Whether all records pass unchanged.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the rules.
    ///
    /// # Errors
    /// `sample` is not between 0 and 1, or a pattern of `redact` is no regular expression.
    pub fn check(&self) -> Result<()> {
        Filter::new(self).map(|_| ())
    }
}

/// Redaction in rules. It drops contents only if the rule says so, because the global config has decided
/// before. It emits no events.
mod on_the_way {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::redact::{Capture, FieldRules, HashKey, Mode, OwnPattern, Pii, RedactConfig};

    /// `true` drops contents, `false` keeps them; or the services whose contents stay.
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
            Self::from(RedactConfig { contents: Some(Capture::all(true)), ..RedactConfig::default() })
        }
    }

    impl From<RedactConfig> for Written {
        fn from(config: RedactConfig) -> Self {
            let RedactConfig {
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
            } = config;
            let contents = contents.map_or(Contents::LeftOut(true), |capture| match capture.is_all() {
                true => Contents::LeftOut(false),
                false => Contents::Kept(capture),
            });
            Self { contents, secrets, pii, emails, high_entropy, mode, key, patterns, fields, allow }
        }
    }

    impl From<Written> for RedactConfig {
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

    pub(super) fn serialize<S: Serializer>(config: &Option<RedactConfig>, to: S) -> Result<S::Ok, S::Error> {
        config.clone().map(Written::from).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RedactConfig>, D::Error> {
        Ok(Option::<Written>::deserialize(from)?.map(RedactConfig::from))
    }
}

/// Compiled rules.
pub(crate) struct Filter {
    rules: ExporterRules,
    /// Lowest sampled value of a trace id.
    threshold: u64,
    redact: Option<Redact>,
    chooses: bool,
}

/// Random bits of a trace id by W3C Trace Context 2. OpenTelemetry's consistent sampling uses them
/// (<https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>).
const RANDOM: u64 = (1 << 56) - 1;

/// Threshold of sampled values for a share of `part`.
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
    pub fn new(rules: &ExporterRules) -> Result<Self> {
        let part = rules.sample.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&part) {
            let context = format!("rules.sample: {part} is not between 0 and 1");
            return Err(Error::new(ErrorKind::Invalid, "read rules", context));
        }
        let redact =
            rules.redact.as_ref().map(|config| Redact::new(config, Arc::new(NoMeter))).transpose()?;
        let chooses = *rules != ExporterRules { redact: rules.redact.clone(), ..ExporterRules::default() };
        Ok(Self { rules: rules.clone(), threshold: threshold(part), redact, chooses })
    }

    /// Applies the rules. Returns the same batch if they select all of it.
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
        let wrong = ExporterRules { sample: Some(1.5), ..ExporterRules::default() };
        assert!(wrong.check().unwrap_err().to_string().contains("rules.sample: 1.5"));
        assert!(ExporterRules { sample: Some(f64::NAN), ..ExporterRules::default() }.check().is_err());
        let text = "redact = { patterns = [\"(\"] }";
        assert!(toml::from_str::<ExporterRules>(text).unwrap().check().is_err());
        assert!(
            toml::from_str::<ExporterRules>("redact = { prompts = true }").is_err(),
            "no key that nobody reads"
        );
        let read: ExporterRules = toml::from_str("redact = { contents = true, emails = true }").unwrap();
        let redact = read.redact.clone().unwrap();
        assert!(redact.leaves_contents_out() && redact.emails && redact.secrets && !redact.events);
        assert!(
            !toml::from_str::<ExporterRules>("redact = {}").unwrap().redact.unwrap().leaves_contents_out()
        );
        assert_eq!(toml::from_str::<ExporterRules>(&toml::to_string(&read).unwrap()).unwrap(), read);
    }
}
