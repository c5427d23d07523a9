//! `alerts`: proofs of the alert engine against independent programs.
//!
//! Figures are those of `/api/v1/query`. Notices are those of Debian's Alertmanager, pending and kept states
//! those of Debian's Prometheus, burn rates those of a reference in Python. Channels talk to servers that
//! check every message. A server that is killed again and again loses no notice.

mod burn;
mod calls;
mod channels;
mod figures;
mod guide;
mod kills;
mod oracle;
mod own;
mod pending;
mod prompt;
mod sequence;
mod storm;
mod told;
mod trial;

use std::path::Path;

use anyhow::Result;

use super::{Bench, Report};

type Part = fn(&Bench, &Path, Report) -> Result<Report>;

/// Parts by the name that `--only` takes.
const PARTS: [(&str, Part); 9] = [
    ("figures", figures::run),
    ("notices", oracle::run),
    ("pending", pending::run),
    ("burn", burn::run),
    ("storm", storm::run),
    ("channels", channels::run),
    ("guide", guide::run),
    ("prompt", prompt::run),
    ("kills", kills::run),
];

/// Runs all parts, or those that are named.
///
/// # Errors
/// The folder of the suite cannot be made.
pub fn run(bench: &Bench) -> Result<Report> {
    let mut report = Report::new();
    for (name, part) in PARTS {
        if !bench.only.is_empty() && !bench.only.iter().any(|only| only == name) {
            continue;
        }
        let folder = bench.cache.join("alerts").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        // A part that cannot run must not hide the results of the others.
        let before = std::mem::take(&mut report);
        report = match part(bench, &folder, Report::new()) {
            Ok(found) => before.and(found),
            Err(error) => before.failed(name, &format!("{error:#}")),
        };
    }
    Ok(report)
}
