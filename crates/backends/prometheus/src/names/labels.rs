//! Prometheus labels made from attributes.

use std::fmt::Write as _;
use std::sync::Arc;

use compact_str::CompactString;
use prometheus::proto::LabelPair;
use quipu_core::Value;

/// Longest label value in bytes; a longer text is not a useful dimension.
const VALUE_BYTES: usize = 1_024;

/// One label. Prometheus treats an empty value like a missing label, so empty ones are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Label {
    /// A valid label name.
    pub(crate) name: CompactString,
    /// Any text except the empty one.
    pub(crate) value: CompactString,
}

/// The labels of one series, by name; each name once.
pub(crate) type Labels = Arc<[Label]>;

/// Converts attributes. If several names become equal, their values are joined by `;`, in the order of the
/// original names. `own` is the label name reserved by the kind of metric (`le`, `quantile`), or empty.
pub(crate) fn labels<'a>(attributes: impl Iterator<Item = (&'a str, &'a Value)>, own: &str) -> Labels {
    let mut sent: Vec<(CompactString, &str, String)> =
        attributes.map(|(key, value)| (name(key, own), key, text(value))).collect();
    sent.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut kept: Vec<Label> = Vec::with_capacity(sent.len());
    for (name, _, value) in sent.into_iter().filter(|(_, _, value)| !value.is_empty()) {
        match kept.last_mut().filter(|last| last.name == name) {
            Some(last) => {
                last.value.push(';');
                last.value.push_str(&value);
            }
            None => kept.push(Label { name, value: value.into() }),
        }
    }
    kept.iter_mut().for_each(|label| cut(&mut label.value));
    kept.into()
}

/// The same labels in the registry's types.
pub(crate) fn pairs(labels: &[Label]) -> Vec<LabelPair> {
    let pair = |label: &Label| {
        let mut pair = LabelPair::default();
        pair.set_name(label.name.to_string());
        pair.set_value(label.value.to_string());
        pair
    };
    labels.iter().map(pair).collect()
}

/// Labels from the registry: sorted, with valid names, without empty values, each name once.
pub(crate) fn tidy(pairs: &[LabelPair], own: &str) -> Labels {
    let mut kept: Vec<Label> = pairs
        .iter()
        .filter(|pair| !pair.value().is_empty())
        .map(|pair| Label { name: name(pair.name(), own), value: pair.value().into() })
        .collect();
    kept.sort();
    kept.dedup_by(|later, first| later.name == first.name);
    kept.iter_mut().for_each(|label| cut(&mut label.value));
    kept.into()
}

/// A valid label name other than `own`. Runs of invalid characters become one `_`; so no name begins with
/// `__`, which Prometheus reserves.
fn name(key: &str, own: &str) -> CompactString {
    let clean = super::squeezed(key, |c| c.is_ascii_alphanumeric());
    match clean.chars().next() {
        None => "_".into(),
        Some('0'..='9') => format!("key_{clean}").into(),
        // Prometheus itself renames a conflicting label in this way.
        Some(_) if clean == own => format!("exported_{clean}").into(),
        Some(_) => clean.into(),
    }
}

fn cut(value: &mut CompactString) {
    if value.len() > VALUE_BYTES {
        let end = (0..=VALUE_BYTES).rev().find(|at| value.is_char_boundary(*at)).unwrap_or_default();
        value.truncate(end);
    }
}

/// An attribute's value as text: strings unchanged, lists and maps as JSON, bytes as hexadecimal digits.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => {
            let mut text = String::new();
            write_json(&mut text, other);
            text
        }
    }
}

fn write_json(out: &mut String, value: &Value) {
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Null => write!(out, "null"),
        Value::Bool(flag) => write!(out, "{flag}"),
        Value::Int(int) => write!(out, "{int}"),
        Value::Double(double) => write!(out, "{double}"),
        Value::String(text) => write!(out, "{}", quoted(text)),
        Value::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}")),
        Value::Array(values) => {
            list(out, "[", "]", values, write_json);
            Ok(())
        }
        Value::Map(pairs) => {
            list(out, "{", "}", pairs, |out, (key, value)| {
                out.push_str(&quoted(key));
                out.push(':');
                write_json(out, value);
            });
            Ok(())
        }
    };
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list<T>(out: &mut String, open: &str, close: &str, items: &[T], write: impl Fn(&mut String, &T)) {
    out.push_str(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push_str(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(attributes: &[(&str, Value)], own: &str) -> String {
        let labels = labels(attributes.iter().map(|(key, value)| (*key, value)), own);
        labels.iter().map(|label| format!("{}={} ", label.name, label.value)).collect()
    }

    #[test]
    fn names_become_valid_and_unique() {
        let text = |text: &str| Value::from(text);
        let sent = [
            ("a.b", text("2")),
            ("a_b", text("3")),
            ("a-b", text("1")),
            ("9", text("x")),
            ("__m", text("y")),
        ];
        assert_eq!(shown(&sent, ""), "_m=y a_b=1;2;3 key_9=x ");
        assert_eq!(
            shown(&[("le", text("x")), ("", text("e")), ("ü", text("u"))], "le"),
            "_=e;u exported_le=x "
        );
    }

    #[test]
    fn values_become_text_and_empty_ones_go() {
        let list = Value::Array(vec![Value::from(1), Value::from("a\"")]);
        let map = Value::Map(vec![("k".into(), Value::Bool(true))]);
        let sent = [("b", Value::Bytes(vec![1, 255])), ("d", Value::from(1.5)), ("l", list), ("m", map)];
        assert_eq!(shown(&sent, ""), "b=01ff d=1.5 l=[1,\"a\\\"\"] m={\"k\":true} ");
        assert_eq!(shown(&[("n", Value::Null), ("e", Value::from(""))], ""), "");
        let long = shown(&[("t", Value::from("ä".repeat(1_000)))], "");
        assert_eq!(long.trim().len(), "t=".len() + VALUE_BYTES);
    }
}
