//! Canonical values of a span, by the rules that all conventions share.

use compact_str::{CompactString, format_compact};
use quipu_core::{
    Canonical, Kind, Meeting, Signal, Span, Status, Usd, Value, answer_id_is_unique, meets_by_time,
};
use quipu_semconv::{
    ANSWER_ID_PREFIXES, FRAMEWORKS_WITHOUT_CONTEXT, Field, INVOKE_WORKFLOW, NAMING_TYPES,
    NEVER_COUNTED_OPERATIONS, REPEATED_USAGE, REPEATING_SCOPES, USAGE_RECORD, ZERO_COST_SCOPES,
};

use crate::words::words;
use crate::{
    Slots, about, bare, cached, failure, finish, json, kind, marks, metrics, number, pace, params, provider,
    python, ran, scope_begins, text, usage,
};

/// Maximum size of a JSON text of metadata that is parsed on the hot path, in bytes.
const LARGEST_METADATA: usize = 64 << 10;

/// Reads the canonical values of a span. `convention` is the name of the calling adapter. An adapter corrects
/// the result for the peculiarities of its convention.
pub fn canonical(slots: &Slots<'_>, convention: &'static str) -> Canonical {
    let (params, extra) = params::params(slots);
    let mut read = Canonical {
        kind: kind(slots),
        signal: slots.text(Field::Signal).and_then(Signal::from_word).unwrap_or_default(),
        convention: CompactString::const_new(convention),
        operation: slots.label(Field::Operation),
        response_id: slots.label(Field::ResponseId).or_else(|| answer_as_request(slots)),
        service_tier: service_tier(slots),
        params: params.into(),
        agent: slots.label(Field::Agent),
        agent_id: slots.label(Field::AgentId),
        workflow: slots.label(Field::Workflow),
        tool: slots.label(Field::Tool),
        handoff_from: slots.label(Field::HandoffFrom),
        handoff_to: slots.label(Field::HandoffTo),
        tool_call_id: slots.label(Field::ToolCallId),
        session: slots.label(Field::Session),
        user: slots.label(Field::User),
        error_type: failure::error_type(slots),
        time_to_first_token: pace::time_to_first_token(slots),
        finish_reasons: slots.get(Field::FinishReason).map(finish::reasons).unwrap_or_default(),
        tags: tags(slots),
        unknown_usage: slots.unknown_usage().to_vec(),
        notes: slots.notes().to_vec(),
        ..Canonical::default()
    };
    models(slots, &mut read, extra.model);
    name_failed_call(slots, &mut read);
    drop_names_of_no_model(slots, &mut read);
    read.provider = provider::provider(slots, read.model().map(CompactString::as_str));
    read.framework = provider::framework(slots, read.provider.as_deref());
    owners(slots, &mut read, extra.user);
    about::fill(slots, &mut read);
    names(slots, &mut read);
    if read.kind == Kind::Guardrail {
        read.guardrail_triggered = slots.get(Field::GuardrailTriggered).and_then(number::flag);
    }
    money(slots, &mut read);
    read.never_count |= read.kind.is_call() && failure::was_never_sent(slots.span);
    // An adapter may find out later that a span without a kind is a call.
    let may_be_call = matches!(read.kind, Kind::Other | Kind::Task) && read.usage.is_some();
    if (read.kind.is_call() || may_be_call) && cached::hit(slots).is_some() {
        read.never_count = true;
        read.notes.push(CompactString::const_new(cached::CACHED_NOTE));
    }
    if read.signal == Signal::Metric {
        metrics::mend(slots.span, &mut read);
    }
    read.marks = marks::of(slots, &read);
    read.meeting = read.meeting.or_else(|| answer_meeting(slots.span, &read));
    read
}

/// The id of an answer that a model server names as that of the request: it has the form of an answer's id.
fn answer_as_request(slots: &Slots<'_>) -> Option<CompactString> {
    let is_of_answer = |id: &CompactString| ANSWER_ID_PREFIXES.iter().any(|prefix| id.starts_with(prefix));
    slots.label(Field::Request).filter(is_of_answer)
}

/// The tags of a span, and the tag of the run that its process belongs to: budgets and lists select by tags,
/// and need no attribute for it.
fn tags(slots: &Slots<'_>) -> Vec<CompactString> {
    let mut tags = slots.get(Field::Tags).map(|value| words(value, true)).unwrap_or_default();
    let run = slots.found(Field::Run).and_then(|found| text::label(found.value));
    if let Some(tag) = run.map(|id| format_compact!("run-{id}")).filter(|tag| !tags.contains(tag)) {
        tags.push(tag);
    }
    tags
}

/// The meeting with another instrumentation's span of the same call in a separate trace, by the answer's id.
/// A unique id meets at any place: of a gateway, of a model server, or below an application's span. An id
/// that a local server counts meets only as a root, or in a framework that does not propagate its context.
pub fn answer_meeting(span: &Span, read: &Canonical) -> Option<Meeting> {
    let meets = read.kind.is_call() && meets_by_time(read.signal, &read.convention);
    let id = read.response_id.as_ref().filter(|_| meets)?;
    let without_context =
        || read.framework.as_deref().is_some_and(|name| FRAMEWORKS_WITHOUT_CONTEXT.contains(&name));
    (answer_id_is_unique(id) || span.parent_id.is_none() || without_context())
        .then(|| Meeting::of_answer(id, span.start))
}

/// The single model name of OpenInference is the answering model, unless the call failed and no model
/// answered.
fn models(slots: &Slots<'_>, read: &mut Canonical, from_parameters: Option<CompactString>) {
    let failed = slots.span.status == Status::Error;
    let either = slots.label(Field::ModelName);
    read.request_model = slots.label(Field::RequestModel).or(from_parameters);
    read.response_model = slots.label(Field::ResponseModel);
    if failed && read.request_model.is_none() {
        read.request_model = either;
    } else if !failed && read.response_model.is_none() {
        read.response_model = either;
    }
}

/// Names operation and model of a failed call that only its span's name tells.
fn name_failed_call(slots: &Slots<'_>, read: &mut Canonical) {
    if read.kind.is_call() && read.operation.is_none() && read.model().is_none() {
        let Some(call) = bare::failed_call(slots.span) else { return };
        read.operation = Some(CompactString::const_new(call.operation));
        read.request_model = text::label(&Value::from(call.model));
    }
}

/// Removes names that are no models. Some instrumentations write the given provider, or `unknown`, if they do
/// not know the model.
fn drop_names_of_no_model(slots: &Slots<'_>, read: &mut Canonical) {
    let provider = provider::provider(slots, None);
    let is_none = |name: &CompactString| {
        name == "unknown"
            || provider.as_ref().is_some_and(|provider| provider::canonical_name(name) == *provider)
    };
    for model in [&mut read.request_model, &mut read.response_model] {
        model.take_if(|name| is_none(name));
    }
}

fn service_tier(slots: &Slots<'_>) -> Option<CompactString> {
    let tier = slots.label(Field::ServiceTier)?.to_lowercase();
    (tier != "auto").then_some(tier)
}

/// Session and user: from the span, otherwise its metadata, otherwise the resource.
fn owners(slots: &Slots<'_>, read: &mut Canonical, from_parameters: Option<CompactString>) {
    if read.session.is_none() || read.user.is_none() {
        let [session, thread, conversation, user] =
            metadata(slots, ["session_id", "thread_id", "conversation_id", "user_id"]);
        read.session = read.session.take().or(session).or(conversation).or(thread);
        read.user = read.user.take().or(user).or(from_parameters);
    }
    let resource = &slots.span.resource.attributes;
    let on_resource = |key| resource.get(key).and_then(text::label);
    read.session = read.session.take().or_else(|| on_resource("session.id"));
    read.user = read.user.take().or_else(|| on_resource("user.id"));
}

/// Labels from the JSON or Python object of free metadata.
pub(crate) fn metadata<const N: usize>(slots: &Slots<'_>, keys: [&str; N]) -> [Option<CompactString>; N] {
    slots.get(Field::Metadata).map_or([const { None }; N], |value| labels(value, keys))
}

/// Labels under the wanted keys of an object. It is a map, a JSON text, or a flat Python dictionary in a text
/// of at most 64 KiB.
pub fn labels<const N: usize>(value: &Value, keys: [&str; N]) -> [Option<CompactString>; N] {
    let Some(text) = value.as_str().filter(|text| text.len() <= LARGEST_METADATA) else {
        return keys.map(|key| value.get(key).and_then(text::label));
    };
    if text.trim_start().starts_with("{'") {
        return keys.map(|key| python::get(text, key).as_ref().and_then(text::label));
    }
    json::pick(text, keys).map(|value| value.as_ref().and_then(text::label))
}

/// Reads the names that depend on the kind of the span.
fn names(slots: &Slots<'_>, read: &mut Canonical) {
    let entity = || slots.label(Field::EntityName);
    match read.kind {
        Kind::Agent => {
            read.agent = read
                .agent
                .take()
                .or_else(|| slots.label(Field::NodeName))
                .or_else(entity)
                .or_else(|| by_span_name(slots))
                .or_else(|| named_by_type(slots))
                .or_else(|| read.agent_id.clone().filter(|id| is_readable(id)));
        }
        Kind::Tool => {
            if read.tool.is_none() || read.tool_call_id.is_none() {
                let ran = ran::by_result(slots);
                read.tool = read.tool.take().or(ran.tool);
                read.tool_call_id = read.tool_call_id.take().or(ran.id);
            }
            read.tool = read.tool.take().or_else(entity).or_else(|| by_span_name(slots));
            read.tool = read.tool.take().or_else(|| named_by_type(slots));
        }
        Kind::Workflow => {
            take_agent_name(read);
            read.workflow = read.workflow.take().or_else(entity).or_else(|| by_span_name(slots));
            read.workflow = read.workflow.take().or_else(|| named_by_type(slots));
        }
        _ => {}
    }
}

/// Whether an id is a name that a person gave, and no number that a program made.
fn is_readable(id: &str) -> bool {
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    id.len() <= 64 && digits <= 2 && id.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// GenAI conventions 0.1.0 name a workflow by `gen_ai.agent.name`. If the older `gen_ai.workflow.name` is
/// present too, that attribute names the agent around the workflow.
fn take_agent_name(read: &mut Canonical) {
    let invoked = read.operation.as_deref() == Some(INVOKE_WORKFLOW);
    if invoked && (read.workflow.is_none() || read.workflow == read.agent) {
        read.workflow = read.agent.take();
    }
}

/// The name of an agent, tool or workflow, for sources whose type of span says where it is.
fn named_by_type(slots: &Slots<'_>) -> Option<CompactString> {
    let told = slots.key(Field::SpanType)?;
    let (_, key) = NAMING_TYPES.iter().find(|(kind, _)| *kind == told)?;
    if key.is_empty() {
        text::label(&slots.span.name.as_str().into())
    } else {
        text::label(slots.span.attributes.get(key)?)
    }
}

pub(crate) fn by_span_name(slots: &Slots<'_>) -> Option<CompactString> {
    let rule = kind::span_name(slots)?;
    if rule.name_key.is_empty() {
        return text::label(&slots.span.name[rule.prefix.len()..].into());
    }
    slots.span.attributes.get(rule.name_key).and_then(text::label)
}

/// Reads tokens and reported cost, and whether they may ever count.
fn money(slots: &Slots<'_>, read: &mut Canonical) {
    let known = read.framework.is_some() || read.convention != "genai";
    read.usage = usage::usage(slots, read.kind, read.provider.as_deref(), known, &mut read.notes);
    read.reported_cost = reported_cost(slots).or_else(|| named_cost(slots, read.kind));
    let repeats = read.signal != Signal::Metric
        && !read.kind.is_call()
        && read.kind != Kind::Tool
        && scope_begins(slots.span, REPEATING_SCOPES);
    let lifecycle =
        read.operation.as_deref().is_some_and(|operation| NEVER_COUNTED_OPERATIONS.contains(&operation));
    read.never_count = repeats || lifecycle || repeats_usage(slots) || slots.get(Field::Aggregated).is_some();
}

/// Whether a span records the usage of a call that has a separate span.
fn repeats_usage(slots: &Slots<'_>) -> bool {
    slots.text(Field::SpanType) == Some(USAGE_RECORD)
        && REPEATED_USAGE.iter().any(|(key, value)| slots.span.attributes.text(key) == Some(value))
}

/// The cost of a call under a key that no table has, or in the usage object of an SDK. Other spans have sums
/// of several calls under the same keys.
fn named_cost(slots: &Slots<'_>, kind: Kind) -> Option<Usd> {
    let of_object = || {
        let text = slots.text(Field::UsageObject).filter(|text| text.contains("\"cost\":"))?;
        let object = json::parse(text).filter(|_| text.len() <= LARGEST_METADATA)?;
        number::dollars(object.get("value").unwrap_or(&object).get("cost")?)
    };
    let found = || slots.named_cost().and_then(number::dollars).or_else(of_object);
    // Programs write zero for a cost that they do not know.
    if kind.is_call() { found().filter(|cost| *cost > Usd::ZERO) } else { None }
}

fn reported_cost(slots: &Slots<'_>) -> Option<Usd> {
    let cost = |field| slots.get(field).and_then(number::dollars);
    let total =
        cost(Field::Cost).or_else(|| Some(cost(Field::CostPrompt)? + cost(Field::CostCompletion)?))?;
    let means_unknown = total == Usd::ZERO && scope_begins(slots.span, ZERO_COST_SCOPES);
    (!means_unknown).then_some(total)
}
