//! When two records are of the same call, and what is best of each.

use compact_str::CompactString;
use quipu_core::{Call, Kind, Node, Usage};

use crate::evidence;

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

/// How many tokens another record of the same calls may tell, which counted them in another way.
pub(crate) const fn with_tolerance(tokens: u64) -> u64 {
    tokens.saturating_add(tokens / 10).saturating_add(64)
}

/// Whether two records beside each other with the same response id are of one call. Some local model servers give every
/// answer the same id: so the times must overlap, and two records by the same convention must not contradict each other.
pub(crate) fn twins(one: &Node, other: &Node) -> bool {
    let (Some(a), Some(b)) = (&one.call, &other.call) else { return false };
    let totals = |call: &Call| call.usage.as_ref().map(|usage| (usage.input, usage.output));
    let agree = are_apart(a, b) || a.usage.is_none() || b.usage.is_none() || totals(a) == totals(b);
    one.kind == other.kind && same_family(a, b) && overlap(one, other) && agree
}

/// Whether two records beside each other, of which one has no response id, can be of one call: by different conventions, of one
/// model, and at most `moment` nanoseconds apart.
pub(crate) fn siblings(one: &Node, other: &Node, moment: i64) -> bool {
    let (Some(a), Some(b)) = (&one.call, &other.call) else { return false };
    let near = |a: &Node, b: &Node| end(a).is_none_or(|end| end.saturating_add(moment) >= b.start.nanos());
    are_apart(a, b) && one.kind == other.kind && same_family(a, b) && near(one, other) && near(other, one)
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

/// How far apart both ends of two records of one run may be that handlers told one after the other, in nanoseconds.
const HANDLERS: i64 = 5_000_000;

/// Whether a tool run and one beside it that bears the same name are one: told by two instrumentations, as when the framework and
/// the tool's own server both speak, with the same id of the tool call, or with some of their time in common.
pub(crate) fn same_run(longer: &Node, shorter: &Node) -> bool {
    let (Some(a), Some(b)) = (&longer.call, &shorter.call) else { return false };
    if let (Some(one), Some(other)) = (&a.response_id, &b.response_id) {
        return one == other && are_apart(a, b);
    }
    are_apart(a, b) && same_time(longer, shorter)
}

/// Whether two runs have some of their time in common, or begin and end together. Handlers are called in the same order at the start and
/// at the end of a run, so the second begins and ends later; on a busy machine that can be most of a short run.
fn same_time(longer: &Node, shorter: &Node) -> bool {
    let (Some(long_end), Some(short_end)) = (end(longer), end(shorter)) else { return false };
    let (long, short) = (longer.start.nanos(), shorter.start.nanos());
    let within = long <= short && short_end <= long_end;
    let at_once = (long - short).abs() <= HANDLERS && (long_end - short_end).abs() <= HANDLERS;
    within || at_once || common_time(longer, shorter) > 0
}

/// Nanoseconds that two runs have in common; less than none when they are apart.
pub(crate) fn common_time(one: &Node, other: &Node) -> i64 {
    let until = |node: &Node| end(node).unwrap_or_else(|| node.start.nanos());
    until(one).min(until(other)).saturating_sub(one.start.nanos().max(other.start.nanos()))
}

fn are_apart(one: &Call, other: &Call) -> bool {
    evidence::are_apart((one.scope, &one.convention), (other.scope, &other.convention))
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

fn same_family(one: &Call, other: &Call) -> bool {
    same_names([&one.request_model, &one.response_model], [&other.request_model, &other.response_model])
}

/// Whether two records can be of the same model, by the names of the model asked for and of that which answered: equal up to a
/// provider prefix and a date or version behind. A record that names none can be of any.
pub(crate) fn same_names(ours: [&Option<CompactString>; 2], theirs: [&Option<CompactString>; 2]) -> bool {
    let bare = |name: &str| name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let names = |names: [&Option<CompactString>; 2]| names.map(|name| name.as_deref().map(bare));
    let (ours, theirs) = (names(ours), names(theirs));
    let mut pairs = ours.iter().flatten().flat_map(|a| theirs.iter().flatten().map(move |b| (a, b)));
    let unknown = |names: &[Option<String>; 2]| names.iter().all(Option::is_none);
    unknown(&ours) || unknown(&theirs) || pairs.any(|(a, b)| is_version_of(a, b) || is_version_of(b, a))
}

/// Whether a model's name is another's with nothing but a date, a version or a tag behind.
fn is_version_of(name: &str, base: &str) -> bool {
    let Some(rest) = name.strip_prefix(base) else { return false };
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = |word: &str| {
        is_number(word.strip_prefix('v').unwrap_or(word))
            || matches!(word, "latest" | "preview" | "exp" | "beta")
    };
    rest.starts_with([':', '@'])
        || rest.is_empty()
        || (rest.starts_with('-') && rest.split('-').all(is_version))
}

/// How far a record's figures can be trusted; the greater the better: figures at all, the provider's own and not an
/// estimate, told by the provider's own SDK, with details, with the provider's id.
pub(crate) fn quality(node: &Node) -> (bool, bool, bool, u32, bool) {
    let Some(call) = &node.call else { return (false, false, false, 0, false) };
    let usage = call.usage.as_ref().filter(|usage| usage.is_known());
    (
        usage.is_some(),
        usage.is_some_and(|usage| !usage.estimated),
        usage.is_some() && call.scope.is_of_sdk(),
        usage.map_or(0, Usage::details),
        call.response_id.is_some(),
    )
}

/// The best figures of several records of one call: the first of the best quality gives the totals, the others fill in the
/// details that it lacks, as long as they fit into its totals.
pub(crate) fn best<'a>(records: impl Iterator<Item = &'a Node>) -> Option<Usage> {
    let mut records: Vec<&Node> = records.collect();
    let most = records.iter().filter_map(|node| exact_total(node)).max().unwrap_or(0);
    // A record below a call that says it used next to nothing does not lower what the call used.
    let falls_short = |node: &Node| exact_total(node).is_some_and(|total| with_tolerance(total) < most);
    records.sort_by_key(|node| (falls_short(node), std::cmp::Reverse(quality(node))));
    let told = |node: &&'a Node| {
        let call = node.call.as_ref()?;
        Some((call.response_id.as_ref(), call.usage.as_ref()?))
    };
    merged(records.iter().filter_map(told))
}

/// Input and output together, unless they are estimated.
fn exact_total(node: &Node) -> Option<u64> {
    let usage = node.call.as_ref()?.usage.as_ref().filter(|usage| usage.is_known() && !usage.estimated)?;
    Some(usage.input.unwrap_or(0).saturating_add(usage.output.unwrap_or(0)))
}

/// The figures that a record of a call tells.
pub(crate) struct Told<'a> {
    /// Whether a provider's own SDK tells them.
    pub of_sdk: bool,
    /// The id of the answer.
    pub id: Option<&'a CompactString>,
    pub usage: &'a Usage,
}

/// The best figures of records of one call, the most trusted first.
pub(crate) fn better<'a>(told: impl Iterator<Item = Told<'a>>) -> Option<Usage> {
    let mut told: Vec<Told<'a>> = told.collect();
    told.sort_by_key(|told| {
        let known = told.usage.is_known();
        let details = told.usage.details();
        std::cmp::Reverse((known, known && !told.usage.estimated, known && told.of_sdk, details))
    });
    merged(told.into_iter().map(|told| (told.id, told.usage)))
}

/// The totals of the first, with the details that it lacks from the others.
fn merged<'a>(mut told: impl Iterator<Item = (Option<&'a CompactString>, &'a Usage)>) -> Option<Usage> {
    let (first, usage) = told.next()?;
    let mut best = usage.clone();
    for (id, usage) in told {
        if first.is_some() && first == id {
            first_event_once(&mut best, usage);
        }
        fill(&mut best, usage);
    }
    Some(best)
}

/// Cached and reasoning tokens that a record does not know are zero in some of them: of two with the same totals the parts win.
fn parts_over_zero(best: &mut Usage, other: &Usage) {
    if (best.input, best.output) != (other.input, other.output) {
        return;
    }
    let part = |known: Option<u64>, told: Option<u64>| if known == Some(0) { told.or(known) } else { known };
    best.cache_read = part(best.cache_read, other.cache_read);
    best.cache_write = part(best.cache_write, other.cache_write);
    best.reasoning = part(best.reasoning, other.reasoning);
}

/// Output tokens that the first event of a stream reports at most.
const FIRST_EVENT: u64 = 8;

/// Corrects the output of a stream whose first event was added to its last. The last event's output includes the first
/// (<https://docs.claude.com/en/docs/build-with-claude/streaming>). Of two records of one answer that agree on the input and differ
/// by no more than a first event, the smaller output is right.
fn first_event_once(best: &mut Usage, other: &Usage) {
    let (Some(output), Some(less)) = (best.output, other.output) else { return };
    let is_exact = !other.estimated && less > 0 && best.input == other.input;
    if is_exact && less < output && output - less <= FIRST_EVENT {
        best.output = Some(less);
    }
}

fn fill(best: &mut Usage, other: &Usage) {
    parts_over_zero(best, other);
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
