//! Laws of every adapter, for any convention.

use quipu_core::{Adapter, Canonical, Message, Part, Span, SpanId, Usage, Value};

use super::mutants::mutants;
use crate::Outcome;
use crate::outcome::{check, same};
use crate::sample::{at, event, span_id, trace_id};

/// One law, on the spans of one recording.
pub(super) type Law = fn(&dyn Adapter, &[Span]) -> Outcome;

/// Every law with its name.
pub(super) const ALL: [(&str, Law); 11] = [
    ("has_a_name", has_a_name),
    ("claims_some_span", claims_some_span),
    ("claims_the_same_again", claims_the_same_again),
    ("reads_the_same_again", reads_the_same_again),
    ("reads_what_was_sent_only", reads_what_was_sent_only),
    ("names_its_convention", names_its_convention),
    ("leaves_out_what_was_not_said", leaves_out_what_was_not_said),
    ("keeps_parts_of_usage_within_totals", keeps_parts_of_usage_within_totals),
    ("keeps_contents_out_of_notes", keeps_contents_out_of_notes),
    ("survives_mutated_spans", survives_mutated_spans),
    ("keeps_events_as_they_were_sent", keeps_events_as_they_were_sent),
];

/// Length of a text at which it is recognisable, in characters.
const TELLING: usize = 24;

fn claimed<'a>(adapter: &'a dyn Adapter, spans: &'a [Span]) -> impl Iterator<Item = &'a Span> {
    spans.iter().filter(|span| adapter.claims(span))
}

fn has_a_name(adapter: &dyn Adapter, _: &[Span]) -> Outcome {
    let name = adapter.name();
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    check!(!name.is_empty() && name.chars().all(fine), "{name:?} is no name");
    Ok(())
}

fn claims_some_span(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    check!(claimed(adapter, spans).next().is_some(), "none of {} spans is claimed", spans.len());
    Ok(())
}

fn claims_the_same_again(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    for span in spans {
        let (first, again) = (adapter.claims(span), adapter.claims(&span.clone()));
        check!(first == again, "span {} is claimed only sometimes", span.span_id);
    }
    Ok(())
}

fn reads_the_same_again(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    let first: Vec<_> = claimed(adapter, spans).map(|span| read(adapter, span)).collect();
    let again: Vec<_> = claimed(adapter, spans).map(|span| read(adapter, &span.clone())).collect();
    same!(again, first, "the second reading");
    Ok(())
}

fn read(adapter: &dyn Adapter, span: &Span) -> (Canonical, quipu_core::Messages) {
    (adapter.canonical(span), adapter.messages(span))
}

/// Reading a span again gives the same result, and so does other ids: no hidden state, no access to
/// neighbouring spans.
fn reads_what_was_sent_only(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    for span in claimed(adapter, spans) {
        let first = read(adapter, span);
        let before = Span { canonical: Box::new(first.0.clone()), ..span.clone() };
        same!(read(adapter, &before), first, "span {} after it was read", span.span_id);
        let (trace_id, span_id) = (trace_id(7), span_id(7));
        let moved = Span { trace_id, span_id, ..span.clone() };
        same!(read(adapter, &moved), first, "span {} under other ids", span.span_id);
    }
    Ok(())
}

fn names_its_convention(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    for span in claimed(adapter, spans) {
        same!(adapter.canonical(span).convention, adapter.name(), "convention of span {}", span.span_id);
    }
    Ok(())
}

fn leaves_out_what_was_not_said(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    claimed(adapter, spans).try_for_each(|span| no_empty_text(span.span_id, &adapter.canonical(span)))
}

fn no_empty_text(id: SpanId, read: &Canonical) -> Outcome {
    let texts = [
        ("framework", &read.framework),
        ("operation", &read.operation),
        ("provider", &read.provider),
        ("request_model", &read.request_model),
        ("response_model", &read.response_model),
        ("response_id", &read.response_id),
        ("service_tier", &read.service_tier),
        ("agent", &read.agent),
        ("agent_id", &read.agent_id),
        ("workflow", &read.workflow),
        ("step", &read.step),
        ("handoff_from", &read.handoff_from),
        ("handoff_to", &read.handoff_to),
        ("tool", &read.tool),
        ("tool_call_id", &read.tool_call_id),
        ("session", &read.session),
        ("user", &read.user),
        ("error_type", &read.error_type),
    ];
    for (field, text) in texts {
        check!(text.as_ref().is_none_or(|text| !text.is_empty()), "{field} of span {id} is an empty text");
    }
    check!(read.time_to_first_token.is_none_or(|nanos| nanos >= 0), "span {id}: a token before its request");
    for reason in &read.finish_reasons {
        let is_word =
            !reason.is_empty() && !reason.chars().any(|c| c.is_uppercase() || c.is_whitespace() || c == '-');
        check!(is_word, "span {id}: finish reason {reason:?} is not in lower case with underscores");
    }
    Ok(())
}

fn keeps_parts_of_usage_within_totals(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    claimed(adapter, spans).try_for_each(|span| {
        let usage = adapter.canonical(span).usage;
        usage.map_or(Ok(()), |usage| parts_fit(span.span_id, &usage))
    })
}

fn parts_fit(id: SpanId, usage: &Usage) -> Outcome {
    let sum =
        |parts: &[Option<u64>]| parts.iter().flatten().fold(0_u64, |sum, part| sum.saturating_add(*part));
    let bounds = [
        ("cached tokens", sum(&[usage.cache_read, usage.cache_write]), usage.input),
        ("kept tokens by lifetime", sum(&[usage.cache_write_5m, usage.cache_write_1h]), usage.cache_write),
        ("input audio and images", sum(&[usage.input_audio, usage.input_image]), usage.input),
        ("cached audio", sum(&[usage.cache_read_audio]), usage.cache_read),
        ("tool prompt", sum(&[usage.tool_prompt]), usage.input),
        ("reasoning", sum(&[usage.reasoning]), usage.output),
        ("output audio and images", sum(&[usage.output_audio, usage.output_image]), usage.output),
    ];
    for (what, part, total) in bounds {
        check!(part <= total.unwrap_or(0), "span {id}: {part} {what} of {total:?} in all");
    }
    Ok(())
}

fn keeps_contents_out_of_notes(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    claimed(adapter, spans).try_for_each(|span| no_contents(adapter, span))
}

fn no_contents(adapter: &dyn Adapter, span: &Span) -> Outcome {
    let (read, messages) = read(adapter, span);
    let parts = messages.input.iter().chain(&messages.output).flat_map(|message: &Message| &message.parts);
    let mut texts = Vec::new();
    parts.for_each(|part| texts_of(part, &mut texts));
    for value in messages.tool_arguments.iter().chain(&messages.tool_result) {
        strings_of(value, &mut texts);
    }
    for note in &read.notes {
        let told = texts.iter().any(|text| text.len() >= TELLING && note.contains(start_of(text)));
        check!(!told, "span {}: a note repeats what was said", span.span_id);
    }
    Ok(())
}

fn start_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(TELLING)]
}

fn texts_of<'a>(part: &'a Part, texts: &mut Vec<&'a str>) {
    match part {
        Part::Text(text) | Part::Reasoning(text) => texts.push(text),
        Part::ToolCall { arguments: value, .. }
        | Part::ToolCallResponse { response: value, .. }
        | Part::Other { value, .. } => strings_of(value, texts),
    }
}

fn strings_of<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.iter().for_each(|value| strings_of(value, texts)),
        Value::Map(pairs) => pairs.iter().for_each(|(_, value)| strings_of(value, texts)),
        _ => {}
    }
}

/// No malformed span causes a panic, and all other laws still hold.
fn survives_mutated_spans(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    for span in claimed(adapter, spans).take(40) {
        for mutant in mutants(span) {
            if adapter.claims(&mutant) {
                let read = adapter.canonical(&mutant);
                no_empty_text(mutant.span_id, &read)?;
                read.usage.as_ref().map_or(Ok(()), |usage| parts_fit(mutant.span_id, usage))?;
                no_contents(adapter, &mutant)?;
            }
        }
    }
    Ok(())
}

/// An adapter may set an event's session, agent and framework, and nothing else.
fn keeps_events_as_they_were_sent(adapter: &dyn Adapter, spans: &[Span]) -> Outcome {
    for span in spans {
        let mut sent = event(at(1), quipu_core::Level::Info, "gen_ai.event", "body");
        (sent.attributes, sent.resource, sent.scope) =
            (span.attributes.clone(), span.resource.clone(), span.scope.clone());
        let mut kept = sent.clone();
        adapter.event(&mut kept);
        (kept.session, kept.agent, kept.framework) = (None, None, None);
        same!(kept, sent, "an event with the attributes of span {}", span.span_id);
    }
    Ok(())
}

/// Whether a line of a value's debug text holds more than an unset field.
pub(super) fn says_something(line: &str) -> bool {
    let nothing = ["None,", "[],", "\"\",", ": false,", "{", "}", "},", "Some(", "),", ")", "]", "],"];
    !nothing.iter().any(|end| line.trim_end().ends_with(end)) || line.trim_end().ends_with("([")
}

/// A part by kind and length, because goldens show no contents.
pub(super) fn part_in_short(part: &Part) -> String {
    match part {
        Part::Text(text) => format!("text[{}]", text.len()),
        Part::Reasoning(text) => format!("reasoning[{}]", text.len()),
        Part::ToolCall { name, id, .. } => format!("tool_call {name} ({})", id.as_deref().unwrap_or("no id")),
        Part::ToolCallResponse { id, .. } => {
            format!("tool_call_response ({})", id.as_deref().unwrap_or("no id"))
        }
        Part::Other { kind, .. } => kind.clone(),
    }
}
