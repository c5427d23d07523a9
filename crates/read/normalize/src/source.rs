//! Detection of a span's source by scope name and attribute keys.

use quipu_core::{Attributes, Span};

/// Whether the scope's name begins with one of `prefixes`.
pub fn scope_begins(span: &Span, prefixes: &[&str]) -> bool {
    let name = span.scope.name.as_str();
    !name.is_empty() && prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether the scope's name is one of `names`.
pub fn scope_is(span: &Span, names: &[&str]) -> bool {
    names.contains(&span.scope.name.as_str())
}

/// Whether any attribute's key begins with one of `prefixes`.
pub fn any_key_begins(attributes: &Attributes, prefixes: &[&str]) -> bool {
    attributes.iter().any(|(key, _)| {
        let key = key.as_bytes();
        // Every adapter calls this for every span. Most keys differ in the first byte, so comparing it first
        // skips the full comparison.
        prefixes
            .iter()
            .map(|prefix| prefix.as_bytes())
            .any(|prefix| key.first() == prefix.first() && key.starts_with(prefix))
    })
}
