//! Evaluation of conditions on names.

use std::sync::{Arc, LazyLock};

use foldhash::HashMap;
use quipu_core::locks::Mutex;
use regex::Regex;

use crate::schema::Clause;

/// Compiled expressions by their text. Few are needed, because most conditions have a cheaper test first.
static COMPILED: LazyLock<Mutex<Compiled>> = LazyLock::new(Mutex::default);

type Compiled = HashMap<Box<str>, Option<Arc<Regex>>>;

impl Clause<'_> {
    /// Whether `name`, which must be in lower case, meets the condition.
    pub fn holds(&self, name: &str) -> bool {
        match self {
            Self::Equals(text) => name == *text,
            Self::StartsWith(text) => name.starts_with(text),
            Self::EndsWith(text) => name.ends_with(text),
            Self::Contains(text) => name.contains(text),
            Self::Regex(pattern) => compiled(pattern).is_some_and(|regex| regex.is_match(name)),
            Self::Any(clauses) => clauses.iter().any(|clause| clause.holds(name)),
            Self::All(clauses) => clauses.iter().all(|clause| clause.holds(name)),
            Self::Not(clause) => !clause.holds(name),
        }
    }
}

/// `None` if the pattern is no valid expression. The tests compile every pattern of the vendored book.
fn compiled(pattern: &str) -> Option<Arc<Regex>> {
    let mut compiled = COMPILED.lock();
    if let Some(known) = compiled.get(pattern) {
        return known.clone();
    }
    let regex = Regex::new(pattern).ok().map(Arc::new);
    compiled.insert(pattern.into(), regex.clone());
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_combine() {
        let clause = Clause::All(vec![
            Clause::Not(Box::new(Clause::Regex("^[^/]+/"))),
            Clause::Any(vec![
                Clause::StartsWith("mistral"),
                Clause::EndsWith("stral"),
                Clause::Contains("ixt"),
            ]),
        ]);
        assert!(clause.holds("mistral-large") && clause.holds("codestral") && clause.holds("pixtral"));
        assert!(!clause.holds("x/mistral-large") && !clause.holds("gpt-4o"));
        assert!(!Clause::Regex("(").holds("("));
    }
}
