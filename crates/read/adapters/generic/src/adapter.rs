//! Adapter for unknown sources, the last in the chain after all known sources and conventions.

use compact_str::{CompactString, format_compact};
use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Messages, Reading, Span, Usage};
use quipu_normalize::{CACHED_NOTE, Slots, answer_meeting, canonical, is_cache_hit, lens, messages};
use quipu_unread::GENERIC;

use crate::verdict::{Call, Verdict, judge};
use crate::{logs, outcome, roles};
use crate::{walk, worth};

/// The figures of a lens that this adapter sets.
const FIGURES: &[&str] = &["input", "output", "cache_read", "cache_write", "reasoning"];

/// Words before the id of a session, and of a user.
const SESSIONS: &[&str] = &["session", "conversation", "chat"];
const USERS: &[&str] = &["user"];

/// Reads spans that no other adapter claims, by the shape of their attributes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Generic;

fn verdict(span: &Span) -> Verdict {
    let mut verdict = if worth::is_worth_it(span) { judge(&walk::walk(span)) } else { Verdict::Nothing };
    if let Verdict::Call(call) = &mut verdict
        && logs::is_start(span)
    {
        call.usage = None;
    }
    verdict
}

impl Adapter for Generic {
    fn name(&self) -> &'static str {
        GENERIC
    }

    fn claims(&self, span: &Span) -> bool {
        verdict(span) != Verdict::Nothing || roles::role(span).is_some()
    }

    fn canonical(&self, span: &Span) -> Canonical {
        // Owners, tags and errors have the same keys in every convention. Only the shape reveals the kind of
        // the span.
        let slots = Slots::of(span);
        let mut read = canonical(&slots, GENERIC);
        (read.kind, read.usage, read.meeting, read.tool) = (Kind::Other, None, None, None);
        (read.request_model, read.response_model, read.framework) = (None, None, None);
        match verdict(span) {
            Verdict::Call(call) => {
                fill(span, *call, &mut read);
                if !read.never_count && is_cache_hit(&slots) {
                    read.never_count = true;
                    read.notes.push(CompactString::const_new(CACHED_NOTE));
                }
            }
            Verdict::Unsure(why) => {
                read.provider = None;
                read.notes.push(quipu_unread::note(why));
            }
            Verdict::Nothing => play(span, &mut read),
        }
        read.session = read.session.or_else(|| outcome::owner(span, SESSIONS));
        read.user = read.user.or_else(|| outcome::owner(span, USERS));
        if read.kind.is_call() && read.usage.is_none() && read.error_type.is_none() {
            read.error_type = outcome::failure(span);
        }
        read
    }

    fn complete(&self, span: &Span, read: &mut Canonical) {
        let is_call = read.kind.is_call();
        let may_be = || if is_call { worth::is_worth_it(span) } else { worth::has_figures(span) };
        if read.convention == GENERIC || !may_be() {
            return;
        }
        let mut found = walk::unknown(span);
        if let Some(model) = read.model() {
            found.names.take_only(model);
        }
        // A step can repeat the answer of the calls below it, but not their figures under its own keys.
        match judge(&found) {
            Verdict::Call(call) if call.usage.is_some() && !call.is_sum && (is_call || !call.is_object) => {
                complete(span, *call, read);
            }
            _ => {}
        }
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn span_of_event(&self, event: &Event) -> Option<Span> {
        logs::span(event)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        let mut lens = lens(span, read);
        let Verdict::Call(call) = verdict(span) else { return lens };
        for line in lens.lines.iter_mut().filter(|line| FIGURES.contains(&line.field.as_str())) {
            line.key = Some(call.key.clone());
            line.rule = Some(rule(&call).into());
        }
        lens
    }
}

const fn rule(call: &Call) -> &'static str {
    if call.usage.is_none() {
        "by shape: the span's kind and its model"
    } else if call.is_object {
        "by shape: a usage object of a provider's answer"
    } else {
        "by shape: the names of the keys, and figures that add up"
    }
}

/// Takes what another convention left open from the reading by shape.
fn complete(span: &Span, call: Call, read: &mut Canonical) {
    read.notes.push(note(&call));
    if !read.kind.is_call() {
        read.kind = call.kind;
    }
    if read.model().is_none() {
        (read.request_model, read.response_model) = (call.request_model, call.response_model);
        read.provider = read.provider.take().or(call.provider);
    }
    read.usage = call.usage;
    read.reported_cost = read.reported_cost.or(call.cost);
    read.response_id = read.response_id.take().or(call.id);
    read.meeting = read.meeting.or_else(|| answer_meeting(span, read));
}

/// Reads the tool run or the agent of a span without figures.
fn play(span: &Span, read: &mut Canonical) {
    let Some(role) = roles::role(span) else { return };
    read.kind = role.kind;
    read.notes.push(CompactString::const_new("read by shape from the key of its name"));
    match role.kind {
        Kind::Tool => read.tool = Some(role.name),
        _ => read.agent = Some(role.name),
    }
}

fn fill(span: &Span, call: Call, read: &mut Canonical) {
    // The figures of an agent's run are those of its calls.
    let is_agent =
        !call.is_object && call.usage.is_some() && read.agent.is_some() && roles::is_of_agent(span);
    read.kind = match call.kind {
        _ if is_agent => Kind::Agent,
        _ if call.is_sum => Kind::Workflow,
        kind => kind,
    };
    read.notes.push(note(&call));
    read.response_id = call.id.or_else(|| read.response_id.take());
    read.provider = call.provider.or_else(|| read.provider.take());
    (read.request_model, read.response_model) = (call.request_model, call.response_model);
    read.usage = call.usage;
    read.reported_cost = read.reported_cost.or(call.cost);
    read.meeting = answer_meeting(span, read);
}

/// The confidence of the reading. It names the attribute, never its content.
fn note(call: &Call) -> CompactString {
    let Some(usage) = &call.usage else {
        return format_compact!("read by shape from the kind of the span in `{}`; it has no usage", call.key);
    };
    let sum = if call.is_sum { "; it is the sum of several calls" } else { "" };
    let of = if call.is_object { "a provider's usage object" } else { "token figures" };
    let doubt = match usage.reading {
        Reading::Inferred if has_cached(usage) => "; input is assumed to include cached tokens",
        Reading::Exclusive if !call.is_object => {
            "; input is assumed to exclude cached tokens, as this provider counts"
        }
        _ => "",
    };
    format_compact!("read by shape from {of} in `{}`{doubt}{sum}", call.key)
}

fn has_cached(usage: &Usage) -> bool {
    usage.cache_read.or(usage.cache_write).is_some_and(|cached| cached > 0)
}
