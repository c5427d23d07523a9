//! Lines about tokens and money, with the arithmetic in words.

use std::borrow::Cow;

use compact_str::CompactString;
use quipu_core::{LensLine, Reading, Usage};
use quipu_semconv::quipu::UNITS_PREFIX;
use quipu_semconv::{
    EXCLUSIVE_SCOPES, Field, NEVER_COUNTED_OPERATIONS, OBJECT_CACHE_READ, OBJECT_CACHE_WRITE,
    OBJECT_REASONING, OBJECT_WEB_SEARCHES, RAW_INPUT, REASONING_ON_TOP_SCOPES, REPEATING_SCOPES,
};

use super::{BY_THE_ADAPTER, Lines, Source};
use crate::{Slots, cached, details, number, scope_begins, usage};

/// Figures that the usage object of an answer may decide.
const ANSWERED: &[&str] =
    &["input", "reading", "cache_read", "cache_write", "output", "reasoning", "tool_prompt"];

/// Adds one line for each figure.
pub(super) fn tokens(lines: &mut Lines<'_>) {
    let Some(usage) = &lines.read.usage else { return };
    let sent = usage::raw(&lines.slots);
    input(lines, usage, &sent);
    reading(lines, usage, &sent);
    cached(lines, usage, &sent);
    output(lines, usage, &sent);
    parts(lines, usage, &sent);
    by_answer(lines, usage, &sent);
    units(lines, usage);
    if usage.estimated {
        let source = Source::rule("the client's own estimate, not the provider's count");
        lines.add("estimated", "true", source, &[]);
    }
}

/// Explains the figures that the usage object of the answer decided.
fn by_answer(lines: &mut Lines<'_>, usage: &Usage, sent: &Usage) {
    let alone = || usage::alone(&lines.slots, lines.read.kind).filter(|_| !sent.is_known());
    let Some(answered) = usage::answered(&lines.slots, sent).or_else(alone) else { return };
    let Some(key) = lines.slots.key(answered.field) else { return };
    if (answered.usage.input, answered.usage.output) != (usage.input, usage.output) {
        return;
    }
    let is_decided = |line: &&mut LensLine| {
        let by_adapter =
            line.key.is_none() && line.rule.as_deref().is_some_and(|rule| rule.starts_with(BY_THE_ADAPTER));
        by_adapter || (line.field == "reading" && cache(&answered.usage) > 0)
    };
    for line in lines.lines.iter_mut().filter(is_decided) {
        if ANSWERED.contains(&line.field.as_str()) {
            line.key = Some(CompactString::const_new(key));
            line.rule = Some("the usage object of the provider's answer".into());
        }
    }
}

fn input(lines: &mut Lines<'_>, usage: &Usage, sent: &Usage) {
    let Some(input) = usage.input else { return };
    let key = lines.slots.key(Field::Input).map(CompactString::const_new);
    let rule: Option<Cow<'static, str>> = match usage.reading {
        _ if sent.input != Some(input) && sent.input.unwrap_or(0) + cache(sent) != input => {
            let source = Source::rule(with_parts(BY_THE_ADAPTER, input, usage));
            lines.add("input", input.to_string(), source, &[Field::Input]);
            return;
        }
        _ if cache(usage) == 0 => key.is_none().then_some(BY_THE_ADAPTER.into()),
        Reading::Exclusive | Reading::ProvenExclusive => {
            Some(format!("{}: input was sent without cached tokens", sum(input, usage, "sent")).into())
        }
        _ => {
            Some(format!("{}: input was sent with cached tokens in it", sum(input, usage, "uncached")).into())
        }
    };
    lines.add("input", input.to_string(), Source { key, rule }, &[Field::Input]);
}

fn cache(usage: &Usage) -> u64 {
    usage.cache_read.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0))
}

fn with_parts(rule: &str, input: u64, usage: &Usage) -> String {
    match cache(usage) {
        0 => rule.to_owned(),
        _ => format!("{rule}: {}", sum(input, usage, "uncached")),
    }
}

/// Formats `1050 = 120 sent + 900 cache read + 30 cache write`.
fn sum(input: u64, usage: &Usage, rest: &str) -> String {
    let mut text = format!("{input} = {} {rest}", usage.input_uncached());
    for (part, name) in [(usage.cache_read, "cache read"), (usage.cache_write, "cache write")] {
        if let Some(part) = part.filter(|part| *part > 0) {
            text.push_str(&format!(" + {part} {name}"));
        }
    }
    text
}

/// Adds a line on how input was read, and the reason.
fn reading(lines: &mut Lines<'_>, usage: &Usage, sent: &Usage) {
    if usage.input.is_none() {
        return;
    }
    let slots = &lines.slots;
    let total = slots.count(Field::Total);
    let key = slots.key(Field::Total).map(CompactString::const_new);
    let source = match usage.reading {
        Reading::ProvenExclusive | Reading::ProvenInclusive if uncached(slots, usage).is_some() => {
            uncached(slots, usage).unwrap_or_default()
        }
        Reading::ProvenExclusive if cache(sent) > sent.input.unwrap_or(0) => Source::rule(format!(
            "{} cached tokens are more than the {} sent as input: it was sent without them",
            cache(sent),
            sent.input.unwrap_or(0)
        )),
        Reading::ProvenExclusive | Reading::ProvenInclusive if total.is_some() => {
            let rule = proof(usage.reading, total.unwrap_or(0));
            Source { key, rule: Some(rule.into()) }
        }
        Reading::Exclusive => Source::rule(excludes(slots)),
        other => Source::rule(other.as_str()),
    };
    lines.add("reading", usage.reading.word(), source, &[]);
}

/// The source of a count of uncached input tokens, if that count was decisive.
fn uncached(slots: &Slots<'_>, usage: &Usage) -> Option<Source> {
    let (key, figure) = (slots.key(Field::Uncached)?, slots.count(Field::Uncached)?);
    (figure == usage.input_uncached())
        .then(|| Source::keyed(key, format!("it reports {figure} uncached input tokens")))
}

fn proof(reading: Reading, total: u64) -> String {
    match reading {
        Reading::ProvenExclusive => {
            format!("the total of {total} only adds up with cached tokens on top of the input sent")
        }
        _ => format!(
            "the provider's own total of {total} is input and output, with cached tokens in the input"
        ),
    }
}

fn excludes(slots: &Slots<'_>) -> Cow<'static, str> {
    let scope = &slots.span.scope.name;
    if slots.key(Field::Input) == Some(RAW_INPUT) {
        return format!("`{RAW_INPUT}` never has cached tokens in it").into();
    }
    match scope_begins(slots.span, EXCLUSIVE_SCOPES) {
        true => format!("the scope \"{scope}\" is known to send input without cached tokens").into(),
        false => Reading::Exclusive.as_str().into(),
    }
}

fn cached(lines: &mut Lines<'_>, usage: &Usage, sent: &Usage) {
    let objects = [Field::UsageObject, Field::InputDetails];
    part(lines, "cache_read", usage.cache_read, sent.cache_read, Field::CacheRead, |slots, figure| {
        in_object(slots, &objects, OBJECT_CACHE_READ, figure)
            .or_else(|| by_words(slots, Field::CacheRead, figure))
    });
    part(lines, "cache_write", usage.cache_write, sent.cache_write, Field::CacheWrite, |slots, figure| {
        in_object(slots, &objects, OBJECT_CACHE_WRITE, figure).or_else(|| {
            let (short, long) = (sent.cache_write_5m.unwrap_or(0), sent.cache_write_1h.unwrap_or(0));
            (figure == short + long)
                .then(|| Source::rule(format!("{figure} = {short} for 5 minutes + {long} for 1 hour")))
                .or_else(|| by_words(slots, Field::CacheWrite, figure))
        })
    });
    part(lines, "cache_write_5m", usage.cache_write_5m, sent.cache_write_5m, Field::CacheWrite5m, |_, _| {
        None
    });
    part(lines, "cache_write_1h", usage.cache_write_1h, sent.cache_write_1h, Field::CacheWrite1h, |_, _| {
        None
    });
}

fn output(lines: &mut Lines<'_>, usage: &Usage, sent: &Usage) {
    let (before, reasoning) = (sent.output.unwrap_or(0), sent.reasoning.unwrap_or(0));
    let on_top = usage.output == Some(before + reasoning) && reasoning > 0;
    part(lines, "output", usage.output, sent.output, Field::Output, |slots, figure| {
        let why = match slots.count(Field::Total) {
            _ if scope_begins(slots.span, REASONING_ON_TOP_SCOPES) => {
                "because this source omits it".to_owned()
            }
            Some(total) => format!("as the total of {total} shows"),
            None => "because it exceeds the sent output".to_owned(),
        };
        let rule = format!("{figure} = {before} sent + {reasoning} reasoning on top, {why}");
        let key = slots.key(Field::Output).map(CompactString::const_new);
        on_top.then(|| Source { key, rule: Some(rule.into()) })
    });
    let objects = [Field::UsageObject, Field::OutputDetails];
    part(lines, "reasoning", usage.reasoning, sent.reasoning, Field::Reasoning, |slots, figure| {
        in_object(slots, &objects, OBJECT_REASONING, figure)
            .or_else(|| by_words(slots, Field::Reasoning, figure))
    });
}

/// The key whose words name a part of the usage.
fn by_words(slots: &Slots<'_>, part: Field, figure: u64) -> Option<Source> {
    let (key, count) = slots.named(part)?;
    let rule = Some("by the words of the key".into());
    (count == figure).then(|| Source { key: Some(key.into()), rule })
}

fn parts(lines: &mut Lines<'_>, usage: &Usage, sent: &Usage) {
    for (name, value, sent, field) in [
        ("input_audio", usage.input_audio, sent.input_audio, Field::InputAudio),
        ("input_image", usage.input_image, sent.input_image, Field::InputImage),
        ("cache_read_audio", usage.cache_read_audio, sent.cache_read_audio, Field::CacheReadAudio),
        ("tool_prompt", usage.tool_prompt, sent.tool_prompt, Field::ToolPrompt),
        ("output_audio", usage.output_audio, sent.output_audio, Field::OutputAudio),
        ("output_image", usage.output_image, sent.output_image, Field::OutputImage),
    ] {
        part(lines, name, value, sent, field, |_, _| None);
    }
}

/// Adds lines for billed units besides tokens.
fn units(lines: &mut Lines<'_>, usage: &Usage) {
    for (unit, count) in &usage.units {
        let slots = &lines.slots;
        let is_searches = unit == details::WEB_SEARCHES_UNIT;
        let copied = || {
            let key = slots.key(Field::WebSearches).filter(|_| is_searches)?;
            (slots.count(Field::WebSearches) == Some(*count)).then(|| Source::copied(key))
        };
        let own = || {
            let same = slots.units().iter().any(|(own, told)| own == unit && told == count);
            same.then(|| Source::keyed(format!("{UNITS_PREFIX}{unit}"), "a unit other than tokens"))
        };
        let in_usage = || {
            let place = in_object(slots, &[Field::UsageObject], OBJECT_WEB_SEARCHES, *count);
            place.filter(|_| is_searches)
        };
        let source = copied().or_else(own).or_else(in_usage);
        let source = source.unwrap_or_else(|| Source::rule(BY_THE_ADAPTER));
        lines.add(&format!("units.{unit}"), count.to_string(), source, &[]);
    }
}

/// Adds a figure. Its source is the slot, otherwise the result of `otherwise`, otherwise a cut to its total,
/// otherwise the adapter.
fn part<'a>(
    lines: &mut Lines<'a>,
    name: &str,
    value: Option<u64>,
    sent: Option<u64>,
    field: Field,
    otherwise: impl FnOnce(&Slots<'a>, u64) -> Option<Source>,
) {
    let Some(figure) = value else { return };
    let slots = &lines.slots;
    let source = match (slots.key(field), slots.count(field)) {
        (Some(key), Some(own)) if own == figure => Source::copied(key),
        (key, own) => otherwise(slots, figure).unwrap_or_else(|| match own.or(sent) {
            Some(more) if more > figure => Source {
                key: key.map(CompactString::const_new),
                rule: Some(format!("sent as {more}, which exceeds the whole: cut").into()),
            },
            _ => Source::rule(BY_THE_ADAPTER),
        }),
    };
    lines.add(name, figure.to_string(), source, &[field]);
}

fn in_object(
    slots: &Slots<'_>,
    fields: &[Field],
    places: &'static [(&str, &str)],
    figure: u64,
) -> Option<Source> {
    let (field, _, (within, key)) =
        details::place(slots, fields, places).filter(|(_, found, _)| *found == figure)?;
    let path = if within.is_empty() { (*key).to_owned() } else { format!("{within}.{key}") };
    Some(Source::keyed(slots.key(field)?, format!("`{path}` in the object")))
}

/// Adds lines for the reported cost, and for whether the usage may count.
pub(super) fn money(lines: &mut Lines<'_>) {
    if let Some(cost) = lines.read.reported_cost {
        let source = cost_source(&lines.slots, cost);
        lines.add("reported_cost", format!("{cost} USD"), source, &[Field::Cost]);
    }
    if lines.read.never_count {
        let source = never_counts(&lines.slots);
        lines.add("never_count", "true", source, &[]);
    }
}

fn cost_source(slots: &Slots<'_>, cost: quipu_core::Usd) -> Source {
    let dollars = |field| slots.get(field).and_then(number::dollars);
    if let (Some(key), true) = (slots.key(Field::Cost), dollars(Field::Cost) == Some(cost)) {
        return Source::copied(key);
    }
    let (input, output) = (dollars(Field::CostPrompt), dollars(Field::CostCompletion));
    if let (Some(input), Some(output)) = (input, output)
        && input + output == cost
    {
        let keys =
            [Field::CostPrompt, Field::CostCompletion].map(|field| slots.key(field).unwrap_or_default());
        return Source::rule(format!("{cost} = {input} ({}) + {output} ({})", keys[0], keys[1]));
    }
    Source::rule(BY_THE_ADAPTER)
}

fn never_counts(slots: &Slots<'_>) -> Source {
    if let Some(key) = slots.key(Field::Aggregated) {
        return Source::keyed(key, "sums of other spans' usage");
    }
    let operation =
        slots.label(Field::Operation).filter(|word| NEVER_COUNTED_OPERATIONS.contains(&word.as_str()));
    if let (Some(word), Some(key)) = (operation, slots.key(Field::Operation)) {
        return Source::keyed(key, format!("usage of the operation \"{word}\" is never its own"));
    }
    if let Some(key) = cached::hit(slots) {
        return Source::keyed(key, "a cache gave the answer, so no model was called");
    }
    match scope_begins(slots.span, REPEATING_SCOPES) {
        true => Source::rule(format!(
            "the scope \"{}\" repeats the usage of calls on its other spans",
            slots.span.scope.name
        )),
        false => Source::rule(BY_THE_ADAPTER),
    }
}
