//! A regular expression with bounded size and time.

use regex_lite::{Regex, RegexBuilder};

/// A regular expression. Its search takes time in proportion to the value, and needs no backtracking. It has
/// at most [`Pattern::MOST`] bytes, and reads the first [`Pattern::READ`] bytes of a value.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Most bytes of the expression.
    pub const MOST: usize = 200;
    /// Bytes of a value that are searched.
    pub const READ: usize = 4 << 10;
    /// Bytes of the compiled expression.
    const COMPILED: usize = 64 << 10;
    /// Most nested groups.
    const DEPTH: u32 = 20;

    /// Compiles an expression, in the syntax of the crate `regex-lite`: no look-around, no back-references.
    ///
    /// # Errors
    /// The expression is empty, too long, too large when compiled, or wrong; the text says which.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > Self::MOST {
            return Err(format!("a regular expression of 1 to {} bytes, found {}", Self::MOST, text.len()));
        }
        let compiled = RegexBuilder::new(text).size_limit(Self::COMPILED).nest_limit(Self::DEPTH).build();
        let wrong = |error: regex_lite::Error| format!("a regular expression: {error}");
        Ok(Self { text: text.to_owned(), regex: compiled.map_err(wrong)? })
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the expression is found in the value.
    pub fn fits(&self, value: &str) -> bool {
        let end = value.floor_char_boundary(Self::READ);
        self.regex.is_match(value.get(..end).unwrap_or(value))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_pattern_is_found_anywhere_unless_it_is_anchored() {
        let fits = |pattern: &str, value: &str| Pattern::new(pattern).unwrap().fits(value);
        assert!(fits("gpt-[45]", "openai/gpt-4o") && !fits("^gpt-[45]", "openai/gpt-4o"));
        assert!(fits("(?i)TIMEOUT$", "read timeout") && fits("ü+", "grün"));
    }

    #[test]
    fn size_and_time_are_bounded() {
        for wrong in ["", "(", "a{1000}{1000}", "(?=x)", &"a".repeat(201), &"(".repeat(30)] {
            assert!(Pattern::new(wrong).unwrap_err().starts_with("a regular expression"), "{wrong}");
        }
        let begun = Instant::now();
        let evil = Pattern::new("(a*)*(a*)*(a|aa)+$").unwrap();
        assert!(!evil.fits(&format!("{}!", "a".repeat(4_000))));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        let late = format!("{}x", "a".repeat(Pattern::READ));
        assert!(!Pattern::new("x").unwrap().fits(&late), "the end of a long value is not read");
    }
}
