//! `quipu trace --lens`: the reading of the spans of a trace.

use anyhow::Result;
use serde_json::{Value, json};

use super::Question;
use super::source::{OpenSource, escape};
use crate::args::Trace;
use crate::table::{Column, table, text};

/// Spans of one page of a trace.
const PAGE: &str = "1000";

/// The lens of one span, or of all spans of the trace by their start.
pub fn ask(ask: &Trace) -> Result<Value> {
    let source = OpenSource::open(&ask.source)?;
    let lens = |span: &str| {
        let path = format!("/api/v1/traces/{}/spans/{}/lens", escape(&ask.id), escape(span));
        source.ask(&Question::get(path))
    };
    let spans = match &ask.span {
        Some(span) => vec![lens(span)?],
        None => spans(&source, &ask.id)?.iter().map(|span| lens(span)).collect::<Result<_>>()?,
    };
    Ok(json!({"trace_id": ask.id, "spans": spans}))
}

/// The ids of all spans of a trace.
fn spans(source: &OpenSource, trace: &str) -> Result<Vec<String>> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let question = Question::get(format!("/api/v1/traces/{}", escape(trace)))
            .with("detail", &Some("summary".to_owned()))
            .with("limit", &Some(PAGE.to_owned()))
            .with("after", &after);
        let answer = source.ask(&question)?;
        let page = answer["spans"].as_array().into_iter().flatten();
        ids.extend(page.filter_map(|span| span["span_id"].as_str().map(str::to_owned)));
        after = answer["next_after"].as_str().map(str::to_owned);
        if after.is_none() {
            return Ok(ids);
        }
    }
}

/// One block a span: its adapter, whether it counts, its values, and unread attributes.
pub fn print(answer: &Value) -> String {
    let spans = answer["spans"].as_array().into_iter().flatten();
    spans.map(block).collect::<Vec<_>>().join("\n\n")
}

fn block(span: &Value) -> String {
    let mut out = vec![format!("{}  {}", text(&span["span_id"]), text(&span["name"])), read_by(span)];
    out.extend(counts(span));
    out.extend(span["reading_text"].as_str().map(|why| format!("  reading: {why}")));
    out.extend(priced(span));
    let columns =
        [Column("field", false), Column("value", false), Column("attribute", false), Column("rule", false)];
    let lines = span["lines"].as_array().into_iter().flatten().map(line).collect::<Vec<_>>();
    if !lines.is_empty() {
        out.push(indented(&table(&columns, lines)));
    }
    for (title, list) in [("not read", &span["unread"]), ("note", &span["notes"])] {
        out.extend(list.as_array().into_iter().flatten().map(|entry| format!("  {title}: {}", text(entry))));
    }
    out.extend(span["joined"].as_array().into_iter().flatten().map(joined));
    out.join("\n")
}

/// Another record of the same call.
fn joined(record: &Value) -> String {
    let of = |field: &str| text(&record[field]);
    let (trace, span, score, why) = (of("trace_id"), of("span_id"), of("score"), of("why"));
    format!("  same call as span {span} of trace {trace}, confidence {score}: {why}")
}

fn read_by(span: &Value) -> String {
    let Some(adapter) = span["adapter"].as_str() else {
        return "  no adapter claims it".to_owned();
    };
    let mut line = format!("  read by {adapter}");
    let enriched = text(&span["enriched_by"]);
    if !enriched.is_empty() {
        line.push_str(&format!(", then {enriched}"));
    }
    if let Some(signal) = span["signal"].as_str().filter(|signal| *signal != "span") {
        line.push_str(&format!(", from a {signal}"));
    }
    line
}

fn counts(span: &Value) -> Option<String> {
    let why = span["rule_text"].as_str()?;
    let word = if span["counted"].as_bool() == Some(true) { "counts" } else { "does not count" };
    Some(format!("  {word}: {why}"))
}

fn priced(span: &Value) -> Option<String> {
    if let Some(reason) = span["cost_reason"].as_str() {
        return Some(format!("  no cost: {reason}"));
    }
    let rule = span["priced_by"].as_object()?;
    let of = |field: &str| rule.get(field).map(text).unwrap_or_default();
    Some(format!("  priced by {} of {} {}", of("id"), of("source"), of("version")))
}

fn line(line: &Value) -> Vec<String> {
    let passed_over = text(&line["passed_over"]);
    let rule = line["rule"].as_str().map(|rule| text(&rule.into())).unwrap_or_default();
    let over = if passed_over.is_empty() { String::new() } else { format!("passed over: {passed_over}") };
    let said: Vec<String> = [rule, over].into_iter().filter(|said| !said.is_empty()).collect();
    vec![text(&line["field"]), text(&line["value"]), text(&line["key"]), said.join("; ")]
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
