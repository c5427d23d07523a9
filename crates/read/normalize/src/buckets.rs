//! Disjoint and consistent buckets of usage, from figures whose reading is decided.

use compact_str::{CompactString, format_compact};
use quipu_core::{Reading, Usage};

/// Makes the buckets disjoint and consistent: by `reading`, by the source's total, and finally by cutting
/// them.
pub(crate) fn close(usage: &mut Usage, total: Option<u64>, notes: &mut Vec<CompactString>) {
    if usage.cache_write.is_none() && (usage.cache_write_5m.is_some() || usage.cache_write_1h.is_some()) {
        usage.cache_write = Some(usage.cache_write_5m.unwrap_or(0) + usage.cache_write_1h.unwrap_or(0));
    }
    include_cached(usage);
    include_reasoning(usage, total, notes);
    clamp_parts(usage, notes);
}

/// Cached tokens of a usage, read and written.
pub(crate) fn cached(usage: &Usage) -> u64 {
    usage.cache_read.unwrap_or(0) + usage.cache_write.unwrap_or(0)
}

fn include_cached(usage: &mut Usage) {
    if matches!(usage.reading, Reading::Exclusive | Reading::ProvenExclusive) {
        usage.input = Some(usage.input.unwrap_or(0) + cached(usage));
    }
}

/// Adds reasoning to the output if the source reports it separately. Signs of that are a matching total, or
/// more reasoning than output.
fn include_reasoning(usage: &mut Usage, total: Option<u64>, notes: &mut Vec<CompactString>) {
    let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    let reasoning = usage.reasoning.unwrap_or(0);
    let on_top = reasoning > 0 && (total == Some(input + output + reasoning) || reasoning > output);
    if on_top {
        usage.output = Some(output + reasoning);
    }
    let sum = input + usage.output.unwrap_or(0);
    if let Some(total) = total.filter(|total| *total > sum && usage.input.is_some() && usage.output.is_some())
    {
        notes.push(format_compact!(
            "the source's total is {} tokens more than its input and output",
            total - sum
        ));
    }
}

/// Cuts buckets that exceed their total. Evidence has already extended the total for cached tokens and
/// reasoning, so the excess is an error of the source.
pub(crate) fn clamp_parts(usage: &mut Usage, notes: &mut Vec<CompactString>) {
    let input = usage.input.unwrap_or(0);
    let output = usage.output.unwrap_or(0);
    clamp(&mut usage.input_audio, input, "audio input tokens", "input", notes);
    clamp(&mut usage.input_image, input, "image input tokens", "input", notes);
    clamp(&mut usage.tool_prompt, input, "tool prompt tokens", "input", notes);
    clamp(
        &mut usage.cache_read_audio,
        usage.cache_read.unwrap_or(0),
        "cached audio tokens",
        "cached tokens",
        notes,
    );
    clamp(&mut usage.output_audio, output, "audio output tokens", "output", notes);
    clamp(&mut usage.output_image, output, "image output tokens", "output", notes);
    let write = usage.cache_write.unwrap_or(0);
    clamp(
        &mut usage.cache_write_1h,
        write,
        "tokens cached for an hour",
        "tokens written to the cache",
        notes,
    );
    let rest = write.saturating_sub(usage.cache_write_1h.unwrap_or(0));
    clamp(
        &mut usage.cache_write_5m,
        rest,
        "tokens cached for 5 minutes",
        "tokens written to the cache",
        notes,
    );
}

fn clamp(part: &mut Option<u64>, whole: u64, name: &str, of: &str, notes: &mut Vec<CompactString>) {
    if let Some(figure) = part.as_mut().filter(|figure| **figure > whole) {
        notes.push(format_compact!("{figure} {name} exceed the {whole} {of}: cut"));
        *figure = whole;
    }
}
