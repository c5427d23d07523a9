//! What can be set.

use std::collections::BTreeMap;

use quipu_core::Result;
use quipu_send::{Compression, HttpSettings, Secret, Tls, check_url};
use serde::{Deserialize, Serialize};

use crate::fault::wrong;

/// Settings of the backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where requests go. Whoever knows such an address may often post there: it is kept like a secret, and only its host is told.
    pub url: Secret,
    /// What requests are signed with: `whsec_` and base64, or any text. Empty: they are not signed.
    pub secret: Secret,
    /// A secret that goes: requests are signed with it too while receivers change over.
    pub old_secret: Secret,
    /// Further headers of every request.
    pub headers: BTreeMap<String, Secret>,
    /// Milliseconds that a request may take.
    pub timeout_ms: u64,
    /// Whom to trust.
    pub tls: Tls,
    /// How bodies are packed. The signature is that of the body before.
    pub compression: Compression,
    /// Bytes that a body has at most, before it is packed. A record that does not fit is refused.
    pub max_bytes: usize,
    /// Records that a request has at most.
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

/// A smaller bound would leave no room for a record beside what is around it.
const LEAST_BYTES: usize = 4_096;

impl Config {
    /// The defaults, at this place.
    pub fn at(url: impl Into<Secret>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Whatever is wrong, before anything is sent.
    pub(crate) fn check(&self) -> Result<()> {
        if self.host().is_empty() {
            return Err(wrong("url: not one such as https://hooks.example.com/quipu"));
        }
        check_url(self.url.expose()).map_err(|error| wrong(format!("url: {}", error.context())))?;
        if self.timeout_ms == 0 {
            return Err(wrong("timeout_ms from 1"));
        }
        if self.max_bytes < LEAST_BYTES || self.max_records == 0 {
            return Err(wrong(format!("max_bytes from {LEAST_BYTES}, max_records from 1")));
        }
        if self.secret.is_empty() && !self.old_secret.is_empty() {
            return Err(wrong("old_secret stands beside secret, never alone"));
        }
        Ok(())
    }

    /// Host and port of the address; empty where it is none.
    pub(crate) fn host(&self) -> &str {
        let url = self.url.expose();
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        authority.rsplit('@').next().unwrap_or_default()
    }

    /// How requests are sent.
    pub(crate) fn http(&self) -> HttpSettings {
        HttpSettings {
            headers: self.headers.clone(),
            timeout_ms: self.timeout_ms,
            tls: self.tls.clone(),
            compression: self.compression,
        }
    }
}
