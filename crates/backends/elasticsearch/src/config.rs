//! Config of the Elasticsearch backend.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quipu_core::Result;
use quipu_send::{Compression, HttpConfig, Secret, Tls, check_url};
use serde::{Deserialize, Serialize};

use crate::fault::wrong;

/// Product of the cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// Detected from the answer to `GET /`.
    #[default]
    Auto,
    /// Elasticsearch 7.14 or later.
    Elasticsearch,
    /// Elasticsearch as a service without index lifecycle management.
    Serverless,
    /// OpenSearch 2.7 or later.
    Opensearch,
}

/// Config of the Elasticsearch backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address, such as `https://search:9200`; a path of a reverse proxy may follow.
    pub url: String,
    /// User name for HTTP Basic authentication.
    pub username: String,
    /// Password for HTTP Basic authentication.
    pub password: Secret,
    /// API key, encoded as Kibana shows it, or as `ID:KEY`.
    pub api_key: Secret,
    /// Bearer token.
    pub bearer_token: Secret,
    /// Additional headers of every request.
    pub headers: BTreeMap<String, Secret>,
    /// Timeout of a request in milliseconds.
    pub timeout_ms: u64,
    /// TLS config.
    pub tls: Tls,
    /// Compression of bodies; neither product supports `zstd`.
    pub compression: Compression,
    /// Product of the cluster.
    pub product: Product,
    /// Second part of the data streams' names.
    pub dataset: String,
    /// Third part of the data streams' names.
    pub namespace: String,
    /// Whether to install templates and policies before the first write, if they are missing or older.
    pub templates: bool,
    /// Days after which data is removed; 0 means never. Only used when the policies are installed.
    pub keep_days: u32,
    /// Target size of a request in bytes, before compression; a larger record is sent alone.
    pub bulk_bytes: usize,
    /// Largest number of records in a request.
    pub bulk_records: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:9200".to_owned(),
            username: String::new(),
            password: Secret::default(),
            api_key: Secret::default(),
            bearer_token: Secret::default(),
            headers: BTreeMap::new(),
            timeout_ms: 30_000,
            tls: Tls::default(),
            compression: Compression::Gzip,
            product: Product::Auto,
            dataset: "quipu".to_owned(),
            namespace: "default".to_owned(),
            templates: true,
            keep_days: 30,
            bulk_bytes: 8 << 20,
            bulk_records: 2_000,
        }
    }
}

/// Largest number of records in a request: their results must fit into the limit of an answer.
const MOST_RECORDS: usize = 10_000;

impl Config {
    /// The defaults with this address.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Checks all values before anything is sent.
    pub(crate) fn check(&self) -> Result<()> {
        let host = self.url.strip_prefix("http://").or_else(|| self.url.strip_prefix("https://"));
        let host = host.and_then(|rest| rest.split('/').next()).unwrap_or_default();
        if host.is_empty() {
            return Err(wrong("url: expected a URL such as https://search:9200"));
        }
        if host.contains('@') {
            return Err(wrong("url: set username and password instead of a user in the URL"));
        }
        check_url(&self.url).map_err(|error| wrong(format!("url: {}", error.context())))?;
        if self.timeout_ms == 0 {
            return Err(wrong("timeout_ms: expected at least 1"));
        }
        for (key, part) in [("dataset", &self.dataset), ("namespace", &self.namespace)] {
            if !is_part(part) {
                let context = format!(
                    "{key} {part:?}: expected up to 100 lower-case letters, digits, '_' and '.', with a \
                     letter first"
                );
                return Err(wrong(context));
            }
        }
        if self.bulk_bytes == 0 || self.bulk_records == 0 || self.bulk_records > MOST_RECORDS {
            return Err(wrong(format!(
                "bulk_bytes: expected at least 1; bulk_records: expected 1 to {MOST_RECORDS}"
            )));
        }
        if self.compression == Compression::Zstd {
            return Err(wrong("compression: neither product supports zstd, use gzip or none"));
        }
        Ok(())
    }

    /// Config of the HTTP client.
    pub(crate) fn http(&self) -> Result<HttpConfig> {
        let mut headers = self.headers.clone();
        if let Some(value) = self.authorization()? {
            headers.insert("authorization".to_owned(), value);
        }
        Ok(HttpConfig {
            headers,
            timeout_ms: self.timeout_ms,
            tls: self.tls.clone(),
            compression: self.compression,
        })
    }

    fn authorization(&self) -> Result<Option<Secret>> {
        let basic = !self.username.is_empty() || !self.password.is_empty();
        let said = [basic, !self.api_key.is_empty(), !self.bearer_token.is_empty()];
        if said.iter().filter(|said| **said).count() > 1 {
            return Err(wrong("set at most one of username with password, api_key and bearer_token"));
        }
        if basic && (self.username.is_empty() || self.password.is_empty()) {
            return Err(wrong("set both username and password"));
        }
        let value = if basic {
            format!("Basic {}", STANDARD.encode(format!("{}:{}", self.username, self.password.expose())))
        } else if !self.api_key.is_empty() {
            let key = self.api_key.expose();
            // An encoded key has no colon.
            let encoded = if key.contains(':') { STANDARD.encode(key) } else { key.to_owned() };
            format!("ApiKey {encoded}")
        } else if !self.bearer_token.is_empty() {
            format!("Bearer {}", self.bearer_token.expose())
        } else {
            return Ok(None);
        };
        Ok(Some(value.into()))
    }
}

/// Rules by <https://www.elastic.co/docs/reference/ecs/ecs-data_stream>: no `-`, no upper case, no character
/// that an index name must not have.
fn is_part(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.len() <= 100 && text.chars().all(plain)
}
