//! Cells and times that several views share.

use jiff::Timestamp;
use serde_json::Value;

use super::Ask;
use crate::figure::{clean, text};
use crate::form::Tone;
use crate::page::Cell;

/// A status; an error stands out.
pub(super) fn status(value: &Value) -> Cell {
    let tone = match value.as_str() {
        Some("error" | "firing" | "down" | "dead") => Tone::Bad,
        Some("running" | "pending" | "degraded" | "no_data") => Tone::Warn,
        Some("ok" | "ready" | "resolved") => Tone::Good,
        _ => Tone::Dim,
    };
    Cell::toned(text(value), tone)
}

/// A name; a dim dash without one.
pub(super) fn name(value: &Value) -> Cell {
    if value.is_null() { Cell::toned("–", Tone::Dim) } else { Cell::new(text(value)) }
}

/// The first of several fields that has a value.
pub(super) fn first<'a>(row: &'a Value, fields: &[&str]) -> &'a Value {
    let values: Vec<&Value> = fields.iter().map(|field| &row[*field]).collect();
    first_of(&values)
}

/// A time in the zone of the screen: the time of day today, else with the date.
pub(super) fn clock(value: &Value, ask: &Ask<'_>) -> String {
    let Some(time) = value.as_str() else { return "–".into() };
    match time.parse::<Timestamp>() {
        Ok(time) => moment(time, ask),
        Err(_) => clean(time),
    }
}

/// The same of a known time.
pub(super) fn moment(time: Timestamp, ask: &Ask<'_>) -> String {
    form(time, "%H:%M:%S", ask)
}

/// A time to the minute, such as `16:40`.
pub(super) fn minute(time: Timestamp, ask: &Ask<'_>) -> String {
    form(time, "%H:%M", ask)
}

fn form(time: Timestamp, today: &str, ask: &Ask<'_>) -> String {
    let (time, now) = (time.to_zoned(ask.zone.clone()), ask.now.to_zoned(ask.zone.clone()));
    let form = match (time.date() == now.date(), time.year() == now.year()) {
        (true, _) => today,
        (_, true) => "%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    time.strftime(form).to_string()
}

/// A time of an answer.
pub(super) fn stamp(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// A decimal figure, such as money.
pub(super) fn decimal(value: &Value) -> Option<f64> {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .or_else(|| value.as_f64())
        .filter(|f: &f64| f.is_finite())
}

/// A share of a row's cost among all, as a bar.
pub(super) fn share(part: f64, most: f64, tone: Tone) -> Cell {
    Cell::bar(0.0, if most > 0.0 { part / most } else { 0.0 }, tone)
}

/// The first of several values that is a text.
pub(super) fn first_of<'a>(values: &[&'a Value]) -> &'a Value {
    values.iter().find(|value| value.is_string()).unwrap_or(&&Value::Null)
}
