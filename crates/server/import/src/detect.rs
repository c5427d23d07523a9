//! Detects the format of a file from its beginning.

use std::io::{self, BufRead, Read};

use serde_json::Value as Json;

use crate::json::{any, at, text};
use crate::lines::{LineRead, Lines, is_blank};
use crate::{Bounds, Format};

/// Number of examined lines; transcripts may begin with other notes.
const LINES: usize = 64;

/// Result of the detection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Detected {
    /// One record for each line, in this format.
    Lines(Format),
    /// One document over several lines, whose contents decide the format.
    Document,
    /// Empty, or not enough text yet.
    Nothing,
    /// Another file type, in words.
    Other(&'static str),
}

/// Examines the beginning; `wanted` takes precedence over the detected format.
pub(crate) fn detect(from: impl BufRead, wanted: Option<Format>, bounds: &Bounds) -> io::Result<Detected> {
    if let Some(format) = wanted.filter(|format| format.is_by_line()) {
        return Ok(Detected::Lines(format));
    }
    let mut lines = Lines::new(from, bounds.line_bytes, 0);
    let (mut line, mut seen) = (Vec::new(), 0);
    while seen < LINES {
        match lines.next(&mut line)? {
            LineRead::End => break,
            LineRead::TooLong { .. } => {}
            LineRead::Line | LineRead::Half if is_blank(&line) => continue,
            LineRead::Line | LineRead::Half => {
                if seen == 0
                    && let Some(other) = binary(&line)
                {
                    return Ok(Detected::Other(other));
                }
                match serde_json::from_slice::<Json>(&line) {
                    Ok(json) => {
                        if let Some(format) = wanted.or_else(|| of_json(&json)) {
                            return Ok(Detected::Lines(format));
                        }
                    }
                    // A document over several lines. A broken line after valid ones does not count.
                    Err(error) if seen == 0 && error.is_eof() && starts_document(&line) => {
                        return Ok(Detected::Document);
                    }
                    Err(_) => {}
                }
            }
        }
        seen += 1;
    }
    Ok(match (seen, wanted) {
        (0, _) => Detected::Nothing,
        (_, Some(format)) => Detected::Lines(format),
        _ => Detected::Other("its format is not known (set it with --format)"),
    })
}

fn starts_document(line: &[u8]) -> bool {
    line.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| matches!(byte, b'{' | b'['))
}

/// Names a file type without JSON by its first bytes.
fn binary(line: &[u8]) -> Option<&'static str> {
    match line {
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [b'P', b'K', 3, 4, ..] => {
            Some("it is compressed: decompress it first")
        }
        [b'P', b'A', b'R', b'1', ..] => Some("it is Parquet: export the spans as JSON or JSONL instead"),
        line if line.contains(&0) => Some("it is not text: OTLP is read as JSON, not as protobuf"),
        _ => None,
    }
}

/// The format of a document or of one of its records.
pub(crate) fn of_json(json: &Json) -> Option<Format> {
    match json {
        Json::Array(list) => list.iter().take(LINES).find_map(of_json),
        Json::Object(object) => {
            let has = |key: &str| object.contains_key(key);
            let otlp = [
                "resourceSpans",
                "resourceLogs",
                "resourceMetrics",
                "resource_spans",
                "resource_logs",
                "resource_metrics",
            ];
            if otlp.into_iter().any(has) {
                return Some(Format::Otlp);
            }
            if let Some(list) = object.get("data").filter(|data| data.is_array()) {
                return of_json(list);
            }
            let is = [
                (is_codex(json), Format::Codex),
                (is_claude_code(json), Format::ClaudeCode),
                (is_phoenix(json), Format::Phoenix),
                (is_langfuse(json), Format::Langfuse),
            ];
            is.into_iter().find(|(is, _)| *is).map(|(_, format)| format)
        }
        _ => None,
    }
}

fn is_codex(json: &Json) -> bool {
    let known =
        ["session_meta", "turn_context", "event_msg", "response_item", "compacted", "token_usage_record"];
    json.get("payload").is_some_and(Json::is_object)
        && text(json, "type").is_some_and(|kind| known.contains(&kind))
}

fn is_claude_code(json: &Json) -> bool {
    let Some(kind) = text(json, "type") else { return false };
    let said = matches!(kind, "user" | "assistant") && at(json, &["message", "role"]).is_some();
    said || (kind == "summary" && json.get("leafUuid").is_some())
        || (kind == "file-history-snapshot" && json.get("snapshot").is_some())
        || (json.get("sessionId").is_some()
            && (json.get("uuid").is_some() || json.get("operation").is_some()))
}

fn is_phoenix(json: &Json) -> bool {
    at(json, &["context", "trace_id"]).is_some() || json.get("context.trace_id").is_some()
}

fn is_langfuse(json: &Json) -> bool {
    let observation = any(json, &["traceId", "trace_id"]).is_some()
        && any(json, &["startTime", "start_time"]).is_some()
        && json.get("type").is_some();
    let trace = json.get("id").is_some()
        && json.get("timestamp").is_some()
        && ["sessionId", "session_id", "userId", "user_id", "observations", "htmlPath", "bookmarked"]
            .iter()
            .any(|key| json.get(key).is_some());
    observation || trace
}

/// A whole document, if it is within its limit.
pub(crate) fn whole(from: impl Read, bounds: &Bounds) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    from.take(bounds.document_bytes + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    match u64::try_from(bytes.len()).unwrap_or(u64::MAX) > bounds.document_bytes {
        true => Err(format!(
            "a document over several lines has more than {} bytes: write one record per line",
            bounds.document_bytes
        )),
        false => Ok(bytes),
    }
}
