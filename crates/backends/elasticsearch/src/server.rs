//! HTTP client of the cluster.

use quipu_core::{Error, ErrorKind, Result};
use quipu_send::{Answer, Http};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::FILTER;
use crate::fault::{NAME, strange};
use crate::{Config, Product};

/// Requests to one cluster.
pub(crate) struct Server {
    http: Http,
    url: String,
}

/// The answer to `GET /`.
#[derive(Deserialize)]
pub(crate) struct Root {
    pub version: Version,
}

#[derive(Deserialize)]
pub(crate) struct Version {
    #[serde(default)]
    pub number: String,
    /// `opensearch`; only OpenSearch sends it.
    #[serde(default)]
    distribution: String,
    /// `serverless`; only the serverless service sends it.
    #[serde(default)]
    build_flavor: String,
}

impl Root {
    pub fn product(&self) -> Product {
        if self.version.distribution == "opensearch" {
            Product::Opensearch
        } else if self.version.build_flavor == "serverless" {
            Product::Serverless
        } else {
            Product::Elasticsearch
        }
    }
}

impl Server {
    pub fn new(config: &Config) -> Result<Self> {
        let http = Http::new(&config.http()?).map_err(|error| error.of_backend(NAME))?;
        Ok(Self { http, url: config.url.trim_end_matches('/').to_owned() })
    }

    pub async fn bulk(&self, body: Vec<u8>) -> Result<Answer> {
        let url = format!("{}/_bulk?{FILTER}", self.url);
        let sent = self.http.post(&url, "application/x-ndjson", Default::default(), body);
        sent.await.map_err(|error| error.of_backend(NAME))
    }

    pub async fn root(&self) -> Result<Answer> {
        self.get("").await
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        let url = format!("{}/{path}", self.url);
        self.http.get(&url).await.map_err(|error| error.of_backend(NAME))
    }

    /// # Errors
    /// The cluster rejects it; the text names the item to install.
    pub async fn put(&self, path: &str, body: &Value) -> Result<()> {
        let (url, text) = (format!("{}/{path}", self.url), body.to_string());
        let put = self.http.put(&url, "application/json", text.into_bytes());
        let answer = put.await.map_err(|error| error.of_backend(NAME))?;
        if answer.is_success() {
            return Ok(());
        }
        let told = answer.error("put template");
        let hint = match told.kind() {
            ErrorKind::Denied => "; grant it, or install the templates yourself and set templates = false",
            _ => "",
        };
        let why = format!("{path}: {}{}{hint}", told.context(), kind(&answer));
        let error = Error::new(told.kind(), "put template", why).with_retry(told.retry()).of_backend(NAME);
        Err(match told.retry_after() {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        })
    }
}

/// Parses the answer to `GET /`.
///
/// # Errors
/// The server does not answer, or is another program.
pub(crate) fn root(answer: &Answer) -> Result<Root> {
    if !answer.is_success() {
        return Err(answer.error("query the cluster").of_backend(NAME));
    }
    serde_json::from_slice(&answer.body).map_err(|_| strange("query the cluster"))
}

/// Error type of a whole request: the only place that reports what is wrong with a template. Templates come
/// from Quipu, so their errors quote nothing of a record.
fn kind(answer: &Answer) -> String {
    let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text =
        |name: &str| told["error"][name].as_str().unwrap_or_default().chars().take(300).collect::<String>();
    match (text("type"), text("reason")) {
        (kind, reason) if !kind.is_empty() => format!(" ({kind}: {reason})"),
        _ => String::new(),
    }
}

/// The error of `_bulk` as a whole.
pub(crate) fn refusal(answer: &Answer) -> Error {
    let error = answer.error("write records").of_backend(NAME);
    if error.kind() != ErrorKind::Denied {
        return error;
    }
    let context =
        format!("answered {}: the credentials lack create_doc on the streams, or are wrong", answer.status);
    Error::new(ErrorKind::Denied, "write records", context).of_backend(NAME)
}
