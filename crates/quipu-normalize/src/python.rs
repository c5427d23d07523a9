//! Flat dictionaries in Python's own notation, which some exporters send instead of JSON.

use quipu_core::Value;

/// The value under `key` of a dictionary such as `{'a': 1, 'b': None, 'c': 'x'}`, unless it is nested.
pub(crate) fn get(text: &str, key: &str) -> Option<Value> {
    scalar(raw(text, key)?)
}

/// The notation of the value under `key` of a dictionary, which may be a dictionary itself.
pub(crate) fn raw<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    entries(inside).find_map(|entry| {
        let (name, value) = split_once(entry, b':')?;
        (string(name.trim())? == key).then(|| value.trim())
    })
}

/// The comma-separated entries at the outermost level.
fn entries(mut rest: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (entry, tail) = split_once(rest, b',').unwrap_or((rest, ""));
        rest = tail;
        Some(entry)
    })
}

/// Splits at the first `separator` that is neither quoted nor nested.
fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let (mut quote, mut escaped, mut depth) = (None, false, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) => quote = if byte == open { None } else { quote },
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'{' | b'[' | b'(') => depth += 1,
            (None, b'}' | b']' | b')') => depth = depth.saturating_sub(1),
            (None, _) if byte == separator && depth == 0 => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

fn string(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    text.strip_prefix(quote)?.strip_suffix(quote)
}

fn scalar(text: &str) -> Option<Value> {
    match text {
        "None" => Some(Value::Null),
        "True" => Some(Value::Bool(true)),
        "False" => Some(Value::Bool(false)),
        _ if text.starts_with(['\'', '"']) => string(text).map(Value::from),
        _ => text.parse().map(Value::Int).ok().or_else(|| text.parse().map(Value::Double).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_dictionaries_are_read() {
        let text = r#"{'a': 1, "b": 'x, y', 'c': None, 'd': {'a': 2}, 'e': True, 'f': 1.5}"#;
        assert_eq!(get(text, "a"), Some(Value::Int(1)));
        assert_eq!(get(text, "b"), Some("x, y".into()));
        assert_eq!(get(text, "c"), Some(Value::Null));
        assert_eq!(get(text, "d"), None);
        assert_eq!(raw(text, "d").and_then(|inner| get(inner, "a")), Some(Value::Int(2)));
        assert_eq!(get(text, "e"), Some(Value::Bool(true)));
        assert_eq!(get(text, "f"), Some(Value::Double(1.5)));
    }

    #[test]
    fn broken_ones_are_passed_over() {
        for text in ["", "{", "{'a'", "{'a': ", "{'a': '}", "'a': 1", "{é: 1}", "{'é"] {
            assert_eq!(get(text, "a"), None, "{text}");
        }
    }
}
