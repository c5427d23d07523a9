//! Secrets by their shapes.

use quipu_core::{Attributes, Error, ErrorKind, Result, Value};
use regex::{NoExpand, Regex, RegexSet};

/// Shapes of secrets: a word for what it is, and the pattern. Where a provider publishes the form of its keys, it is that form.
const SHAPES: &[(&str, &str)] = &[
    ("private_key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)"),
    ("anthropic_key", r"\bsk-ant-[A-Za-z0-9_-]{16,}"),
    ("openai_key", r"\bsk-[A-Za-z0-9_-]{16,}"),
    ("google_key", r"\bAIza[0-9A-Za-z_-]{30,}"),
    ("github_token", r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{22,}"),
    ("aws_key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("slack_token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ("bearer", r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{8,}"),
];

/// The shape of an e-mail address, as far as a text can tell.
const EMAIL: (&str, &str) =
    ("email", r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b");

/// What patterns of the user's are counted as.
const CUSTOM: &str = "custom";

struct Shape {
    name: &'static str,
    pattern: Regex,
    mask: String,
}

/// Finds secrets of all shapes in one pass over a text, and masks them.
pub(crate) struct Secrets {
    any: RegexSet,
    shapes: Vec<Shape>,
}

impl Secrets {
    pub fn new(known: bool, emails: bool, more: &[String]) -> Result<Self> {
        let known = if known { SHAPES } else { &[] };
        let email = emails.then_some(EMAIL);
        let custom = more.iter().map(|pattern| (CUSTOM, pattern.as_str()));
        let all: Vec<_> = known.iter().copied().chain(email).chain(custom).collect();
        let mut shapes = Vec::with_capacity(all.len());
        for (name, pattern) in &all {
            let pattern = Regex::new(pattern).map_err(|cause| {
                Error::new(ErrorKind::Invalid, "read pattern", format!("redact.patterns: {pattern:?}"))
                    .caused_by(cause)
            })?;
            shapes.push(Shape { name, pattern, mask: format!("[redacted:{name}]") });
        }
        let any = RegexSet::new(all.iter().map(|(_, pattern)| pattern)).map_err(|cause| {
            Error::new(ErrorKind::Invalid, "read pattern", "redact.patterns: too many or too large")
                .caused_by(cause)
        })?;
        Ok(Self { any, shapes })
    }

    /// Masks what is in a text; `None` when nothing is.
    pub fn masked(&self, text: &str, found: &mut Found) -> Option<String> {
        let matches = self.any.matches(text);
        if !matches.matched_any() {
            return None;
        }
        let mut masked = text.to_owned();
        for shape in matches.into_iter().filter_map(|at| self.shapes.get(at)) {
            let times = shape.pattern.find_iter(&masked).count();
            if times > 0 {
                found.add(shape.name, times as u64);
                masked = shape.pattern.replace_all(&masked, NoExpand(&shape.mask)).into_owned();
            }
        }
        Some(masked)
    }

    pub fn mask_text(&self, text: &mut String, found: &mut Found) {
        if let Some(masked) = self.masked(text, found) {
            *text = masked;
        }
    }

    pub fn mask_value(&self, value: &mut Value, found: &mut Found) {
        match value {
            Value::String(text) => self.mask_text(text, found),
            Value::Array(values) => values.iter_mut().for_each(|value| self.mask_value(value, found)),
            Value::Map(pairs) => pairs.iter_mut().for_each(|(_, value)| self.mask_value(value, found)),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Bytes(_) => {}
        }
    }

    pub fn mask_all(&self, attributes: &mut Attributes, found: &mut Found) {
        attributes.iter_mut().for_each(|(_, value)| self.mask_value(value, found));
    }
}

/// How many of which kind were masked.
#[derive(Default)]
pub(crate) struct Found(pub Vec<(&'static str, u64)>);

impl Found {
    fn add(&mut self, name: &'static str, times: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += times,
            None => self.0.push((name, times)),
        }
    }
}
