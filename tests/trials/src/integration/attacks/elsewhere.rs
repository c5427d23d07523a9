//! Requests that the server or the command line is made to send (SSRF).

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use super::scene::{CRASHED, Scene, quipu, span};
use super::tried::Tried;
use super::wire::Ask;
use crate::shell;

/// Secret of the inner service.
const INNER: &str = "inner-service-secret";

/// A server that answers everything the same and counts; it ends with the program.
pub struct Trap {
    /// Address of the listener.
    pub address: SocketAddr,
    hits: Arc<AtomicUsize>,
}

impl Trap {
    /// Begins to listen.
    ///
    /// # Errors
    /// There is no free port.
    pub fn set(answer: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, hits) = (listener.local_addr()?, Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&hits);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
                let mut piece = [0; 65_536];
                let _ = stream.read(&mut piece);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Ok(Self { address, hits })
    }

    /// A service that must not be reachable from outside.
    ///
    /// # Errors
    /// As for [`Trap::set`].
    pub fn inner() -> Result<Self> {
        let body = format!("{{\"{INNER}\": 1}}");
        Self::set(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ))
    }

    /// A server that redirects every client to another.
    ///
    /// # Errors
    /// As for [`Trap::set`].
    pub fn to(other: &Self) -> Result<Self> {
        let lines =
            format!("location: http://{}/inner\r\ncontent-length: 0\r\nconnection: close", other.address);
        Self::set(format!("HTTP/1.1 307 Temporary Redirect\r\n{lines}\r\n\r\n"))
    }

    /// Number of received requests.
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

/// A webhook's redirect to an inner service, and addresses within requests. `hook` is where the scene's
/// webhook leads and sends on to `inner`.
pub fn requests(scene: &Scene, hook: &Trap, inner: &Trap) -> Result<Tried> {
    let mut tried = Tried::new("SSRF: addresses in requests and telemetry, redirects of a webhook");
    let (_, key) = scene.key(&["--scope", "admin", "--all-projects"])?;
    let url = format!("http://{}/inner", inner.address);
    for (at, name) in
        [url.as_str(), "file:///etc/passwd", "http://169.254.169.254/latest/meta-data"].iter().enumerate()
    {
        let trace = format!("6af7651916cd43dd8448eb211c8031{at:02x}");
        tried.send(
            "in telemetry",
            scene.otlp,
            Ask::post("/v1/traces", &span(&trace, name, name)).key(&key),
            &[200],
        );
    }
    for target in [
        "/api/v1/prices/reload",
        "/api/v1/forget",
        "/api/v1/retention/run",
        "/api/v1/backends/webhook/dead-letters/replay",
    ] {
        for field in ["url", "from", "callback", "endpoint", "backend"] {
            tried.send(
                target,
                scene.api,
                Ask::post(target, &json!({field: url})).key(&key),
                &[200, 204, 400, 404, 415, 422],
            );
        }
    }
    let forwarded = Ask::get(&url).key(&key);
    tried.send("as a proxy", scene.api, forwarded, &[200, 400, 404]);
    let connect = Ask::new("CONNECT", &inner.address.to_string()).key(&key);
    tried.send("CONNECT", scene.api, connect, &[400, 404, 405]);
    for target in
        [format!("/{url}"), format!("//{}/inner", inner.address), format!("/@{}/inner", inner.address)]
    {
        tried.send(&target, scene.gateway()?, Ask::post(&target, &json!({})).key(&key), &[400, 404, 405]);
    }
    shell::poll(Duration::from_secs(30), || (hook.hits() > 0).then_some(()))
        .context("the webhook is not called")?;
    // The rejected request is in the dead letters or waits: its redirect was handled in both cases.
    tried.tried(inner.hits() == 0, format!("the inner service was reached {} times", inner.hits()));
    Ok(tried.told(format!("the webhook's redirect was answered {} times and never followed", hook.hits())))
}

/// Addresses that the command line takes: its user may reach them anyway, so only what is kept and told
/// counts.
pub fn lists(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("price update by the command line: inner addresses, files, other schemes");
    let inner = Trap::inner()?;
    let redirect = Trap::to(&inner)?;
    let data = scene.data();
    let before = std::fs::read_dir(data.join("prices")).map_or(0, Iterator::count);
    let plain = [format!("http://{}/x", inner.address), format!("http://{}/x", redirect.address)];
    let more = [
        "file:///etc/passwd",
        "/etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://127.0.0.1/x",
        "http://[::1]:1/",
        "/dev/zero",
    ];
    for from in plain.iter().map(String::as_str).chain(more) {
        let words = ["prices", "update", from, "--data-dir", data.to_str().unwrap_or_default()];
        match quipu(scene.binary(), &words, "") {
            Ok(_) => tried.tried(false, format!("{from} is taken for a list")),
            Err(error) => {
                let said = format!("{error:#}");
                let told = [INNER, "root:x:", CRASHED].iter().any(|text| said.contains(text));
                tried.tried(!told, format!("{from}: {said}"));
            }
        }
    }
    let after = std::fs::read_dir(data.join("prices")).map_or(0, Iterator::count);
    tried.hold(after == before, "something was kept");
    let followed = if inner.hits() > 1 { "redirects are followed" } else { "redirects are not followed" };
    Ok(tried.told(format!("nothing that is no list is kept or shown; {followed}, as its user could")))
}
