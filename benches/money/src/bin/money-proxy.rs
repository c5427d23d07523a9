//! Drives a provider directly and through the gateway, in turns: `money-proxy BINARY [RATE] [SECONDS]`.

use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use quipu_money::drive::{Target, drive};
use quipu_money::upstream;
use serde_json::{Value, json};

/// Rounds in which both are driven.
const ROUNDS: usize = 4;
/// How long the gateway may take until it listens.
const READY: Duration = Duration::from_secs(30);

/// A gateway; dropping it kills it.
struct Gateway(Child);

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().context("which binary?")?;
    let mut number = |default: u32| arguments.next().map_or(Ok(default), |text| text.parse::<u32>());
    let (rate, seconds) = (number(1_000)?, number(5)?);
    let provider = upstream::listen().await?;
    let folder = tempfile::tempdir()?;
    let (_gateway, address) = start(Path::new(&binary), folder.path(), provider)?;
    let direct = Target { address: provider, path: "/v1/chat/completions".to_owned() };
    let through = Target { address, path: "/openai/chat/completions".to_owned() };
    // Connections, pools and caches of both are made before anything counts.
    for target in [&direct, &through] {
        drive(target, rate, 2).await?;
    }
    let (mut alone, mut proxied) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.append(&mut drive(&direct, rate, seconds).await?);
        proxied.append(&mut drive(&through, rate, seconds).await?);
    }
    let figures = json!({ "rate": rate, "requests": proxied.len(), "direct": summary(&mut alone), "proxy": summary(&mut proxied) });
    writeln!(stdout(), "{figures}")?;
    Ok(())
}

/// Milliseconds at the middle and near the end.
fn summary(times: &mut [Duration]) -> Value {
    times.sort_unstable();
    let at = |per_mille: usize| {
        let rank = (times.len() * per_mille).div_ceil(1_000).saturating_sub(1);
        times.get(rank).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    json!({ "p50": at(500), "p90": at(900), "p99": at(990) })
}

/// Starts the gateway in front of a provider, and waits until it listens.
fn start(binary: &Path, folder: &Path, provider: SocketAddr) -> Result<(Gateway, SocketAddr)> {
    let ready = folder.join("ready.json");
    let child = Command::new(binary)
        .args(["gateway", "--listen", "127.0.0.1:0", "--openai", &format!("http://{provider}/v1")])
        .arg("--data-dir")
        .arg(folder)
        .arg("--ready-file")
        .arg(&ready)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", binary.display()))?;
    let mut gateway = Gateway(child);
    let begun = Instant::now();
    loop {
        let told = std::fs::read(&ready).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        if let Some(url) = told.as_ref().and_then(|told| told["gateway"].as_str()) {
            let address = url.trim_start_matches("http://").trim_end_matches('/');
            return Ok((gateway, address.parse().with_context(|| url.to_owned())?));
        }
        if let Some(status) = gateway.0.try_wait()? {
            bail!("the gateway ended at once: {status}");
        }
        anyhow::ensure!(begun.elapsed() < READY, "the gateway does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
}
