//! `jaeger`: what goes out to Jaeger and what comes in from its clients, with programs that are not ours on the other side.

mod inward;
mod out;

use anyhow::Result;

use super::{Bench, Report};

/// What a part finds is added to what the parts before it found.
type Part = fn(&Bench, Report) -> Result<Report>;

/// Parts that can be asked for by `--only`.
const PARTS: [(&str, Part); 2] = [("out", out::run), ("in", inward::run)];

/// Sends to jaegercat, to Thrift's and OpenTelemetry's Python decoders; takes from OpenTelemetry's Python exporters and jaeger-client.
///
/// # Errors
/// Something of ours does not build.
pub fn run(bench: &Bench) -> Result<Report> {
    let wanted = |name: &str| bench.only.is_empty() || bench.only.iter().any(|only| only == name);
    PARTS
        .iter()
        .filter(|(name, _)| wanted(name))
        .try_fold(Report::new(), |report, (_, part)| part(bench, report))
}
