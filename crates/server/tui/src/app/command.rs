//! Commands behind `:`, also typed as lines in the plain mode.

use crate::place::Place;
use crate::view::SORTS;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Go(Place),
    Filter(String),
    /// Empty for all stored data.
    Range(String),
    Sort(&'static str),
    /// For a time such as `2h`.
    Silence(String),
    Acknowledge,
    Hold,
    Help,
    Refresh,
    Quit,
}

/// Words of commands besides those of views.
const WORDS: [&str; 9] = ["filter", "range", "sort", "silence", "ack", "hold", "help", "refresh", "quit"];

/// Why a command is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    Unknown(String),
    Range,
    Sort,
}

/// Reads a command.
///
/// # Errors
/// The word is unknown, or its value is.
pub(crate) fn read(text: &str) -> Result<Command, Wrong> {
    let text = text.trim().trim_start_matches(':').trim();
    let (word, value) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let value = value.trim();
    Ok(match word {
        "q" | "quit" | "exit" => Command::Quit,
        "h" | "help" | "?" => Command::Help,
        "r" | "refresh" => Command::Refresh,
        "f" | "filter" => Command::Filter(value.to_owned()),
        "range" | "last" => Command::Range(range(value).ok_or(Wrong::Range)?),
        "sort" => Command::Sort(sort(value).ok_or(Wrong::Sort)?),
        "silence" => Command::Silence(silence(value).ok_or(Wrong::Range)?),
        "ack" => Command::Acknowledge,
        "hold" => Command::Hold,
        _ => Command::Go(Place::read(text).map_err(Wrong::Unknown)?),
    })
}

/// A time range in the form of the HTTP interface.
pub(crate) fn range(text: &str) -> Option<String> {
    if matches!(text, "all" | "") {
        return (text == "all").then(String::new);
    }
    let text = text.trim_start_matches('-');
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let fits = (1..=5).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    (fits && matches!(unit, "s" | "m" | "h" | "d" | "w")).then(|| text.to_owned())
}

fn silence(text: &str) -> Option<String> {
    if text.is_empty() { Some("1h".into()) } else { range(text).filter(|text| !text.is_empty()) }
}

fn sort(text: &str) -> Option<&'static str> {
    let wanted = if matches!(text, "time" | "started") { "started_at" } else { text.trim_start_matches('-') };
    SORTS.into_iter().find(|sort| sort.trim_start_matches('-') == wanted)
}

/// Completes the word of a command as far as it is clear.
pub(crate) fn complete(text: &str) -> Option<String> {
    let views = Place::MENU.map(|place| place.word());
    let all = views.into_iter().chain(["trace", "session", "conversation"]).chain(WORDS);
    let fits: Vec<&str> = all.filter(|word| word.starts_with(text)).collect();
    let first = *fits.first()?;
    let shared =
        (0..=first.len()).rev().find(|end| fits.iter().all(|word| word.starts_with(&first[..*end])))?;
    Some(first[..shared].to_owned()).filter(|found| found.len() > text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        for (text, want) in [
            (":q", Ok(Command::Quit)),
            ("models", Ok(Command::Go(Place::Models))),
            ("trace abc", Ok(Command::Go(Place::Trace("abc".into())))),
            (":filter status:error cost>1", Ok(Command::Filter("status:error cost>1".into()))),
            ("filter", Ok(Command::Filter(String::new()))),
            ("range 7d", Ok(Command::Range("7d".into()))),
            ("range -90m", Ok(Command::Range("90m".into()))),
            ("range all", Ok(Command::Range(String::new()))),
            ("range", Err(Wrong::Range)),
            ("range week", Err(Wrong::Range)),
            ("range 9999999d", Err(Wrong::Range)),
            ("sort cost", Ok(Command::Sort("-cost"))),
            ("sort name", Err(Wrong::Sort)),
            ("silence", Ok(Command::Silence("1h".into()))),
            ("silence all", Err(Wrong::Range)),
            ("nonsense", Err(Wrong::Unknown("no view is named nonsense".into()))),
        ] {
            assert_eq!(read(text), want, "{text}");
        }
    }

    #[test]
    fn a_word_is_completed_as_far_as_it_is_clear() {
        assert_eq!(complete("mo").as_deref(), Some("models"));
        assert_eq!(complete("tr").as_deref(), Some("trace"));
        assert_eq!(complete("s"), None);
        assert_eq!(complete("xyz"), None);
    }
}
