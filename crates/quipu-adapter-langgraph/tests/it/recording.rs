//! Recordings of a framework, read with its adapter, and what they should come to.
#![allow(dead_code, reason = "each framework's tests use a part")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use quipu_conformance::{Enriched, Recording, run_enricher};
use quipu_core::{Adapter, Kind, Limits, Span, Status, Timestamp};
use quipu_otlp::{Encoding, decode_traces};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/recordings").join(name)
}

/// A recording's spans as sent.
pub fn sent(name: &str) -> Vec<Span> {
    let mut files: Vec<_> = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.contains(".traces.") && !name.ends_with(".meta.json")
    });
    files.sort();
    files.iter().flat_map(|path| decode(path)).collect()
}

fn decode(path: &Path) -> Vec<Span> {
    let bytes = fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut body = Vec::new();
    match name.ends_with(".gz") {
        true => drop(GzDecoder::new(&bytes[..]).read_to_end(&mut body).unwrap()),
        false => body = bytes,
    }
    let encoding = if name.contains(".json") { Encoding::Json } else { Encoding::Protobuf };
    // A clock beyond every recording, so that none lies in the future.
    let now = Timestamp::from_nanos(1_800_000_000_000_000_000);
    decode_traces(&body, encoding, &Limits::default(), now).unwrap().batch.spans
}

/// A recording as it is read: by the first reader that claims a span, and by the framework's adapter.
pub fn read(name: &str, readers: &[&dyn Adapter], enricher: &dyn Adapter) -> Vec<Span> {
    let mut spans = sent(name);
    for span in &mut spans {
        if let Some(reader) = readers.iter().find(|reader| reader.claims(span)) {
            *span.canonical = Enriched { reader: *reader, enricher }.canonical(span);
        }
    }
    spans.sort_by_key(|span| span.start);
    spans
}

/// Agents, tools, session and user are as the recording's script had them.
pub fn assert_owners(name: &str, spans: &[Span], lacking: &[&str]) {
    let want: Value = serde_json::from_slice(&fs::read(folder(name).join("want.json")).unwrap()).unwrap();
    let agents: BTreeSet<_> =
        of_kind(spans, Kind::Agent).filter_map(|span| span.canonical.agent.as_deref()).collect();
    let truth: BTreeSet<_> =
        want["agents"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let missing: Vec<_> = truth.difference(&agents).copied().collect();
    let excused: Vec<_> = lacking.iter().copied().filter(|what| *what != "user").collect();
    assert_eq!(missing, excused, "{name}: agents");
    let mut runs: BTreeMap<(&str, bool), u64> = BTreeMap::new();
    for span in of_kind(spans, Kind::Tool) {
        let failed = span.status == Status::Error || span.canonical.error_type.is_some();
        *runs.entry((span.canonical.tool.as_deref().unwrap(), failed)).or_default() += 1;
    }
    for tool in want["tools"].as_array().into_iter().flatten() {
        let run = (tool["name"].as_str().unwrap(), tool["outcome"] == "error");
        assert_eq!(runs.get(&run).copied(), tool["count"].as_u64(), "{name}: tool {run:?}");
    }
    let sessions: BTreeSet<_> = spans.iter().filter_map(|span| span.canonical.session.as_deref()).collect();
    let users: BTreeSet<_> = spans.iter().filter_map(|span| span.canonical.user.as_deref()).collect();
    if let Some(session) = want["session_id"].as_str() {
        assert_eq!(sessions.into_iter().collect::<Vec<_>>(), [session], "{name}: session");
    }
    if let Some(user) = want["user_id"].as_str().filter(|_| !lacking.contains(&"user")) {
        assert_eq!(users.into_iter().collect::<Vec<_>>(), [user], "{name}: user");
    }
}

/// The spans of one kind.
pub fn of_kind(spans: &[Span], kind: Kind) -> impl Iterator<Item = &Span> {
    spans.iter().filter(move |span| span.canonical.kind == kind)
}

/// The steps of the calls, in order of time.
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

/// The laws hold on recordings, on one span of each name: the others are made alike.
pub fn assert_laws(reader: &dyn Adapter, enricher: &dyn Adapter, names: &[&str]) {
    let recordings: Vec<_> =
        names.iter().map(|name| Recording { name: (*name).to_owned(), spans: one_of_each(name) }).collect();
    let report = run_enricher(reader, enricher, &recordings);
    assert!(report.failed().is_empty(), "{report}");
}

fn one_of_each(recording: &str) -> Vec<Span> {
    let mut seen = BTreeSet::new();
    let mut spans = sent(recording);
    spans.retain(|span| seen.insert((span.scope.name.clone(), span.name.clone())));
    spans
}
