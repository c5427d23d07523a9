//! What the gateway is told: the table `[proxy]` of a configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::{Dialect, Passing};

/// Settings of the gateway. Every limit has a default; none is without bound.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// Where it listens: host:port, or `off`.
    pub listen: String,
    /// Where requests go, by the first segment of their path. `openai`, `anthropic` and `gemini` are there unless replaced.
    pub upstreams: BTreeMap<String, UpstreamConfig>,
    /// Whether prompts and answers are recorded.
    pub prompts: bool,
    /// Whether streams of chat completions that do not ask for their usage are made to: this changes the request's body.
    pub ask_usage: bool,
    /// Name of the service that calls are recorded under.
    pub service: String,
    /// Most bytes of a request to a model. Longer ones are refused with 413.
    pub request_bytes: usize,
    /// Most bytes of any other request, such as an upload of a file.
    pub upload_bytes: u64,
    /// Milliseconds within which a request's body has to come in.
    pub request_ms: u64,
    /// Milliseconds within which a connection to an upstream has to stand.
    pub connect_ms: u64,
    /// Milliseconds until an upstream begins its answer.
    pub answer_ms: u64,
    /// Milliseconds without a byte after which an answer under way is given up.
    pub idle_ms: u64,
    /// Most milliseconds that a budget may hold a call back.
    pub throttle_ms: u64,
    /// What becomes of requests that cannot be judged for certain. Left out: they are refused where a budget that does more than notify
    /// could be about them, and recorded as calls otherwise.
    pub unknown: Option<Unjudged>,
    /// What becomes of calls whose price is not known. Left out: they are refused where a budget in dollars that does more than notify
    /// is about them.
    pub unpriced: Option<Unjudged>,
    /// Further requests that reach no model, such as `POST /v1/moderations`: they pass without being judged or recorded.
    pub pass: Vec<Passing>,
    /// File of certificates in PEM that are trusted beside the public ones.
    pub ca_file: Option<PathBuf>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8787".to_owned(),
            upstreams: BTreeMap::new(),
            prompts: false,
            ask_usage: false,
            service: "quipu-proxy".to_owned(),
            request_bytes: 64 << 20,
            upload_bytes: 512 << 20,
            request_ms: 120_000,
            connect_ms: 10_000,
            answer_ms: 600_000,
            idle_ms: 300_000,
            throttle_ms: 60_000,
            unknown: None,
            unpriced: None,
            pass: Vec::new(),
            ca_file: None,
        }
    }
}

impl GatewayConfig {
    /// A bound as a duration.
    pub(crate) const fn within(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }
}

/// What becomes of a request that no budget can judge for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unjudged {
    /// It is refused.
    Refuse,
    /// It is passed on, recorded, and judged by an estimate.
    Record,
}

/// An upstream: its base URL alone, or a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamConfig {
    /// Base URL, such as `https://api.groq.com/openai/v1`.
    pub url: String,
    /// The provider's name in records and prices; else the host or the upstream's own name tells.
    pub provider: Option<String>,
    /// The shape of its errors where the path tells none; else the provider's.
    pub dialect: Option<Dialect>,
}

impl UpstreamConfig {
    /// An upstream at this base URL.
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
        deserializer.deserialize_any(Told)
    }
}

struct Told;

impl<'de> Visitor<'de> for Told {
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
