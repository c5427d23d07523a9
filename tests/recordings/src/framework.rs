//! Fields that a framework's adapter adds to the spans of a convention.

use std::collections::{BTreeMap, BTreeSet};

use quipu_conformance::{Enriched, Recording, run_enricher};
use quipu_core::{Adapter, Kind, Span, Status};
use serde_json::Value;

use crate::folder::want;
use crate::read::load;

/// A recording as it is read: by the first reader that claims a span, and by the framework's adapter; in
/// order of time.
pub fn enriched(name: &str, readers: &[&dyn Adapter], enricher: &dyn Adapter) -> Vec<Span> {
    let mut spans = load(name).spans;
    for span in &mut spans {
        if let Some(reader) = readers.iter().find(|reader| reader.claims(span)) {
            *span.canonical = Enriched { reader: *reader, enricher }.canonical(span);
        }
    }
    spans.sort_by_key(|span| span.start);
    spans
}

/// The spans of one kind.
pub fn of_kind(spans: &[Span], kind: Kind) -> impl Iterator<Item = &Span> {
    spans.iter().filter(move |span| span.canonical.kind == kind)
}

/// The steps of the spans of one kind, in their order; `-` without any.
pub fn steps_of(spans: &[Span], kind: Kind) -> Vec<&str> {
    of_kind(spans, kind).map(|span| span.canonical.step.as_deref().unwrap_or("-")).collect()
}

/// All steps.
pub fn steps(spans: &[Span]) -> BTreeSet<&str> {
    spans.iter().filter_map(|span| span.canonical.step.as_deref()).collect()
}

/// All workflows of spans that are one.
pub fn workflows(spans: &[Span]) -> BTreeSet<&str> {
    of_kind(spans, Kind::Workflow).filter_map(|span| span.canonical.workflow.as_deref()).collect()
}

/// Agents, tools, session and user are as the recording's script had them. `lacking` names the agents that
/// are nowhere, and says `user` where no signal names one.
pub fn assert_owners(name: &str, spans: &[Span], lacking: &[&str]) {
    let want = want(name);
    let agents: BTreeSet<_> =
        of_kind(spans, Kind::Agent).filter_map(|span| span.canonical.agent.as_deref()).collect();
    let truth: BTreeSet<_> =
        want["agents"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let missing: Vec<_> = truth.difference(&agents).copied().collect();
    let excused: Vec<_> = lacking.iter().copied().filter(|what| *what != "user").collect();
    assert_eq!(missing, excused, "{name}: agents");
    assert_tools(name, spans, &want);
    let sessions: BTreeSet<_> = spans.iter().filter_map(|span| span.canonical.session.as_deref()).collect();
    let users: BTreeSet<_> = spans.iter().filter_map(|span| span.canonical.user.as_deref()).collect();
    if let Some(session) = want["session_id"].as_str() {
        assert_eq!(sessions.into_iter().collect::<Vec<_>>(), [session], "{name}: session");
    }
    if let Some(user) = want["user_id"].as_str().filter(|_| !lacking.contains(&"user")) {
        assert_eq!(users.into_iter().collect::<Vec<_>>(), [user], "{name}: user");
    }
}

fn assert_tools(name: &str, spans: &[Span], want: &Value) {
    let mut runs: BTreeMap<(&str, bool), u64> = BTreeMap::new();
    for span in of_kind(spans, Kind::Tool) {
        let failed = span.status == Status::Error || span.canonical.error_type.is_some();
        *runs.entry((span.canonical.tool.as_deref().unwrap(), failed)).or_default() += 1;
    }
    for tool in want["tools"].as_array().into_iter().flatten() {
        let run = (tool["name"].as_str().unwrap(), tool["outcome"] == "error");
        assert_eq!(runs.get(&run).copied(), tool["count"].as_u64(), "{name}: tool {run:?}");
    }
}

/// The laws hold on recordings, on one span of each name: the others are made alike.
pub fn assert_laws(reader: &dyn Adapter, enricher: &dyn Adapter, names: &[&str]) {
    let recordings: Vec<_> = names.iter().map(|name| one_of_each(name)).collect();
    let report = run_enricher(reader, enricher, &recordings);
    assert!(report.failed().is_empty(), "{report}");
}

fn one_of_each(name: &str) -> Recording {
    let mut seen = BTreeSet::new();
    let mut recording = load(name);
    recording.spans.retain(|span| seen.insert((span.scope.name.clone(), span.name.clone())));
    recording
}
