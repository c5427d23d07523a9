//! Readers of single JSON values.

use std::borrow::Cow;
use std::ops::ControlFlow;

use quipu_json::{RawValue, elements, pick};

/// A string unescaped, any other value as compact JSON.
pub(crate) fn told(value: &RawValue) -> Cow<'_, str> {
    if is_text(value) { any_text(value) } else { Cow::Owned(compact(value)) }
}

/// JSON without white space between its values.
pub(crate) fn compact(value: &RawValue) -> String {
    let (mut compact, mut in_string, mut escaped) = (String::with_capacity(value.get().len()), false, false);
    for letter in value.get().chars() {
        match letter {
            _ if in_string && escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            ' ' | '\t' | '\n' | '\r' if !in_string => continue,
            _ => {}
        }
        compact.push(letter);
    }
    compact
}

pub(crate) fn each<'a>(list: &'a RawValue, work: &mut dyn FnMut(&'a RawValue)) {
    elements(list, &mut |item| {
        work(item);
        ControlFlow::Continue(())
    });
}

/// A text, unescaped. A text with an unpaired surrogate stays raw, as some readers take it.
pub(crate) fn any_text(value: &RawValue) -> Cow<'_, str> {
    text(value).unwrap_or(Cow::Borrowed(value.get()))
}

pub(crate) fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    if is_text(value) { quipu_json::text(value) } else { None }
}

pub(crate) fn is_text(value: &RawValue) -> bool {
    value.get().starts_with('"')
}

pub(crate) fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

pub(crate) fn number(value: &RawValue) -> Option<u64> {
    value.get().parse().ok()
}

pub(crate) fn word<'a>(item: &'a RawValue, key: &str) -> Cow<'a, str> {
    pick(item, [key])[0].and_then(text).unwrap_or_default()
}
