//! The source of a record: the instrumentation and its version.

use compact_str::CompactString;
use quipu_core::{Resource, Scope};
use serde::{Deserialize, Serialize};

/// Maximum length of a name or version, in bytes; longer ones are cut.
pub(crate) const LONGEST: usize = 128;

/// Attribute that names the service.
pub(crate) const SERVICE: &str = "service.name";
/// Attribute with the service's version.
const VERSION: &str = "service.version";
/// Fields of a scope, by the names under which they are masked.
const SCOPE: [&str; 2] = ["otel.scope.name", "otel.scope.version"];

/// A function that masks secrets: it takes the name and the text of a value, and returns the text to keep.
/// `None` keeps the text unchanged.
pub type Mask<'m> = &'m dyn Fn(&str, &str) -> Option<String>;

/// One version of an instrumentation.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// Name of the instrumentation scope, or of the service if the scope has no name.
    pub name: CompactString,
    /// Version of the source; empty if none was sent.
    pub version: CompactString,
}

impl Source {
    /// The source of a record.
    ///
    /// Its version is that of the scope. The service's version replaces it if the scope has none, or if the
    /// service is the source itself: the scope `com.anthropic.claude_code.events` has version 1.0.0 in every
    /// release of the service `claude-code`.
    pub(crate) fn of(scope: &Scope, resource: &Resource, mask: Mask<'_>) -> Self {
        let service = resource.service().unwrap_or_default();
        let own = || resource.attributes.text(VERSION).unwrap_or_default();
        let name = if scope.name.is_empty() { (SERVICE, service) } else { (SCOPE[0], scope.name.as_str()) };
        let version = match own() {
            version if !version.is_empty() && (scope.version.is_empty() || is_named(name.1, service)) => {
                (VERSION, version)
            }
            _ => (SCOPE[1], scope.version.as_str()),
        };
        Self { name: masked(mask, name.0, name.1), version: masked(mask, version.0, version.1) }
    }
}

/// Whether the scope's name contains the service's name, by letters and digits.
fn is_named(scope: &str, service: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let service = letters(service);
    service.len() >= 4 && letters(scope).contains(&service)
}

/// The masked text of a named value, cut at a character boundary.
pub(crate) fn masked(mask: Mask<'_>, name: &str, text: &str) -> CompactString {
    mask(name, text).map_or_else(|| cut(text), |clean| cut(&clean))
}

/// The text, cut at a character boundary.
fn cut(text: &str) -> CompactString {
    text[..text.floor_char_boundary(LONGEST)].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(scope: (&str, &str), service: (&str, &str)) -> (String, String) {
        let mut resource = Resource::default();
        resource.attributes.push("service.name", service.0);
        resource.attributes.push("service.version", service.1);
        let scope = Scope { name: scope.0.into(), version: scope.1.into(), ..Scope::default() };
        let Source { name, version } = Source::of(&scope, &resource, &|_, _| None);
        (name.into(), version.into())
    }

    #[test]
    fn the_version_is_that_of_the_instrumentation() {
        for (scope, service, want) in [
            (("openinference.openai", "0.9"), ("shop", "7"), ("openinference.openai", "0.9")),
            (
                ("com.anthropic.claude_code.events", "1.0.0"),
                ("claude-code", "2.1.122"),
                ("com.anthropic.claude_code.events", "2.1.122"),
            ),
            (("codex", ""), ("codex_exec", "0.169.0"), ("codex", "0.169.0")),
            (("langsmith", ""), ("shop", ""), ("langsmith", "")),
            (("", ""), ("shop", "7"), ("shop", "7")),
            (("app.tracer", "3"), ("app", "7"), ("app.tracer", "3")),
        ] {
            assert_eq!(source(scope, service), (want.0.to_owned(), want.1.to_owned()));
        }
    }

    #[test]
    fn names_are_masked_before_they_are_cut() {
        let long = format!("{}secret", "a".repeat(LONGEST - 3));
        let mask = |_: &str, text: &str| text.contains("secret").then(|| text.replace("secret", "*"));
        let scope = Scope { name: long.as_str().into(), version: "1-secret".into(), ..Scope::default() };
        let Source { name, version } = Source::of(&scope, &Resource::default(), &mask);
        assert_eq!((name.as_str(), version.as_str()), (&*format!("{}*", &long[..LONGEST - 3]), "1-*"));
    }

    #[test]
    fn long_names_are_cut_at_a_letter() {
        let long = "ä".repeat(100);
        assert_eq!(cut(&long).chars().count(), 64);
    }
}
