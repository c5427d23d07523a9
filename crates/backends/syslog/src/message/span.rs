//! Messages of spans.

use std::fmt::Write as _;

use quipu_core::{Cost, Span, Status};

use super::MessageParts;
use super::ascii::ascii;
use super::data::Data;
use super::header::{ERROR, Header, INFO};
use super::text::shown;
use crate::{Config, Format};

pub(crate) fn parts(config: &Config, of: &Span, row: Option<&Cost>) -> MessageParts {
    let failed = of.status == Status::Error || of.canonical.error_type.is_some();
    let header = Header {
        severity: if failed { ERROR } else { INFO },
        time: of.end.unwrap_or(of.start),
        resource: Some(&of.resource),
        msgid: "span",
    };
    let text = match config.format {
        Format::Text => line(of, row, failed),
        Format::Json => {
            let mut json = Vec::new();
            quipu_jsonl::span(&mut json, of, row);
            ascii(String::from_utf8_lossy(&json).trim_end())
        }
    };
    MessageParts { header: header.text(config), data: data(config, of, row), text }
}

/// The most important parameters come first, because the last ones are dropped first.
fn data(config: &Config, of: &Span, row: Option<&Cost>) -> Data {
    let (mut data, read) = (Data::new(config), &of.canonical);
    data.push("trace_id", &of.trace_id.to_string());
    data.push("span_id", &of.span_id.to_string());
    data.maybe("parent_span_id", of.parent_id);
    data.push("kind", read.kind.as_str());
    let status = match (of.status, of.end) {
        (Status::Error, _) => "error",
        (Status::Ok, _) => "ok",
        (Status::Unset, None) => "running",
        (Status::Unset, Some(_)) => "unset",
    };
    data.push("status", status);
    data.maybe("error_type", read.error_type.as_ref());
    data.maybe("duration_ms", of.duration().map(|nanos| nanos as f64 / 1e6));
    data.maybe("model", read.model());
    data.maybe("provider", read.provider.as_ref());
    if let Some(usage) = &read.usage {
        data.maybe("input_tokens", usage.input);
        data.maybe("output_tokens", usage.output);
        data.maybe("cache_read_tokens", usage.cache_read);
        data.maybe("cache_write_tokens", usage.cache_write);
        data.maybe("reasoning_tokens", usage.reasoning);
    }
    if let Some(row) = row {
        data.maybe("counted", Some(row.counts()));
        data.maybe("cost_usd", row.amount);
        data.maybe("cost_reason", row.unpriced.map(quipu_core::Unpriced::as_str));
    }
    data.maybe("agent", read.agent.as_ref());
    data.maybe("tool", read.tool.as_ref());
    data.maybe("session_id", read.session.as_ref());
    data.maybe("user_id", read.user.as_ref());
    data.maybe("framework", read.framework.as_ref());
    data.push("name", &of.name);
    data
}

/// Formats `chat gpt-5  1240 ms  1200→80 tok  $0.0042`, in ASCII.
fn line(of: &Span, row: Option<&Cost>, failed: bool) -> String {
    let mut line = String::new();
    shown(&mut line, &of.name);
    // Writing to memory cannot fail.
    let _ = match of.duration() {
        Some(nanos) => write!(line, " {:.1} ms", nanos as f64 / 1e6),
        None => write!(line, " running"),
    };
    if let Some(usage) = of.canonical.usage.as_ref().filter(|usage| usage.is_known()) {
        let tokens = usage.tokens();
        let _ = write!(line, " {}+{} tok", tokens.input, tokens.output);
    }
    if let Some(amount) = row.filter(|row| row.counts()).and_then(|row| row.amount) {
        let _ = write!(line, " ${amount}");
    }
    if failed {
        line.push_str(" failed");
        for why in [of.canonical.error_type.as_deref().unwrap_or_default(), of.status_message.as_str()] {
            if !why.is_empty() {
                line.push_str(": ");
                shown(&mut line, why);
            }
        }
    }
    line
}
