//! The pretty line of an ended span.

use anstyle::Style;
use quipu_core::{Cost, Span, Status};

use super::figures::{duration, money, tokens, value};
use super::line::{Line, NAME_LENGTH, VALUE_LENGTH};
use super::style::{DIM, FAILED, FAILED_NAME, MONEY, NAME, TOKENS, UNKNOWN, of_kind};
use crate::contents::is_content;

pub(crate) fn line(span: &Span, row: Option<&Cost>, contents: bool, coloured: bool) -> Line {
    let read = &span.canonical;
    let failed = span.status == Status::Error || read.error_type.is_some();
    let kind = if failed { FAILED } else { of_kind(read.kind) };
    let end = span.end.unwrap_or(span.start);
    let mut line = Line::new(end, Some(span.trace_id), read.kind.as_str(), kind, coloured);
    line.value(if failed { FAILED_NAME } else { NAME }, &span.name, NAME_LENGTH);
    match span.duration() {
        Some(nanos) => line.column(Style::new(), duration(nanos)),
        None => line.column(DIM, "running"),
    }
    let model = row.and_then(Cost::model).or_else(|| read.model());
    if let Some(model) = model.filter(|model| !span.name.contains(model.as_str())) {
        line.value(Style::new(), model, NAME_LENGTH);
    }
    if let Some(agent) = read.agent.as_ref().filter(|agent| !span.name.contains(agent.as_str())) {
        line.value(DIM, agent, NAME_LENGTH);
    }
    used(&mut line, span, row);
    if failed {
        failure(&mut line, span);
    }
    if contents {
        for (key, held) in span.attributes.iter().filter(|(key, _)| is_content(key)) {
            line.content(key, &value(held));
        }
    }
    line
}

/// Tokens and money. A span that does not count is marked, because another line shows the same tokens.
fn used(line: &mut Line, span: &Span, row: Option<&Cost>) {
    let usage = row.and_then(|row| row.usage.as_ref()).or(span.canonical.usage.as_ref());
    let counts = row.is_none_or(Cost::counts);
    if let Some(usage) = usage.filter(|usage| usage.is_known()) {
        line.column(if counts { TOKENS } else { DIM }, tokens(&usage.tokens()));
    }
    if !counts && usage.is_some() {
        return line.column(DIM, "not counted");
    }
    if let Some(covered) = row.and_then(Cost::subscription) {
        return line.column(DIM, format_args!("{} by list price, under a subscription", money(covered)));
    }
    match row.map(|row| (row.amount, row.unpriced)) {
        Some((Some(amount), _)) => line.column(MONEY, money(amount)),
        Some((None, Some(reason))) if usage.is_some() => {
            line.column(UNKNOWN, format_args!("$? {}", reason.as_str()));
        }
        _ => {}
    }
}

fn failure(line: &mut Line, span: &Span) {
    let kind = span.canonical.error_type.as_deref().unwrap_or_default();
    let said = match (kind.is_empty(), span.status_message.is_empty()) {
        (false, false) => format!("✗ {kind}: {}", span.status_message),
        (true, true) => "✗ failed".to_owned(),
        _ => format!("✗ {kind}{}", span.status_message),
    };
    line.value(FAILED, &said, VALUE_LENGTH);
}
