//! `deploy`: the files below `deploy/`, judged by linters, rendered by Helm's own engine, and run as
//! documented.

mod dockerfile;
mod files;
mod image;
mod unit;

use anyhow::Result;

use super::{Bench, Report};

/// Each part adds its findings to those of the earlier parts.
type Part = fn(&Bench, Report) -> Result<Report>;

/// Parts that can be asked for by `--only`.
const PARTS: [(&str, Part); 4] =
    [("files", files::run), ("chart", files::chart), ("unit", unit::run), ("image", image::run)];

/// Lints every file, renders the chart, traces the service's system calls, and runs the image's root as a
/// container would.
///
/// # Errors
/// Something that is needed for a judgement does not start.
pub fn run(bench: &Bench) -> Result<Report> {
    let wanted = |name: &str| bench.only.is_empty() || bench.only.iter().any(|only| only == name);
    PARTS
        .iter()
        .filter(|(name, _)| wanted(name))
        .try_fold(Report::new(), |report, (_, part)| part(bench, report))
}
