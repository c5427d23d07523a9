//! Attacks with ambiguous request ends, and with endless headers.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result};

use super::scene::Scene;
use super::tried::Tried;
use super::wire::Wire;

/// A request hidden behind another one: it must not be answered unless it is valid by the rules.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// Requests with two lengths, none, or false ones; after each at most one answer.
pub fn smuggled(scene: &Scene) -> Result<Tried> {
    let mut tried =
        Tried::new("request smuggling: two lengths, obscured Transfer-Encoding, bad chunks, line ends");
    let (_, key) = scene.key(&["--scope", "ingest"])?;
    let length = HIDDEN.len();
    let refused = [
        format!("content-length: {length}\r\ncontent-length: 0\r\n\r\n{HIDDEN}"),
        format!("content-length: {length}, 0\r\n\r\n{HIDDEN}"),
        format!("content-length: -1\r\n\r\n{HIDDEN}"),
        format!("content-length: +0\r\n\r\n{HIDDEN}"),
        format!("content-length: 0x0\r\n\r\n{HIDDEN}"),
        format!("content-length: 99999999999999999999999\r\n\r\n{HIDDEN}"),
        format!("content-length : 0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: xchunked\r\ncontent-length: 0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked, identity\r\ncontent-length: 0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding:\u{b}chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("x: y\r\n transfer-encoding: chunked\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\n-1\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\n1\r\naa0\r\n\r\n{HIDDEN}"),
        format!("transfer-encoding: chunked\r\n\r\n1;x\ny\r\na\r\n0\r\n\r\n{HIDDEN}"),
        format!("x: a\rb\r\ncontent-length: 0\r\n\r\n{HIDDEN}"),
        format!("x: a\u{0}b\r\n\r\n{HIDDEN}"),
    ];
    let (gateway, mut both) = (scene.gateway()?, 0);
    for wire in [scene.api, scene.otlp, gateway] {
        for lines in &refused {
            let bytes = format!("POST /v1/traces HTTP/1.1\r\nhost: a\r\nx-quipu-key: {key}\r\n{lines}");
            let shown = lines.escape_debug().to_string();
            let reply = tried.judge(
                &shown,
                wire.send_part(bytes.as_bytes()),
                &[0, 400, 404, 408, 411, 413, 415, 502],
            );
            tried.hold(reply.answers() <= 1, format!("{shown}: the hidden request is answered"));
        }
        // Both are given: RFC 9112 section 6.3 has the chunks count and the connection end, so that what
        // follows is no request.
        for lines in [
            "content-length: 5\r\ntransfer-encoding: chunked",
            "transfer-encoding: chunked\r\ncontent-length: 5",
        ] {
            let head = format!("POST /v1/x HTTP/1.1\r\nhost: a\r\nx-quipu-key: {key}\r\n{lines}\r\n\r\n");
            let bytes = format!("{head}0\r\n\r\n{HIDDEN}");
            let reply =
                tried.judge(lines, wire.send_part(bytes.as_bytes()), &[0, 200, 400, 404, 405, 415, 502]);
            both = both.max(reply.answers());
        }
    }
    tried.hold(both <= 2, "two requests have more answers");
    tried.hold(scene.lives(), "the server is gone");
    let read = [
        "refused",
        "the chunks count and the connection ends",
        "the chunks count, and what follows is the next request",
    ];
    Ok(tried.told(format!("both lengths: {}", read[both.min(2)])))
}

/// Headers that the gateway passes on from a request with both lengths, and hop-by-hop headers.
pub fn passed_on(scene: &Scene, upstream: &Upstream) -> Result<Tried> {
    let mut tried = Tried::new("smuggling through the gateway to the provider; our key in what is passed on");
    let (_, key) = scene.key(&["--scope", "ingest"])?;
    let body = "{\"model\":\"gpt-5\",\"messages\":[]}";
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    upstream.forget();
    for lines in [
        format!("content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n{chunked}"),
        format!("transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n{chunked}"),
        format!(
            "connection: x-quipu-key, authorization, content-length\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    ] {
        let bytes = format!(
            "POST /openai/chat/completions HTTP/1.1\r\nhost: a\r\nquipu-project: default\r\nx-quipu-key: {key}\r\ncontent-type: application/json\r\n{lines}"
        );
        let reply =
            tried.judge("passed on", scene.gateway()?.send_part(bytes.as_bytes()), &[0, 200, 400, 502]);
        if reply.status == 400 {
            continue;
        }
        tried.hold(reply.status == 200, "the provider's answer does not come back");
        let got = upstream.next().context("nothing was passed on")?.to_ascii_lowercase();
        let head = got.split("\r\n\r\n").next().unwrap_or_default();
        let lengths =
            head.matches("\r\ncontent-length:").count() + head.matches("\r\ntransfer-encoding:").count();
        tried.hold(lengths == 1, format!("the provider gets {lengths} lengths"));
        tried.hold(!head.contains("\r\ncontent-length: 5\r\n"), "the provider gets the false length");
        tried.hold(
            !got.contains("x-quipu-key") && !got.contains(&key.to_ascii_lowercase()),
            "the provider gets our key",
        );
        tried.hold(!head.contains("quipu-project"), "the provider gets our project");
    }
    Ok(tried)
}

/// A provider that records its requests.
pub struct Upstream {
    /// Address of the listener.
    pub url: String,
    got: mpsc::Receiver<String>,
}

impl Upstream {
    /// Begins to listen; ends with the program.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let (told, got) = mpsc::channel();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
                let mut all = Vec::new();
                let mut piece = [0; 8192];
                while !all.windows(10).any(|window| window == b"messages\":") {
                    match stream.read(&mut piece) {
                        Ok(count) if count > 0 => all.extend_from_slice(&piece[..count]),
                        _ => break,
                    }
                }
                let _ = told.send(String::from_utf8_lossy(&all).into_owned());
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
            }
        });
        Ok(Self { url, got })
    }

    /// Forgets the earlier requests.
    fn forget(&self) {
        while self.got.try_recv().is_ok() {}
    }

    fn next(&self) -> Option<String> {
        self.got.recv_timeout(Duration::from_secs(30)).ok()
    }
}

/// Headers and request lines that are too long or too many.
pub fn oversized(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("oversized headers, cookies, URLs, methods; too many headers");
    let (_, key) = scene.key(&["--scope", "read,ingest"])?;
    let long = "a".repeat(1 << 20);
    let many: String = (0..5_000).map(|at| format!("x-{at}: y\r\n")).collect();
    let heads = [
        format!("GET / HTTP/1.1\r\nhost: a\r\nx: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: a\r\n{long}: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: a\r\ncookie: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nhost: a\r\nx-quipu-key: {key}\r\n\r\n"),
        format!("GET /?q={long} HTTP/1.1\r\nhost: a\r\nx-quipu-key: {key}\r\n\r\n"),
        format!("{long} / HTTP/1.1\r\nhost: a\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n"),
        "GET / HTTP/9.9\r\nhost: a\r\n\r\n".to_owned(),
        "\u{0}\u{0}\u{0}\u{0}\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot frames at all, by far".to_owned(),
    ];
    let before = scene.server.memory_mib("VmRSS")?;
    for wire in [scene.api, scene.otlp, scene.metrics, scene.gateway()?] {
        refuse(&mut tried, wire, &heads);
    }
    let grown = scene.server.memory_mib("VmRSS")? - before;
    tried.hold(grown < 64.0, format!("memory grew by {grown:.0} MiB"));
    tried.hold(scene.lives(), "the server is gone");
    Ok(tried)
}

fn refuse(tried: &mut Tried, wire: Wire, heads: &[String]) {
    for head in heads {
        let shown: String = head.chars().take(40).collect();
        tried.judge(
            &shown.escape_debug().to_string(),
            wire.send_part(head.as_bytes()),
            &[0, 400, 414, 431, 505],
        );
    }
}
