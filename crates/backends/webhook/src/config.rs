//! Config of the webhook backend.

use std::collections::BTreeMap;

use quipu_core::Result;
use quipu_send::{Compression, HttpConfig, Secret, Tls, check_url};
use serde::{Deserialize, Serialize};

use crate::fault::wrong;

/// Config of the webhook backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address of the requests. Knowledge of such an address often suffices to post to it. It is therefore
    /// kept like a secret, and only its host is printed.
    pub url: Secret,
    /// Signing secret: `whsec_` and base64, or any text. If empty, requests are not signed.
    pub secret: Secret,
    /// Previous secret: requests are signed with it too, while receivers change to the new one.
    pub old_secret: Secret,
    /// Additional headers of every request.
    pub headers: BTreeMap<String, Secret>,
    /// Timeout of a request in milliseconds.
    pub timeout_ms: u64,
    /// TLS config.
    pub tls: Tls,
    /// Compression of bodies. The signature covers the uncompressed body.
    pub compression: Compression,
    /// Largest size of a body in bytes, before compression. A record that does not fit is rejected.
    pub max_bytes: usize,
    /// Largest number of records in a request.
    pub max_records: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            secret: Secret::default(),
            old_secret: Secret::default(),
            headers: BTreeMap::new(),
            timeout_ms: 10_000,
            tls: Tls::default(),
            compression: Compression::None,
            max_bytes: 1 << 20,
            max_records: 500,
        }
    }
}

/// Least body size; a smaller one has no space for a record.
const LEAST_BYTES: usize = 4_096;

impl Config {
    /// The defaults with this address.
    pub fn at(url: impl Into<Secret>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Checks all values before anything is sent.
    pub(crate) fn check(&self) -> Result<()> {
        if self.host().is_empty() {
            return Err(wrong("url: expected a URL such as https://hooks.example.com/quipu"));
        }
        check_url(self.url.expose()).map_err(|error| wrong(format!("url: {}", error.context())))?;
        if self.timeout_ms == 0 {
            return Err(wrong("timeout_ms: expected at least 1"));
        }
        if self.max_bytes < LEAST_BYTES || self.max_records == 0 {
            return Err(wrong(format!(
                "max_bytes: expected at least {LEAST_BYTES}; max_records: expected at least 1"
            )));
        }
        if self.secret.is_empty() && !self.old_secret.is_empty() {
            return Err(wrong("old_secret is set without secret: set both"));
        }
        Ok(())
    }

    /// Host and port of the address; empty if it is not an address.
    pub(crate) fn host(&self) -> &str {
        let url = self.url.expose();
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        authority.rsplit('@').next().unwrap_or_default()
    }

    /// Config of the HTTP client.
    pub(crate) fn http(&self) -> HttpConfig {
        HttpConfig {
            headers: self.headers.clone(),
            timeout_ms: self.timeout_ms,
            tls: self.tls.clone(),
            compression: self.compression,
        }
    }
}
