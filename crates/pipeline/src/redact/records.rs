//! Redaction of every text in a record. Each record is destructured completely, so a new field does not
//! compile until it is handled here.

use compact_str::CompactString;
use quipu_core::{
    Attributes, Canonical, Cost, Event, EventWire, ExemplarWire, Link, Metric, Params, Point, PointWire,
    PriceRef, Resource, Scope, SentParams, Span, SpanEvent,
};
use quipu_semconv as semconv;

use super::found::FindingCounts;
use super::walk::Redactor;

pub(super) fn span(redactor: &Redactor, span: &mut Span, found: &mut FindingCounts) {
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
    // User and session are redacted like the attributes that they were read from, before those change.
    let sent = [&*attributes, &resource.attributes];
    redactor.identity(&mut canonical.user, semconv::USER, &sent, found);
    redactor.identity(&mut canonical.session, semconv::SESSION, &sent, found);
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
}

/// Redacts the fields that an adapter set earlier, because exported spans can contain them as attributes.
/// `clean` are the span's redacted attributes.
fn read(redactor: &Redactor, read: &mut Canonical, clean: &Attributes, found: &mut FindingCounts) {
    let Canonical {
        kind: _,
        signal: _,
        meeting: _,
        convention,
        framework,
        operation,
        provider,
        request_model,
        response_model,
        response_id,
        service_tier,
        params,
        usage: _,
        reported_cost: _,
        never_count: _,
        agent,
        agent_id,
        workflow,
        step,
        handoff_from,
        handoff_to,
        guardrail_triggered: _,
        tool,
        tool_call_id,
        // The span's redaction handles these two.
        session: _,
        user: _,
        error_type,
        time_to_first_token: _,
        finish_reasons,
        tags,
        billing: _,
        project,
        commit,
        branch,
        unknown_usage,
        told,
        estimate: _,
        notes,
    } = read;
    counted(redactor, [request_model, response_model], provider, found);
    id(redactor, response_id, semconv::RESPONSE_ID, clean, found);
    redactor.name(convention, found);
    let names =
        [framework, operation, service_tier, agent, workflow, handoff_from, handoff_to, tool, error_type];
    redactor.names(names.into_iter().chain([project, branch]).flatten(), found);
    let lists = [finish_reasons, tags, unknown_usage, notes];
    redactor.names(lists.into_iter().flatten(), found);
    if let Some(told) = told {
        redactor.names(told.asked.iter_mut().map(|call| &mut call.name), found);
        redactor.names(told.answered.iter_mut().filter_map(|result| result.name.as_mut()), found);
    }
    id(redactor, agent_id, semconv::AGENT_ID, clean, found);
    id(redactor, tool_call_id, semconv::TOOL_CALL_ID, clean, found);
    id(redactor, commit, semconv::COMMIT, clean, found);
    id(redactor, step, &[], clean, found);
    sent(redactor, params, found);
}

/// Redacts an id, which is one of many. An id that is still in the attribute with its name was searched
/// there.
fn id(
    redactor: &Redactor,
    text: &mut Option<CompactString>,
    names: &[&str],
    clean: &Attributes,
    found: &mut FindingCounts,
) {
    let Some(text) = text else { return };
    let is_clean = names.iter().any(|name| clean.text(name) == Some(text.as_str()));
    if !is_clean {
        redactor.short(text, names.first().copied().unwrap_or_default(), found);
    }
}

fn sent(redactor: &Redactor, params: &mut SentParams, found: &mut FindingCounts) {
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
    found: &mut FindingCounts,
) {
    models.into_iter().flatten().for_each(|text| redactor.short(text, semconv::REQUEST_MODEL[0], found));
    provider.iter_mut().for_each(|text| redactor.short(text, semconv::PROVIDER[0], found));
}

pub(super) fn event(redactor: &Redactor, event: &mut Event, found: &mut FindingCounts) {
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
    let sent = [&*attributes, &resource.attributes];
    redactor.identity(session, semconv::SESSION, &sent, found);
    redactor.attributes(attributes, found);
    redactor.value("", body, found);
    redactor.name(name, found);
    redactor.names([agent, framework].into_iter().flatten(), found);
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

pub(super) fn metric(redactor: &Redactor, metric: &mut Metric, found: &mut FindingCounts) {
    let Metric { name, unit, description, instrument: _, temporality: _, points, resource: _, scope: _ } =
        metric;
    redactor.name(name, found);
    redactor.name(unit, found);
    redactor.plain(description, found);
    points.iter_mut().for_each(|point| self::point(redactor, point, found));
}

fn point(redactor: &Redactor, point: &mut Point, found: &mut FindingCounts) {
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

pub(super) fn resource(redactor: &Redactor, resource: &mut Resource, found: &mut FindingCounts) {
    let Resource { attributes, schema_url } = resource;
    redactor.attributes(attributes, found);
    redactor.name(schema_url, found);
}

pub(super) fn scope(redactor: &Redactor, scope: &mut Scope, found: &mut FindingCounts) {
    let Scope { name, version, attributes, schema_url } = scope;
    redactor.attributes(attributes, found);
    redactor.names([name, version, schema_url], found);
}

/// Redacts a ledger row, which repeats fields of its span. Rows exist in the redaction of a single exporter,
/// after the count.
pub(super) fn cost(redactor: &Redactor, cost: &mut Cost, found: &mut FindingCounts) {
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
    let names = [service, framework, agent, tool, service_tier];
    redactor.names(names.into_iter().flatten(), found);
    redactor.names(inferred.iter_mut().map(|run| &mut run.tool), found);
    let scopes =
        scopes.iter_mut().flat_map(|scope| [&mut scope.service, &mut scope.framework, &mut scope.agent]);
    redactor.names(scopes.flatten(), found);
    if let Some(PriceRef { source, version, id }) = price {
        redactor.names([source, version, id], found);
    }
}
