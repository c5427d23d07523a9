//! Presets of cloud vendors, whose credentials expire.

use quipu_core::Result;
use quipu_send::{Protocol, Secret};

use super::{Variable, header, needed, optional, over_http, unsent};
use crate::auth::{Auth, Bearer, Sigv4};
use crate::config::{Config, SignalConfig};
use crate::variables::Variables;

pub(super) const AWS: &[Variable] = &[
    needed("AWS_REGION", "the region, such as eu-central-1; or AWS_DEFAULT_REGION"),
    needed("AWS_ACCESS_KEY_ID", "id of an access key; not needed with auth.sigv4.command"),
    needed("AWS_SECRET_ACCESS_KEY", "the secret access key; not needed with auth.sigv4.command"),
    optional("AWS_SESSION_TOKEN", "session token of a temporary key"),
    optional("AWS_OTLP_LOG_GROUP", "the log group; if it is missing, no logs are sent"),
    optional("AWS_OTLP_LOG_STREAM", "the log stream; default: `default`"),
];

/// AWS has a separate host and service for each signal.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html>
pub(super) fn aws(variables: &Variables<'_>, said: &Config) -> Result<Config> {
    let own = match &said.auth {
        Some(Auth::Sigv4(sigv4)) if !sigv4.region.is_empty() => Some(sigv4.region.clone()),
        _ => variables.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]),
    };
    let region = match own {
        Some(region) => region,
        None => variables.need(&["AWS_REGION", "AWS_DEFAULT_REGION"], "the region to send to")?,
    };
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let place = |service: &str, path: &str| SignalConfig {
        endpoint: Some(format!("https://{service}.{region}.{domain}/v1/{path}")),
        ..SignalConfig::default()
    };
    let mut config = Config {
        traces: place("xray", "traces"),
        metrics: place("monitoring", "metrics"),
        logs: place("logs", "logs"),
        ..over_http(None::<String>)
    };
    match variables.get("AWS_OTLP_LOG_GROUP") {
        None => config.logs = unsent(),
        Some(group) => {
            let stream = variables.get("AWS_OTLP_LOG_STREAM").unwrap_or_else(|| "default".to_owned());
            let headers = [("x-aws-log-group", group), ("x-aws-log-stream", stream)];
            config.logs.headers.extend(headers.map(|(name, value)| (name.to_owned(), Secret::from(value))));
        }
    }
    if said.auth.is_none() {
        let what = "the access key to sign with, or set auth.sigv4.command";
        config.auth = Some(Auth::Sigv4(Sigv4 {
            region,
            access_key_id: Some(variables.need(&["AWS_ACCESS_KEY_ID"], what)?),
            secret_access_key: variables.need(&["AWS_SECRET_ACCESS_KEY"], what)?.into(),
            session_token: variables.get("AWS_SESSION_TOKEN").map(Secret::from),
            ..Sigv4::default()
        }));
    }
    Ok(config)
}

pub(super) const AWS_ADOT: &[Variable] = &[needed(
    "ADOT_COLLECTOR_ENDPOINT",
    "the collector's address for OTLP over gRPC, such as http://collector:4317",
)];

/// The collector signs requests, and accepts any OTLP.
/// <https://aws-otel.github.io/docs/getting-started/collector>
pub(super) fn aws_adot(variables: &Variables<'_>, said: &Config) -> Result<Config> {
    let what = "the collector's address for OTLP over gRPC, such as http://collector:4317";
    let endpoint = match &said.endpoint {
        Some(_) => None,
        None => Some(variables.need(&["ADOT_COLLECTOR_ENDPOINT"], what)?),
    };
    Ok(Config { protocol: Some(Protocol::Grpc), ..over_http(endpoint) })
}

pub(super) const GOOGLE_CLOUD: &[Variable] = &[
    needed("GOOGLE_CLOUD_PROJECT", "the target project, whose quota is used"),
    optional(
        "GOOGLE_OAUTH_ACCESS_TOKEN",
        "a token; default: the output of gcloud, or the source in auth.bearer",
    ),
];

/// <https://cloud.google.com/stackdriver/docs/reference/telemetry/overview>
pub(super) fn google_cloud(variables: &Variables<'_>, said: &Config) -> Result<Config> {
    let mut config = over_http("https://telemetry.googleapis.com".to_owned());
    let project = variables.need(&["GOOGLE_CLOUD_PROJECT"], "the target project")?;
    header(&mut config, "x-goog-user-project", project.clone());
    config.resource.insert("gcp.project_id".to_owned(), project);
    if said.auth.is_none() {
        match variables.get("GOOGLE_OAUTH_ACCESS_TOKEN") {
            Some(token) => header(&mut config, "authorization", format!("Bearer {token}")),
            None => {
                let command = ["gcloud", "auth", "application-default", "print-access-token"];
                config.auth = Some(Auth::Bearer(Bearer::from_command(&command)));
            }
        }
    }
    Ok(config)
}

pub(super) const AZURE_MONITOR: &[Variable] = &[
    needed(
        "AZURE_MONITOR_OTLP_TRACES_ENDPOINT",
        "the address for traces, shown by the Application Insights resource",
    ),
    optional("AZURE_MONITOR_OTLP_LOGS_ENDPOINT", "the address for logs; if it is missing, no logs are sent"),
    optional(
        "AZURE_MONITOR_OTLP_METRICS_ENDPOINT",
        "the address for metrics; if it is missing, no metrics are sent",
    ),
];

/// <https://learn.microsoft.com/azure/azure-monitor/containers/opentelemetry-protocol-ingestion>
pub(super) fn azure_monitor(variables: &Variables<'_>, said: &Config) -> Result<Config> {
    let place = |name| match variables.get(name) {
        Some(url) => SignalConfig { endpoint: Some(url), ..SignalConfig::default() },
        None => unsent(),
    };
    let what = "the address for traces, shown by the Application Insights resource";
    let mut config = Config {
        logs: place("AZURE_MONITOR_OTLP_LOGS_ENDPOINT"),
        metrics: place("AZURE_MONITOR_OTLP_METRICS_ENDPOINT"),
        ..over_http(None::<String>)
    };
    if said.traces.endpoint.is_none() {
        config.traces.endpoint = Some(variables.need(&["AZURE_MONITOR_OTLP_TRACES_ENDPOINT"], what)?);
    }
    if said.auth.is_none() {
        let command = [
            "az",
            "account",
            "get-access-token",
            "--resource",
            "https://monitor.azure.com",
            "--output",
            "json",
        ];
        config.auth = Some(Auth::Bearer(Bearer::from_command(&command)));
    }
    Ok(config)
}
