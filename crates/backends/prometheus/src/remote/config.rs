//! Config of remote write and of the Pushgateway.

use std::collections::BTreeMap;

use quipu_core::{Error, ErrorKind, Result};
use quipu_send::{Http, HttpConfig, Secret, Tls};
use serde::{Deserialize, Serialize};

use crate::config::NAME;

/// Default timeout of a request in milliseconds.
const TIMEOUT_MS: u64 = 10_000;

/// A receiver of Prometheus' remote write 1.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemoteWrite {
    /// Address, such as `http://prometheus:9090/api/v1/write`.
    pub url: String,
    /// Headers of every request, such as `authorization` or `X-Scope-OrgID`.
    pub headers: BTreeMap<String, Secret>,
    /// Timeout of a request in milliseconds, including its answer; 10 000 by default.
    pub timeout_ms: u64,
    /// TLS config: trusted certificates and the client's own.
    pub tls: Tls,
    /// Labels that are added to every series without a label of that name.
    pub labels: BTreeMap<String, String>,
    /// Largest number of samples in a request; 2 000 by default.
    pub samples_per_request: usize,
}

impl Default for RemoteWrite {
    fn default() -> Self {
        Self {
            url: String::new(),
            headers: BTreeMap::new(),
            timeout_ms: TIMEOUT_MS,
            tls: Tls::default(),
            labels: BTreeMap::new(),
            samples_per_request: 2_000,
        }
    }
}

impl RemoteWrite {
    /// The HTTP client for it.
    ///
    /// # Errors
    /// The address, a header or the TLS config is invalid.
    pub(crate) fn client(&self) -> Result<Http> {
        check("remote_write", &self.url)?;
        client(&self.headers, self.timeout_ms, &self.tls)
    }
}

/// A Pushgateway, which keeps the last metrics of programs that end before a scrape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// Address, such as `http://pushgateway:9091`.
    pub url: String,
    /// The job of the metrics. A push replaces earlier metrics of the same job and grouping.
    pub job: String,
    /// Additional labels that identify programs of the job, such as `instance`.
    pub grouping: BTreeMap<String, String>,
    /// Headers of every request, such as `authorization`.
    pub headers: BTreeMap<String, Secret>,
    /// Timeout of a request in milliseconds, including its answer; 10 000 by default.
    pub timeout_ms: u64,
    /// TLS config: trusted certificates and the client's own.
    pub tls: Tls,
}

impl Default for Push {
    fn default() -> Self {
        Self {
            url: String::new(),
            job: "quipu".to_owned(),
            grouping: BTreeMap::new(),
            headers: BTreeMap::new(),
            timeout_ms: TIMEOUT_MS,
            tls: Tls::default(),
        }
    }
}

impl Push {
    /// The HTTP client for it.
    ///
    /// # Errors
    /// The address, the job, a label, a header or the TLS config is invalid.
    pub(crate) fn client(&self) -> Result<Http> {
        check("push", &self.url)?;
        if self.job.is_empty() {
            return Err(wrong("push: the name of the job is empty".to_owned()));
        }
        let fits = |key: &String| {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            key != "job"
                && key.chars().all(word)
                && !key.starts_with(|c: char| c.is_ascii_digit())
                && !key.is_empty()
        };
        if let Some(key) = self.grouping.keys().find(|key| !fits(key)) {
            return Err(wrong(format!("push: {key:?} is not a valid grouping label")));
        }
        client(&self.headers, self.timeout_ms, &self.tls)
    }
}

fn client(headers: &BTreeMap<String, Secret>, timeout_ms: u64, tls: &Tls) -> Result<Http> {
    let settings =
        HttpConfig { headers: headers.clone(), timeout_ms, tls: tls.clone(), ..HttpConfig::default() };
    Http::new(&settings).map_err(|error| error.of_backend(NAME))
}

fn check(what: &str, url: &str) -> Result<()> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(());
    }
    Err(wrong(format!("{what}: the url must begin with http:// or https://")))
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Invalid, "open backend", what).of_backend(NAME)
}
