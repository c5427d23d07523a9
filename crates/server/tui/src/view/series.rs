//! Values over time from the route of figures.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Ask;
use super::cells::{minute, stamp};
use crate::page::Chart;

/// Most steps that are drawn.
const STEPS: i64 = 400;

/// A chart of the points of an answer. Steps without a point are 0.
pub(super) fn chart(
    answer: &Value,
    title: &str,
    ask: &Ask<'_>,
    value: impl Fn(&Value) -> (f64, f64),
    most: impl Fn(f64) -> String,
) -> Option<Chart> {
    let points = answer["total"]["points"].as_array().filter(|points| !points.is_empty())?;
    let step = answer["step_ms"].as_f64().filter(|step| *step >= 1.0)? as i64;
    let first = stamp(&points.first()?["start"])?;
    let begin = stamp(&answer["since"]).map_or(first, |since| aligned(since, first, step));
    let until = stamp(&answer["until"]).unwrap_or(ask.now);
    let steps = ((until.as_millisecond() - begin.as_millisecond()) / step + 1).clamp(1, STEPS);
    let mut filled = vec![(0.0, 0.0); usize::try_from(steps).ok()?];
    for point in points {
        let Some(start) = stamp(&point["start"]) else { continue };
        let at = (start.as_millisecond() - begin.as_millisecond()).div_euclid(step);
        if let Some(cell) = usize::try_from(at).ok().and_then(|at| filled.get_mut(at)) {
            *cell = value(point);
        }
    }
    let largest = filled.iter().map(|point| point.0).fold(0.0, f64::max);
    let last = begin.checked_add(SignedDuration::from_millis(step * (steps - 1))).unwrap_or(until);
    Some(Chart {
        title: title.to_owned(),
        points: filled,
        ends: [minute(begin, ask), minute(last, ask)],
        most: format!("{} {} / {}", ask.words.most_each, most(largest), width(step)),
    })
}

/// The start of the step with `since`, in steps from `first`.
fn aligned(since: Timestamp, first: Timestamp, step: i64) -> Timestamp {
    let steps = (first.as_millisecond() - since.as_millisecond()).div_euclid(step).clamp(0, STEPS - 1);
    first.checked_sub(SignedDuration::from_millis(steps * step)).unwrap_or(first)
}

/// A width of time as text.
fn width(millis: i64) -> String {
    let seconds = millis / 1_000;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
