//! Configuration of the gateway: the table `[proxy]`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::{Dialect, Passing};

/// Configuration of the gateway. Every limit has a finite default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// The listening address, `HOST:PORT`, or `off`.
    pub listen: String,
    /// The upstreams, by the first segment of a path. `openai`, `anthropic` and `gemini` have defaults.
    pub upstreams: BTreeMap<String, UpstreamConfig>,
    /// Whether prompts and answers are recorded.
    pub prompts: bool,
    /// Whether chat completion streams without a usage request are changed to request it. This changes the
    /// body.
    pub ask_usage: bool,
    /// The service name of recorded calls.
    pub service: String,
    /// Further attributes of the resource of recorded calls.
    pub resource: BTreeMap<String, String>,
    /// Tags of every call, in addition to its own. Budgets see them.
    pub tags: Vec<String>,
    /// The maximum body of a request to a model, in bytes. Longer ones get 413.
    pub request_bytes: usize,
    /// The maximum body of any other request, such as a file upload, in bytes.
    pub upload_bytes: u64,
    /// The timeout for receiving a request's body, in milliseconds.
    pub request_ms: u64,
    /// The timeout for connecting to an upstream, in milliseconds.
    pub connect_ms: u64,
    /// The timeout for the start of an upstream's answer, in milliseconds.
    pub answer_ms: u64,
    /// The timeout between two chunks of an answer, in milliseconds.
    pub idle_ms: u64,
    /// The maximum delay of a call by a budget, in milliseconds.
    pub throttle_ms: u64,
    /// The treatment of ambiguous requests. By default they are rejected if a budget that does more than
    /// notify could apply to them. Otherwise they are recorded as calls.
    pub unknown: Option<Unjudged>,
    /// The treatment of calls without a known price. By default they are rejected if a budget in dollars that
    /// does more than notify applies to them.
    pub unpriced: Option<Unjudged>,
    /// The treatment of calls while records of earlier calls cannot be delivered.
    pub undelivered: Undelivered,
    /// Further requests that reach no model, such as `POST /v1/moderations`. They pass without a check or a
    /// record.
    pub pass: Vec<Passing>,
    /// PEM file of certificates that are trusted in addition to the public ones.
    pub ca_file: Option<PathBuf>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8787".to_owned(),
            upstreams: BTreeMap::new(),
            prompts: false,
            ask_usage: false,
            service: "quipu-gateway".to_owned(),
            resource: BTreeMap::new(),
            tags: Vec::new(),
            request_bytes: 64 << 20,
            upload_bytes: 512 << 20,
            request_ms: 120_000,
            connect_ms: 10_000,
            answer_ms: 600_000,
            idle_ms: 300_000,
            throttle_ms: 60_000,
            unknown: None,
            unpriced: None,
            undelivered: Undelivered::default(),
            pass: Vec::new(),
            ca_file: None,
        }
    }
}

impl GatewayConfig {
    /// Converts a limit to a duration.
    pub(crate) const fn within(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }
}

/// The treatment of a request that no budget can judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unjudged {
    /// It is rejected.
    Refuse,
    /// It is passed on, recorded, and judged by an estimate.
    Record,
}

/// The treatment of calls while records of earlier calls cannot be delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Undelivered {
    /// New calls are rejected, and no record is dropped.
    #[default]
    Refuse,
    /// Calls pass. Records are dropped and counted after about 18 seconds.
    Pass,
}

/// An upstream: its base URL only, or a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamConfig {
    /// Base URL, such as `https://api.groq.com/openai/v1`.
    pub url: String,
    /// The provider's name in records and prices; by default derived from the host or the upstream's name.
    pub provider: Option<String>,
    /// The form of error answers if the path does not determine it; by default the provider's.
    pub dialect: Option<Dialect>,
}

impl UpstreamConfig {
    /// Creates an upstream with this base URL.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), provider: None, dialect: None }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    url: String,
    provider: Option<String>,
    dialect: Option<Dialect>,
}

impl<'de> Deserialize<'de> for UpstreamConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UrlOrTable)
    }
}

struct UrlOrTable;

impl<'de> Visitor<'de> for UrlOrTable {
    type Value = UpstreamConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a base URL, or a table with url, provider and dialect")
    }

    fn visit_str<E: serde::de::Error>(self, url: &str) -> Result<UpstreamConfig, E> {
        if url.is_empty() { Err(E::custom("the base URL is empty")) } else { Ok(UpstreamConfig::at(url)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<UpstreamConfig, A::Error> {
        let Table { url, provider, dialect } = Table::deserialize(MapAccessDeserializer::new(map))?;
        if url.is_empty() {
            return Err(A::Error::custom("the base URL is empty"));
        }
        Ok(UpstreamConfig { url, provider, dialect })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_a_url_or_a_table() {
        let text = "prompts = true\nunknown = \"record\"\npass = [\"POST /v1/moderations\"]\n[upstreams]\ngroq = \"https://api.groq.com/openai/v1\"\n\
                    azure = { url = \"https://me.openai.azure.com\", provider = \"azure.ai.openai\", dialect = \"openai\" }";
        let config: GatewayConfig = toml::from_str(text).unwrap();
        assert_eq!((config.unknown, config.unpriced), (Some(Unjudged::Record), None));
        assert_eq!(config.undelivered, Undelivered::Refuse);
        assert_eq!(config.pass[0].to_string(), "POST /moderations");
        assert!(config.prompts && config.listen == "127.0.0.1:8787");
        assert_eq!(config.upstreams["groq"], UpstreamConfig::at("https://api.groq.com/openai/v1"));
        assert_eq!(config.upstreams["azure"].provider.as_deref(), Some("azure.ai.openai"));
        assert_eq!(config.upstreams["azure"].dialect, Some(Dialect::OpenAi));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for text in [
            "prompt = true",
            "unknown = \"pass\"",
            "pass = [\"POST /v1/chat/completions\"]",
            "[upstreams]\nx = 1",
            "[upstreams]\nx = \"\"",
            "[upstreams]\nx = { uri = \"u\" }",
        ] {
            assert!(toml::from_str::<GatewayConfig>(text).is_err(), "{text}");
        }
    }
}
