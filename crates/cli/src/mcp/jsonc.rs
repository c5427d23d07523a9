//! Members of a JSON text with comments, changed in place: all other bytes stay.

use std::ops::Range;

/// Sets `parent.name` to a value. A missing parent is added; an existing value is replaced.
///
/// `None` if the text is no JSON object, or `parent` is none.
pub fn set(text: &str, parent: &str, name: &str, value: &str) -> Option<String> {
    let root = object(text, 0)?;
    // A text that ends within the object is not changed.
    value_end(text, root)?;
    let entry = format!("\"{name}\": {value}");
    let Some(within) = member(text, root, parent) else {
        let whole = format!("\"{parent}\": {{ {entry} }}");
        return Some(inserted(text, root, &whole));
    };
    let inner = object(text, within.start)?;
    Some(match member(text, inner, name) {
        Some(old) => format!("{}{value}{}", text.get(..old.start)?, text.get(old.end..)?),
        None => inserted(text, inner, &entry),
    })
}

/// Inserts the first member of the object that opens at `at`.
fn inserted(text: &str, at: usize, entry: &str) -> String {
    let (before, after) = text.split_at(at + 1);
    let is_empty = after.as_bytes().get(blank(after, 0)) == Some(&b'}');
    format!("{before}\n  {entry}{}{after}", if is_empty { "\n" } else { "," })
}

/// The position of the brace that opens the object at or after `from`.
fn object(text: &str, from: usize) -> Option<usize> {
    let at = blank(text, from);
    (text.as_bytes().get(at) == Some(&b'{')).then_some(at)
}

/// The end of white space and comments.
fn blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']).len()
        };
        if skipped == 0 {
            return at;
        }
        at += skipped;
    }
}

/// The bytes of a member's value in the object that opens at `open`.
fn member(text: &str, open: usize, name: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = blank(text, open + 1);
    while bytes.get(at) == Some(&b'"') {
        let end = value_end(text, at)?;
        let key = text.get(at..end)?;
        let colon = blank(text, end);
        let begin = blank(text, (bytes.get(colon) == Some(&b':')).then_some(colon + 1)?);
        let value = begin..value_end(text, begin)?;
        if serde_json::from_str::<String>(key).is_ok_and(|key| key == name) {
            return Some(value);
        }
        at = blank(text, value.end);
        if bytes.get(at) == Some(&b',') {
            at = blank(text, at + 1);
        }
    }
    None
}

/// The end of the value that begins at `at`.
fn value_end(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, at);
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'/' => at = blank(text, at),
            b'{' | b'[' => (depth, at) = (depth + 1, at + 1),
            b'}' | b']' => (depth, at) = (depth.checked_sub(1)?, at + 1),
            _ => at += 1,
        }
        let ends = bytes.get(at).is_none_or(|next| b",}] \t\r\n/".contains(next));
        if depth == 0 && (ends || matches!(bytes.get(at - 1), Some(b'"' | b'}' | b']'))) {
            return Some(at);
        }
    }
}

fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn with(text: &str) -> Option<String> {
        set(text, "mcpServers", "quipu", "{\"command\": \"quipu\"}")
    }

    #[test]
    fn a_member_is_added_once_and_all_else_stays() {
        let text = "// mine\n{\n  \"z\": [1, {\"a\": \"}\\\"\"}], /* } */\n  \"mcpServers\": { \"other\": {} },\n}\n";
        let once = with(text).unwrap();
        assert!(once.starts_with("// mine\n{\n  \"z\": [1, {\"a\": \"}\\\"\"}], /* } */"), "{once}");
        assert!(once.contains("\"quipu\": {\"command\": \"quipu\"}, \"other\": {}"), "{once}");
        assert_eq!(with(&once).unwrap(), once);
    }

    #[test]
    fn missing_parents_and_empty_objects_are_filled() {
        for text in
            ["{}", "{ \"a\": 1 }", "{ \"mcpServers\": {} }", "{\"mcpServers\":{\"quipu\":{\"old\":[1]}}}"]
        {
            let changed: serde_json::Value = serde_json::from_str(&with(text).unwrap()).unwrap();
            assert_eq!(changed["mcpServers"]["quipu"]["command"], "quipu", "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "[]", "{\"mcpServers\": 7}", "{\"mcpServers\": {\"a", "/* open"] {
            assert_eq!(with(text), None, "{text}");
        }
    }
}
