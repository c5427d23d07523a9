//! Structured data: RFC 5424, 6.3.

use crate::Config;
use crate::config::is_sd_name;

/// Longest parameter value in bytes; receivers need not accept more than about 255 characters.
const VALUE: usize = 256;

/// One element with its parameters.
pub(crate) struct Data {
    id: String,
    /// Each with its space, name, equals sign and quotation marks.
    parameters: Vec<String>,
    bytes: usize,
}

impl Data {
    pub fn new(config: &Config) -> Self {
        Self { id: config.sd_id.clone(), bytes: config.sd_id.len() + 2, parameters: Vec::new() }
    }

    /// Adds a parameter, unless its value is empty.
    pub fn push(&mut self, name: &str, value: &str) {
        debug_assert!(name.len() <= 32 && name.bytes().all(is_sd_name), "{name}");
        if value.is_empty() {
            return;
        }
        let parameter = format!(" {name}=\"{}\"", escaped(value));
        self.bytes += parameter.len();
        self.parameters.push(parameter);
    }

    pub fn maybe<T: ToString>(&mut self, name: &str, value: Option<T>) {
        if let Some(value) = value {
            self.push(name, &value.to_string());
        }
    }

    /// Bytes of the text.
    pub const fn len(&self) -> usize {
        self.bytes
    }

    /// Drops the last parameters until the text has at most `room` bytes.
    pub fn fit(&mut self, room: usize) {
        while self.bytes > room
            && let Some(last) = self.parameters.pop()
        {
            self.bytes -= last.len();
        }
    }

    pub fn text(&self) -> String {
        format!("[{}{}]", self.id, self.parameters.concat())
    }
}

/// Escapes `"`, `\` and `]` by a backslash: RFC 5424, 6.3.3. Control characters become spaces, although the
/// RFC allows them.
fn escaped(value: &str) -> String {
    let end = value.floor_char_boundary(VALUE);
    let mut text = String::with_capacity(end + 2);
    for c in value.get(..end).unwrap_or_default().chars() {
        if matches!(c, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(if c.is_control() { ' ' } else { c });
    }
    if end < value.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_cut() {
        let mut data = Data::new(&Config::default());
        data.push("a", "\"x\\y]z\n");
        data.push("b", "");
        data.maybe("c", Some(7));
        assert_eq!(data.text(), r#"[quipu@32473 a="\"x\\y\]z " c="7"]"#);
        assert_eq!(data.len(), data.text().len());
        data.push("long", &"ü".repeat(VALUE));
        assert!(data.text().ends_with("ü…\"]"));
        assert_eq!(data.len(), data.text().len());
        data.fit(40);
        assert_eq!(data.text(), r#"[quipu@32473 a="\"x\\y\]z " c="7"]"#);
        data.fit(0);
        assert_eq!(data.text(), "[quipu@32473]");
    }
}
