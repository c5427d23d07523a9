//! Request bodies of recordings, as sent.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use quipu_core::{Batch, Limits, Timestamp};
use quipu_otlp::{Encoding, Signal, decode};
use serde_json::Value;

use crate::folder::{bytes, files, folder, json};

/// A clock beyond every recording, so that none lies in the future: 2027-01-15T08:00:00Z.
pub const NOW: Timestamp = Timestamp::from_nanos(1_800_000_000_000_000_000);

/// One request, by its file: `001.traces.pb`, `002.logs.json`, `003.metrics.pb.gz`.
#[derive(Debug, Clone)]
pub struct Body {
    /// The file.
    pub path: PathBuf,
    /// Signal of the body.
    pub signal: Signal,
    /// Encoding of the body.
    pub encoding: Encoding,
    /// Whether it is compressed with gzip.
    pub packed: bool,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

/// The requests of a recording, in the order sent.
pub fn bodies(name: &str) -> Vec<Body> {
    bodies_in(&folder(name))
}

/// The requests in a folder, in the order sent.
pub fn bodies_in(folder: &Path) -> Vec<Body> {
    files(folder).into_iter().filter_map(Body::open).collect()
}

impl Body {
    /// `None` for a file that is no request: the recording's description, and its expected result.
    fn open(path: PathBuf) -> Option<Self> {
        let name = path.file_name().unwrap().to_str().unwrap();
        let parts: Vec<_> = name.split('.').collect();
        let [_, signal, encoding, packing @ ..] = parts.as_slice() else { return None };
        let signal = [Signal::Traces, Signal::Logs, Signal::Metrics]
            .into_iter()
            .find(|known| known.as_str() == *signal)?;
        let encoding = if *encoding == "json" { Encoding::Json } else { Encoding::Protobuf };
        let (packed, bytes) = (!packing.is_empty(), bytes(&path));
        Some(Self { path, signal, encoding, packed, bytes })
    }

    /// Stored metadata of the request: `signal`, `content_type`, `content_encoding`.
    pub fn meta(&self) -> Value {
        let name = self.path.file_name().unwrap().to_str().unwrap();
        let number = name.split('.').next().unwrap();
        json(&self.path.with_file_name(format!("{number}.meta.json")))
    }

    /// The bytes, unpacked.
    pub fn plain(&self) -> Vec<u8> {
        if !self.packed {
            return self.bytes.clone();
        }
        let mut plain = Vec::new();
        MultiGzDecoder::new(&self.bytes[..]).read_to_end(&mut plain).unwrap();
        plain
    }

    /// Decoded contents, not yet read by any adapter. Panics if any item is rejected.
    pub fn decode(&self) -> Batch {
        let decoded = decode(self.signal, &self.plain(), self.encoding, &Limits::of_any_age(), NOW).unwrap();
        assert!(decoded.rejected.is_empty(), "{}: {}", self.path.display(), decoded.rejected.summary());
        decoded.batch
    }
}
