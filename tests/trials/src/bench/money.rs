//! `money`: cost of pricing, budgets, token counting and the gateway, by the programs of `benches/money`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Figures;
use crate::{integration, shell};

/// Counts a file with Python's `tiktoken`, as often as with Quipu's counter, and prints tokens a second.
/// Fails if `tiktoken` is not installed or cannot get its vocabulary.
const TIKTOKEN: &str = "
import sys, time, tiktoken
text = open(sys.argv[1], encoding='utf-8', newline='').read()
encoder = tiktoken.get_encoding('o200k_base')
encoder.encode_ordinary('warm')
best = 0
for _ in range(5):
    begun = time.perf_counter()
    count = len(encoder.encode_ordinary(text))
    best = max(best, count / (time.perf_counter() - begun))
print(count, best)
";

/// Output of one program, as one JSON document.
fn printed(program: &str, arguments: &[&str]) -> Result<Value> {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--release", "--package", "quipu-money", "--bin", program, "--"]);
    let printed =
        command.args(arguments).current_dir(shell::root()).output().with_context(|| program.to_owned())?;
    anyhow::ensure!(printed.status.success(), "{program}: {}", String::from_utf8_lossy(&printed.stderr));
    serde_json::from_slice(&printed.stdout).with_context(|| format!("what {program} printed"))
}

fn at(document: &Value, path: &str) -> Result<f64> {
    document.pointer(path).and_then(Value::as_f64).with_context(|| format!("no figure {path}"))
}

/// Measures.
///
/// # Errors
/// A program could not be built or run.
pub fn run(into: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("text");
    std::fs::write(&file, text()?)?;
    let path = file.to_str().context("the path of the text")?;
    let figures = printed("money", &[path])?;
    into.add("money.price_ns", at(&figures, "/price/usual")?, "ns");
    into.add("money.price_worst_ns", at(&figures, "/price/worst")?, "ns");
    into.add("money.reserve_settle_ns", at(&figures, "/reserve/local")?, "ns");
    into.add("money.reserve_settle_shared_us", at(&figures, "/reserve/shared")? / 1_000.0, "µs");
    let speed = at(&figures, "/tokens/tokens_per_s")?;
    into.add("money.tokens_per_s", speed, "1/s");
    into.add("money.tokens_first_ms", at(&figures, "/tokens/first_ms")?, "ms");
    match python(&file) {
        Some((count, theirs)) => {
            anyhow::ensure!(count == at(&figures, "/tokens/tokens")?, "tiktoken counts {count} tokens");
            into.ratio("money.tokens.vs_tiktoken", speed / theirs, "Python's tiktoken, the same text");
        }
        None => {
            into.ratio("money.tokens.vs_scan", at(&figures, "/tokens/of_a_scan")?, "a scan for spaces, time")
        }
    }
    gateway(into)
}

/// The guides and sources of this repository, some megabytes in a fixed order.
fn text() -> Result<String> {
    let mut text = String::new();
    for folder in ["docs/guide", "crates/model/core/src", "crates/agent/sdk/src", "crates/pipeline/src"] {
        let mut files: Vec<_> =
            std::fs::read_dir(shell::root().join(folder))?.flatten().map(|entry| entry.path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            text.push_str(&std::fs::read_to_string(file).with_context(|| file.display().to_string())?);
        }
    }
    Ok(text.repeat(4))
}

/// Tokens, and tokens a second, of Python's `tiktoken`.
fn python(file: &Path) -> Option<(f64, f64)> {
    let said = Command::new("python3").arg("-c").arg(TIKTOKEN).arg(file).output().ok()?;
    let text = String::from_utf8(said.stdout).ok().filter(|_| said.status.success())?;
    let (count, speed) = text.trim().split_once(' ')?;
    Some((count.parse().ok()?, speed.parse().ok()?))
}

/// The same provider directly and through the gateway, in turns: what the gateway adds.
fn gateway(into: &mut Figures) -> Result<()> {
    let binary = integration::build(integration::Profile::Dist)?;
    let figures = printed("money-proxy", &[&binary.to_string_lossy()])?;
    for part in ["p50", "p99"] {
        let (direct, proxy) =
            (at(&figures, &format!("/direct/{part}"))?, at(&figures, &format!("/proxy/{part}"))?);
        into.add(format!("proxy.direct_{part}_ms"), direct, "ms");
        into.add(format!("proxy.{part}_added_ms"), proxy - direct, "ms");
    }
    Ok(())
}
