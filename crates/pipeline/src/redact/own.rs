//! Custom patterns of an operator, and their limits.

use quipu_core::Result;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::config::{OwnPattern, wrong};

/// Limits: number of patterns, bytes of a pattern, bytes of a compiled pattern.
const MOST: usize = 100;
const BYTES: usize = 1_000;
const COMPILED: usize = 1 << 20;
/// Most bytes of a name.
const NAME_BYTES: usize = 40;

/// Compiles the patterns one by one, and together as a quick test whether any matches; `None` without
/// patterns.
///
/// # Errors
/// A pattern is no regular expression, is too large or matches the empty text, or there are too many. The
/// error names it.
pub(super) fn compiled(patterns: &[OwnPattern]) -> Result<(Vec<Regex>, Option<RegexSet>)> {
    if patterns.len() > MOST {
        return Err(wrong("patterns", format_args!("found {}, expected at most {MOST}", patterns.len())));
    }
    let each = patterns.iter().map(one).collect::<Result<Vec<Regex>>>()?;
    let together = RegexSetBuilder::new(each.iter().map(Regex::as_str)).size_limit(COMPILED * 8).build();
    let together = together.map_err(|_| wrong("patterns", "their total size is too large"))?;
    Ok((each, (!patterns.is_empty()).then_some(together)))
}

fn one(own: &OwnPattern) -> Result<Regex> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if own.name.is_empty() || own.name.len() > NAME_BYTES || !own.name.chars().all(plain) {
        return Err(wrong(
            "patterns",
            format_args!("the name {:?} needs 1 to {NAME_BYTES} of a-z, 0-9 and _", own.name),
        ));
    }
    if own.pattern.len() > BYTES {
        return Err(wrong("patterns", format_args!("{}: longer than {BYTES} bytes", own.name)));
    }
    let regex = RegexBuilder::new(&own.pattern)
        .size_limit(COMPILED)
        .dfa_size_limit(COMPILED)
        .nest_limit(50)
        .build()
        .map_err(|cause| wrong("patterns", format_args!("{:?}", own.pattern)).caused_by(cause))?;
    if regex.is_match("") {
        return Err(wrong(
            "patterns",
            format_args!("{:?} matches the empty text, and so every position of every text", own.pattern),
        ));
    }
    Ok(regex)
}
