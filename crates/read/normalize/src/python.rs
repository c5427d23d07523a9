//! Parser of Python literals, which some exporters send instead of JSON.

use quipu_core::Value;

/// Maximum size of a literal that is parsed whole, in bytes.
const LARGEST: usize = 1 << 20;
/// Maximum nesting of a parsed literal.
const DEEPEST: usize = 32;

/// The value of a Python literal: dictionaries, lists, tuples, texts, numbers, `None`, `True`, `False`.
/// `None` if it is anything else, is invalid, or exceeds 1 MiB or 32 levels.
pub fn literal(text: &str) -> Option<Value> {
    let text = text.trim();
    if text.len() > LARGEST {
        return None;
    }
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(DEEPEST)?;
    reader.space();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, deeper: usize) -> Option<Value> {
        let deeper = deeper.checked_sub(1)?;
        self.space();
        match self.peek()? {
            b'{' => self.dictionary(deeper),
            b'[' => self.list(b']', deeper),
            b'(' => self.list(b')', deeper),
            b'\'' | b'"' => self.string().map(Value::String),
            _ => self.word(),
        }
    }

    fn dictionary(&mut self, deeper: usize) -> Option<Value> {
        self.at += 1;
        let mut pairs = Vec::new();
        while !self.eat(b'}') {
            self.space();
            let key = self.string()?;
            if !self.eat(b':') {
                return None;
            }
            pairs.push((key.into(), self.value(deeper)?));
            if !self.eat(b',') {
                return self.eat(b'}').then_some(Value::Map(pairs));
            }
        }
        Some(Value::Map(pairs))
    }

    fn list(&mut self, end: u8, deeper: usize) -> Option<Value> {
        self.at += 1;
        let mut values = Vec::new();
        while !self.eat(end) {
            values.push(self.value(deeper)?);
            if !self.eat(b',') {
                return self.eat(end).then_some(Value::Array(values));
            }
        }
        Some(Value::Array(values))
    }

    fn string(&mut self) -> Option<String> {
        let quote = self.peek().filter(|byte| matches!(byte, b'\'' | b'"'))?;
        self.at += 1;
        let mut found = String::new();
        loop {
            let rest = &self.text[self.at..];
            let stop = rest.bytes().position(|byte| byte == quote || byte == b'\\')?;
            found.push_str(&rest[..stop]);
            self.at += stop + 1;
            if rest.as_bytes()[stop] == quote {
                return Some(found);
            }
            let escaped = self.text[self.at..].chars().next()?;
            self.at += escaped.len_utf8();
            match escaped {
                'n' => found.push('\n'),
                't' => found.push('\t'),
                'r' => found.push('\r'),
                '\'' | '"' | '\\' => found.push(escaped),
                'x' => found.push(self.code(2)?),
                'u' => found.push(self.code(4)?),
                'U' => found.push(self.code(8)?),
                other => found.extend(['\\', other]),
            }
        }
    }

    fn code(&mut self, digits: usize) -> Option<char> {
        let code = self.text.get(self.at..self.at + digits)?;
        self.at += digits;
        Some(char::from_u32(u32::from_str_radix(code, 16).ok()?).unwrap_or('\u{fffd}'))
    }

    fn word(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| ",]})".contains(c) || c.is_whitespace()).unwrap_or(rest.len());
        self.at += end;
        scalar(&rest[..end])
    }
}

/// The value under `key` of a dictionary such as `{'a': 1, 'b': None, 'c': 'x'}`, unless it is nested.
pub(crate) fn get(text: &str, key: &str) -> Option<Value> {
    scalar(raw(text, key)?)
}

/// The raw literal under `key` of a dictionary, which may itself be a dictionary.
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
    fn literals_nest() {
        let read = literal(r#"{'a': [1, (2.5, None)], "b": {'c': True}, 'd': 'it\'s "x"\n\x41', 'e': [],}"#)
            .unwrap();
        let list = vec![Value::Int(1), Value::Array(vec![Value::Double(2.5), Value::Null])];
        assert_eq!(read.get("a"), Some(&Value::Array(list)));
        assert_eq!(read.get("b").and_then(|b| b.get("c")), Some(&Value::Bool(true)));
        assert_eq!(read.get("d"), Some(&"it's \"x\"\nA".into()));
        assert_eq!(read.get("e"), Some(&Value::Array(Vec::new())));
    }

    #[test]
    fn what_is_no_literal_is_none() {
        let deep = "[".repeat(10_000);
        for text in [
            "",
            "{",
            "[1",
            "{'a'}",
            "{'a': }",
            "{1: 2}",
            "Foo(a=1)",
            "'x",
            "'\\",
            "[1] 2",
            "{'é': '\\xé'}",
            &deep,
        ] {
            assert_eq!(literal(text), None, "{text}");
        }
    }

    #[test]
    fn broken_ones_are_passed_over() {
        for text in ["", "{", "{'a'", "{'a': ", "{'a': '}", "'a': 1", "{é: 1}", "{'é"] {
            assert_eq!(get(text, "a"), None, "{text}");
        }
    }
}
