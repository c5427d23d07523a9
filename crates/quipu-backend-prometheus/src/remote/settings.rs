//! Where figures are sent.

use std::collections::BTreeMap;

use quipu_core::{Error, ErrorKind, Result};
use quipu_send::{Http, HttpSettings, Secret, Tls};
use serde::{Deserialize, Serialize};

use crate::prometheus::NAME;

/// Milliseconds that a request may take by default.
const TIMEOUT_MS: u64 = 10_000;

/// A receiver of Prometheus' remote write 1.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemoteWrite {
    /// Its address, such as `http://prometheus:9090/api/v1/write`.
    pub url: String,
    /// Headers of every request, such as `authorization` or `X-Scope-OrgID`.
    pub headers: BTreeMap<String, Secret>,
    /// Milliseconds that a request may take, its answer included; 10 000 by default.
    pub timeout_ms: u64,
    /// Whom to trust, and who we are.
    pub tls: Tls,
    /// Labels of every series that has none of that name.
    pub labels: BTreeMap<String, String>,
    /// Samples of one request at most; 2 000 by default.
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
    /// The client for it.
    ///
    /// # Errors
    /// The address, a header or the TLS settings are wrong.
    pub(crate) fn client(&self) -> Result<Http> {
        check("remote_write", &self.url)?;
        client(&self.headers, self.timeout_ms, &self.tls)
    }
}

/// A Pushgateway, which keeps the last figures of programs that have ended before anybody scraped them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// Its address, such as `http://pushgateway:9091`.
    pub url: String,
    /// The job that the figures belong to. What was pushed for the same job and grouping before is replaced.
    pub job: String,
    /// Further labels that tell programs of the job apart, such as `instance`.
    pub grouping: BTreeMap<String, String>,
    /// Headers of every request, such as `authorization`.
    pub headers: BTreeMap<String, Secret>,
    /// Milliseconds that a request may take, its answer included; 10 000 by default.
    pub timeout_ms: u64,
    /// Whom to trust, and who we are.
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
    /// The client for it.
    ///
    /// # Errors
    /// The address, the job, a label, a header or the TLS settings are wrong.
    pub(crate) fn client(&self) -> Result<Http> {
        check("push", &self.url)?;
        if self.job.is_empty() {
            return Err(wrong("push: the job has no name".to_owned()));
        }
        let fits = |key: &String| {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            key != "job"
                && key.chars().all(word)
                && !key.starts_with(|c: char| c.is_ascii_digit())
                && !key.is_empty()
        };
        if let Some(key) = self.grouping.keys().find(|key| !fits(key)) {
            return Err(wrong(format!("push: {key:?} cannot be a label of the grouping")));
        }
        client(&self.headers, self.timeout_ms, &self.tls)
    }
}

fn client(headers: &BTreeMap<String, Secret>, timeout_ms: u64, tls: &Tls) -> Result<Http> {
    let settings =
        HttpSettings { headers: headers.clone(), timeout_ms, tls: tls.clone(), ..HttpSettings::default() };
    Http::new(&settings).map_err(|error| error.of_backend(NAME))
}

fn check(what: &str, url: &str) -> Result<()> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(());
    }
    Err(wrong(format!("{what}: the url has to begin with http:// or https://")))
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Invalid, "open backend", what).of_backend(NAME)
}
