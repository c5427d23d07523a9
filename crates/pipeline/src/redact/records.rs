//! Redaction of every text in a record. Each record is destructured completely, so a new field does not
//! compile until it is handled here.

use compact_str::CompactString;
use quipu_core::{
    Attributes, Canonical, Cost, Event, EventWire, ExemplarWire, Link, Metric, Params, Point, PointWire,
    PriceRef, Resource, Scope, SentParams, Span, SpanEvent, ToldRuns,
};
use quipu_semconv as semconv;

use super::found::Findings;
use super::walk::Redactor;

pub(super) fn span(redactor: &Redactor, span: &mut Span, found: &mut Findings) {
    let Span {
        trace_id: _,
        span_id: _,
        parent_id: _,
        name,
        start: _,
        end: _,
        kind: _,
        status: _,
        status_message,
        trace_state,
        resource,
        scope: _,
        attributes,
        events,
        links,
        wire: _,
        arrival: _,
        canonical,
    } = span;
    redactor.note_resource(&resource.attributes, found);
    redactor.attributes(attributes, found);
    redactor.plain(status_message, found);
    redactor.plain(trace_state, found);
    for SpanEvent { time: _, name, attributes } in events {
        redactor.name(name, found);
        redactor.attributes(attributes, found);
    }
    for Link { trace_id: _, span_id: _, attributes } in links {
        redactor.attributes(attributes, found);
    }
    redactor.name(name, found);
    read(redactor, canonical, attributes, found);
    if !found.is_empty() {
        // The text before the redaction must not be recognisable by its hash.
        canonical.marks.text = None;
    }
}

/// Redacts the fields that an adapter set earlier, because exported spans can contain them as attributes.
/// `clean` are the span's redacted attributes.
fn read(redactor: &Redactor, read: &mut Canonical, clean: &Attributes, found: &mut Findings) {
    ruled_names(redactor, ruled_fields(read), clean, found);
    let Canonical {
        // `ruled_fields` lists these.
        framework: _,
        operation: _,
        service_tier: _,
        agent: _,
        workflow: _,
        handoff_from: _,
        handoff_to: _,
        tool: _,
        error_type: _,
        project: _,
        branch: _,
        kind: _,
        signal: _,
        meeting: _,
        convention,
        provider,
        request_model,
        response_model,
        response_id,
        params,
        usage: _,
        reported_cost: _,
        never_count: _,
        agent_id,
        step,
        guardrail_triggered: _,
        tool_call_id,
        session,
        user,
        time_to_first_token: _,
        finish_reasons,
        tags,
        billing: _,
        commit,
        unknown_usage,
        told,
        marks: _,
        estimate: _,
        notes,
    } = read;
    counted(redactor, [request_model, response_model], provider, found);
    redactor.name(convention, found);
    id(redactor, user, semconv::USER, clean, found);
    id(redactor, session, semconv::SESSION, clean, found);
    id(redactor, response_id, semconv::RESPONSE_ID, clean, found);
    id(redactor, agent_id, semconv::AGENT_ID, clean, found);
    id(redactor, tool_call_id, semconv::TOOL_CALL_ID, clean, found);
    id(redactor, commit, semconv::COMMIT, clean, found);
    id(redactor, step, &[], clean, found);
    self::tags(redactor, tags, clean, found);
    redactor.names([finish_reasons, unknown_usage, notes].into_iter().flatten(), found);
    told.iter_mut().for_each(|told| self::told(redactor, told, found));
    sent(redactor, params, found);
}

/// Names that a rule for one of their attributes can replace.
fn ruled_fields(read: &mut Canonical) -> [(&mut Option<CompactString>, &'static [&'static str]); 11] {
    [
        (&mut read.framework, &[]),
        (&mut read.operation, &[]),
        (&mut read.service_tier, &[]),
        (&mut read.agent, semconv::AGENT),
        (&mut read.workflow, semconv::WORKFLOW),
        (&mut read.handoff_from, semconv::HANDOFF_FROM),
        (&mut read.handoff_to, semconv::HANDOFF_TO),
        (&mut read.tool, semconv::TOOL),
        (&mut read.error_type, semconv::ERROR_TYPE),
        (&mut read.project, semconv::PROJECT),
        (&mut read.branch, semconv::BRANCH),
    ]
}

/// Redacts tags. A tag that a rule removes leaves the list.
fn tags(redactor: &Redactor, tags: &mut Vec<CompactString>, clean: &Attributes, found: &mut Findings) {
    tags.retain_mut(|tag| {
        let mut text = Some(std::mem::take(tag));
        ruled_names(redactor, [(&mut text, semconv::TAGS)], clean, found);
        text.map(|text| *tag = text).is_some()
    });
}

/// Redacts names of tools in messages.
fn told(redactor: &Redactor, told: &mut ToldRuns, found: &mut Findings) {
    redactor.names(told.asked.iter_mut().map(|call| &mut call.name), found);
    redactor.names(told.answered.iter_mut().filter_map(|result| result.name.as_mut()), found);
}

/// Redacts names, each by the rule of its attributes, or else by its content.
fn ruled_names<'t>(
    redactor: &Redactor,
    fields: impl IntoIterator<Item = (&'t mut Option<CompactString>, &'t [&'t str])>,
    clean: &Attributes,
    found: &mut Findings,
) {
    for (text, names) in fields {
        if !redactor.ruled(text, names, clean, found) {
            redactor.names(text, found);
        }
    }
}

/// Redacts an id, which is one of many, by the rule of its attributes, or else by its content. An id that is
/// still in the attribute with its name was searched there.
fn id(
    redactor: &Redactor,
    text: &mut Option<CompactString>,
    names: &[&str],
    clean: &Attributes,
    found: &mut Findings,
) {
    if redactor.ruled(text, names, clean, found) {
        return;
    }
    let Some(text) = text else { return };
    let is_clean = names.iter().any(|name| clean.text(name) == Some(text.as_str()));
    if !is_clean {
        redactor.short(text, names.first().copied().unwrap_or_default(), found);
    }
}

fn sent(redactor: &Redactor, params: &mut SentParams, found: &mut Findings) {
    // Mutable access would allocate an empty value.
    if params.reasoning_level.is_none() && params.stop_sequences.is_empty() {
        return;
    }
    let Params {
        temperature: _,
        top_p: _,
        top_k: _,
        max_tokens: _,
        frequency_penalty: _,
        presence_penalty: _,
        seed: _,
        choice_count: _,
        stream: _,
        reasoning_level,
        stop_sequences,
    } = &mut **params;
    reasoning_level.iter_mut().chain(stop_sequences).for_each(|text| redactor.short(text, "", found));
}

/// Names that the count depends on: only secrets with known formats are removed.
fn counted(
    redactor: &Redactor,
    models: [&mut Option<CompactString>; 2],
    provider: &mut Option<CompactString>,
    found: &mut Findings,
) {
    models.into_iter().flatten().for_each(|text| redactor.short(text, semconv::REQUEST_MODEL[0], found));
    provider.iter_mut().for_each(|text| redactor.short(text, semconv::PROVIDER[0], found));
}

pub(super) fn event(redactor: &Redactor, event: &mut Event, found: &mut Findings) {
    let Event {
        time: _,
        level: _,
        name,
        trace_id: _,
        span_id: _,
        session,
        agent,
        framework,
        body,
        attributes,
        wire,
        resource,
        scope: _,
    } = event;
    redactor.note_resource(&resource.attributes, found);
    redactor.attributes(attributes, found);
    redactor.value("", body, found);
    redactor.name(name, found);
    id(redactor, session, semconv::SESSION, attributes, found);
    ruled_names(redactor, [(agent, semconv::AGENT), (framework, &[][..])], attributes, found);
    if let Some(wire) = wire {
        let EventWire {
            timeless: _,
            observed: _,
            severity: _,
            severity_text,
            named: _,
            flags: _,
            dropped_attributes: _,
        } = &mut **wire;
        redactor.short(severity_text, "", found);
    }
}

pub(super) fn metric(redactor: &Redactor, metric: &mut Metric, found: &mut Findings) {
    let Metric { name, unit, description, instrument: _, temporality: _, points, resource: _, scope: _ } =
        metric;
    redactor.name(name, found);
    redactor.name(unit, found);
    redactor.plain(description, found);
    points.iter_mut().for_each(|point| self::point(redactor, point, found));
}

fn point(redactor: &Redactor, point: &mut Point, found: &mut Findings) {
    let Point { time: _, start: _, attributes, value: _, exemplars: _, wire } = point;
    redactor.attributes(attributes, found);
    let Some(wire) = wire else { return };
    let PointWire { integer: _, flags: _, timeless: _, without_sum: _, exponential: _, metadata, exemplars } =
        &mut **wire;
    redactor.attributes(metadata, found);
    for exemplar in exemplars {
        let ExemplarWire { time: _, double: _, integer: _, trace_id: _, span_id: _, attributes } = exemplar;
        redactor.attributes(attributes, found);
    }
}

pub(super) fn resource(redactor: &Redactor, resource: &mut Resource, found: &mut Findings) {
    let Resource { attributes, schema_url } = resource;
    redactor.attributes(attributes, found);
    redactor.name(schema_url, found);
}

pub(super) fn scope(redactor: &Redactor, scope: &mut Scope, found: &mut Findings) {
    let Scope { name, version, attributes, schema_url } = scope;
    redactor.attributes(attributes, found);
    redactor.names([name, version, schema_url], found);
}

/// Redacts a ledger row, which repeats fields of its span. Rows exist in the redaction of a single exporter,
/// after the count.
pub(super) fn cost(redactor: &Redactor, cost: &mut Cost, found: &mut Findings) {
    let Cost {
        trace_id: _,
        span_id: _,
        version: _,
        time: _,
        duration: _,
        kind: _,
        signal: _,
        rule: _,
        failed: _,
        service,
        framework,
        convention,
        agent,
        tool,
        provider,
        request_model,
        response_model,
        service_tier,
        billing: _,
        usage: _,
        amount: _,
        unpriced: _,
        price,
        reported: _,
        inferred,
        estimate: _,
        scopes,
    } = cost;
    counted(redactor, [request_model, response_model], provider, found);
    redactor.name(convention, found);
    let mut fields: Vec<(&mut Option<CompactString>, &[&str])> = vec![
        (service, &["service.name"]),
        (framework, &[]),
        (agent, semconv::AGENT),
        (tool, semconv::TOOL),
        (service_tier, &[]),
    ];
    for scope in scopes {
        let [service, framework, agent] = [&mut scope.service, &mut scope.framework, &mut scope.agent];
        fields.extend([(service, &["service.name"][..]), (framework, &[]), (agent, semconv::AGENT)]);
    }
    ruled_names(redactor, fields, &Attributes::default(), found);
    redactor.names(inferred.iter_mut().map(|run| &mut run.tool), found);
    if let Some(PriceRef { source, version, id }) = price {
        redactor.names([source, version, id], found);
    }
}
