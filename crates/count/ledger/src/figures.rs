//! Comparison of the figures of two records.

use quipu_core::{Cost, Usage};

/// Maximum number of output tokens in the first event of a stream. Some instrumentations add it to the last
/// event's output, which includes it.
pub(crate) const FIRST_EVENT: u64 = 8;

/// The usage of a record, if it has figures.
pub(crate) fn known(row: &Cost) -> Option<&Usage> {
    row.usage.as_ref().filter(|usage| usage.has_figures())
}

/// Whether two usages have the same totals, and these are not zero.
pub(crate) fn same_totals(one: &Usage, other: &Usage) -> bool {
    let totals = |usage: &Usage| (input(usage), output(usage));
    totals(one) == totals(other) && totals(one) != (0, 0)
}

/// Whether two usages have the same totals, also if one excludes the cached or the reasoning tokens that the
/// other has.
pub(crate) fn same_tokens(one: &Usage, other: &Usage) -> bool {
    let has_both = |usage: &Usage| input(usage) > 0 && output(usage) > 0;
    same_totals(one, other)
        || (has_both(one) && has_both(other) && same_input(one, other) && same_output(one, other))
}

/// Whether two usages have the same input, and outputs that differ by at most the first event of a stream.
pub(crate) fn nearly_same_tokens(one: &Usage, other: &Usage) -> bool {
    let differ = output(one).abs_diff(output(other));
    let has_output = output(one) > 0 && output(other) > 0;
    input(one) > 0 && same_input(one, other) && has_output && differ <= FIRST_EVENT
}

/// Whether two usages have the same input, also if one excludes the cached tokens that the other has.
pub(crate) fn same_input(one: &Usage, other: &Usage) -> bool {
    input(one) == input(other) || excludes_cached(one, other) || excludes_cached(other, one)
}

fn same_output(one: &Usage, other: &Usage) -> bool {
    output(one) == output(other) || reasoning_between(one, other) || reasoning_between(other, one)
}

/// Whether the input of `bare` is that of `full` without its cached tokens: it lacks exactly those, and names
/// none or the same. In the latter case both sources sent the same figures, and only one of them is known to
/// exclude cached tokens.
pub(crate) fn excludes_cached(bare: &Usage, full: &Usage) -> bool {
    cached(full) > 0
        && [0, cached(full)].contains(&cached(bare))
        && input(bare) > 0
        && input(full).checked_sub(cached(full)) == Some(input(bare))
}

/// Whether the output of `full` is greater than that of `bare` by exactly the reasoning tokens that one of
/// them names.
fn reasoning_between(bare: &Usage, full: &Usage) -> bool {
    let named = [full, bare].map(|usage| usage.reasoning.unwrap_or(0));
    let reasoning = named[0].max(named[1]);
    let agree = named.iter().all(|told| [0, reasoning].contains(told));
    reasoning > 0 && agree && output(full).checked_sub(reasoning) == Some(output(bare))
}

/// Whether the output of `bare` is that of `full` without its reasoning tokens: it names none, and lacks
/// exactly those.
pub(crate) fn excludes_reasoning(bare: &Usage, full: &Usage) -> bool {
    bare.reasoning.unwrap_or(0) == 0 && reasoning_between(bare, full)
}

fn input(usage: &Usage) -> u64 {
    usage.input.unwrap_or(0)
}

fn output(usage: &Usage) -> u64 {
    usage.output.unwrap_or(0)
}

/// Tokens read from and written to a cache.
pub(crate) fn cached(usage: &Usage) -> u64 {
    usage.cache_read.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0))
}

/// Whether two usages can be those of one answer at two times of its stream: only their outputs differ.
pub(crate) fn counts_on(one: Option<&Usage>, other: Option<&Usage>) -> bool {
    one.zip(other).is_some_and(|(one, other)| input(one) > 0 && same_prompt(one, other))
}

/// The usage with the greatest output of an answer, among records of it at several times of its stream.
pub(crate) fn last_of<'a>(mut best: Usage, told: impl Iterator<Item = &'a Usage>) -> Usage {
    let outputs = told.filter(|usage| same_prompt(usage, &best)).map(|usage| usage.output);
    best.output = outputs.max().flatten().max(best.output);
    best
}

/// Whether two usages have the same input with the same cached tokens, and neither is estimated.
fn same_prompt(one: &Usage, other: &Usage) -> bool {
    let prompt = |usage: &Usage| (usage.input, usage.cache_read, usage.cache_write, usage.estimated);
    prompt(one) == prompt(other) && !one.estimated
}
