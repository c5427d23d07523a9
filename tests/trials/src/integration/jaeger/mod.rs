//! `jaeger`: exports to Jaeger, and data from its clients, tested with third-party programs.

mod inward;
mod out;

use anyhow::Result;

use super::{Bench, Report};

/// Each part adds its findings to those of the earlier parts.
type Part = fn(&Bench, Report) -> Result<Report>;

/// Parts that can be asked for by `--only`.
const PARTS: [(&str, Part); 2] = [("out", out::run), ("in", inward::run)];

/// Sends to jaegercat, to Thrift's and OpenTelemetry's Python decoders; takes from OpenTelemetry's Python
/// exporters and jaeger-client.
///
/// # Errors
/// A part of the workspace does not build.
pub fn run(bench: &Bench) -> Result<Report> {
    let wanted = |name: &str| bench.only.is_empty() || bench.only.iter().any(|only| only == name);
    PARTS
        .iter()
        .filter(|(name, _)| wanted(name))
        .try_fold(Report::new(), |report, (_, part)| part(bench, report))
}
