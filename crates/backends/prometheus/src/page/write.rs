//! Writes families in either format.

use std::borrow::Cow;

use prometheus::proto::{Metric, MetricFamily, MetricType};
use quipu_core::Exemplar;

use super::Format;
use super::number::{number, seconds};
use crate::names::{Reserved, TARGET_INFO, TOTAL, base, tidy};
use crate::records::{Beside, Extra, own_label};

/// Writes the page. Families with a duplicate name would make it unreadable and are left out. Only a
/// collector that a user has registered by hand can cause one.
pub(crate) fn page(families: &[MetricFamily], beside: &Beside, format: Format) -> String {
    let mut page = Page { out: String::new(), format, beside };
    let mut reserved = Reserved::default();
    for family in families {
        if reserved.admit(family.name(), family.get_field_type()) {
            page.family(family);
        }
    }
    if format == Format::OpenMetrics {
        page.out.push_str("# EOF\n");
    }
    page.out
}

struct Page<'a> {
    out: String,
    format: Format,
    beside: &'a Beside,
}

/// One sample's line, without its value.
struct Sample<'a> {
    name: &'a str,
    suffix: &'a str,
    metric: &'a Metric,
    own: Option<(&'a str, String)>,
}

impl<'a> Sample<'a> {
    const fn new(name: &'a str, suffix: &'a str, metric: &'a Metric) -> Self {
        Self { name, suffix, metric, own: None }
    }

    fn with(self, label: &'a str, value: String) -> Self {
        Self { own: Some((label, value)), ..self }
    }
}

impl<'a> Page<'a> {
    fn family(&mut self, family: &MetricFamily) {
        let (full, shown) = (family.name(), family.get_field_type());
        self.head(family);
        for metric in family.get_metric() {
            let extra = self.extra(full, metric, shown);
            match shown {
                MetricType::COUNTER => self.counter(full, metric, extra),
                MetricType::GAUGE | MetricType::UNTYPED => self.gauge(full, metric),
                MetricType::HISTOGRAM => self.histogram(full, metric, extra),
                MetricType::SUMMARY => self.summary(full, metric, extra),
            }
        }
    }

    /// Writes help, type and unit.
    fn head(&mut self, family: &MetricFamily) {
        let (full, shown) = (family.name(), family.get_field_type());
        let open = self.format == Format::OpenMetrics;
        let name = if open { base(full, shown) } else { full };
        let word = match shown {
            _ if open && full == TARGET_INFO => "info",
            MetricType::COUNTER => "counter",
            MetricType::GAUGE => "gauge",
            MetricType::HISTOGRAM => "histogram",
            MetricType::SUMMARY => "summary",
            MetricType::UNTYPED if open => "unknown",
            MetricType::UNTYPED => "untyped",
        };
        if !family.help().is_empty() {
            let help = escaped(family.help(), open);
            self.line(&["# HELP ", name, " ", &help]);
        }
        self.line(&["# TYPE ", name, " ", word]);
        if let (true, Some(unit)) = (open, self.beside.units.get(full)) {
            self.line(&["# UNIT ", name, " ", unit]);
        }
    }

    fn extra(&self, full: &str, metric: &Metric, shown: MetricType) -> Option<&'a Extra> {
        if self.format == Format::Text {
            return None;
        }
        self.beside.extras.get(full)?.get(&tidy(metric.get_label(), own_label(shown)))
    }

    fn counter(&mut self, full: &str, metric: &Metric, extra: Option<&Extra>) {
        let value = metric.get_counter().get_value();
        let (name, suffix) = match self.format {
            Format::Text => (full, ""),
            Format::OpenMetrics if !counts(value) => return,
            Format::OpenMetrics => (base(full, MetricType::COUNTER), TOTAL),
        };
        let exemplar = extra.and_then(|extra| extra.exemplars.first());
        self.sample(&Sample::new(name, suffix, metric), &number(value, self.format), exemplar);
        self.created(name, metric, extra);
    }

    fn gauge(&mut self, full: &str, metric: &Metric) {
        let value = metric.get_gauge().get_value();
        self.sample(&Sample::new(full, "", metric), &number(value, self.format), None);
    }

    fn histogram(&mut self, name: &str, metric: &Metric, extra: Option<&Extra>) {
        let histogram = metric.get_histogram();
        let buckets =
            histogram.get_bucket().iter().map(|bucket| (bucket.upper_bound(), bucket.cumulative_count()));
        // Other collectors may omit the last bucket.
        let finite = buckets.filter(|(upper, _)| *upper != f64::INFINITY);
        let mut lower = f64::NEG_INFINITY;
        let mut signed = false;
        for (upper, count) in finite.chain([(f64::INFINITY, histogram.get_sample_count())]) {
            let within = |exemplar: &&Exemplar| lower < exemplar.value && exemplar.value <= upper;
            let exemplar = extra.and_then(|extra| extra.exemplars.iter().find(within));
            let sample = Sample::new(name, "_bucket", metric).with("le", number(upper, self.format));
            self.sample(&sample, &count.to_string(), exemplar);
            signed |= upper < 0.0;
            lower = upper;
        }
        // OpenMetrics requires a sum that only grows, and forbids a sum next to bounds below zero.
        let sum = histogram.get_sample_sum();
        if self.format == Format::Text || (counts(sum) && !signed) {
            self.sample(&Sample::new(name, "_sum", metric), &number(sum, self.format), None);
            self.sample(
                &Sample::new(name, "_count", metric),
                &histogram.get_sample_count().to_string(),
                None,
            );
        }
        self.created(name, metric, extra);
    }

    fn summary(&mut self, name: &str, metric: &Metric, extra: Option<&Extra>) {
        let summary = metric.get_summary();
        let text = self.format == Format::Text;
        for at in summary.get_quantile().iter().filter(|at| text || at.value() >= 0.0 || at.value().is_nan())
        {
            let sample = Sample::new(name, "", metric).with("quantile", number(at.quantile(), self.format));
            self.sample(&sample, &number(at.value(), self.format), None);
        }
        if text || counts(summary.sample_sum()) {
            self.sample(&Sample::new(name, "_sum", metric), &number(summary.sample_sum(), self.format), None);
        }
        self.sample(&Sample::new(name, "_count", metric), &summary.sample_count().to_string(), None);
        self.created(name, metric, extra);
    }

    fn created(&mut self, name: &str, metric: &Metric, extra: Option<&Extra>) {
        if let Some(created) = extra.and_then(|extra| extra.created) {
            self.sample(&Sample::new(name, "_created", metric), &seconds(created), None);
        }
    }

    fn sample(&mut self, sample: &Sample<'_>, value: &str, exemplar: Option<&Exemplar>) {
        self.out.push_str(sample.name);
        self.out.push_str(sample.suffix);
        let labels = sample.metric.get_label().iter().map(|pair| (pair.name(), pair.value()));
        let own = sample.own.iter().map(|(name, value)| (*name, value.as_str()));
        let mut opening = '{';
        for (name, value) in labels.chain(own) {
            self.out.push(opening);
            opening = ',';
            self.out.extend([name, "=\"", &escaped(value, true), "\""]);
        }
        self.out.push_str(if opening == ',' { "} " } else { " " });
        self.out.push_str(value);
        if let Some(Exemplar { time, value, trace_id, span_id }) = exemplar {
            // 63 characters of labels; OpenMetrics allows 128.
            let value = number(*value, self.format);
            let time = seconds(*time);
            self.out
                .push_str(&format!(" # {{trace_id=\"{trace_id}\",span_id=\"{span_id}\"}} {value} {time}"));
        }
        self.out.push('\n');
    }

    fn line(&mut self, parts: &[&str]) {
        self.out.extend(parts.iter().copied());
        self.out.push('\n');
    }
}

/// Whether OpenMetrics accepts the number as one that only grows.
const fn counts(value: f64) -> bool {
    value >= 0.0
}

/// Escapes backslash and line feed everywhere, and quotation marks in labels and in OpenMetrics help texts.
fn escaped(text: &str, quotes: bool) -> Cow<'_, str> {
    if !text.contains(['\\', '\n', '"']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '"' if quotes => escaped.push_str("\\\""),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}
