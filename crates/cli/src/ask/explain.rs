//! `--explain`: the meaning of a filter in words.

use std::io::Write as _;

use anyhow::Result;
use quipu_query::{explain_terms, parse_terms};

use crate::table::clean;

/// Prints one line for each condition.
///
/// # Errors
/// The filter is wrong; the error has its position.
pub fn run(filter: &str) -> Result<()> {
    let lines = explain_terms(&parse_terms(filter)?);
    let mut out = std::io::stdout().lock();
    match lines.len() {
        0 => writeln!(out, "Every trace matches.")?,
        1 => writeln!(out, "A trace matches if this holds:")?,
        _ => writeln!(out, "A trace matches if all of these hold:")?,
    }
    for line in lines {
        writeln!(out, "  {}", clean(&line))?;
    }
    Ok(())
}
