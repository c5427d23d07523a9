//! Sends a load to a server, as SDKs do.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use super::load::Span;
use super::wire;
use crate::integration::{Http, Server};
use crate::shell;

/// Spans of a request: what SDKs send at once.
const BODY: usize = 500;
/// How long full text may take to know all.
const SEARCH: Duration = Duration::from_secs(600);

/// The spans as OTLP requests.
pub fn bodies(spans: impl Iterator<Item = Span>) -> Vec<Vec<u8>> {
    let mut spans = spans.peekable();
    let mut bodies = Vec::new();
    while spans.peek().is_some() {
        let mut part: Vec<Span> = spans.by_ref().take(BODY).collect();
        part.sort_by_key(|span| span.service);
        bodies.push(wire::request(&part));
    }
    bodies
}

/// Sends all over so many keep-alive connections; the time until the last was acknowledged.
///
/// # Errors
/// A request was refused for good.
pub fn all(server: &Server, bodies: &[Vec<u8>], senders: usize) -> Result<Duration> {
    to(&server.otlp_http, bodies, senders)
}

/// The same to whatever takes OTLP over HTTP at this address.
///
/// # Errors
/// A request was refused for good.
pub fn to(address: &str, bodies: &[Vec<u8>], senders: usize) -> Result<Duration> {
    let (next, refused) = (AtomicUsize::new(0), AtomicU64::new(0));
    let url = format!("{address}/v1/traces");
    let begin = Instant::now();
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..senders)
            .map(|_| {
                scope.spawn(|| {
                    let http = Http::new(Duration::from_secs(60));
                    while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                        deliver(&http, &url, body, &refused)?;
                    }
                    Ok(())
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| bail!("a sender panicked")))
            .collect()
    });
    results.into_iter().collect::<Result<Vec<()>>>()?;
    let taken = begin.elapsed();
    println!(
        "sent in {:.1} s; {} requests were told to come back",
        taken.as_secs_f64(),
        refused.into_inner()
    );
    Ok(taken)
}

/// Until it is acknowledged; a sender that is told to come back comes back.
fn deliver(http: &Http, url: &str, body: &[u8], refused: &AtomicU64) -> Result<()> {
    loop {
        let answer = http.post(url, &[("content-type", "application/x-protobuf")], body)?;
        match answer.status {
            200 => return Ok(()),
            429 | 503 => {
                refused.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
            status => bail!("POST /v1/traces: {status} {}", answer.text()),
        }
    }
}

/// Waits until full text search knows every span, as the server's readiness says.
///
/// # Errors
/// It is still behind after ten minutes.
pub fn wait_for_search(server: &Server) -> Result<()> {
    let http = Http::new(Duration::from_secs(30));
    let url = format!("{}/readyz", server.http);
    let known = || lag(&http, &url).ok().filter(|lag| *lag == 0);
    shell::poll(SEARCH, known)
        .map(drop)
        .ok_or_else(|| anyhow!("full text search is still behind after {SEARCH:?}"))
}

fn lag(http: &Http, url: &str) -> Result<u64> {
    let document = http.json(url)?;
    document
        .pointer("/search/lag_spans")
        .and_then(serde_json::Value::as_u64)
        .ok_or_else(|| anyhow!("{url} tells no lag: {document}"))
}
