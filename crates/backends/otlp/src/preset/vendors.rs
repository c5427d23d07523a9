//! Presets of vendors with API keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quipu_core::Result;
use quipu_otlp::outgoing::Mapping;
use quipu_send::{Compression, Secret};

use super::{Variable, header, needed, optional, over_http, unsent};
use crate::config::Config;
use crate::variables::{Variables, wrong};

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// An endpoint from the config or a variable.
fn endpoint(variables: &Variables<'_>, said: &Config, name: &str, what: &str) -> Result<Option<String>> {
    if said.endpoint.is_some() {
        return Ok(None);
    }
    variables.need(&[name], what).map(Some)
}

pub(super) const GRAFANA_CLOUD: &[Variable] = &[
    needed(
        "GRAFANA_CLOUD_OTLP_ENDPOINT",
        "https://otlp-gateway-REGION.grafana.net/otlp, shown on the stack's OpenTelemetry page",
    ),
    needed("GRAFANA_CLOUD_INSTANCE_ID", "the instance number of the stack, shown on the same page"),
    needed("GRAFANA_CLOUD_API_KEY", "a token with metrics:write, logs:write and traces:write"),
];

/// <https://grafana.com/docs/grafana-cloud/send-data/otlp/send-data-otlp/>
pub(super) fn grafana_cloud(variables: &Variables<'_>, said: &Config) -> Result<Config> {
    let what = "the OTLP endpoint of the stack, https://otlp-gateway-REGION.grafana.net/otlp";
    let mut config = over_http(endpoint(variables, said, "GRAFANA_CLOUD_OTLP_ENDPOINT", what)?);
    let user = variables.need(&["GRAFANA_CLOUD_INSTANCE_ID"], "the instance number of the stack")?;
    let token =
        variables.need(&["GRAFANA_CLOUD_API_KEY"], "a token of an access policy with write permission")?;
    header(&mut config, "authorization", basic(&user, &token));
    Ok(config)
}

pub(super) const DATADOG: &[Variable] = &[
    needed("DD_API_KEY", "an API key of the organisation"),
    optional("DD_SITE", "the site, such as datadoghq.eu or us5.datadoghq.com; default datadoghq.com"),
];

/// <https://docs.datadoghq.com/opentelemetry/setup/otlp_ingest/>
pub(super) fn datadog(variables: &Variables<'_>) -> Result<Config> {
    let site = variables.get("DD_SITE").unwrap_or_else(|| "datadoghq.com".to_owned());
    let mut config = over_http(format!("https://otlp.{site}"));
    header(&mut config, "dd-api-key", variables.need(&["DD_API_KEY"], "an API key of Datadog")?);
    // Without it Datadog shows spans, but computes no metrics from them.
    config.traces.headers.insert("compute_stats".to_owned(), Secret::from("true"));
    config.logs.headers.insert("dd-protocol".to_owned(), Secret::from("otlp"));
    Ok(config)
}

pub(super) const NEW_RELIC: &[Variable] = &[
    needed("NEW_RELIC_LICENSE_KEY", "a licence key of the account"),
    optional("NEW_RELIC_REGION", "us (default), eu or gov"),
];

/// <https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp/>
pub(super) fn new_relic(variables: &Variables<'_>) -> Result<Config> {
    let host = match variables.get("NEW_RELIC_REGION").unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "us" => "https://otlp.nr-data.net",
        "eu" => "https://otlp.eu01.nr-data.net",
        "gov" => "https://gov-otlp.nr-data.net",
        _ => return Err(wrong("NEW_RELIC_REGION: us, eu or gov")),
    };
    let mut config = Config { compression: Some(Compression::Zstd), ..over_http(host.to_owned()) };
    let key = variables.need(&["NEW_RELIC_LICENSE_KEY"], "a licence key of New Relic")?;
    header(&mut config, "api-key", key);
    Ok(config)
}

pub(super) const HONEYCOMB: &[Variable] = &[
    needed("HONEYCOMB_API_KEY", "an ingest key of the environment"),
    optional(
        "HONEYCOMB_API_ENDPOINT",
        "default https://api.honeycomb.io; https://api.eu1.honeycomb.io for the EU",
    ),
    optional("HONEYCOMB_METRICS_DATASET", "the dataset of metrics; default quipu-metrics"),
];

/// <https://docs.honeycomb.io/send-data/opentelemetry/>
pub(super) fn honeycomb(variables: &Variables<'_>) -> Result<Config> {
    let host =
        variables.get("HONEYCOMB_API_ENDPOINT").unwrap_or_else(|| "https://api.honeycomb.io".to_owned());
    let mut config = over_http(host);
    let key = variables.need(&["HONEYCOMB_API_KEY"], "an ingest key of Honeycomb")?;
    header(&mut config, "x-honeycomb-team", key);
    let dataset = variables.get("HONEYCOMB_METRICS_DATASET").unwrap_or_else(|| "quipu-metrics".to_owned());
    config.metrics.headers.insert("x-honeycomb-dataset".to_owned(), Secret::from(dataset));
    Ok(config)
}

pub(super) const LANGFUSE: &[Variable] = &[
    needed("LANGFUSE_PUBLIC_KEY", "the public key of the project, pk-lf-…"),
    needed("LANGFUSE_SECRET_KEY", "the secret key of the project, sk-lf-…"),
    optional(
        "LANGFUSE_BASE_URL",
        "your own address, or that of another region; default https://cloud.langfuse.com",
    ),
];

/// Accepts spans only. <https://langfuse.com/integrations/native/opentelemetry>
pub(super) fn langfuse(variables: &Variables<'_>) -> Result<Config> {
    let host = variables.first(&["LANGFUSE_BASE_URL", "LANGFUSE_HOST"]);
    let host = host.unwrap_or_else(|| "https://cloud.langfuse.com".to_owned());
    let mut config = over_http(format!("{}/api/public/otel", host.trim_end_matches('/')));
    let user = variables.need(&["LANGFUSE_PUBLIC_KEY"], "the public key of a project of Langfuse")?;
    let password = variables.need(&["LANGFUSE_SECRET_KEY"], "the secret key of a project of Langfuse")?;
    header(&mut config, "authorization", basic(&user, &password));
    // Without it, data becomes visible only after some minutes.
    header(&mut config, "x-langfuse-ingestion-version", "4".to_owned());
    (config.metrics, config.logs) = (unsent(), unsent());
    Ok(config)
}

pub(super) const LOGFIRE: &[Variable] = &[
    needed("LOGFIRE_TOKEN", "a write token of the project"),
    optional(
        "LOGFIRE_BASE_URL",
        "https://logfire-us.pydantic.dev or …-eu…; default: the region of the token",
    ),
];

/// <https://logfire.pydantic.dev/docs/how-to-guides/alternative-clients/>
pub(super) fn logfire(variables: &Variables<'_>) -> Result<Config> {
    let token = variables.need(&["LOGFIRE_TOKEN"], "a write token of Logfire")?;
    let region = if token.starts_with("pylf_v1_eu_") { "eu" } else { "us" };
    let host = variables.get("LOGFIRE_BASE_URL");
    let mut config = over_http(host.unwrap_or_else(|| format!("https://logfire-{region}.pydantic.dev")));
    header(&mut config, "authorization", token);
    Ok(config)
}

pub(super) const PHOENIX: &[Variable] = &[
    needed("PHOENIX_COLLECTOR_ENDPOINT", "the host name of the space; default http://localhost:6006"),
    optional("PHOENIX_API_KEY", "a key, if Phoenix requires one"),
    optional("PHOENIX_PROJECT_NAME", "the project; default: `default`"),
];

/// Accepts spans only, as protobuf.
/// <https://arize.com/docs/phoenix/resources/frequently-asked-questions/what-is-my-phoenix-endpoint>
pub(super) fn phoenix(variables: &Variables<'_>, said: &Config) -> Result<Config> {
    let what = "the address of Phoenix, such as http://localhost:6006";
    let found = endpoint(variables, said, "PHOENIX_COLLECTOR_ENDPOINT", what)?;
    // Some users set the full address of the traces.
    let found = found.map(|url| url.trim_end_matches('/').trim_end_matches("/v1/traces").to_owned());
    let mut config = Config { mapping: Some(Mapping::OpenInference), ..over_http(found) };
    if let Some(key) = variables.get("PHOENIX_API_KEY") {
        header(&mut config, "authorization", format!("Bearer {key}"));
    }
    if let Some(project) = variables.get("PHOENIX_PROJECT_NAME") {
        config.resource.insert("openinference.project.name".to_owned(), project);
    }
    (config.metrics, config.logs) = (unsent(), unsent());
    Ok(config)
}

pub(super) const ELASTIC: &[Variable] = &[
    needed(
        "ELASTIC_OTLP_ENDPOINT",
        "the managed OTLP endpoint, https://….ingest.REGION.….elastic.cloud:443, or an APM server",
    ),
    needed("ELASTIC_API_KEY", "an API key, or set ELASTIC_APM_SECRET_TOKEN"),
    optional("ELASTIC_APM_SECRET_TOKEN", "the secret token of an APM server, instead of a key"),
];

/// <https://www.elastic.co/docs/reference/opentelemetry/motlp>
pub(super) fn elastic(variables: &Variables<'_>, said: &Config) -> Result<Config> {
    let what = "the managed OTLP endpoint of the project, or the address of an APM server";
    let mut config = over_http(endpoint(variables, said, "ELASTIC_OTLP_ENDPOINT", what)?);
    let names = ["ELASTIC_API_KEY", "ELASTIC_APM_SECRET_TOKEN"];
    let value = match (variables.get(names[0]), variables.get(names[1])) {
        (Some(key), _) => format!("ApiKey {key}"),
        (None, Some(token)) => format!("Bearer {token}"),
        (None, None) => {
            variables.need(&names, "a key with write permission, or the secret token of an APM server")?
        }
    };
    header(&mut config, "authorization", value);
    Ok(config)
}
