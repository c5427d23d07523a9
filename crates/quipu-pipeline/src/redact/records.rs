//! Spans, events, metrics and ledger rows: where in them texts are.

use quipu_core::{Cost, Event, Point, Span};
use quipu_semconv as semconv;

use super::found::Found;
use super::walk::Redactor;

pub(super) fn span(redactor: &Redactor, span: &mut Span, found: &mut Found) {
    identities(redactor, span, found);
    redactor.attributes(&mut span.attributes, found);
    redactor.plain(&mut span.status_message, found);
    span.events.iter_mut().for_each(|event| redactor.attributes(&mut event.attributes, found));
    span.links.iter_mut().for_each(|link| redactor.attributes(&mut link.attributes, found));
    redactor.short(&mut span.name, "", found);
    // What was read before this stage came: spans may go out with it in attributes of their own.
    let read = span.canonical.as_mut();
    let ids = [&mut read.error_type, &mut read.agent, &mut read.tool, &mut read.agent_id, &mut read.workflow];
    ids.into_iter()
        .chain([&mut read.tool_call_id, &mut read.step])
        .flatten()
        .for_each(|text| redactor.short(text, "", found));
    let counted = [&mut read.request_model, &mut read.response_model];
    counted.into_iter().flatten().for_each(|text| redactor.short(text, semconv::REQUEST_MODEL[0], found));
    read.response_id.iter_mut().for_each(|text| redactor.short(text, semconv::RESPONSE_ID[0], found));
    read.tags.iter_mut().for_each(|text| redactor.short(text, "", found));
    if !read.params.stop_sequences.is_empty() {
        read.params.stop_sequences.iter_mut().for_each(|text| redactor.short(text, "", found));
    }
}

/// User and session: as the attributes say them that they were read from, before those change.
fn identities(redactor: &Redactor, span: &mut Span, found: &mut Found) {
    let sent = [&span.attributes, &span.resource.attributes];
    let read = span.canonical.as_mut();
    redactor.identity(&mut read.user, semconv::USER, &sent, found);
    redactor.identity(&mut read.session, semconv::SESSION, &sent, found);
}

pub(super) fn event(redactor: &Redactor, event: &mut Event, found: &mut Found) {
    let sent = [&event.attributes, &event.resource.attributes];
    redactor.identity(&mut event.session, semconv::SESSION, &sent, found);
    redactor.attributes(&mut event.attributes, found);
    redactor.value("", &mut event.body, found);
    event.agent.iter_mut().for_each(|agent| redactor.short(agent, "", found));
    if let Some(sent) = &mut event.wire {
        redactor.short(&mut sent.severity_text, "", found);
    }
}

pub(super) fn point(redactor: &Redactor, point: &mut Point, found: &mut Found) {
    redactor.attributes(&mut point.attributes, found);
    if let Some(sent) = &mut point.wire {
        redactor.attributes(&mut sent.metadata, found);
        sent.exemplars.iter_mut().for_each(|exemplar| redactor.attributes(&mut exemplar.attributes, found));
    }
}

/// Ledger rows repeat what their spans say. They are there where it is taken out for one backend, behind the count.
pub(super) fn cost(redactor: &Redactor, cost: &mut Cost, found: &mut Found) {
    let named = [&mut cost.agent, &mut cost.tool];
    named.into_iter().flatten().for_each(|text| redactor.short(text, "", found));
    let counted = [&mut cost.request_model, &mut cost.response_model];
    counted.into_iter().flatten().for_each(|text| redactor.short(text, semconv::REQUEST_MODEL[0], found));
}
