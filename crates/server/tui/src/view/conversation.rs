//! Messages of a trace or a session in order, each once.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};

use super::cells::clock;
use super::{Ask, list, summary};
use crate::figure::{millis, rounded, short, text};
use crate::form::{Piece, Tone};
use crate::page::{Block, Page};
use crate::source::{AskError, Request, escape};
use crate::words::Words;

/// Calls of a trace whose messages are shown, the latest.
const CALLS: usize = 40;
/// Traces of a session, the latest, and calls of each.
const TRACES: usize = 12;
const CALLS_OF_EACH: usize = 8;
/// Characters of a part of a message, and lines.
const CHARACTERS: usize = 6_000;

/// Messages of a trace.
pub(super) fn of_trace(ask: &Ask<'_>, id: &str) -> Result<Page, AskError> {
    let mut seen = Seen::default();
    let (trace, messages) = trace(ask, id, CALLS, &mut seen)?;
    let facts = summary::trace(&trace, ask);
    Ok(page(vec![Block::Facts(facts)], messages, ask))
}

/// Messages of the latest traces of a session.
pub(super) fn of_session(ask: &Ask<'_>, id: &str) -> Result<Page, AskError> {
    let path = format!("/api/v1/sessions/{}", escape(id));
    let answer = ask.ask(&Request::get(path).with("limit", TRACES.to_string()))?;
    let ids: Vec<&str> = list(&answer, "traces").filter_map(|trace| trace["trace_id"].as_str()).collect();
    let mut seen = Seen::default();
    let mut messages = Vec::new();
    for id in ids.into_iter().rev() {
        messages.extend(trace(ask, id, CALLS_OF_EACH, &mut seen)?.1);
    }
    Ok(page(vec![Block::Facts(summary::session(&answer["session"], ask))], messages, ask))
}

fn page(mut blocks: Vec<Block>, messages: Vec<Block>, ask: &Ask<'_>) -> Page {
    if messages.is_empty() {
        blocks.push(Block::Text(vec![Piece::plain(""), Piece::new(ask.words.no_messages, Tone::Dim)]));
    }
    blocks.extend(messages);
    Page { blocks }
}

/// The summary of a trace, and the messages of its latest calls.
fn trace(ask: &Ask<'_>, id: &str, most: usize, seen: &mut Seen) -> Result<(Value, Vec<Block>), AskError> {
    let path = format!("/api/v1/traces/{}", escape(id));
    let outline = ask.ask(&Request::get(format!("{path}/outline")))?;
    let kind = |at: usize| {
        let kind = outline["kind"][at].as_u64().and_then(|kind| usize::try_from(kind).ok());
        kind.and_then(|kind| outline["kinds"][kind].as_str()) == Some("llm")
    };
    let counted = |at: usize| outline["counted"][at].as_i64() != Some(0);
    let calls = list(&outline, "ids").enumerate().filter(|(at, _)| kind(*at) && counted(*at));
    let mut calls: Vec<(i64, &str)> = calls
        .filter_map(|(at, id)| Some((outline["start_us"][at].as_i64().unwrap_or_default(), id.as_str()?)))
        .collect();
    calls.sort_unstable();
    let left = calls.len().saturating_sub(most);
    let mut blocks = Vec::new();
    if let Some(next) = outline["next_at"].as_u64() {
        let more = outline["total"].as_u64().unwrap_or_default().saturating_sub(next);
        blocks.push(Block::Title(Piece::new(format!("{more} {}", ask.words.more_spans), Tone::Dim)));
    }
    if left > 0 {
        let text = format!("{left} {} {}", ask.words.of_calls, ask.words.left_out);
        blocks.push(Block::Title(Piece::new(text, Tone::Dim)));
    }
    for (_, span) in &calls[left..] {
        let answer = ask.ask(&Request::get(format!("{path}/spans/{}", escape(span))))?;
        blocks.extend(call(&answer["span"], seen, ask));
    }
    Ok((outline["trace"].clone(), blocks))
}

/// A call with those of its messages that no earlier call had.
fn call(span: &Value, seen: &mut Seen, ask: &Ask<'_>) -> Vec<Block> {
    let fields = ["input_messages", "output_messages"];
    let new: Vec<&Value> =
        fields.iter().flat_map(|field| list(span, field)).filter(|message| seen.is_new(message)).collect();
    if new.is_empty() && !seen.any {
        return Vec::new();
    }
    seen.any = true;
    let used = |key: &str| span["tokens"][key].as_u64().map_or_else(|| "–".into(), short);
    let tokens = format!("{} in, {} out", used("input"), used("output"));
    let parts = [
        clock(&span["started_at"], ask),
        text(super::cells::first(span, &["agent", "service"])),
        text(&span["model"]),
        millis(&span["duration_ms"]),
        tokens,
        rounded(&span["cost_usd"]).unwrap_or_else(|| "–".into()),
    ];
    let tone = if span["status"] == "error" { Tone::Bad } else { Tone::Accent };
    let mut blocks = vec![Block::Title(Piece::new(format!("── {}", parts.join(" · ")), tone))];
    if let Some(message) = span["status_message"].as_str() {
        blocks.push(Block::Text(vec![Piece::new(message, Tone::Bad)]));
    }
    blocks.extend(new.into_iter().flat_map(|of| message(of, ask.words)));
    blocks
}

/// Messages that were shown.
#[derive(Default)]
struct Seen {
    hashes: HashSet<u64>,
    any: bool,
}

impl Seen {
    fn is_new(&mut self, message: &Value) -> bool {
        let mut hasher = DefaultHasher::new();
        json!([message["role"], message["parts"]]).to_string().hash(&mut hasher);
        self.hashes.insert(hasher.finish())
    }
}

/// A message: its role, then its parts.
pub(super) fn message(message: &Value, words: &'static Words) -> Vec<Block> {
    let role = text(&message["role"]);
    let tone = match role.as_str() {
        "user" => Tone::Good,
        "assistant" | "model" => Tone::Strong,
        "tool" => Tone::Warn,
        _ => Tone::Dim,
    };
    let mut pieces = vec![Piece::new(role, tone)];
    pieces.extend(list(message, "parts").flat_map(|of| part(of, words)));
    vec![Block::Text(pieces)]
}

fn part(part: &Value, words: &'static Words) -> Vec<Piece> {
    match part["type"].as_str() {
        Some("text") => lines("  ", &part["content"], Tone::Normal, words),
        Some("reasoning") => lines("  ", &part["content"], Tone::Dim, words),
        Some("tool_call") => {
            let head = format!("  → {} ", text(&part["name"]));
            lines(&head, &part["arguments"], Tone::Warn, words)
        }
        Some("tool_call_response") => lines("  = ", &part["response"], Tone::Normal, words),
        Some(other) => vec![Piece::new(format!("  [{other}]"), Tone::Dim)],
        None => Vec::new(),
    }
}

/// A value as lines.
pub(super) fn value(value: &Value, tone: Tone, words: &'static Words) -> Vec<Piece> {
    lines("", value, tone, words)
}

/// Lines of a text, or of a value as JSON; the first one begins with `head`.
fn lines(head: &str, value: &Value, tone: Tone, words: &'static Words) -> Vec<Piece> {
    let whole = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown: String = whole.chars().take(CHARACTERS).collect();
    let left = whole.chars().count() - shown.chars().count();
    let margin = " ".repeat(head.len() - head.trim_start().len());
    let line = |(at, line): (usize, &str)| {
        let head = if at == 0 { head } else { &margin };
        Piece::new(format!("{head}{line}"), tone)
    };
    let mut pieces: Vec<Piece> = shown.lines().enumerate().map(line).collect();
    if pieces.is_empty() && !head.trim().is_empty() {
        pieces.push(Piece::new(head, tone));
    }
    pieces.extend((left > 0).then(|| Piece::new(format!("{margin}{left} {}", words.more_bytes), Tone::Dim)));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn a_message_that_was_sent_again_is_shown_once() {
        let mut seen = Seen::default();
        let answer = json!({"role": "assistant", "parts": [{"type": "text", "content": "hi"}], "finish_reason": "stop"});
        let again = json!({"role": "assistant", "parts": [{"type": "text", "content": "hi"}]});
        assert!(seen.is_new(&answer) && !seen.is_new(&again));
        assert!(seen.is_new(&json!({"role": "user", "parts": answer["parts"]})));
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        let pieces = lines("  ", &json!("x".repeat(CHARACTERS + 7)), Tone::Normal, Lang::En.words());
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1].text, "  7 more characters");
        let pieces = lines("  ", &json!("a\u{1b}[31m\r\nb\tc"), Tone::Normal, Lang::En.words());
        let texts: Vec<_> = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(texts, ["  a [31m", "  b c"]);
    }
}
