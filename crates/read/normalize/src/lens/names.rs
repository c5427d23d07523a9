//! Lines about identity: kind, provider, models, ids, session, user, agent, tool, error.

use compact_str::CompactString;
use quipu_core::{Kind, Status};
use quipu_semconv::{FRAMEWORK_ATTRIBUTES, Field};

use super::{BY_THE_ADAPTER, Lines, Source, by_the_adapter};
use crate::kind::{Teller, told};
use crate::slots::is_word;
use crate::words::words;
use crate::{Slots, finish, number, pace, provider, read, text};

/// Fields whose values imply a kind.
const KIND_FIELDS: &[Field] = &[
    Field::QuipuKind,
    Field::OpenInferenceKind,
    Field::Operation,
    Field::TraceloopKind,
    Field::RequestType,
    Field::SpanType,
    Field::McpMethod,
];

/// Adds a line for the kind and its source.
pub(super) fn kind(lines: &mut Lines<'_>) {
    let source = match told(&lines.slots) {
        Some((kind, teller)) if kind == lines.read.kind => told_by(&lines.slots, kind, teller),
        None if lines.read.kind == Kind::Other => Source::rule("no attribute gives its kind"),
        _ => Source::rule(BY_THE_ADAPTER),
    };
    lines.add("kind", lines.read.kind.as_str(), source, KIND_FIELDS);
}

fn told_by(slots: &Slots<'_>, kind: Kind, teller: Teller) -> Source {
    match teller {
        Teller::Name => Source::rule("derived from the span's name and scope"),
        Teller::Signs => Source::rule("names a model and counts tokens, or names a tool"),
        Teller::Word(field) => {
            let word = slots.label(field).unwrap_or_default();
            let habit = match (field, kind) {
                (Field::OpenInferenceKind, Kind::Workflow) => "; without a parent it is a workflow",
                (Field::TraceloopKind, Kind::Tool) if word == "task" => {
                    "; it names a tool, so it is the tool's run"
                }
                _ => "",
            };
            let rule = format!("by the table of kinds for \"{word}\"{habit}");
            Source { key: slots.key(field).map(CompactString::const_new), rule: Some(rule.into()) }
        }
    }
}

/// Adds lines about the call: framework, operation, provider, models, ids, tier.
pub(super) fn call(lines: &mut Lines<'_>) {
    let read = lines.read;
    framework(lines);
    lines.label("operation", &read.operation, Field::Operation, |_, _| None);
    the_provider(lines);
    lines.label("request_model", &read.request_model, Field::RequestModel, |slots, model| {
        in_parameters(slots, &["model", "model_name"], model).or_else(|| either(slots, model))
    });
    lines.label("response_model", &read.response_model, Field::ResponseModel, either);
    lines.label("response_id", &read.response_id, Field::ResponseId, |_, _| None);
    lines.label("service_tier", &read.service_tier, Field::ServiceTier, |slots, tier| {
        let sent = slots.label(Field::ServiceTier)?;
        let key = slots.key(Field::ServiceTier)?;
        (sent.to_lowercase() == tier).then(|| Source::keyed(key, "in lower case"))
    });
}

fn framework(lines: &mut Lines<'_>) {
    let Some(framework) = lines.read.framework.as_deref() else { return };
    let source = framework_source(&lines.slots, lines.read.provider.as_deref(), framework);
    let source = source.unwrap_or_else(|| Source::rule(BY_THE_ADAPTER));
    lines.add("framework", framework, source, &[]);
}

fn framework_source(slots: &Slots<'_>, provider: Option<&str>, framework: &str) -> Option<Source> {
    let attributes = &slots.span.attributes;
    if slots.framework() == Some(framework) {
        let key = FRAMEWORK_ATTRIBUTES.iter().find(|(key, wanted, known)| {
            *known == framework
                && attributes.get(key).is_some_and(|value| wanted.is_empty() || is_word(value, wanted))
        });
        return key.map(|(key, ..)| Source::keyed(*key, "only this framework sends the attribute"));
    }
    if provider::framework(slots, provider).as_deref() != Some(framework) {
        return None;
    }
    let named = slots.text(Field::Provider).and_then(provider::framework_name);
    if let (true, Some(key)) = (named == Some(framework), slots.key(Field::Provider)) {
        return Some(Source::keyed(key, "a framework's name, sent as the provider's"));
    }
    let scope = &slots.span.scope.name;
    Some(Source::rule(match provider::framework_of_scope(scope) {
        Some(_) => format!("by the table of scopes for \"{scope}\""),
        None => format!("the provider's own library: its calls have the scope \"{scope}\""),
    }))
}

fn the_provider(lines: &mut Lines<'_>) {
    let Some(provider) = lines.read.provider.as_deref() else { return };
    let source = provider_source(&lines.slots, lines.read.model().map(CompactString::as_str), provider);
    let source = source.unwrap_or_else(|| by_the_adapter(lines.slots.span, provider));
    lines.add("provider", provider, source, &[Field::Provider]);
}

fn provider_source(slots: &Slots<'_>, model: Option<&str>, provider: &str) -> Option<Source> {
    if provider::provider(slots, model).as_deref() != Some(provider) {
        return None;
    }
    let sent = slots.text(Field::Provider).map(str::trim);
    if let Some(name) = sent.filter(|name| provider::framework_name(name).is_none()) {
        let key = CompactString::const_new(slots.key(Field::Provider)?);
        let rule = (name != provider).then(|| {
            format!(
                "the spelling of \"{name}\" in the table of \
            providers"
            )
            .into()
        });
        return Some(Source { key: Some(key), rule });
    }
    let why = if sent.is_some() { "a framework was named as provider" } else { "no provider was named" };
    if provider::from_host(slots).as_deref() == Some(provider) {
        return Some(Source::keyed(
            slots.key(Field::ServerAddress)?,
            format!("{why}; derived from the called host"),
        ));
    }
    let model = model.unwrap_or_default();
    Some(Source::rule(format!("{why}; derived from the model name \"{model}\"")))
}

/// The source of a model name that may be the requested or the answering model.
fn either(slots: &Slots<'_>, model: &str) -> Option<Source> {
    let key =
        slots.key(Field::ModelName).filter(|_| slots.label(Field::ModelName).as_deref() == Some(model))?;
    let rule = match slots.span.status {
        Status::Error => "the only model name: the call failed, so it is the requested model",
        _ => "the only model name: the call succeeded, so it is the model of the response",
    };
    Some(Source::keyed(key, rule))
}

fn in_parameters(slots: &Slots<'_>, names: &[&str], value: &str) -> Option<Source> {
    let key = slots.key(Field::Parameters)?;
    let text = slots.text(Field::Parameters)?;
    let name = names.iter().find(|name| {
        let [found] = crate::pick(text, [**name]);
        found.as_ref().and_then(text::label).as_deref() == Some(value)
    })?;
    Some(Source::keyed(key, format!("`{name}` in the JSON of all parameters")))
}

/// Adds lines about the owner: agent, workflow, tool, session, user.
pub(super) fn owners(lines: &mut Lines<'_>) {
    let read = lines.read;
    lines.label("agent", &read.agent, Field::Agent, |slots, agent| {
        let rule = "an agent without another name";
        other_field(slots, Field::NodeName, agent, rule)
            .or_else(|| other_field(slots, Field::EntityName, agent, rule))
            .or_else(|| by_span_name(slots, agent))
    });
    lines.label("agent_id", &read.agent_id, Field::AgentId, |_, _| None);
    lines.label("workflow", &read.workflow, Field::Workflow, |slots, name| {
        other_field(slots, Field::Agent, name, "the agent name on a workflow span is the workflow's name")
            .or_else(|| other_field(slots, Field::EntityName, name, "the entity is the workflow"))
            .or_else(|| by_span_name(slots, name))
    });
    if let Some(step) = &read.step {
        lines.add("step", step.as_str(), by_the_adapter(lines.slots.span, step), &[]);
    }
    lines.label("handoff_from", &read.handoff_from, Field::HandoffFrom, |_, _| None);
    lines.label("handoff_to", &read.handoff_to, Field::HandoffTo, |_, _| None);
    if let Some(triggered) = read.guardrail_triggered {
        let field = Field::GuardrailTriggered;
        let same = lines.slots.get(field).and_then(number::flag) == Some(triggered);
        let key = lines.slots.key(field).filter(|_| same);
        let source = key.map_or_else(|| Source::rule(BY_THE_ADAPTER), Source::copied);
        lines.add("guardrail_triggered", triggered.to_string(), source, &[field]);
    }
    lines.label("tool", &read.tool, Field::Tool, |slots, tool| {
        other_field(slots, Field::EntityName, tool, "the entity is the tool")
            .or_else(|| by_span_name(slots, tool))
    });
    lines.label("tool_call_id", &read.tool_call_id, Field::ToolCallId, |_, _| None);
    lines.label("session", &read.session, Field::Session, |slots, session| {
        in_metadata(slots, ["session_id", "conversation_id", "thread_id"], session)
            .or_else(|| on_resource(slots, "session.id", session))
    });
    lines.label("user", &read.user, Field::User, |slots, user| {
        in_metadata(slots, ["user_id"], user)
            .or_else(|| in_parameters(slots, &["user"], user))
            .or_else(|| on_resource(slots, "user.id", user))
    });
}

/// Adds lines about the context: project, revision, branch, billing.
pub(super) fn about(lines: &mut Lines<'_>) {
    let read = lines.read;
    let billing = read.billing.map(|billing| CompactString::const_new(billing.as_str()));
    for (name, value, field) in [
        ("project", &read.project, Field::Project),
        ("commit", &read.commit, Field::Commit),
        ("branch", &read.branch, Field::Branch),
        ("billing", &billing, Field::Billing),
    ] {
        let Some(value) = value.as_deref() else { continue };
        let source = found(&lines.slots, field, value).unwrap_or_else(|| Source::rule(BY_THE_ADAPTER));
        lines.add(name, value, source, &[field]);
    }
}

fn found(slots: &Slots<'_>, field: Field, value: &str) -> Option<Source> {
    let found = slots.found(field);
    let same =
        found.filter(|found| text::label(found.value).is_some_and(|told| told.eq_ignore_ascii_case(value)));
    match same {
        Some(found) if found.on_resource => Some(Source::keyed(found.key, "on the resource")),
        Some(found) => Some(Source::copied(found.key)),
        None if field == Field::Project && crate::about::folder(slots).as_deref() == Some(value) => {
            let key = slots.key(Field::WorkingDirectory)?;
            Some(Source::keyed(key, "the name of the agent's working folder"))
        }
        None => None,
    }
}

fn other_field(slots: &Slots<'_>, field: Field, value: &str, rule: &'static str) -> Option<Source> {
    let key = slots.key(field).filter(|_| slots.label(field).as_deref() == Some(value))?;
    Some(Source::keyed(key, rule))
}

fn by_span_name(slots: &Slots<'_>, value: &str) -> Option<Source> {
    let rule = crate::kind::span_name(slots)?;
    if read::by_span_name(slots).as_deref() != Some(value) {
        return None;
    }
    Some(match rule.name_key {
        "" => Source::rule("the rest of the span's name"),
        key => Source::keyed(key, "derived from the span's name"),
    })
}

fn in_metadata<const N: usize>(slots: &Slots<'_>, names: [&'static str; N], value: &str) -> Option<Source> {
    let found = read::metadata(slots, names);
    let (name, _) = names.iter().zip(&found).find(|(_, found)| found.as_deref() == Some(value))?;
    Some(Source::keyed(slots.key(Field::Metadata)?, format!("`{name}` in the metadata")))
}

fn on_resource(slots: &Slots<'_>, key: &'static str, value: &str) -> Option<Source> {
    let found = slots.span.resource.attributes.get(key).and_then(text::label);
    (found.as_deref() == Some(value)).then(|| Source::keyed(key, "on the resource"))
}

/// Adds lines about the outcome: error, pace, end, tags.
pub(super) fn outcome(lines: &mut Lines<'_>) {
    let read = lines.read;
    lines.label("error_type", &read.error_type, Field::ErrorType, error);
    if let Some(nanoseconds) = read.time_to_first_token {
        let source = first_token(&lines.slots, nanoseconds);
        let fields = [
            Field::TimeToFirstSeconds,
            Field::TimeToFirstMillis,
            Field::TimeToFirstServer,
            Field::TimeOfFirstToken,
        ];
        lines.add("time_to_first_token", format!("{} ms", nanoseconds as f64 / 1e6), source, &fields);
    }
    finish_reasons(lines);
    if !read.tags.is_empty() {
        let key = lines.slots.key(Field::Tags).or_else(|| Some(lines.slots.found(Field::Run)?.key));
        let source = key.map_or_else(|| Source::rule(BY_THE_ADAPTER), Source::copied);
        lines.add("tags", read.tags.join(", "), source, &[Field::Tags]);
    }
}

fn error(slots: &Slots<'_>, value: &str) -> Option<Source> {
    if crate::failure::error_type(slots).as_deref() != Some(value) {
        return None;
    }
    if let Some(key) = slots.key(Field::ErrorType) {
        return Some(Source::keyed(key, "the bare name of the class"));
    }
    if slots.get(Field::ToolError).and_then(number::flag) == Some(true) {
        return Some(Source::keyed(slots.key(Field::ToolError)?, "the tool reported a failure"));
    }
    if let Some(key) = slots.key(Field::ExitCode).filter(|_| value == crate::failure::EXIT_CODE) {
        return Some(Source::keyed(key, "a command with a non-zero exit code failed"));
    }
    if slots.span.events.iter().any(|event| event.name == "exception") {
        return Some(Source::rule("type of the last exception event of a span that failed"));
    }
    Some(Source::keyed(slots.key(Field::HttpStatus)?, "the HTTP status of a span that failed"))
}

fn first_token(slots: &Slots<'_>, nanoseconds: i64) -> Source {
    if pace::time_to_first_token(slots) != Some(nanoseconds) {
        return Source::rule(BY_THE_ADAPTER);
    }
    let units = [
        (Field::TimeToFirstSeconds, "sent in seconds"),
        (Field::TimeToFirstMillis, "sent in milliseconds"),
        (Field::TimeToFirstServer, "seconds by definition; milliseconds for this source"),
    ];
    let of_day = slots.text(Field::TimeOfFirstToken).and_then(|_| slots.key(Field::TimeOfFirstToken));
    let keyed = units.iter().find_map(|(field, rule)| {
        let key = slots.key(*field)?;
        slots.get(*field).and_then(number::decimal).map(|_| Source::keyed(key, *rule))
    });
    let keyed = keyed.or_else(|| Some(Source::keyed(of_day?, "from the start to the sent time")));
    keyed.unwrap_or_else(|| Source::rule("from the start to the first event that marks a token"))
}

fn finish_reasons(lines: &mut Lines<'_>) {
    let read = lines.read;
    if read.finish_reasons.is_empty() {
        return;
    }
    let slots = &lines.slots;
    let sent = slots.get(Field::FinishReason);
    let source = match (slots.key(Field::FinishReason), sent) {
        (Some(key), Some(value)) if finish::reasons(value) == read.finish_reasons => {
            let words = words(value, false);
            let rule = (words != read.finish_reasons)
                .then(|| format!("by the table of finish reasons for \"{}\"", words.join("\", \"")).into());
            Source { key: Some(CompactString::const_new(key)), rule }
        }
        _ => Source::rule(BY_THE_ADAPTER),
    };
    lines.add("finish_reasons", read.finish_reasons.join(", "), source, &[Field::FinishReason]);
}
