//! Comparison of names: of tools, models and instrumentations.

use compact_str::CompactString;
use quipu_core::ScopeMark;

/// A tool's name without its server prefix.
pub(crate) fn bare(tool: &str) -> &str {
    tool.rsplit("__").next().unwrap_or(tool)
}

/// Whether two records can be of the same model, by the requested and the answering model. Names match up to
/// a provider prefix and a date or version suffix. A record without a name matches any model.
pub(crate) fn same_names(ours: [&Option<CompactString>; 2], theirs: [&Option<CompactString>; 2]) -> bool {
    let bare = |name: &str| name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let names = |names: [&Option<CompactString>; 2]| names.map(|name| name.as_deref().map(bare));
    let (ours, theirs) = (names(ours), names(theirs));
    let mut pairs = ours.iter().flatten().flat_map(|a| theirs.iter().flatten().map(move |b| (a, b)));
    let unknown = |names: &[Option<String>; 2]| names.iter().all(Option::is_none);
    unknown(&ours) || unknown(&theirs) || pairs.any(|(a, b)| is_version_of(a, b) || is_version_of(b, a))
}

/// Whether a model's name is another name followed only by a date, a version or a tag.
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

/// Whether two instrumentations reported two records. If one is unnamed, the conventions are compared
/// instead. Two records of one instrumentation are two calls.
pub(crate) fn are_apart(one: (ScopeMark, &str), other: (ScopeMark, &str)) -> bool {
    let unknown = ScopeMark::default();
    if one.0 == unknown || other.0 == unknown { one.1 != other.1 } else { one.0 != other.0 }
}
