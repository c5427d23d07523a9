//! A test adapter that reads a few attributes, to show that routes read stored spans again.

use quipu_core::{
    Adapter, Canonical, Kind, Lens, LensLine, Message, Messages, Part, Role, Span, Usage, Value,
};

/// Reads `gen_ai.*` and `test.*` attributes; a message is `role: text`.
pub struct Plain;

fn text(span: &Span, key: &str) -> Option<compact_str::CompactString> {
    span.attributes.text(key).map(Into::into)
}

fn count(span: &Span, key: &str) -> Option<u64> {
    span.attributes.get(key).and_then(Value::as_int).and_then(|count| u64::try_from(count).ok())
}

fn messages(span: &Span, key: &str) -> Vec<Message> {
    let lines = span.attributes.text(key).unwrap_or_default().lines();
    let pairs = lines.filter_map(|line| line.split_once(": "));
    pairs
        .map(|(role, said)| Message {
            role: if role == "user" { Role::User } else { Role::Assistant },
            parts: vec![Part::Text(said.to_owned())],
            finish_reason: None,
        })
        .collect()
}

impl Adapter for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn claims(&self, span: &Span) -> bool {
        span.attributes.get("test.kind").is_some()
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let kind = span.attributes.text("test.kind").unwrap_or_default();
        let input = count(span, "gen_ai.usage.input_tokens");
        let usage = input.map(|input| Usage {
            input: Some(input),
            output: count(span, "gen_ai.usage.output_tokens"),
            cache_read: count(span, "gen_ai.usage.cache_read.input_tokens"),
            ..Usage::default()
        });
        Canonical {
            kind: Kind::ALL.into_iter().find(|known| known.as_str() == kind).unwrap_or_default(),
            convention: "genai".into(),
            framework: text(span, "test.framework"),
            operation: text(span, "gen_ai.operation.name"),
            provider: text(span, "gen_ai.provider.name"),
            request_model: text(span, "gen_ai.request.model"),
            response_id: text(span, "gen_ai.response.id"),
            agent: text(span, "gen_ai.agent.name"),
            tool: text(span, "gen_ai.tool.name"),
            session: text(span, "gen_ai.conversation.id"),
            user: text(span, "user.id"),
            error_type: text(span, "error.type"),
            time_to_first_token: count(span, "test.ttft").map(|nanos| nanos as i64),
            finish_reasons: text(span, "test.finish").into_iter().collect(),
            notes: text(span, "test.note").into_iter().collect(),
            step: text(span, "test.step"),
            handoff_from: text(span, "test.from"),
            handoff_to: text(span, "test.to"),
            guardrail_triggered: span
                .attributes
                .get("test.triggered")
                .map(|value| *value == Value::Bool(true)),
            params: quipu_core::Params {
                temperature: Some(0.5),
                max_tokens: Some(64),
                ..quipu_core::Params::default()
            }
            .into(),
            usage,
            ..Canonical::default()
        }
    }

    fn lens(&self, _: &Span, read: &Canonical) -> Lens {
        let model = read.request_model.clone().map(|model| LensLine {
            field: "request_model".into(),
            value: model.into(),
            key: Some("gen_ai.request.model".into()),
            passed_over: vec!["llm.request.model".into()],
            rule: Some("a rule".into()),
        });
        Lens { lines: model.into_iter().collect(), unread: vec!["gen_ai.new".into()], ..Lens::default() }
    }

    fn messages(&self, span: &Span) -> Messages {
        Messages {
            input: messages(span, "gen_ai.input.messages"),
            output: messages(span, "gen_ai.output.messages"),
            tool_arguments: span.attributes.get("gen_ai.tool.call.arguments").cloned(),
            ..Messages::default()
        }
    }
}
