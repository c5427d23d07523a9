//! Folders of recordings, and their expected results.

use std::fs;
use std::path::{Path, PathBuf};

use quipu_core::Tokens;
use serde_json::Value;

/// The folder of all recordings.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recordings")
}

/// The folder of one.
pub fn folder(name: &str) -> PathBuf {
    root().join(name)
}

/// The names of all recordings, in order.
pub fn names() -> Vec<String> {
    let mut names: Vec<_> =
        files(&root()).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Expected result of a recording, by the model server's own log: its `want.json`.
pub fn want(name: &str) -> Value {
    json(&folder(name).join("want.json"))
}

/// The tokens that the model server counted.
pub fn truth(name: &str) -> Tokens {
    let want = want(name);
    let figure = |key: &str| want["tokens"][key].as_u64().unwrap_or_else(|| panic!("{name}: no {key}"));
    Tokens {
        input: figure("input"),
        output: figure("output"),
        cache_read: figure("cache_read"),
        cache_write: figure("cache_write"),
        reasoning: figure("reasoning"),
    }
}

/// Entries of a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&bytes(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
