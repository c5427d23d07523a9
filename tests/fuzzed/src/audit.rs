//! Fuzz target: an audit log folder with foreign changes.

/// Any bytes as a file of it.
pub fn feed(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a-000001.jsonl"), bytes).unwrap();
    let _ = quipu_audit::verify_folder(folder.path(), &[]);
}
