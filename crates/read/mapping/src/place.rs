//! Location of a value in a span: an attribute and a JSON pointer into it.

use std::borrow::Cow;

use quipu_core::{Span, Value};
use quipu_normalize::parse;

/// Maximum length of a key or pattern, in bytes.
const LONGEST: usize = 256;
/// Maximum size of a JSON text in which a pointer is resolved, in bytes.
const LARGEST: usize = 1 << 20;

/// An attribute's key, and the steps of a JSON pointer into its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttributePath {
    pub key: String,
    steps: Vec<String>,
}

impl AttributePath {
    /// Reads `KEY` or `KEY#/JSON/POINTER`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (key, pointer) = text.split_once('#').unwrap_or((text, ""));
        if key.is_empty() || text.len() > LONGEST {
            return Err(format!("expects an attribute key of 1 to {LONGEST} bytes"));
        }
        if !pointer.is_empty() && !pointer.starts_with('/') || text.ends_with('#') {
            return Err("expects a JSON pointer that begins with `/` after the `#`".to_owned());
        }
        // The escape sequences of a step, from RFC 6901.
        let steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
        Ok(Self { key: key.to_owned(), steps: steps.collect() })
    }

    /// The value at the location. In a JSON text, it is the value at the pointer.
    pub fn value<'s>(&self, span: &'s Span) -> Option<Cow<'s, Value>> {
        let value = span.attributes.get(&self.key)?;
        if self.steps.is_empty() {
            return Some(Cow::Borrowed(value));
        }
        match value.as_str() {
            Some(text) if text.len() <= LARGEST => {
                follow(&parse(text)?, &self.steps).cloned().map(Cow::Owned)
            }
            Some(_) => None,
            None => follow(value, &self.steps).map(Cow::Borrowed),
        }
    }
}

fn follow<'v>(value: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match value {
        Value::Array(values) => values.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

/// A text pattern in which `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<String>);

impl Pattern {
    pub fn of(text: &str) -> Self {
        Self(text.split('*').map(str::to_owned).collect())
    }

    /// Whether the whole of `text` matches.
    pub fn fits(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return text == first };
        let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some(at) = text.find(part.as_str()) else { return false };
            text = &text[at + part.len()..];
        }
        text.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_the_whole_text() {
        for (pattern, fits, not) in [
            ("shop.llm", &["shop.llm"][..], &["shop.llm2", "shop", ""][..]),
            ("shop.*", &["shop.", "shop.llm"], &["myshop.llm"]),
            ("*.llm", &["shop.llm"], &["shop.llm.x"]),
            ("ask * of *", &["ask gpt of shop"], &["ask gpt", "ask of"]),
            ("a*a", &["aa", "aba"], &["a"]),
        ] {
            let pattern = Pattern::of(pattern);
            assert!(fits.iter().all(|text| pattern.fits(text)), "{pattern:?}");
            assert!(!not.iter().any(|text| pattern.fits(text)), "{pattern:?}");
        }
    }

    #[test]
    fn places_are_read() {
        let place = AttributePath::parse("shop.answer#/usage/a~1b/0").unwrap();
        assert_eq!((place.key.as_str(), place.steps.join(" ")), ("shop.answer", "usage a/b 0".to_owned()));
        for wrong in ["", "#/usage", "shop.answer#usage", "shop.answer#"] {
            assert!(AttributePath::parse(wrong).is_err(), "{wrong}");
        }
    }
}
