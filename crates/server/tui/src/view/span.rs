//! One span: its figures, messages and attributes.

use serde_json::Value;

use super::cells::{clock, status};
use super::{Ask, conversation};
use crate::figure::{millis, text, usd};
use crate::form::{Piece, Tone};
use crate::page::{Block, Cell, Column, Fact, Page, Row, Table};
use crate::source::{AskError, Request, escape};

/// Attributes that are shown.
const ATTRIBUTES: usize = 200;
/// Characters of an attribute that are shown.
const CHARACTERS: usize = 300;

/// The contents of a span.
pub(super) fn load(ask: &Ask<'_>, trace: &str, span: &str) -> Result<Page, AskError> {
    let path = format!("/api/v1/traces/{}/spans/{}", escape(trace), escape(span));
    let answer = ask.ask(&Request::get(path))?;
    let span = &answer["span"];
    let mut blocks = vec![Block::Facts(facts(span, ask))];
    if let Some(message) = span["status_message"].as_str() {
        blocks.push(Block::Text(vec![Piece::new(message, Tone::Bad)]));
    }
    let words = ask.words;
    for (title, field) in [(words.arguments, "tool_arguments"), (words.result, "tool_result")] {
        if !span[field].is_null() {
            blocks.push(Block::Title(Piece::new(title, Tone::Head)));
            blocks.push(Block::Text(conversation::value(&span[field], Tone::Normal, words)));
        }
    }
    for (title, field) in [(words.input, "input_messages"), (words.output, "output_messages")] {
        let messages = span[field].as_array().filter(|messages| !messages.is_empty());
        if let Some(messages) = messages {
            blocks.push(Block::Title(Piece::new(title, Tone::Head)));
            blocks.extend(messages.iter().flat_map(|message| conversation::message(message, words)));
        }
    }
    blocks.extend(attributes(span, ask).map(Block::Table));
    Ok(Page { blocks })
}

fn facts(span: &Value, ask: &Ask<'_>) -> Vec<Fact> {
    let words = ask.words;
    let mut facts = vec![
        Fact::new(words.name, text(&span["name"])),
        Fact::new(words.kind, text(&span["kind"])),
        Fact { label: words.status, value: status(&span["status"]).piece },
        Fact::new(words.started, clock(&span["started_at"], ask)),
        Fact::new(words.duration, millis(&span["duration_ms"])),
    ];
    let tokens = &span["tokens"];
    let texts = [
        (words.agent, text(&span["agent"])),
        (words.provider, text(&span["provider"])),
        (words.model, text(&span["model"])),
        (words.tool, text(&span["tool"])),
        (words.first_token, millis(&span["ttft_ms"])),
        (words.input, text(&tokens["input"])),
        (words.cached, text(&tokens["cache_read"])),
        (words.output, text(&tokens["output"])),
        (words.reasoning, text(&tokens["reasoning"])),
        (words.cost, usd(&span["cost_usd"])),
        (words.unpriced, text(&span["cost_reason"])),
        (words.finish, text(&span["finish_reasons"])),
        (words.error, text(&span["error_type"])),
        (words.parent, text(&span["parent_span_id"])),
        (words.id, text(&span["span_id"])),
    ];
    let known = texts.into_iter().filter(|(_, text)| !matches!(text.as_str(), "–" | ""));
    facts.extend(known.map(|(label, text)| Fact::new(label, text)));
    if !tokens.is_null() && span["counted"] == false {
        facts.push(Fact::toned(words.not_counted, text(&span["counted_reason"]), Tone::Warn));
    }
    facts
}

fn attributes(span: &Value, ask: &Ask<'_>) -> Option<Table> {
    let words = ask.words;
    let all = span["attributes"].as_object().filter(|all| !all.is_empty())?;
    let left = all.len().saturating_sub(ATTRIBUTES);
    let row = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let short: String = text.chars().take(CHARACTERS).collect();
        Row::new(vec![Cell::toned(name, Tone::Dim), Cell::new(short)])
    };
    Some(Table {
        title: words.attributes,
        columns: vec![Column::words(words.attribute, 16, 0), Column::words(words.value, 16, 0)],
        rows: all.iter().take(ATTRIBUTES).map(row).collect(),
        note: (left > 0).then(|| format!("{left} {}", words.more)),
        ..Table::default()
    })
}
