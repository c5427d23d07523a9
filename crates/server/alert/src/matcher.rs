//! Matchers of routes, silences and inhibitions, with the meaning that Alertmanager gives them.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use crate::Notice;

/// Matchers by key: `rule`, `severity` or a key of the group. The value is a text, a prefix that ends in `*`,
/// or `~` and a regular expression for the whole value; `!` before it negates it. All must match.
pub(crate) type Matchers = BTreeMap<String, String>;

/// Most matchers of one list, bytes of their keys and values together, and bytes of a compiled expression.
const MOST: usize = 20;
const TEXTS: usize = 4 << 10;
const EXPRESSION: usize = 64 << 10;

/// Compiled matchers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matching(Vec<Matcher>);

#[derive(Debug, Clone)]
struct Matcher {
    key: String,
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Is(String),
    Prefix(String),
    Like(Regex),
}

impl Matching {
    /// Compiles matchers. The error names the wrong one.
    pub(crate) fn of(matchers: &Matchers) -> Result<Self, String> {
        if matchers.len() > MOST {
            return Err(format!("at most {MOST} matchers, got {}", matchers.len()));
        }
        let bytes: usize = matchers.iter().map(|(key, text)| key.len() + text.len()).sum();
        if bytes > TEXTS {
            return Err(format!("at most {TEXTS} bytes of keys and values, got {bytes}"));
        }
        matchers.iter().map(|(key, text)| matcher(key, text)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether all matchers match a notice. A missing key has the value of an empty text.
    pub(crate) fn matches(&self, notice: &Notice) -> bool {
        self.0.iter().all(|matcher| {
            let value = value(notice, &matcher.key);
            let found = match &matcher.test {
                Test::Is(text) => value.unwrap_or_default() == text,
                Test::Prefix(prefix) => value.is_some_and(|value| value.starts_with(prefix)),
                Test::Like(expression) => expression.is_match(value.unwrap_or_default()),
            };
            found != matcher.negated
        })
    }
}

/// Number of matchers with a regular expression.
pub(crate) fn expressions(matchers: &Matchers) -> usize {
    matchers.values().filter(|text| text.strip_prefix('!').unwrap_or(text).starts_with('~')).count()
}

fn matcher(key: &str, text: &str) -> Result<Matcher, String> {
    if key.is_empty() {
        return Err("expected a key such as rule, severity or model, got nothing".to_owned());
    }
    let (negated, text) = text.strip_prefix('!').map_or((false, text), |text| (true, text));
    let test = match (text.strip_prefix('~'), text.strip_suffix('*')) {
        (Some(pattern), _) => {
            let whole = format!("^(?:{pattern})$");
            let built = RegexBuilder::new(&whole).size_limit(EXPRESSION).build();
            Test::Like(
                built.map_err(|_| format!("{key}: {pattern:?} is not a regular expression, or too large"))?,
            )
        }
        (None, Some(prefix)) => Test::Prefix(prefix.to_owned()),
        (None, None) => Test::Is(text.to_owned()),
    };
    Ok(Matcher { key: key.to_owned(), negated, test })
}

/// Value of a key.
pub(crate) fn value<'a>(notice: &'a Notice, key: &str) -> Option<&'a str> {
    match key {
        "rule" => Some(&notice.rule),
        "severity" => Some(notice.severity.as_str()),
        _ => notice.group.get(key).map(String::as_str),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;

    fn matches(key: &str, text: &str) -> bool {
        let notice = Notice {
            rule: "failing".to_owned(),
            group: [("model".to_owned(), "gpt-4o".to_owned())].into(),
            ..crate::deliver::test_notice("failing", Severity::Critical)
        };
        Matching::of(&[(key.to_owned(), text.to_owned())].into()).unwrap().matches(&notice)
    }

    #[test]
    fn texts_prefixes_expressions_and_their_negations_match() {
        for (key, text) in [
            ("rule", "failing"),
            ("severity", "critical"),
            ("model", "gpt-*"),
            ("model", "!o3"),
            ("model", "~gpt-.*|o3"),
            ("model", "!~claude.*"),
            ("user", ""),
            ("user", "!ada"),
        ] {
            assert!(matches(key, text), "{key}={text}");
        }
        for (key, text) in
            [("rule", "fail"), ("model", "~gpt"), ("user", "*"), ("user", "!"), ("model", "!gpt-*")]
        {
            assert!(!matches(key, text), "{key}={text}");
        }
    }

    #[test]
    fn a_wrong_or_huge_expression_is_rejected_by_name() {
        for text in ["~(", "~(a{1000}){1000}"] {
            let error = Matching::of(&[("model".to_owned(), text.to_owned())].into()).unwrap_err();
            assert!(error.starts_with("model: "), "{error}");
        }
        let many = (0..21).map(|number| (number.to_string(), String::new())).collect();
        assert!(Matching::of(&many).unwrap_err().contains("20"));
        let long = [("model".to_owned(), "x".repeat(5_000))].into();
        assert!(Matching::of(&long).unwrap_err().contains("4096 bytes"));
    }
}
