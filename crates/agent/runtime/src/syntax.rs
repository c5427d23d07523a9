//! Syntax of the configuration file `quipu.toml`, and errors in it without values.

use quipu_core::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;

/// Default name of the file.
pub(crate) const FILE_NAME: &str = "quipu.toml";

/// Parses a configuration; `name` is the name of its file.
///
/// # Errors
/// The text is invalid. The error names file, line and key, but no value, because a value may be a secret.
pub fn parse<T: DeserializeOwned>(text: &str, name: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let place = place(text, error.span().map(|span| span.start));
        // Without the parser's full text: it quotes the line, which may hold a secret.
        let context = format!("{name}{place}: {}", discreet(error.message()));
        Error::new(ErrorKind::Invalid, "read configuration", context)
    })
}

/// Removes quoted text from a message, because it may be a secret.
pub(crate) fn discreet(message: &str) -> String {
    match (message.find("string \""), message.rfind("\", expected")) {
        (Some(begin), Some(end)) if begin < end => {
            format!("{}a text{}", &message[..begin], &message[end + 1..])
        }
        _ => message.to_owned(),
    }
}

/// `:LINE: KEY` of a position in a TOML text, as far as it can be determined.
pub(crate) fn place(text: &str, at: Option<usize>) -> String {
    let Some(before) = at.and_then(|at| text.get(..at)) else { return String::new() };
    let line = before.matches('\n').count();
    let lines: Vec<&str> = text.lines().collect();
    let here = lines.get(line).copied().unwrap_or_default().trim();
    let table = lines.iter().take(line + 1).rev().find_map(|line| {
        let line = line.trim();
        line.strip_prefix('[')?.split(']').next().map(|name| name.trim_start_matches('['))
    });
    let key = here.split_once('=').map(|(key, _)| key.trim());
    let path: Vec<&str> = [table, key].into_iter().flatten().collect();
    if path.is_empty() { format!(":{}", line + 1) } else { format!(":{}: {}", line + 1, path.join(".")) }
}
