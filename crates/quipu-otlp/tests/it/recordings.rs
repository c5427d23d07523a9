//! What real instrumentations sent: all of it is taken.

use std::io::Read;
use std::path::{Path, PathBuf};

use quipu_otlp::{Encoding, Signal};

use super::{json, protobuf};

pub fn bodies() -> Vec<(PathBuf, Signal, Encoding, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/recordings");
    let mut bodies = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let parts: Vec<_> = name.split('.').collect();
            let [_, signal, encoding, packing @ ..] = parts.as_slice() else { continue };
            let signal = match *signal {
                "traces" => Signal::Traces,
                "metrics" => Signal::Metrics,
                "logs" => Signal::Logs,
                _ => continue,
            };
            let encoding = if *encoding == "json" { Encoding::Json } else { Encoding::Protobuf };
            let bytes = std::fs::read(&path).unwrap();
            bodies.push((
                path.clone(),
                signal,
                encoding,
                if packing.is_empty() { bytes } else { unpack(&bytes) },
            ));
        }
    }
    bodies
}

fn unpack(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

#[test]
fn nothing_real_is_refused_or_mended() {
    let (mut spans, mut events, mut points) = (0, 0, 0);
    for (path, signal, encoding, bytes) in bodies() {
        let decoded = match encoding {
            Encoding::Json => json(signal, std::str::from_utf8(&bytes).unwrap()),
            Encoding::Protobuf => protobuf(signal, &bytes),
        };
        assert!(decoded.rejected.is_empty(), "{}: {}", path.display(), decoded.rejected.summary());
        assert_eq!(decoded.mended.total(), 0, "{}", path.display());
        assert!(!decoded.batch.is_empty(), "{}", path.display());
        spans += decoded.batch.spans.len();
        events += decoded.batch.events.len();
        points += decoded.batch.metrics.iter().map(|metric| metric.points.len()).sum::<usize>();
    }
    assert!(spans > 700 && events > 10 && points > 200, "{spans} spans, {events} events, {points} points");
}
