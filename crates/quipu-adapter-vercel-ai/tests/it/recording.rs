//! Recordings: request bodies as sent.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use quipu_conformance::Recording;
use quipu_core::{Adapters, Limits, Span, Timestamp};
use quipu_otlp::{Encoding, decode_traces};

/// Where a recording is.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/recordings").join(name)
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

/// A recording as the adapters read it.
pub fn read(adapters: &Adapters, name: &str) -> Vec<Span> {
    let mut spans = load(name).spans;
    spans.iter_mut().for_each(|span| adapters.read(span));
    spans
}
