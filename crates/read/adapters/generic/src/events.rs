//! Streams in the events of a span: usage that counts on from event to event, and the chunks of an answer.

use compact_str::CompactString;
use quipu_core::{Span, SpanEvent, Value};
use quipu_normalize::{count_of, parse};
use quipu_semconv::USAGE_KEYS;

use crate::stream;

/// Maximum number of events whose texts are read.
const MOST: usize = 256;
/// Maximum number of names whose events are compared.
const MOST_SERIES: usize = 16;
/// Maximum size of the JSON of one event, in bytes.
const LARGEST: usize = 64 << 10;

/// Figures by key.
type Figures<'s> = Vec<(&'s str, u64)>;

/// The answer of a stream whose chunks are JSON texts in the span's events, with the key of the first one.
pub(crate) fn answer(span: &Span) -> Option<(&CompactString, Value)> {
    let attributes = span.events.iter().take(MOST).flat_map(|event| event.attributes.iter());
    let texts = attributes.filter_map(|(key, value)| Some((key, value.as_str()?)));
    let chunks = texts.filter(|(_, text)| is_chunk(text)).filter_map(|(key, text)| Some((key, parse(text)?)));
    let (keys, chunks): (Vec<&CompactString>, Vec<Value>) = chunks.unzip();
    Some((keys.first()?, whole(&chunks)?))
}

/// The answer of the chunks of a stream, as one object with its usage.
pub(crate) fn whole(chunks: &[Value]) -> Option<Value> {
    stream::answer(chunks).or_else(|| counted(chunks))
}

/// Whether a text may be a chunk with usage.
pub(crate) fn is_chunk(text: &str) -> bool {
    let names_usage = || USAGE_KEYS.iter().any(|key| text.contains(key));
    text.len() <= LARGEST && text.trim_start().starts_with('{') && names_usage()
}

/// The last of several chunks whose usage counts on.
fn counted(chunks: &[Value]) -> Option<Value> {
    let series: Vec<Figures<'_>> = chunks.iter().map(usage).collect::<Option<_>>()?;
    chunks.last().filter(|_| counts_on(&series)).cloned()
}

/// The figures of the usage of a chunk.
fn usage(chunk: &Value) -> Option<Figures<'_>> {
    let Value::Map(pairs) = USAGE_KEYS.iter().find_map(|key| chunk.get(key))? else { return None };
    Some(pairs.iter().filter_map(|(key, value)| Some((key.as_str(), count_of(value)?))).collect())
}

/// The events of a span, each with the name under which its figures are read. Of several that count on, only
/// the last is left, without a name: it has the figures of the call.
pub(crate) fn told(span: &Span) -> Vec<(&str, &SpanEvent)> {
    let streams = streams(span);
    let last_of = |event: &SpanEvent| {
        let stream = streams.iter().find(|(name, _)| *name == event.name.as_str());
        stream.map(|(_, last)| *last).filter(|_| has_figures(event))
    };
    let left = span.events.iter().filter_map(|event| match last_of(event) {
        None => Some((event.name.as_str(), event)),
        Some(last) => std::ptr::eq(last, event).then_some(("", event)),
    });
    left.collect()
}

/// The events of one name that have figures.
struct Series<'s> {
    name: &'s str,
    figures: Vec<Figures<'s>>,
    last: &'s SpanEvent,
}

/// The names of events that count on, each with the last event.
fn streams(span: &Span) -> Vec<(&str, &SpanEvent)> {
    let mut all: Vec<Series<'_>> = Vec::new();
    for event in span.events.iter().filter(|event| has_figures(event)) {
        let (name, figures) = (event.name.as_str(), figures(event).collect());
        match all.iter().position(|series| series.name == name) {
            Some(at) => {
                all[at].figures.push(figures);
                all[at].last = event;
            }
            None if all.len() < MOST_SERIES => all.push(Series { name, figures: vec![figures], last: event }),
            None => {}
        }
    }
    all.retain(|series| counts_on(&series.figures));
    all.into_iter().map(|series| (series.name, series.last)).collect()
}

/// Whether a series repeats a figure and counts another one on, so that none falls. Providers repeat the
/// input in each chunk of a stream, and count the output on.
fn counts_on(series: &[Figures<'_>]) -> bool {
    let [first, _, ..] = series else { return false };
    let (mut constant, mut grows) = (false, false);
    for (key, count) in first {
        let of_key =
            |figures: &Figures<'_>| figures.iter().find(|(known, _)| known == key).map(|pair| pair.1);
        let Some(counts) = series.iter().map(of_key).collect::<Option<Vec<u64>>>() else { return false };
        if !counts.is_sorted() {
            return false;
        }
        let is_constant = counts.last() == Some(count);
        constant |= is_constant && *count > 0;
        grows |= !is_constant;
    }
    constant && grows
}

fn figures(event: &SpanEvent) -> impl Iterator<Item = (&str, u64)> {
    let pairs = event.attributes.iter().filter(|(key, _)| key.contains("oken"));
    pairs.filter_map(|(key, value)| Some((key.as_str(), count_of(value)?)))
}

fn has_figures(event: &SpanEvent) -> bool {
    figures(event).next().is_some()
}
