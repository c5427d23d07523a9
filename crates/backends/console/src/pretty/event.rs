//! The pretty line of an event.

use anstyle::Style;
use quipu_core::Event;

use super::figures::value;
use super::line::{Line, NAME_LENGTH, VALUE_LENGTH};
use super::style::{NAME, of_level};
use crate::contents::{is_content, is_message};

/// Largest number of printed attributes.
const ATTRIBUTES: usize = 12;

pub(crate) fn line(event: &Event, contents: bool, coloured: bool) -> Line {
    let level = event.level.as_str();
    let mut line = Line::new(event.time, event.trace_id, level, of_level(event.level), coloured);
    if !event.name.is_empty() {
        line.value(NAME, &event.name, NAME_LENGTH);
    }
    let body = value(&event.body);
    let said = is_message(event);
    if !body.is_empty() && !said {
        line.value(Style::new(), &body, VALUE_LENGTH);
    }
    for (key, held) in event.attributes.iter().filter(|(key, _)| !is_content(key)).take(ATTRIBUTES) {
        line.pair(key, &value(held));
    }
    if contents {
        if said && !body.is_empty() {
            line.content("body", &body);
        }
        for (key, held) in event.attributes.iter().filter(|(key, _)| is_content(key)) {
            line.content(key, &value(held));
        }
    }
    line
}
