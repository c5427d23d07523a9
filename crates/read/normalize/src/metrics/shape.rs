//! Token metrics of unknown sources, by the shape of their names and labels.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use quipu_core::{Attributes, Instrument, Metric, Point, PointValue, Span};
use quipu_semconv::{
    Counted, METRIC_FAMILIES, MetricFamily, NO_USAGE_WORDS, POINT_SESSIONS, Part, TOKEN_TYPES, TYPE_LABELS,
    USAGE_WORDS,
};

use super::spans_of_metrics;
use crate::text;

/// Maximum number of points of one metric that are judged.
const MOST_POINTS: usize = 1_000;

/// The spans of metrics that no family has and that count tokens by type and model without ambiguity.
pub fn spans_by_shape(metrics: &[Metric]) -> Vec<Span> {
    metrics.iter().filter(|metric| is_like_usage(metric)).flat_map(spans).collect()
}

/// The reason why a metric that looks like token usage is not read; `None` for all other metrics.
pub fn metric_doubt(metric: &Metric) -> Option<&'static str> {
    if is_like_usage(metric) { Shape::of(metric).err() } else { None }
}

fn spans(metric: &Metric) -> Vec<Span> {
    let Ok(shape) = Shape::of(metric) else { return Vec::new() };
    let counts: Vec<Counted<'_>> = shape
        .types
        .iter()
        .map(|(value, part)| Counted { metric: &metric.name, key: shape.label, value, part: *part })
        .collect();
    let family = MetricFamily {
        name: &metric.name,
        source: "",
        sessions: POINT_SESSIONS,
        counts: &counts,
        on_top: &shape.on_top,
        units_a_dollar: 1,
    };
    spans_of_metrics(std::slice::from_ref(metric), &family, |_| true)
}

/// Whether the name of a sum or a histogram is one of token usage, and no family has it.
fn is_like_usage(metric: &Metric) -> bool {
    if !metric.name.contains("oken") || matches!(metric.instrument, Instrument::Gauge | Instrument::Summary) {
        return false;
    }
    let is_known = |family: &&MetricFamily<'_>| {
        metric.name.starts_with(family.name)
            || family.counts.iter().any(|counted| counted.metric == metric.name)
    };
    let words: Vec<&str> = metric.name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let has = |table: &[&str]| words.iter().any(|word| table.contains(word));
    let is_usage = words.last().is_some_and(|last| *last == "tokens") || has(USAGE_WORDS);
    has(&["token", "tokens"]) && is_usage && !has(NO_USAGE_WORDS) && !METRIC_FAMILIES.iter().any(is_known)
}

/// The meaning of a metric's labels.
struct Shape<'m> {
    label: &'static str,
    types: BTreeMap<&'m str, Part>,
    on_top: Vec<Part>,
}

impl<'m> Shape<'m> {
    fn of(metric: &'m Metric) -> Result<Self, &'static str> {
        let points = &metric.points[..metric.points.len().min(MOST_POINTS)];
        let first = points.first().ok_or("its metric has no points")?;
        let label = TYPE_LABELS.iter().find(|label| first.attributes.text(label).is_some());
        let label = *label.ok_or("its metric counts tokens without a label for their type")?;
        let mut types = BTreeMap::new();
        let mut sets: BTreeMap<String, Figures> = BTreeMap::new();
        for point in points {
            let value =
                point.attributes.text(label).ok_or("its metric names the type of some tokens only")?;
            let part = part(value).ok_or("its metric has a type of tokens that is unknown")?;
            if !names_model(&point.attributes) {
                return Err("its metric counts tokens and names no model");
            }
            types.extend(part.map(|part| (value, part)));
            sets.entry(series(point, label)).or_default().add(part, number(point));
        }
        let parts: BTreeSet<Part> = types.values().copied().collect();
        if parts.len() != types.len() {
            return Err("its metric has several types for the same tokens");
        }
        if !parts.contains(&Part::Input) || !parts.contains(&Part::Output) {
            return Err("its metric lacks input or output tokens");
        }
        Ok(Self { label, types, on_top: on_top(&parts, sets.values())? })
    }
}

/// Figures of one series by bucket, and its total.
#[derive(Debug, Default)]
struct Figures {
    parts: BTreeMap<Part, f64>,
    total: Option<f64>,
}

impl Figures {
    fn add(&mut self, part: Option<Part>, value: f64) {
        match part {
            Some(part) => drop(self.parts.insert(part, value)),
            None => self.total = Some(value),
        }
    }

    fn get(&self, part: Part) -> f64 {
        self.parts.get(&part).copied().unwrap_or(0.0)
    }

    /// The buckets on top of input and output, if the figures prove it.
    fn proves(&self, parts: &[Part]) -> Option<Vec<Part>> {
        let (input, output) = (self.get(Part::Input), self.get(Part::Output));
        let ways = 1_u32 << parts.len();
        let of = |way: u32| {
            parts.iter().enumerate().filter(move |(at, _)| way & (1 << at) != 0).map(|(_, part)| *part)
        };
        if let Some(total) = self.total {
            let fits = |way: &u32| {
                (of(*way).map(|part| self.get(part)).sum::<f64>() + input + output - total).abs() < 0.5
            };
            let mut fitting = (0..ways).filter(fits);
            let first = fitting.next()?;
            return fitting.next().is_none().then(|| of(first).collect());
        }
        // Without a total, only a part that exceeds its whole proves anything.
        let cached = self.get(Part::CacheRead) + self.get(Part::CacheWrite);
        let proves = |part: &Part| match part {
            Part::CacheRead | Part::CacheWrite => cached > input,
            Part::Reasoning => self.get(Part::Reasoning) > output,
            Part::ToolPrompt => self.get(Part::ToolPrompt) > input,
            _ => false,
        };
        parts.iter().all(proves).then(|| parts.to_vec())
    }
}

/// The buckets that input and output exclude. All series of a metric count alike, so one proof is enough.
fn on_top<'f>(
    parts: &BTreeSet<Part>,
    sets: impl Iterator<Item = &'f Figures>,
) -> Result<Vec<Part>, &'static str> {
    let details: Vec<Part> = parts
        .iter()
        .copied()
        .filter(|part| !matches!(part, Part::Input | Part::Output | Part::Cost))
        .collect();
    if details.is_empty() {
        return Ok(Vec::new());
    }
    let mut proofs = sets.filter(|set| details.iter().all(|part| set.get(*part) > 0.0));
    let proof = proofs.find_map(|set| set.proves(&details));
    proof.ok_or("its metric does not tell whether input and output include the other types")
}

fn part(value: &str) -> Option<Option<Part>> {
    let letters = value.chars().filter(char::is_ascii_alphanumeric);
    let bare: CompactString = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let bare = ["tokens", "token"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(&bare);
    TOKEN_TYPES.iter().find(|(word, _)| *word == bare).map(|(_, part)| *part)
}

fn names_model(attributes: &Attributes) -> bool {
    attributes.iter().any(|(key, value)| {
        let last = key.rsplit(['.', '_']).next().unwrap_or_default();
        let is_model = last == "model" || key.ends_with("model.name") || key.ends_with("model_name");
        is_model && text::label(value).is_some()
    })
}

fn series(point: &Point, label: &str) -> String {
    let others = point.attributes.iter().filter(|(key, _)| key != label);
    let mut others: Vec<String> = others.map(|(key, value)| format!("{key}={value:?}")).collect();
    others.sort_unstable();
    others.join("\n")
}

const fn number(point: &Point) -> f64 {
    match point.value {
        PointValue::Number(value) => value,
        PointValue::Distribution { sum, .. } => sum,
    }
}
