//! Parser of OpenMetrics text, to add another component's page to this one.
//!
//! Reads counters, gauges, histograms and untyped families. Creation times, exemplars, time stamps and
//! invalid lines are skipped (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).

use std::str::Chars;

use indexmap::IndexMap;
use prometheus::proto::{self, LabelPair, Metric, MetricFamily, MetricType};

use crate::names::TOTAL;

/// The families of a page, in its order.
pub(crate) fn read(text: &str) -> Vec<MetricFamily> {
    let mut families: IndexMap<String, Family> = IndexMap::new();
    let mut help = "";
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            match (words.next(), words.next(), words.next()) {
                (Some("HELP"), Some(_), said) => help = said.unwrap_or_default(),
                (Some("TYPE"), Some(name), Some(kind)) => {
                    if let Some(kind) = kind_of(kind) {
                        families.insert(name.to_owned(), Family::new(kind, help));
                    }
                    help = "";
                }
                _ => {}
            }
        } else if let Some((base, family)) = families.last_mut()
            && let Some(sample) = Sample::of(line)
        {
            family.take(base, sample);
        }
    }
    families.into_iter().map(|(base, family)| family.shown(&base)).collect()
}

fn kind_of(word: &str) -> Option<MetricType> {
    match word {
        "counter" => Some(MetricType::COUNTER),
        "gauge" => Some(MetricType::GAUGE),
        "histogram" => Some(MetricType::HISTOGRAM),
        "unknown" => Some(MetricType::GAUGE),
        _ => None,
    }
}

type Pairs = Vec<(String, String)>;

struct Sample<'a> {
    name: &'a str,
    labels: Pairs,
    value: f64,
}

impl<'a> Sample<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let end = line.find(['{', ' '])?;
        let (name, rest) = line.split_at(end);
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(inner) => labels(inner)?,
            None => (Pairs::new(), rest),
        };
        let value = rest.split_ascii_whitespace().next()?;
        Some(Self { name, labels, value: value.parse().ok()? })
    }
}

/// The labels after an opening brace, and the text after the closing one.
fn labels(text: &str) -> Option<(Pairs, &str)> {
    let (mut pairs, mut rest) = (Pairs::new(), text);
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(behind) = rest.strip_prefix('}') {
            return Some((pairs, behind));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut chars = quoted.chars();
        let value = unquoted(&mut chars)?;
        pairs.push((name.to_owned(), value));
        rest = chars.as_str();
    }
}

/// A text up to its closing quotation mark.
fn unquoted(chars: &mut Chars<'_>) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => text.push(escape(chars.next()?)),
            other => text.push(other),
        }
    }
}

const fn escape(c: char) -> char {
    if c == 'n' { '\n' } else { c }
}

struct Family {
    kind: MetricType,
    help: String,
    metrics: IndexMap<Pairs, Figures>,
}

/// The number of a series, or the figures of a histogram's lines.
#[derive(Default)]
struct Figures {
    number: f64,
    sum: f64,
    count: u64,
    buckets: Vec<proto::Bucket>,
}

impl Family {
    fn new(kind: MetricType, help: &str) -> Self {
        let mut text = String::with_capacity(help.len());
        let mut chars = help.chars();
        while let Some(c) = chars.next() {
            let c = if c == '\\' { chars.next().map_or(c, escape) } else { c };
            text.push(c);
        }
        Self { kind, help: text, metrics: IndexMap::new() }
    }

    fn take(&mut self, base: &str, sample: Sample<'_>) {
        let Some(suffix) = sample.name.strip_prefix(base) else { return };
        let Sample { mut labels, value, .. } = sample;
        match (self.kind, suffix) {
            (MetricType::COUNTER, TOTAL) | (MetricType::GAUGE, "") => {
                self.figures(labels).number = value;
            }
            (MetricType::HISTOGRAM, "_sum") => self.figures(labels).sum = value,
            (MetricType::HISTOGRAM, "_count") => self.figures(labels).count = value as u64,
            (MetricType::HISTOGRAM, "_bucket") => {
                let Some(at) = labels.iter().position(|(name, _)| name == "le") else { return };
                let Ok(upper) = labels.remove(at).1.parse() else { return };
                let mut bucket = proto::Bucket::default();
                bucket.set_upper_bound(upper);
                bucket.set_cumulative_count(value as u64);
                self.figures(labels).buckets.push(bucket);
            }
            _ => {}
        }
    }

    fn figures(&mut self, labels: Pairs) -> &mut Figures {
        self.metrics.entry(labels).or_default()
    }

    fn shown(self, base: &str) -> MetricFamily {
        let Self { kind, help, metrics } = self;
        let mut family = MetricFamily::default();
        family.set_name(if kind == MetricType::COUNTER { format!("{base}{TOTAL}") } else { base.to_owned() });
        family.set_help(help);
        family.set_field_type(kind);
        family.set_metric(metrics.into_iter().map(|(labels, figures)| figures.shown(kind, labels)).collect());
        family
    }
}

impl Figures {
    fn shown(self, kind: MetricType, labels: Pairs) -> Metric {
        let mut metric = Metric::from_label(labels.into_iter().map(pair).collect());
        match kind {
            MetricType::COUNTER => {
                let mut counter = proto::Counter::default();
                counter.set_value(self.number);
                metric.set_counter(counter);
            }
            MetricType::HISTOGRAM => {
                let mut histogram = proto::Histogram::default();
                histogram.set_sample_sum(self.sum);
                histogram.set_sample_count(self.count);
                histogram.set_bucket(self.buckets);
                metric.set_histogram(histogram);
            }
            _ => {
                let mut gauge = proto::Gauge::default();
                gauge.set_value(self.number);
                metric.set_gauge(gauge);
            }
        }
        metric
    }
}

fn pair((name, value): (String, String)) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name);
    pair.set_value(value);
    pair
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::page::{Format, page};
    use crate::records::Beside;

    const PAGE: &str = "\
        # HELP a Told \\\"twice\\\".\n\
        # TYPE a counter\n\
        a_total{x=\"1\",y=\"a \\\"b\\\" \\\\ \\n{c}\"} 3.0 # {trace_id=\"0\"} 1.0\n\
        a_created 1.0\n\
        # TYPE b gauge\n\
        # UNIT b seconds\n\
        b -2.5 1700000000\n\
        # TYPE c histogram\n\
        c_bucket{x=\"1\",le=\"1.0\"} 1\n\
        c_bucket{x=\"1\",le=\"+Inf\"} 4\n\
        c_sum{x=\"1\"} 9.5\n\
        c_count{x=\"1\"} 4\n\
        # TYPE d info\n\
        d_info{x=\"1\"} 1\n\
        # EOF\n";

    #[test]
    fn a_page_is_written_as_it_was_read() {
        let text = page(&read(PAGE), &Beside::default(), Format::OpenMetrics);
        let want = "\
            # HELP a Told \\\"twice\\\".\n\
            # TYPE a counter\n\
            a_total{x=\"1\",y=\"a \\\"b\\\" \\\\ \\n{c}\"} 3.0\n\
            # TYPE b gauge\n\
            b -2.5\n\
            # TYPE c histogram\n\
            c_bucket{x=\"1\",le=\"1.0\"} 1\n\
            c_bucket{x=\"1\",le=\"+Inf\"} 4\n\
            c_sum{x=\"1\"} 9.5\n\
            c_count{x=\"1\"} 4\n\
            # EOF\n";
        assert_eq!(text, want);
        assert_eq!(page(&read(&text), &Beside::default(), Format::OpenMetrics), want);
    }

    proptest! {
        #[test]
        fn no_text_is_too_wild(lines in proptest::collection::vec("(# TYPE a (counter|gauge|histogram))|(a(_total|_bucket)?(\\{.{0,12})?.{0,12})", 0..12)) {
            let families = read(&lines.join("\n"));
            prop_assert!(families.len() <= 1);
        }
    }
}
