//! Readable texts without control characters.

use std::fmt::Write as _;

use quipu_core::Value;

/// Appends a text that is safe for terminals and logs: control characters, and characters that reorder or
/// hide text, are escaped.
pub(crate) fn shown(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push(' '),
            c if is_hidden(c) => {
                // Writing to memory cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// Appends a value that is not text, in a form like JSON.
pub(crate) fn value(out: &mut String, of: &Value) {
    // Writing to memory cannot fail.
    let _ = match of {
        Value::Null => write!(out, "null"),
        Value::Bool(flag) => write!(out, "{flag}"),
        Value::Int(int) => write!(out, "{int}"),
        Value::Double(number) => write!(out, "{number}"),
        Value::Bytes(bytes) => write!(out, "\"{} bytes\"", bytes.len()),
        Value::String(text) => {
            shown(out, &format!("{text:?}"));
            Ok(())
        }
        Value::Array(values) => {
            out.push('[');
            for (number, held) in values.iter().enumerate() {
                out.push_str(if number > 0 { "," } else { "" });
                value(out, held);
            }
            out.push(']');
            Ok(())
        }
        Value::Map(pairs) => {
            out.push('{');
            for (number, (key, held)) in pairs.iter().enumerate() {
                out.push_str(if number > 0 { "," } else { "" });
                shown(out, &format!("{key:?}:"));
                value(out, held);
            }
            out.push('}');
            Ok(())
        }
    };
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
