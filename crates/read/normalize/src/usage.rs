//! Token usage in disjoint buckets, from any source's arithmetic.

use compact_str::{CompactString, format_compact};
use quipu_core::{Kind, PriceUnit, Reading, Span, Usage};
use quipu_semconv::{
    CACHED_IN_TOTAL_PROVIDERS, COUNTING_PROVIDERS, EXCLUSIVE_SCOPES, Field, OWN_TOTALS, RAW_INPUT,
    REASONING_IN_TOTAL_PROVIDERS, REASONING_ON_TOP_SCOPES,
};

use crate::answered::{self, Answered};
use crate::buckets::{cached, clamp_parts, close};
use crate::{Slots, details, scope_begins};

/// The usage of a span; `None` if it has no input, output or other units. Corrections are noted.
///
/// Evidence decides first whether input includes cached tokens: cached tokens beyond the input, a total that
/// fits only one sum, or the usage object of the provider's answer. Otherwise knowledge of the source
/// decides, otherwise the convention's rule that input includes them.
pub(crate) fn usage(
    slots: &Slots<'_>,
    kind: Kind,
    provider: Option<&str>,
    known: bool,
    notes: &mut Vec<CompactString>,
) -> Option<Usage> {
    let mut usage = raw(slots);
    if let Some(answered) = if usage.is_known() { None } else { alone(slots, kind) } {
        return Some(answered.usage);
    }
    if !usage.is_known() {
        // Some calls are billed only by other units.
        let units = std::mem::take(&mut usage.units);
        return (!units.is_empty()).then(|| Usage { units, ..Usage::default() });
    }
    if let Some([input, output]) = answered::billed(slots, &usage) {
        (usage.input, usage.output) = (input, output);
        usage.reading = Reading::Inclusive;
        notes.push(CompactString::const_new(
            "the answer counts billed and used tokens apart; the billed ones count",
        ));
        return Some(usage);
    }
    let total = slots.count(Field::Total);
    usage.reading = reading(slots, &usage, total, provider, known);
    if let Some(answered) = answered(slots, &usage) {
        take_answered(&mut usage, answered);
        clamp_parts(&mut usage, notes);
        return Some(usage);
    }
    if let Some(cached) = cached_in_total(slots.span, &usage, total, provider) {
        notes.push(format_compact!("the total says {cached} cached tokens that no other figure names"));
        usage.input = usage.input.map(|input| input.saturating_add(cached));
    }
    usage.reasoning = reasoning_in_total(&usage, total, provider).or(usage.reasoning);
    let total = with_reasoning(slots, &usage).or(total);
    exclude_second_reasoning(&mut usage, total, provider, notes);
    close(&mut usage, total, notes);
    Some(usage)
}

/// The usage object of the answer of a call whose span has no figures.
pub(crate) fn alone(slots: &Slots<'_>, kind: Kind) -> Option<Answered> {
    if kind.is_call() { answered::alone(slots) } else { None }
}

/// The usage object of the answer, if the figures of the span leave a doubt: they name no cached tokens, do
/// not prove whether input includes them, or fall short of the total.
pub(crate) fn answered(slots: &Slots<'_>, usage: &Usage) -> Option<Answered> {
    let names_none = usage.cache_read.is_none() && usage.cache_write.is_none();
    let is_proven = matches!(usage.reading, Reading::ProvenExclusive | Reading::ProvenInclusive);
    let sum = usage.input.unwrap_or(0).saturating_add(usage.output.unwrap_or(0));
    let falls_short = slots.count(Field::Total).is_some_and(|total| total > sum);
    let in_doubt = names_none || if cached(usage) > 0 { !is_proven } else { falls_short };
    if in_doubt { answered::find(slots, usage) } else { None }
}

/// Takes the totals of the answer's usage object, and its parts where the span has none or a wrong zero.
fn take_answered(usage: &mut Usage, answered: Answered) {
    let told = answered.usage;
    usage.reading = match cached(&told) {
        0 => usage.reading,
        _ if answered.with_cached => Reading::ProvenInclusive,
        _ => Reading::ProvenExclusive,
    };
    (usage.input, usage.output) = (told.input, told.output.or(usage.output));
    for (mine, theirs) in [
        (&mut usage.cache_read, told.cache_read),
        (&mut usage.cache_write, told.cache_write),
        (&mut usage.cache_write_5m, told.cache_write_5m),
        (&mut usage.cache_write_1h, told.cache_write_1h),
        (&mut usage.reasoning, told.reasoning),
        (&mut usage.tool_prompt, told.tool_prompt),
        (&mut usage.input_audio, told.input_audio),
        (&mut usage.output_audio, told.output_audio),
    ] {
        *mine = theirs.or(*mine);
    }
    for (unit, count) in told.units {
        usage.units.entry(unit).or_insert(count);
    }
}

/// Cached tokens that only the provider's total includes: no other figure of the span names them.
fn cached_in_total(span: &Span, usage: &Usage, total: Option<u64>, provider: Option<&str>) -> Option<u64> {
    let is_of_scope = || scope_begins(span, EXCLUSIVE_SCOPES) && !sends_own_total(span);
    let listed =
        provider.is_some_and(|provider| CACHED_IN_TOTAL_PROVIDERS.contains(&provider)) || is_of_scope();
    let rest = total?.checked_sub(usage.input?.checked_add(usage.output?)?)?;
    let is_unexplained = cached(usage) == 0 && usage.reasoning.unwrap_or(0) == 0 && rest > 0;
    (listed && is_unexplained).then_some(rest)
}

/// The total including reasoning, for sources known to exclude reasoning from the output and from any total.
fn with_reasoning(slots: &Slots<'_>, usage: &Usage) -> Option<u64> {
    let reasoning = usage.reasoning.filter(|_| scope_begins(slots.span, REASONING_ON_TOP_SCOPES))?;
    Some(usage.input.unwrap_or(0) + usage.output.unwrap_or(0) + reasoning)
}

/// Reasoning tokens that the source includes only in the provider's total.
fn reasoning_in_total(usage: &Usage, total: Option<u64>, provider: Option<&str>) -> Option<u64> {
    let untold = usage.reasoning.unwrap_or(0) == 0 && usage.tool_prompt.unwrap_or(0) == 0;
    let includes_cached = !matches!(usage.reading, Reading::Exclusive | Reading::ProvenExclusive);
    let listed = provider.is_some_and(|provider| REASONING_IN_TOTAL_PROVIDERS.contains(&provider));
    let rest = total?.checked_sub(usage.input?.checked_add(usage.output?)?)?;
    (untold && includes_cached && listed && rest > 0).then_some(rest)
}

/// Removes reasoning tokens that a source added to an output with them. The total proves it: it is the sum of
/// input and output without them. Gemini's own output excludes them, so its total proves nothing.
fn exclude_second_reasoning(
    usage: &mut Usage,
    total: Option<u64>,
    provider: Option<&str>,
    notes: &mut Vec<CompactString>,
) {
    let listed = provider.is_none_or(|provider| REASONING_IN_TOTAL_PROVIDERS.contains(&provider));
    let (Some(input), Some(output), Some(reasoning)) = (usage.input, usage.output, usage.reasoning) else {
        return;
    };
    let once = output.checked_sub(reasoning).filter(|once| *once >= reasoning);
    if !listed && reasoning > 0 && once.is_some_and(|once| total == input.checked_add(once)) {
        usage.output = once;
        notes.push(CompactString::const_new("the source adds reasoning to an output that includes it"));
    }
}

pub(crate) fn raw(slots: &Slots<'_>) -> Usage {
    let count = |field| slots.count(field).or_else(|| Some(slots.named(field)?.1));
    let mut usage = Usage {
        input: count(Field::Input),
        cache_read: count(Field::CacheRead),
        cache_write: count(Field::CacheWrite),
        cache_write_5m: count(Field::CacheWrite5m),
        cache_write_1h: count(Field::CacheWrite1h),
        input_audio: count(Field::InputAudio),
        input_image: count(Field::InputImage),
        cache_read_audio: count(Field::CacheReadAudio),
        tool_prompt: count(Field::ToolPrompt),
        output: count(Field::Output),
        reasoning: count(Field::Reasoning),
        output_audio: count(Field::OutputAudio),
        output_image: count(Field::OutputImage),
        ..Usage::default()
    };
    usage.units.extend(slots.units().iter().map(|(unit, count)| (PriceUnit::from(*unit), *count)));
    usage.units.extend(details::some_units(details::WEB_SEARCHES_UNIT, count(Field::WebSearches)));
    details::fill(slots, &mut usage);
    if usage.cache_write.is_none() && (usage.cache_write_5m.is_some() || usage.cache_write_1h.is_some()) {
        usage.cache_write = Some(usage.cache_write_5m.unwrap_or(0) + usage.cache_write_1h.unwrap_or(0));
    }
    usage
}

fn reading(
    slots: &Slots<'_>,
    usage: &Usage,
    total: Option<u64>,
    provider: Option<&str>,
    known: bool,
) -> Reading {
    let (input, output, cached) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0), cached(usage));
    let is_raw = slots.key(Field::Input) == Some(RAW_INPUT);
    let excludes = is_raw || scope_begins(slots.span, EXCLUSIVE_SCOPES);
    if cached == 0 {
        return if excludes {
            Reading::Exclusive
        } else if known {
            Reading::Inclusive
        } else {
            Reading::Inferred
        };
    }
    if cached > input {
        return Reading::ProvenExclusive;
    }
    match slots.count(Field::Uncached) {
        Some(uncached) if uncached == input => return Reading::ProvenExclusive,
        Some(uncached) if uncached + cached == input => return Reading::ProvenInclusive,
        _ => {}
    }
    let told = |sum: u64| total == Some(sum);
    let reasoning = usage.reasoning.unwrap_or(0);
    let on_top = input + cached + output;
    if (told(on_top) && reasoning != cached) || (reasoning > 0 && told(on_top + reasoning)) {
        return Reading::ProvenExclusive;
    }
    // A source that sends a sum of its own says nothing by it. All others send the provider's total, which
    // has cached tokens in it.
    let counts_itself = provider.is_some_and(|provider| COUNTING_PROVIDERS.contains(&provider));
    if told(input + output) && !sends_own_total(slots.span) && (excludes || counts_itself) {
        return Reading::ProvenInclusive;
    }
    if excludes {
        return Reading::Exclusive;
    }
    if known { Reading::Inclusive } else { Reading::Inferred }
}

fn sends_own_total(span: &Span) -> bool {
    OWN_TOTALS.iter().any(|(scope, name)| span.scope.name.starts_with(scope) && span.name.starts_with(name))
}
