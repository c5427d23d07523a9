//! Who answers: a server by HTTP, or the same routes over the files, in this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use quipu::Access;
use quipu::core::Store;
use serde_json::Value;
use tower::ServiceExt;

use super::Question;
use crate::args::Source;
use crate::serve;

/// Largest answer that is read.
const ANSWER_BYTES: usize = 1 << 30;

/// The store's URI and the data folder that a source means.
pub fn place(source: &Source) -> Result<(String, PathBuf)> {
    let folder = match &source.data_dir {
        Some(folder) => folder.clone(),
        None => default_folder()?,
    };
    Ok((source.store.clone().unwrap_or_else(|| "sqlite:".into()), folder))
}

/// The platform's data folder for Quipu.
pub fn default_folder() -> Result<PathBuf> {
    let base = dirs::data_local_dir()
        .ok_or_else(|| anyhow!("this platform names no data folder: use --data-dir"))?;
    Ok(base.join("quipu"))
}

/// Asks the source.
pub fn ask(source: &Source, question: &Question) -> Result<Value> {
    Asked::open(source)?.ask(question)
}

/// A source that is asked more than once.
pub enum Asked {
    /// A server's URL.
    Server(String),
    /// The routes over the files.
    Files(Router),
}

impl Asked {
    /// Opens the files, or takes the server's URL.
    pub fn open(source: &Source) -> Result<Self> {
        if let Some(url) = &source.url {
            return Ok(Self::Server(url.clone()));
        }
        let (uri, folder) = place(source)?;
        Ok(Self::Files(serve::routes_over(open(&uri, &folder)?)))
    }

    /// Asks.
    pub fn ask(&self, question: &Question) -> Result<Value> {
        match self {
            Self::Server(url) => ask_server(url, question),
            Self::Files(routes) => ask_routes(routes.clone(), question),
        }
    }
}

fn open(uri: &str, folder: &Path) -> Result<Arc<dyn Store>> {
    quipu::open(uri, folder, Access::Read)
        .context("cannot read the store (is --data-dir right? a running server is asked with --url)")
}

fn target(question: &Question) -> String {
    let pairs: Vec<_> =
        question.params.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    match pairs.is_empty() {
        true => question.path.clone(),
        false => format!("{}?{}", question.path, pairs.join("&")),
    }
}

/// Percent-encodes everything that has a meaning in a URL (RFC 3986, section 2.3 lists what has none).
pub fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn ask_routes(routes: Router, question: &Question) -> Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let request = Request::builder().uri(target(question));
        let request = match &question.body {
            Some(body) => request
                .method("POST")
                .header("content-type", "application/json")
                .body(Body::from(body.to_string()))?,
            None => request.body(Body::empty())?,
        };
        let answer = routes.oneshot(request).await?;
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), ANSWER_BYTES).await?;
        decode(status, &body)
    })
}

/// Asks a server.
pub fn ask_server(url: &str, question: &Question) -> Result<Value> {
    let url = format!("{}{}", url.trim_end_matches('/'), target(question));
    let agent =
        ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    let answer = match &question.body {
        Some(body) => agent.post(&url).header("content-type", "application/json").send(body.to_string()),
        None => agent.get(&url).call(),
    };
    let mut answer = answer.with_context(|| format!("cannot reach {url}"))?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES as u64).read_to_vec()?;
    decode(status, &body)
}

/// The answer's JSON; a problem (RFC 9457) becomes the error.
fn decode(status: u16, body: &[u8]) -> Result<Value> {
    let answer: Value =
        serde_json::from_slice(body).with_context(|| format!("the answer (status {status}) is not JSON"))?;
    if status < 400 {
        return Ok(answer);
    }
    let said = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
    bail!("{}: {}", said("title"), said("detail"))
}
