//! Adapter for `AutoGen` and its peculiarities.

use compact_str::CompactString;
use quipu_core::{
    Adapter, Canonical, Event, Kind, Lens, Meeting, Message, Messages, Part, Role, Signal, Span, Value,
};
use quipu_normalize::{
    Slots, canonical, handoff_to, lens, message_list, messages, parse, parts_of, read_event, scope_begins,
};
use quipu_semconv::{AUTOGEN_MESSAGE, AUTOGEN_SCOPES};

use crate::message::Made;
use crate::{logged, message};

/// Keys of a tool's description, in `AutoGen`'s own spans and in those of other instrumentations.
const DESCRIPTIONS: [&str; 2] = ["gen_ai.tool.description", "tool.description"];
/// Prefix of the descriptions of hand-off tools.
const HANDOFF: &str = "Handoff to ";

/// Reason why the tokens of messages do not count.
const PARTIAL: &str =
    "AutoGen's messages report the tokens of only some calls: shown, not counted. Its event log reports all";

/// Reads `AutoGen`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Autogen;

impl Adapter for Autogen {
    fn name(&self) -> &'static str {
        "autogen"
    }

    fn claims(&self, span: &Span) -> bool {
        scope_begins(span, AUTOGEN_SCOPES)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        read.framework = Some(CompactString::const_new("autogen"));
        if let Some(record) = span.attributes.text(logged::RECORD).filter(|_| read.signal == Signal::Log) {
            logged::fill(record, &mut read);
            return read;
        }
        read.session = read.session.take().or_else(|| message::key(span));
        read.meeting = read.session.as_deref().map(|session| Meeting::of("autogen", session));
        if let Some(made) = message::made(span) {
            tell(made, &mut read);
        }
        hand_over(span, &mut read);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        if let Some(record) = span.attributes.text(logged::RECORD).and_then(parse) {
            return of_record(&record);
        }
        match message::made(span) {
            Some(made) => Messages { output: said(&made.message), ..Messages::default() },
            None => received(span).unwrap_or_else(|| messages(span)),
        }
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["autogen"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        hand_over(span, read);
    }

    fn event(&self, event: &mut Event) {
        if AUTOGEN_SCOPES.iter().any(|scope| event.scope.name.starts_with(scope)) {
            read_event(event);
        }
    }

    fn span_of_event(&self, event: &Event) -> Option<Span> {
        logged::span(event)
    }
}

/// Reads a call from the message that it produced. Few calls have such a message: streamed calls and calls of
/// agents outside a team have none. So its tokens are shown and never counted. The event log has all calls,
/// and its tokens count.
fn tell(made: Made, read: &mut Canonical) {
    read.kind = Kind::Llm;
    read.agent = Some(made.agent);
    read.usage = made.usage;
    read.never_count = true;
    read.notes.push(CompactString::const_new(PARTIAL));
}

/// Reads a hand-off: an agent calls another one as a tool, and no tool runs.
fn hand_over(span: &Span, read: &mut Canonical) {
    let says_so = |key: &&str| span.attributes.text(key).is_some_and(|text| text.starts_with(HANDOFF));
    let described = DESCRIPTIONS.iter().any(says_so);
    let Some(tool) = read.tool.as_deref().filter(|_| described && read.kind == Kind::Tool) else { return };
    if let Some(agent) = handoff_to(span, tool) {
        (read.kind, read.handoff_to) = (Kind::Task, Some(agent));
        (read.tool, read.tool_call_id) = (None, None);
    }
}

fn of_record(record: &Value) -> Messages {
    let input = record.get("messages").map(|list| message_list(list, &Role::User)).unwrap_or_default();
    let response = record.get("response");
    let choices = response.and_then(|response| response.get("choices")).and_then(Value::as_array);
    let output = match choices {
        Some(choices) => {
            let answers = choices.iter().filter_map(|choice| choice.get("message"));
            answers.flat_map(|answer| message_list(answer, &Role::Assistant)).collect()
        }
        None => response.map(|response| message_list(response, &Role::Assistant)).unwrap_or_default(),
    };
    Messages { input, output, ..Messages::default() }
}

/// The content of a message: its text, or the requested tools.
fn said(message: &Value) -> Vec<Message> {
    let parts = message.get("content").map(parts_of).unwrap_or_default();
    if parts.is_empty() {
        return Vec::new();
    }
    let is_user = message.get("source").and_then(Value::as_str) == Some("user");
    let role = if is_user { Role::User } else { Role::Assistant };
    vec![Message { role, parts: parts.into_iter().map(asking).collect(), finish_reason: None }]
}

/// Reads a tool request, which has no type in `AutoGen`'s messages.
fn asking(part: Part) -> Part {
    match part {
        Part::Other { kind, value } if value.get("arguments").is_some() && value.get("name").is_some() => {
            let text = |key| value.get(key).and_then(Value::as_str).map(str::to_owned);
            let arguments =
                text("arguments").map(|text| parse(&text).unwrap_or_else(|| text.as_str().into()));
            match text("name") {
                Some(name) => {
                    Part::ToolCall { id: text("id"), name, arguments: arguments.unwrap_or_default() }
                }
                None => Part::Other { kind, value },
            }
        }
        part => part,
    }
}

/// The message that an agent receives.
fn received(span: &Span) -> Option<Messages> {
    let value = span.attributes.text(AUTOGEN_MESSAGE).and_then(parse)?;
    let one = value.get("message").or_else(|| value.get("response")?.get("chat_message"));
    let list = value.get("messages").and_then(Value::as_array);
    let input: Vec<Message> = one.into_iter().chain(list.into_iter().flatten()).flat_map(said).collect();
    (!input.is_empty()).then(|| Messages { input, ..Messages::default() })
}
