//! Fuzz target: a store with damaged files. It opens or gives an error, answers what it can, and nothing ends
//! the process.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::agent_runs;
use quipu_core::{Backend as _, Store as _, StoreIntegrity as _, TraceFilter, TraceQuery, UsageQuery};

/// Files below a folder: where, and what is in them.
pub type Files = Vec<(PathBuf, Vec<u8>)>;

/// Everything in a folder but what holds locks.
pub fn read_files(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(within) = folders.pop() {
        for entry in std::fs::read_dir(within).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                files.push((path.strip_prefix(folder).unwrap().to_path_buf(), bytes));
            }
        }
    }
    files.sort();
    files
}

/// Puts them into another folder.
pub fn write_files(folder: &Path, files: &Files) {
    for (path, bytes) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// Each five bytes of the input replace a byte of a file: which file, three bytes of where, and by what. An
/// odd rest cuts a file.
pub fn patch(files: &Files, input: &[u8]) -> Files {
    let mut files = files.clone();
    let count = files.len();
    let changes = input.chunks_exact(5);
    if let [first, second, ..] = changes.remainder() {
        let (_, bytes) = &mut files[usize::from(*first) % count];
        bytes.truncate(bytes.len() * usize::from(*second) / 256);
    }
    for change in changes {
        let (_, bytes) = &mut files[usize::from(change[0]) % count];
        if !bytes.is_empty() {
            let at = change[1..4].iter().fold(0, |at, byte| at << 8 | usize::from(*byte)) % bytes.len();
            bytes[at] = change[4];
        }
    }
    files
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A small store, made once.
fn whole() -> &'static Files {
    static WHOLE: OnceLock<Files> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        runtime().block_on(async {
            let store = Sqlite::open(Config::at(folder.path())).unwrap();
            store.write(Arc::new(agent_runs(1, 4))).await.unwrap();
            store.close().await.unwrap();
        });
        read_files(folder.path())
    })
}

async fn question(store: &Sqlite) {
    let filter = TraceFilter { q: Some("chat".into()), ..TraceFilter::default() };
    for filter in [TraceFilter::default(), filter] {
        let query = TraceQuery { filter, limit: 100, ..TraceQuery::default() };
        let Ok(page) = store.traces(&query).await else { continue };
        assert!(page.rows.len() <= 100);
    }
    let _ = store.usage(&UsageQuery::default()).await;
    let _ = store.metrics().await;
    let _ = store.check().await;
}

/// Bytes of the store's files are replaced, as [`patch`] says.
pub fn feed(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &patch(whole(), bytes));
    runtime().block_on(async {
        let Ok(store) = Sqlite::open(Config::at(folder.path())) else { return };
        question(&store).await;
        let _ = store.write(Arc::new(agent_runs(2, 1))).await;
        let _ = store.close().await;
    });
}
