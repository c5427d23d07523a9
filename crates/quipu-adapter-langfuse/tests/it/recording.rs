//! Recordings: request bodies as sent, and what they come to when each call counts where it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use quipu_conformance::Recording;
use quipu_core::{Adapter, Kind, Limits, Span, Status, Timestamp, Tokens};
use quipu_otlp::{Encoding, decode_traces};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/recordings").join(name)
}

/// What a recording should come to.
pub fn want(name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder(name).join("want.json")).unwrap()).unwrap()
}

/// A recording as sent.
pub fn load(name: &str) -> Recording {
    let mut files: Vec<_> = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().contains(".traces."));
    files.sort();
    Recording { name: name.to_owned(), spans: files.iter().flat_map(|path| decode(path)).collect() }
}

fn decode(path: &Path) -> Vec<Span> {
    let bytes = fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let body = if name.ends_with(".gz") {
        let mut plain = Vec::new();
        GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
        plain
    } else {
        bytes
    };
    let encoding = if name.contains(".json") { Encoding::Json } else { Encoding::Protobuf };
    // A clock beyond every recording, so that none lies in the future.
    let now = Timestamp::from_nanos(1_800_000_000_000_000_000);
    decode_traces(&body, encoding, &Limits::default(), now).unwrap().batch.spans
}

/// The spans that the adapter claims, as it reads them.
pub fn read(adapter: &dyn Adapter, name: &str) -> Vec<Span> {
    let mut spans = load(name).spans;
    spans.retain(|span| adapter.claims(span));
    spans.iter_mut().for_each(|span| *span.canonical = adapter.canonical(span));
    spans
}

/// What spans come to.
#[derive(Debug, Default, PartialEq)]
pub struct Facts {
    pub tokens: Tokens,
    /// Calls, those that failed included.
    pub calls: u64,
    pub failed: u64,
    /// Runs by tool and whether they failed.
    pub tools: BTreeMap<(String, bool), u64>,
    pub agents: BTreeSet<String>,
    pub sessions: BTreeSet<String>,
    pub users: BTreeSet<String>,
}

/// Adds up calls and tool runs.
pub fn facts(spans: &[Span]) -> Facts {
    let mut facts = Facts::default();
    for span in spans {
        let read = &span.canonical;
        let failed = span.status == Status::Error || read.error_type.is_some();
        if read.kind.is_call() && !read.never_count {
            facts.calls += 1;
            facts.failed += u64::from(failed);
        }
        if !read.never_count {
            facts.tokens =
                facts.tokens.plus(&read.usage.as_ref().map(|usage| usage.tokens()).unwrap_or_default());
        }
        if let Some(tool) = read.tool.as_ref().filter(|_| read.kind == Kind::Tool) {
            *facts.tools.entry((tool.to_string(), failed)).or_default() += 1;
        }
        facts.agents.extend(read.agent.as_ref().map(ToString::to_string));
        facts.sessions.extend(read.session.as_ref().map(ToString::to_string));
        facts.users.extend(read.user.as_ref().map(ToString::to_string));
    }
    facts
}

/// Tokens are those of the model server's own log; parts may be lacking.
pub fn assert_tokens(name: &str, facts: &Facts) {
    let want = want(name);
    let figure = |key: &str| want["tokens"][key].as_u64().unwrap();
    let got = facts.tokens;
    assert_eq!((got.input, got.output), (figure("input"), figure("output")), "{name}");
    for (key, found) in
        [("cache_read", got.cache_read), ("cache_write", got.cache_write), ("reasoning", got.reasoning)]
    {
        assert!(found <= figure(key), "{name}: {found} {key}");
    }
}
