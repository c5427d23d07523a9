//! Outcome of a case.

use std::fmt::{self, Debug};

use quipu_core::Error;

/// Maximum characters of a value in a failure text.
const SHOWN: usize = 1_500;

/// Reason of a failed case, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(String);

/// Result of a case.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// Creates a failure with its reason.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(format!("unexpected error ({:?}): {error}", error.kind()))
    }
}

/// Compares by `Debug` text. So NaN equals itself, and a text equals the same text of another string type.
pub(crate) fn compare(have: &dyn Debug, want: &dyn Debug, what: impl FnOnce() -> String) -> Outcome {
    let (have, want) = (format!("{have:?}"), format!("{want:?}"));
    if have == want {
        return Ok(());
    }
    let from = have.bytes().zip(want.bytes()).take_while(|(a, b)| a == b).count().saturating_sub(200);
    Err(Failure(format!("{}:\n  have {}\n  want {}", what(), shown(&have, from), shown(&want, from))))
}

fn shown(text: &str, from: usize) -> String {
    let start = (0..=from.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let lead = if start == 0 { "" } else { "… " };
    let tail = if text[start..].chars().nth(SHOWN).is_some() { " …" } else { "" };
    format!("{lead}{}{tail}", text[start..].chars().take(SHOWN).collect::<String>())
}

/// Ends the case unless the condition holds.
macro_rules! check {
    ($holds:expr, $($why:tt)+) => {
        let holds: bool = $holds;
        if !holds {
            return Err(crate::Failure::new(format!($($why)+)));
        }
    };
}

/// Ends the case unless both values are equal.
macro_rules! same {
    ($have:expr, $want:expr, $($what:tt)+) => {
        crate::outcome::compare(&$have, &$want, || format!($($what)+))?
    };
}

pub(crate) use {check, same};
