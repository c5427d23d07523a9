//! Usage that a client counted itself, because the provider sent none.

use quipu_core::Usage;

/// A record of a call, as far as it tells whether the provider sent usage.
pub(crate) struct Reader<'a> {
    pub convention: &'a str,
    pub usage: Option<&'a Usage>,
    pub has_text: bool,
    pub failed: bool,
}

/// The best figures of a call, unless they are a client's own count and another record shows that the
/// provider sent none: it has the text of the answer, and no usage. Quipu's own library and gateway count on
/// purpose, because budgets need their figures.
pub(crate) fn unless_unsent<'a>(
    best: Option<Usage>,
    mut readers: impl Iterator<Item = Reader<'a>> + Clone,
) -> Option<Usage> {
    let is_own = |reader: Reader<'_>| reader.convention == "quipu";
    let read_none = |reader: Reader<'_>| {
        reader.has_text && !reader.failed && !reader.usage.is_some_and(Usage::has_figures)
    };
    best.filter(|usage| !usage.estimated || readers.clone().any(is_own) || !readers.any(read_none))
}
