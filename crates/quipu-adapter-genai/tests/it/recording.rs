//! Recordings: request bodies as sent, and the truth from the model server's own log.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::GzDecoder;
use quipu_adapter_genai::GenAi;
use quipu_adapter_langgraph::Langgraph;
use quipu_adapter_openinference::OpenInference;
use quipu_adapter_openllmetry::OpenLlmetry;
use quipu_adapter_semantic_kernel::SemanticKernel;
use quipu_core::{Adapters, Limits, Span, Timestamp};
use quipu_otlp::{Encoding, decode_traces};
use serde_json::Value;

/// The adapters in the order in which they are asked, and those of two frameworks whose truth needs them.
pub fn adapters() -> Adapters {
    let (langgraph, semantic_kernel) = (Arc::new(Langgraph), Arc::new(SemanticKernel));
    Adapters::new(vec![
        langgraph,
        semantic_kernel,
        Arc::new(OpenInference),
        Arc::new(OpenLlmetry),
        Arc::new(GenAi),
    ])
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/recordings")
}

/// The names of all recordings.
pub fn names() -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What a recording should come to.
pub fn want(name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder().join(name).join("want.json")).unwrap()).unwrap()
}

/// The spans of a recording as sent.
pub fn raw_spans(name: &str) -> Vec<Span> {
    let mut files: Vec<_> =
        fs::read_dir(folder().join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().contains(".traces."));
    files.sort();
    files.iter().flat_map(|path| decode(path)).collect()
}

/// The spans of a recording as the adapters read them.
pub fn spans(name: &str) -> Vec<Span> {
    let adapters = adapters();
    let mut spans = raw_spans(name);
    spans.iter_mut().for_each(|span| adapters.read(span));
    spans
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
    let decoded = decode_traces(&body, encoding, &Limits::default(), now).unwrap();
    assert!(decoded.rejected.is_empty(), "{name}: {}", decoded.rejected.summary());
    decoded.batch.spans
}
