//! A YAML writer: block style, with texts in JSON syntax, which YAML 1.2 reads too
//! (<https://yaml.org/spec/1.2.2/#12-json>).

use serde_json::{Map, Value};

/// Keys that come first, in this order; the others follow by name.
const FIRST: [&str; 12] = [
    "apiVersion",
    "global",
    "rule_files",
    "uid",
    "name",
    "alert",
    "record",
    "title",
    "job_name",
    "expr",
    "for",
    "interval",
];

/// A document with a comment at its head.
pub(crate) fn document(comment: &str, value: &Value) -> String {
    let mut out = String::new();
    comment.lines().for_each(|line| out.extend(["# ", line, "\n"]));
    block(&mut out, value, 0);
    out
}

fn block(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) => {
            for (at, (key, value)) in ordered(map).into_iter().enumerate() {
                if at > 0 {
                    indent(out, depth);
                }
                out.push_str(&plain(key));
                out.push(':');
                behind(out, value, depth + 1);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    indent(out, depth);
                }
                out.push_str("- ");
                if nested(item) {
                    block(out, item, depth + 1);
                } else {
                    scalar(out, item);
                }
            }
        }
        other => scalar(out, other),
    }
}

fn ordered(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    entries.sort_by_key(|(key, _)| (place(key), *key));
    entries
}

/// Writes the value of a key: a text of several lines unchanged, other values in their own block or on the
/// line.
fn behind(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::String(text) if literal(text) => {
            out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
            for line in text.lines() {
                indent(out, depth);
                out.push_str(line);
                out.push('\n');
            }
        }
        value if nested(value) => {
            out.push('\n');
            indent(out, depth);
            block(out, value, depth);
        }
        value => {
            out.push(' ');
            scalar(out, value);
        }
    }
}

/// Returns whether a text can be written unchanged on its own lines.
fn literal(text: &str) -> bool {
    let fits = |line: &str| !line.is_empty() && !line.contains(char::is_control);
    text.contains('\n') && !text.starts_with(' ') && text.lines().all(fits)
}

fn nested(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn scalar(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => out.push_str(&plain(text)),
        other => out.push_str(&other.to_string()),
    }
    out.push('\n');
}

/// Writes a text without quotation marks if it cannot be read as another value.
fn plain(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let letter = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let other = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    if letter && text.chars().all(word) && !other.contains(&text.to_ascii_lowercase().as_str()) {
        return text.to_owned();
    }
    Value::from(text).to_string()
}

fn indent(out: &mut String, depth: usize) {
    (0..depth).for_each(|_| out.push_str("  "));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_reads_as_it_was() {
        let value = json!({
            "groups": [{"name": "a b", "rules": [{"expr": "x\n  > 1", "for": "5m"}, {"expr": "up == 0\n* 2"}]}, ["a", ["b"]]],
            "empty": {}, "none": [], "number": 1.5, "yes": true, "word": "yes", "time": "15s", "path": "rules/*.yml",
            "lines": "a\nb\n",
        });
        let want = "\
            # A comment.\n\
            empty: {}\n\
            groups:\n\
            \x20 - name: \"a b\"\n\
            \x20   rules:\n\
            \x20     - expr: |-\n\
            \x20         x\n\
            \x20           > 1\n\
            \x20       for: \"5m\"\n\
            \x20     - expr: |-\n\
            \x20         up == 0\n\
            \x20         * 2\n\
            \x20 - - a\n\
            \x20   - - b\n\
            lines: |\n\
            \x20 a\n\
            \x20 b\n\
            none: []\n\
            number: 1.5\n\
            path: \"rules/*.yml\"\n\
            time: \"15s\"\n\
            word: \"yes\"\n\
            \"yes\": true\n";
        assert_eq!(document("A comment.", &value), want);
    }
}
