//! Recordings: request bodies as sent, and the truth from the model server's own log.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use quipu_core::Batch;
use quipu_recordings::{Signal, bodies_in, root};
use serde_json::Value;

/// A recorded source.
pub struct Recording {
    pub name: String,
    /// Expected result.
    pub want: Value,
    /// One batch a request, in the order sent, not yet read by any adapter.
    pub requests: Vec<(Signal, Batch)>,
}

/// Every recording, by name.
pub static ALL: LazyLock<Vec<Recording>> = LazyLock::new(|| {
    let folders = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = folders.filter(|path| path.join("want.json").is_file()).collect();
    folders.sort();
    folders.iter().map(|path| load(path)).collect()
});

/// The folder that `QUIPU_RECORDINGS` names, so that recordings of one's own can be held against the code;
/// else the project's.
fn folder() -> PathBuf {
    let own = std::env::var_os("QUIPU_RECORDINGS").map(PathBuf::from);
    own.unwrap_or_else(root)
}

fn load(folder: &Path) -> Recording {
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let want = serde_json::from_slice(&fs::read(folder.join("want.json")).unwrap()).unwrap();
    let requests = bodies_in(folder).iter().map(|body| (body.signal, body.decode())).collect();
    Recording { name, want, requests }
}

impl Recording {
    /// Everything that was sent, request by request.
    pub fn batches(&self) -> Vec<Batch> {
        self.requests.iter().map(|(_, batch)| batch.clone()).collect()
    }

    /// The requests of one signal.
    pub fn of(&self, wanted: Signal) -> Vec<Batch> {
        self.requests.iter().filter(|(signal, _)| *signal == wanted).map(|(_, batch)| batch.clone()).collect()
    }

    /// The signals that it was sent by.
    pub fn signals(&self) -> Vec<Signal> {
        [Signal::Traces, Signal::Logs, Signal::Metrics]
            .into_iter()
            .filter(|wanted| self.requests.iter().any(|(signal, _)| signal == wanted))
            .collect()
    }
}
