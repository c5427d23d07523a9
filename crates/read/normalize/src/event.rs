//! Ownership of events: session, agent and framework.

use compact_str::CompactString;
use quipu_core::{Event, Value};
use quipu_semconv::{AGENT, FRAMEWORK_NAMES, PROVIDER, SESSION};

use crate::{provider, text};

/// Fills in an event's session, agent and framework from its attributes, its resource and its scope. Existing
/// values stay.
pub fn read_event(event: &mut Event) {
    if event.session.is_none() {
        event.session = first(event, SESSION);
    }
    if event.agent.is_none() {
        event.agent = first(event, AGENT);
    }
    if event.framework.is_none() {
        event.framework = framework(event);
    }
}

/// The most trusted of `keys`: on the event, otherwise in its body, otherwise on the resource.
fn first(event: &Event, keys: &[&str]) -> Option<CompactString> {
    let on_event = keys.iter().find_map(|key| event.attributes.get(key).and_then(text::label));
    let in_body = || match &event.body {
        Value::Map(_) => keys.iter().find_map(|key| event.body.get(key).and_then(text::label)),
        _ => None,
    };
    let on_resource = || keys.iter().find_map(|key| event.resource.attributes.get(key).and_then(text::label));
    on_event.or_else(in_body).or_else(on_resource)
}

fn framework(event: &Event) -> Option<CompactString> {
    let scope = provider::framework_of_scope(&event.scope.name);
    scope.or_else(|| {
        let sent = first(event, PROVIDER)?;
        let known = FRAMEWORK_NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&sent));
        known
            .filter(|(_, framework)| !framework.is_empty())
            .map(|(_, framework)| CompactString::const_new(framework))
    })
}
