//! Limits of what a user writes into an incident.

use quipu_core::TraceId;

use super::IncidentChange;
use crate::AlertError;

/// Longest title, in characters.
const TITLE: usize = 200;
/// Longest owner.
const OWNER: usize = 100;
/// Longest note.
const NOTE: usize = 4_000;
/// Most episodes or traces that one change links.
const LINKS: usize = 100;

pub(super) fn wrong(key: &'static str, expected: &str, found: &str) -> AlertError {
    AlertError::Config {
        table: "incident".to_owned(),
        key,
        expected: expected.to_owned(),
        found: format!("{:?}", found.chars().take(80).collect::<String>()),
    }
}

/// Checks texts and links.
pub(super) fn check(change: &IncidentChange) -> Result<(), AlertError> {
    text("title", change.title.as_deref(), TITLE, false)?;
    text("owner", change.owner.as_deref(), OWNER, true)?;
    text("note", change.note.as_deref(), NOTE, false)?;
    for (key, links) in [("episodes", &change.episodes), ("traces", &change.traces)] {
        if links.len() > LINKS {
            return Err(wrong(key, &format!("at most {LINKS} in one change"), &links.len().to_string()));
        }
    }
    match change.traces.iter().find(|trace| trace.parse::<TraceId>().is_err()) {
        Some(trace) => Err(wrong("traces", "ids of 32 hexadecimal digits", trace)),
        None => Ok(()),
    }
}

fn text(key: &'static str, text: Option<&str>, most: usize, may_be_empty: bool) -> Result<(), AlertError> {
    let Some(text) = text else { return Ok(()) };
    if text.trim().is_empty() && !may_be_empty {
        return Err(wrong(key, "a text", text));
    }
    let length = text.chars().count();
    if length > most {
        return Err(wrong(key, &format!("at most {most} characters"), &format!("{length} characters")));
    }
    Ok(())
}
