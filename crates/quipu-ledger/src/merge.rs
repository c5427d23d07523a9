//! When two records are of the same call, and what is best of each.

use compact_str::CompactString;
use quipu_core::{Call, Kind, Node, Usage};

/// Share of the outer span's time that the inner one must fill to be the same call.
const CONTAINMENT: f64 = 0.9;

/// Whether `outer` is another record of `inner`, the only call below it (R5).
pub(crate) fn same_call(outer: &Node, inner: &Node) -> bool {
    let (Some(outside), Some(inside)) = (&outer.call, &inner.call) else { return false };
    if let (Some(one), Some(other)) = (&outside.response_id, &inside.response_id) {
        return one == other;
    }
    let known = |call: &Call| call.usage.as_ref().is_some_and(Usage::is_known);
    same_family(outside, inside)
        && (fills(outer, inner) || (known(outside) && !known(inside)) || !known(outside))
}

/// Whether two records beside each other with the same response id are of one call. Some local model servers give every
/// answer the same id: so the times must overlap, and two records by the same convention must not contradict each other.
pub(crate) fn twins(one: &Node, other: &Node) -> bool {
    let (Some(a), Some(b)) = (&one.call, &other.call) else { return false };
    let totals = |call: &Call| call.usage.as_ref().map(|usage| (usage.input, usage.output));
    let agree =
        a.convention != b.convention || a.usage.is_none() || b.usage.is_none() || totals(a) == totals(b);
    one.kind == other.kind && same_family(a, b) && overlap(one, other) && agree
}

/// Whether two records beside each other, of which one has no response id, can be of one call: by different conventions, of one
/// model, and at most `moment` nanoseconds apart.
pub(crate) fn siblings(one: &Node, other: &Node, moment: i64) -> bool {
    let (Some(a), Some(b)) = (&one.call, &other.call) else { return false };
    let near = |a: &Node, b: &Node| end(a).is_none_or(|end| end.saturating_add(moment) >= b.start.nanos());
    a.convention != b.convention
        && one.kind == other.kind
        && same_family(a, b)
        && near(one, other)
        && near(other, one)
}

/// The id that tells records of one call: of calls only, for a tool call's id is also on the call that asked for it.
pub(crate) fn response_id(node: &Node) -> Option<&CompactString> {
    node.call.as_ref().filter(|_| node.kind.is_call())?.response_id.as_ref()
}

/// The name of a tool run without the server in front: MCP names are `mcp__server__tool`.
pub(crate) fn bare_tool(node: &Node) -> Option<&str> {
    node.tool.as_deref().filter(|_| node.kind == Kind::Tool).map(bare)
}

/// A tool's name without the server in front.
pub(crate) fn bare(tool: &str) -> &str {
    tool.rsplit("__").next().unwrap_or(tool)
}

/// Whether the tool run `inner` is the run `outer` seen again.
pub(crate) fn same_tool(outer: &Node, inner: &Node) -> bool {
    match (&outer.tool, &inner.tool) {
        (Some(outer), Some(inner)) => bare(outer) == bare(inner),
        (_, inner) => inner.is_none(),
    }
}

/// Whether a tool run and a shorter one beside it that bears the same name are one: told by two conventions, as when the
/// framework and the tool's own server both speak, with the one within the other's time.
pub(crate) fn same_run(longer: &Node, shorter: &Node) -> bool {
    let (Some(a), Some(b)) = (&longer.call, &shorter.call) else { return false };
    let within = longer.start <= shorter.start && end(shorter) <= end(longer);
    a.convention != b.convention && within && end(shorter).is_some()
}

/// Whether a call was made by the same model in the same time.
pub(crate) fn beside(one: &Node, other: &Node) -> bool {
    let (Some(a), Some(b)) = (&one.call, &other.call) else { return false };
    one.kind == other.kind && same_family(a, b) && overlap(one, other)
}

pub(crate) fn end(node: &Node) -> Option<i64> {
    node.duration.map(|nanos| node.start.plus(nanos).nanos())
}

fn overlap(one: &Node, other: &Node) -> bool {
    let before = |a: &Node, b: &Node| end(a).is_none_or(|end| end >= b.start.nanos());
    before(one, other) && before(other, one)
}

fn fills(outer: &Node, inner: &Node) -> bool {
    match (outer.duration, inner.duration) {
        (Some(outer), Some(inner)) => inner as f64 >= outer as f64 * CONTAINMENT,
        _ => false,
    }
}

/// Whether two records can be of the same model: equal up to a provider prefix and a date or version behind.
fn same_family(one: &Call, other: &Call) -> bool {
    let names = |call: &Call| {
        [call.request_model.clone(), call.response_model.clone()].into_iter().flatten().collect()
    };
    let (ours, theirs): (Vec<_>, Vec<_>) = (names(one), names(other));
    let bare = |name: &str| name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    ours.is_empty()
        || theirs.is_empty()
        || ours.iter().any(|a| {
            theirs.iter().any(|b| {
                let (a, b) = (bare(a), bare(b));
                a.starts_with(&b) || b.starts_with(&a)
            })
        })
}

/// How far a record's figures can be trusted; the greater the better: figures at all, the provider's own and not an
/// estimate, with details, with the provider's id.
pub(crate) fn quality(node: &Node) -> (bool, bool, u32, bool) {
    let Some(call) = &node.call else { return (false, false, 0, false) };
    let usage = call.usage.as_ref().filter(|usage| usage.is_known());
    (
        usage.is_some(),
        usage.is_some_and(|usage| !usage.estimated),
        usage.map_or(0, Usage::details),
        call.response_id.is_some(),
    )
}

/// The best figures of several records of one call: the first of the best quality gives the totals, the others fill in the
/// details that it lacks, as long as they fit into its totals.
pub(crate) fn best<'a>(records: impl Iterator<Item = &'a Node>) -> Option<Usage> {
    let mut records: Vec<&Node> = records.collect();
    records.sort_by_key(|node| std::cmp::Reverse(quality(node)));
    merged(records.iter().filter_map(|node| node.call.as_ref()?.usage.as_ref()))
}

/// The best figures of records of one call by several signals, the most trusted first.
pub(crate) fn better<'a>(usages: impl Iterator<Item = &'a Usage>) -> Option<Usage> {
    let mut usages: Vec<&Usage> = usages.collect();
    usages.sort_by_key(|usage| {
        std::cmp::Reverse((usage.is_known(), usage.is_known() && !usage.estimated, usage.details()))
    });
    merged(usages.into_iter())
}

/// The totals of the first, with the details that it lacks from the others.
fn merged<'a>(mut usages: impl Iterator<Item = &'a Usage>) -> Option<Usage> {
    let mut best = usages.next()?.clone();
    for other in usages {
        fill(&mut best, other);
    }
    Some(best)
}

fn fill(best: &mut Usage, other: &Usage) {
    best.input = best.input.or(other.input);
    best.output = best.output.or(other.output);
    let (input, output) = (best.input.unwrap_or(0), best.output.unwrap_or(0));
    let cached = |read: Option<u64>, write: Option<u64>| read.unwrap_or(0).saturating_add(write.unwrap_or(0));
    if cached(best.cache_read.or(other.cache_read), best.cache_write.or(other.cache_write)) <= input {
        best.cache_read = best.cache_read.or(other.cache_read);
        best.cache_write = best.cache_write.or(other.cache_write);
    }
    let room = |have: Option<u64>, more: Option<u64>, total: u64| have.or(more.filter(|part| *part <= total));
    let write = best.cache_write.unwrap_or(0);
    best.cache_write_5m = room(best.cache_write_5m, other.cache_write_5m, write);
    best.cache_write_1h = room(best.cache_write_1h, other.cache_write_1h, write);
    best.input_audio = room(best.input_audio, other.input_audio, input);
    best.input_image = room(best.input_image, other.input_image, input);
    best.reasoning = room(best.reasoning, other.reasoning, output);
    best.output_audio = room(best.output_audio, other.output_audio, output);
    best.output_image = room(best.output_image, other.output_image, output);
    for (unit, count) in &other.units {
        best.units.entry(unit.clone()).or_insert(*count);
    }
}
