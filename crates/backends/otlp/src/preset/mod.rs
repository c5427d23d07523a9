//! Presets of vendors: addresses, authorization and variables. Each has a page in `docs/guide/vendors`.

mod clouds;
mod vendors;

use quipu_core::Result;
use quipu_otlp::outgoing::Mapping;
use quipu_send::{Compression, Protocol, Secret};
use serde::Deserialize;

use crate::config::{Config, SignalConfig};
use crate::variables::Variables;

/// A vendor preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Amazon CloudWatch and X-Ray, signed.
    Aws,
    /// A local collector of AWS's distribution.
    AwsAdot,
    /// Azure Monitor.
    AzureMonitor,
    /// Datadog.
    Datadog,
    /// Elastic.
    Elastic,
    /// Google Cloud.
    GoogleCloud,
    /// Grafana Cloud.
    GrafanaCloud,
    /// Honeycomb.
    Honeycomb,
    /// Langfuse.
    Langfuse,
    /// Pydantic Logfire.
    Logfire,
    /// New Relic.
    NewRelic,
    /// Arize Phoenix.
    Phoenix,
}

/// An environment variable of a preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Name of the variable.
    pub name: &'static str,
    /// Whether it is required, or one of the variables that [`Variable::what`] names in its place.
    pub needed: bool,
    /// Meaning of the variable.
    pub what: &'static str,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 12] = [
        Self::Aws,
        Self::AwsAdot,
        Self::AzureMonitor,
        Self::Datadog,
        Self::Elastic,
        Self::GoogleCloud,
        Self::GrafanaCloud,
        Self::Honeycomb,
        Self::Langfuse,
        Self::Logfire,
        Self::NewRelic,
        Self::Phoenix,
    ];

    /// Name in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsAdot => "aws-adot",
            Self::AzureMonitor => "azure-monitor",
            Self::Datadog => "datadog",
            Self::Elastic => "elastic",
            Self::GoogleCloud => "google-cloud",
            Self::GrafanaCloud => "grafana-cloud",
            Self::Honeycomb => "honeycomb",
            Self::Langfuse => "langfuse",
            Self::Logfire => "logfire",
            Self::NewRelic => "new-relic",
            Self::Phoenix => "phoenix",
        }
    }

    /// The variables that it reads.
    pub const fn variables(self) -> &'static [Variable] {
        match self {
            Self::Aws => clouds::AWS,
            Self::AwsAdot => clouds::AWS_ADOT,
            Self::AzureMonitor => clouds::AZURE_MONITOR,
            Self::GoogleCloud => clouds::GOOGLE_CLOUD,
            Self::Datadog => vendors::DATADOG,
            Self::Elastic => vendors::ELASTIC,
            Self::GrafanaCloud => vendors::GRAFANA_CLOUD,
            Self::Honeycomb => vendors::HONEYCOMB,
            Self::Langfuse => vendors::LANGFUSE,
            Self::Logfire => vendors::LOGFIRE,
            Self::NewRelic => vendors::NEW_RELIC,
            Self::Phoenix => vendors::PHOENIX,
        }
    }

    /// The config of the preset. `said` is the user's config; its values take the place of variables.
    pub(crate) fn fill(self, variables: &Variables<'_>, said: &Config) -> Result<Config> {
        match self {
            Self::Aws => clouds::aws(variables, said),
            Self::AwsAdot => clouds::aws_adot(variables, said),
            Self::AzureMonitor => clouds::azure_monitor(variables, said),
            Self::GoogleCloud => clouds::google_cloud(variables, said),
            Self::Datadog => vendors::datadog(variables),
            Self::Elastic => vendors::elastic(variables, said),
            Self::GrafanaCloud => vendors::grafana_cloud(variables, said),
            Self::Honeycomb => vendors::honeycomb(variables),
            Self::Langfuse => vendors::langfuse(variables),
            Self::Logfire => vendors::logfire(variables),
            Self::NewRelic => vendors::new_relic(variables),
            Self::Phoenix => vendors::phoenix(variables, said),
        }
    }
}

/// Common config of most vendors: protobuf over HTTP, compressed with gzip.
fn over_http(endpoint: impl Into<Option<String>>) -> Config {
    Config {
        endpoint: endpoint.into(),
        protocol: Some(Protocol::HttpProtobuf),
        compression: Some(Compression::Gzip),
        mapping: Some(Mapping::GenAi),
        ..Config::default()
    }
}

fn header(config: &mut Config, name: &str, value: String) {
    config.headers.insert(name.to_owned(), Secret::from(value));
}

fn unsent() -> SignalConfig {
    SignalConfig { send: Some(false), ..SignalConfig::default() }
}

const fn needed(name: &'static str, what: &'static str) -> Variable {
    Variable { name, needed: true, what }
}

const fn optional(name: &'static str, what: &'static str) -> Variable {
    Variable { name, needed: false, what }
}
