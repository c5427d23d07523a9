//! Figures of the filter language, and their ranges.

use quipu_core::{FigureRange, Timestamp, TraceFigure};

use super::reader::{Mistake, Reader, Reading};

const FIGURES: &[(&str, TraceFigure)] = &[
    ("duration", TraceFigure::Duration),
    ("cost", TraceFigure::Cost),
    ("tokens", TraceFigure::Tokens),
    ("spans", TraceFigure::Spans),
    ("calls", TraceFigure::LlmCalls),
    ("tools", TraceFigure::ToolCalls),
    ("errors", TraceFigure::Errors),
];

/// Units of durations in nanoseconds; longer words first where one ends the other.
const DURATIONS: &[(&str, i64)] = &[
    ("ms", 1_000_000),
    ("s", Timestamp::SECOND),
    ("m", 60 * Timestamp::SECOND),
    ("h", Timestamp::HOUR),
    ("d", Timestamp::DAY),
];
const COUNTS: &[(&str, i64)] = &[("k", 1_000), ("K", 1_000), ("M", 1_000_000), ("", 1)];
/// Figures of cost are billionths of a dollar.
const DOLLAR: i64 = 1_000_000_000;

/// The figure of this name.
pub(super) fn named(name: &str) -> Option<TraceFigure> {
    FIGURES.iter().find(|(word, _)| *word == name).map(|(_, figure)| *figure)
}

/// The names of all figures.
pub(super) fn words() -> String {
    FIGURES.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}

/// Reads the rest after a figure's name: an operator and a number, or `:` and a range.
pub(super) fn range(reader: &mut Reader<'_>, figure: TraceFigure) -> Reading<FigureRange> {
    if reader.eat(':') {
        return between(reader, figure);
    }
    reader.skip_spaces();
    let sign = reader.take(|letter| matches!(letter, '>' | '<' | '='));
    let sign_at = reader.at() - sign.len();
    reader.skip_spaces();
    let (at, text) = (reader.at(), reader.word());
    let bound = number(figure, text).ok_or_else(|| Mistake::at(at, expected(figure)))?;
    let beyond = |step| bound.checked_add(step).ok_or_else(|| Mistake::at(at, "a smaller number"));
    let (least, most) = match sign {
        ">=" => (Some(bound), None),
        ">" => (Some(beyond(1)?), None),
        "<=" => (None, Some(bound)),
        "<" => (None, Some(beyond(-1)?)),
        "=" => (Some(bound), Some(bound)),
        _ => return Err(Mistake::at(sign_at, "one of >, >=, <, <=, =")),
    };
    Ok(FigureRange { least, most })
}

fn between(reader: &mut Reader<'_>, figure: TraceFigure) -> Reading<FigureRange> {
    let (at, text) = (reader.at(), reader.word());
    let end = |at: usize, text: &str| {
        let number = || number(figure, text).ok_or_else(|| Mistake::at(at, expected(figure)));
        (!text.is_empty()).then(number).transpose()
    };
    let range = match text.split_once("..") {
        Some((from, to)) => FigureRange { least: end(at, from)?, most: end(at + from.len() + 2, to)? },
        None => end(at, text).map(|exact| FigureRange { least: exact, most: exact })?,
    };
    match (range.least, range.most) {
        (None, None) => {
            Err(Mistake::at(at, format!("{}, or a range such as 1..2, 1.. or ..2", expected(figure))))
        }
        (Some(least), Some(most)) if least > most => {
            Err(Mistake::at(at, "a range whose end is not before its start"))
        }
        _ => Ok(range),
    }
}

const fn expected(figure: TraceFigure) -> &'static str {
    match figure {
        TraceFigure::Duration => "a duration such as 250ms, 1.5s, 5m, 2h or 1d",
        TraceFigure::Cost => "US dollars such as 0.05, with at most 9 decimals",
        _ => "a whole number such as 12, 10k or 1.5M",
    }
}

fn number(figure: TraceFigure, text: &str) -> Option<i64> {
    let with = |units: &[(&str, i64)]| {
        let (digits, unit) = units.iter().find_map(|(word, unit)| Some((text.strip_suffix(word)?, unit)))?;
        times(digits, *unit)
    };
    match figure {
        TraceFigure::Duration => with(DURATIONS),
        TraceFigure::Cost => times(text.strip_prefix('$').unwrap_or(text), DOLLAR),
        _ => with(COUNTS),
    }
}

/// A decimal number times a unit, exactly; `None` when it is not one, is negative, too large, or leaves a
/// fraction.
fn times(text: &str, unit: i64) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + part.len() == 0 || !digits(whole) || !digits(part) {
        return None;
    }
    let part = part.trim_end_matches('0');
    let decimals = u32::try_from(part.len()).ok()?;
    let number: i128 = format!("0{whole}{part}").parse().ok()?;
    let scaled = number.checked_mul(i128::from(unit))?;
    let divisor = 10_i128.checked_pow(decimals)?;
    (scaled % divisor == 0).then(|| i64::try_from(scaled / divisor).ok()).flatten()
}
