//! Comparison of results with committed texts.

use std::path::Path;

/// Set to `1` to write snapshots instead of comparing with them.
pub const UPDATE: &str = "QUIPU_UPDATE_SNAPSHOTS";

/// Compares `text` with the file at `path`. With `QUIPU_UPDATE_SNAPSHOTS=1` it writes the file instead.
///
/// # Panics
/// The file differs, is missing, or cannot be written.
#[track_caller]
pub fn assert_matches(path: &Path, text: &str) {
    if std::env::var(UPDATE).is_ok_and(|value| value == "1") {
        let written = std::fs::write(path, text);
        assert!(written.is_ok(), "{}: cannot be written: {written:?}", path.display());
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let changes = changes(&kept, text);
    assert!(changes.is_empty(), "{} differs ({UPDATE}=1 updates it):\n{changes}", path.display());
}

/// Lines that only one of the two has: `-` marks committed lines, `+` found lines; first 60.
fn changes(kept: &str, found: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (kept.lines().collect(), found.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}\n"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}\n"));
    let changes: String = gone.chain(come).take(60).collect();
    if changes.is_empty() && old != new { "the order of the lines changed".to_owned() } else { changes }
}
