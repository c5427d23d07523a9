//! Configuration of `serve`: defaults, then the config file, then the environment and flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use quipu::core::{Adapters, Level, Limits, Retention};
use quipu::pipeline::{DeliveryConfig, RedactConfig};
use quipu_access::{AccessConfig, check_project};
use quipu_alert::{AlertsConfig, ChannelConfig, RuleConfig, SloConfig};
use quipu_audit::AuditConfig;
use quipu_budget::BudgetConfig;
use quipu_gateway::GatewayConfig;
use quipu_mapping::{MapConfig, Mapped};
use quipu_receiver::{TlsConfig, TlsVersion};
use quipu_runtime::{BackendConfigs, Variables};
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::alerts;
use super::jaeger::Jaeger;
use super::money::PriceConfig;
use super::project::DEFAULT;
use super::redaction::{fill_key, read_own_redact, read_redact, redact};
use crate::args::{Entry, Serve, former_gateway};
use crate::client;
use crate::folder::default_folder;
use crate::note::note;

/// Value that turns a listener off.
pub const OFF: &str = "off";
/// Holds a key that may do everything, for the first start of a container.
const BOOTSTRAP_KEY: &str = "QUIPU_BOOTSTRAP_KEY";

/// The whole configuration of `serve`.
#[allow(dead_code, reason = "the library's keys are accepted and not read")]
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder for all data.
    pub data_dir: Option<PathBuf>,
    /// Store URI.
    pub store: String,
    /// When a write is acknowledged, `os` or `disk`; part of the store's URI once the configuration is read.
    pub durability: Option<String>,
    /// Dashboard and API.
    pub http: String,
    /// OTLP over HTTP.
    pub otlp_http: String,
    /// OTLP over gRPC.
    pub otlp_grpc: String,
    /// Metrics of the server itself.
    pub prometheus: String,
    /// Limits of received data.
    pub limits: Limits,
    /// The user's own price book.
    pub prices: PriceConfig,
    /// Budgets by name.
    pub budgets: BTreeMap<String, BudgetConfig>,
    /// How spans of home-made instrumentation are read, by name.
    pub map: BTreeMap<String, MapConfig>,
    /// The gateway to model providers; `None` without one.
    pub gateway: Option<GatewayConfig>,
    /// Former name of `gateway`.
    proxy: Option<GatewayConfig>,
    /// Exporters: `NAME` or `NAME:PATH`, each name once.
    pub backends: Vec<String>,
    /// Configuration of each exporter, by name.
    pub backend: BTreeMap<String, Spanned<toml::Table>>,
    /// How they are delivered to where their tables say nothing else.
    pub delivery: DeliveryConfig,
    /// Redaction of received records.
    #[serde(deserialize_with = "read_redact")]
    pub redact: RedactConfig,
    /// Access to the server.
    pub access: AccessConfig,
    /// Configuration of the audit log.
    pub audit: AuditConfig,
    /// Certificates of the listeners; without them they speak in the clear.
    pub tls: Option<TlsConfig>,
    /// Every caller that reaches the server may do everything, although other machines can reach it. Only a
    /// flag sets this.
    #[serde(skip)]
    pub insecure: bool,
    /// Projects in addition to the default one, each with its own data.
    pub project: BTreeMap<String, ProjectConfig>,
    /// Data retention: everything forever by default.
    pub retention: Retention,
    /// Listeners for Jaeger's and Zipkin's protocols; none by default.
    pub jaeger: Jaeger,
    /// Source of the encryption key of the stores; without it they are not encrypted.
    pub encryption: Option<quipu::sqlite::KeySource>,
    /// Times of alerts, and inhibition.
    pub alerts: AlertsConfig,
    /// Address of the server's own dashboard, for links of notices without `[alerts] url`.
    #[serde(skip)]
    pub own_url: String,
    /// Alert rules of the default project, by name.
    pub alert: BTreeMap<String, RuleConfig>,
    /// Channels of notices, by name, for all projects.
    pub channel: BTreeMap<String, ChannelConfig>,
    /// Service level objectives of the default project, by name.
    pub slo: BTreeMap<String, SloConfig>,
    /// The file that was read.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    // Keys of the library, which shares the file.
    preset: IgnoredAny,
    enabled: IgnoredAny,
    service: IgnoredAny,
    resource: IgnoredAny,
    level: IgnoredAny,
    log_full_prompts: IgnoredAny,
    panic_events: IgnoredAny,
    system_metrics: IgnoredAny,
    vcs: IgnoredAny,
    propagators: IgnoredAny,
    delay_ms: IgnoredAny,
    ring_bytes: IgnoredAny,
    large_bytes: IgnoredAny,
    metrics_interval_ms: IgnoredAny,
    shutdown_timeout_ms: IgnoredAny,
    events: IgnoredAny,
    sampling: IgnoredAny,
    tail: IgnoredAny,
    budgets_path: IgnoredAny,
}

/// Configuration of one project. Limits, the folder of prices and delivery belong to the server.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectConfig {
    /// Its exporters, out of those that have a table. None by default, so no data leaves the project without
    /// a setting.
    pub backends: Vec<String>,
    /// Its budgets by name.
    pub budgets: BTreeMap<String, BudgetConfig>,
    /// Its data retention; replaces the server's.
    pub retention: Option<Retention>,
    /// Redaction of its records; replaces all of the server's redaction settings.
    #[serde(deserialize_with = "read_own_redact")]
    pub redact: Option<RedactConfig>,
}

/// Configuration of one project.
pub struct ProjectFields<'a> {
    pub backends: &'a [String],
    pub budgets: &'a BTreeMap<String, BudgetConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: None,
            store: "sqlite:".into(),
            durability: None,
            http: "127.0.0.1:8080".into(),
            otlp_http: "127.0.0.1:4318".into(),
            otlp_grpc: "127.0.0.1:4317".into(),
            prometheus: "127.0.0.1:9464".into(),
            limits: Limits::default(),
            prices: PriceConfig::default(),
            budgets: BTreeMap::new(),
            map: BTreeMap::new(),
            gateway: None,
            proxy: None,
            backends: Vec::new(),
            backend: BTreeMap::new(),
            delivery: DeliveryConfig::default(),
            redact: redact(),
            access: AccessConfig::default(),
            audit: AuditConfig::default(),
            tls: None,
            insecure: false,
            project: BTreeMap::new(),
            retention: Retention::default(),
            jaeger: Jaeger::default(),
            encryption: None,
            alerts: AlertsConfig::default(),
            own_url: String::new(),
            alert: BTreeMap::new(),
            channel: BTreeMap::new(),
            slo: BTreeMap::new(),
            file: None,
            preset: IgnoredAny,
            enabled: IgnoredAny,
            service: IgnoredAny,
            resource: IgnoredAny,
            level: IgnoredAny,
            log_full_prompts: IgnoredAny,
            panic_events: IgnoredAny,
            system_metrics: IgnoredAny,
            vcs: IgnoredAny,
            propagators: IgnoredAny,
            delay_ms: IgnoredAny,
            ring_bytes: IgnoredAny,
            large_bytes: IgnoredAny,
            metrics_interval_ms: IgnoredAny,
            shutdown_timeout_ms: IgnoredAny,
            events: IgnoredAny,
            sampling: IgnoredAny,
            tail: IgnoredAny,
            budgets_path: IgnoredAny,
        }
    }
}

impl Config {
    /// Reads the config file, if there is one, and lays the flags over it.
    pub fn of(args: &Serve) -> Result<Self> {
        let mut config = Self::read(args.config.as_deref())?;
        let flags = [
            (&mut config.store, &args.store),
            (&mut config.http, &args.http),
            (&mut config.otlp_http, &args.otlp_http),
            (&mut config.otlp_grpc, &args.otlp_grpc),
            (&mut config.prometheus, &args.prometheus),
            (&mut config.jaeger.compact, &args.jaeger.jaeger_compact),
            (&mut config.jaeger.binary, &args.jaeger.jaeger_binary),
            (&mut config.jaeger.http, &args.jaeger.jaeger_http),
            (&mut config.jaeger.grpc, &args.jaeger.jaeger_grpc),
            (&mut config.jaeger.zipkin, &args.jaeger.zipkin),
        ];
        for (setting, flag) in flags {
            if let Some(flag) = flag {
                setting.clone_from(flag);
            }
        }
        config.data_dir = args.data_dir.clone().or(config.data_dir);
        config.take_entry(&args.entry);
        if let Some(durability) = args.durability.as_ref().or(config.durability.as_ref()) {
            let joined = if config.store.contains('?') { '&' } else { '?' };
            config.store = format!("{}{joined}durability={durability}", config.store);
        }
        if let Some(listen) = args.gateway.clone().or_else(|| former_gateway(args.proxy.as_deref())) {
            config.gateway.get_or_insert_default().listen = listen;
        }
        if let Some(gateway) = &mut config.gateway {
            super::lay_over(gateway, &args.providers)?;
        }
        Ok(config)
    }

    /// Applies the flags and environment variables for access.
    pub fn take_entry(&mut self, entry: &Entry) {
        self.insecure = entry.insecure;
        // Never an argument: others see those.
        self.access.bootstrap_key = client::variable(BOOTSTRAP_KEY).map(Into::into);
        if let Some((cert, key)) = entry.tls_cert.clone().zip(entry.tls_key.clone()) {
            self.tls = Some(match self.tls.take() {
                Some(tls) => TlsConfig { cert, key, ..tls },
                None => TlsConfig {
                    cert,
                    key,
                    client_ca: None,
                    client_auth: None,
                    min_version: TlsVersion::default(),
                },
            });
        }
    }

    /// Reads the config file, if given.
    pub fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut config: Self = quipu_runtime::parse_config(&text, &file.display().to_string())?;
        if let Some(former) = config.proxy.take() {
            ensure!(config.gateway.is_none(), "[proxy] is the former name of [gateway]: keep one of them");
            note("the table [proxy] is deprecated: use [gateway]");
            config.gateway = Some(former);
        }
        fill_key("redact", &mut config.redact)?;
        alerts::fill(&mut config.channel)?;
        for (name, project) in &mut config.project {
            project
                .redact
                .as_mut()
                .map_or(Ok(()), |said| fill_key(&format!("project.{name}.redact"), said))?;
        }
        for name in config.project.keys() {
            check_project(name).with_context(|| format!("[project.{name}]"))?;
            ensure!(name != DEFAULT, "[project.{DEFAULT}]: its options belong at the top of the file");
        }
        config.check_retention()?;
        config.adapters()?;
        // The caller may open a store next.
        crate::key::of_config(config.encryption.as_ref())?;
        Ok(Self { file: Some(file.to_owned()), ..config })
    }

    /// The adapters of received records: the user's tables under `map` come first.
    ///
    /// # Errors
    /// A table under `map` is wrong.
    pub fn adapters(&self) -> Result<Adapters> {
        let mapped = Mapped::new(self.map.clone())?;
        let adapters = quipu::adapters();
        Ok(if mapped.is_empty() { adapters } else { adapters.after(vec![Arc::new(mapped)]) })
    }

    /// The names of all projects, the default one first.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        std::iter::once(DEFAULT).chain(self.project.keys().map(String::as_str))
    }

    /// Configuration of a project; for the default one, the top level of the file.
    pub fn project(&self, name: &str) -> ProjectFields<'_> {
        match self.project.get(name) {
            Some(project) => ProjectFields { backends: &project.backends, budgets: &project.budgets },
            None => ProjectFields { backends: &self.backends, budgets: &self.budgets },
        }
    }

    /// Data retention of a project.
    pub fn retention_of(&self, name: &str) -> &Retention {
        self.project.get(name).and_then(|project| project.retention.as_ref()).unwrap_or(&self.retention)
    }

    /// Redaction of records for a project. Records of the gateway belong to the default one.
    pub fn redact_of(&self, name: &str) -> &RedactConfig {
        self.project.get(name).and_then(|project| project.redact.as_ref()).unwrap_or(&self.redact)
    }

    fn check_retention(&self) -> Result<()> {
        let said = self.projects().map(|name| self.retention_of(name).clone().checked().map(drop));
        said.collect::<Result<(), String>>().map_err(|wrong| anyhow::anyhow!("{wrong}"))
    }

    /// Configuration of these exporters, for the code that opens them.
    pub fn named(&self, exporters: &[String], folder: &Path) -> BackendConfigs {
        BackendConfigs {
            list: without_stores(exporters),
            tables: self.tables(exporters),
            delivery: self.delivery.clone(),
            keep: true,
            data_dir: folder.to_owned(),
            level: Level::Trace,
            file: self.file.clone(),
            variables: Variables::of_process(),
            by_preset: std::collections::BTreeSet::new(),
        }
    }

    /// The tables of backends. The server has a page for Prometheus already: the backend opens none unless an
    /// address is said.
    fn tables(&self, exporters: &[String]) -> BTreeMap<String, Spanned<toml::Table>> {
        let mut tables = self.backend.clone();
        let bare = |listed: &&String| listed.trim_end_matches(':') == "prometheus";
        if exporters.iter().any(|listed| bare(&listed)) {
            let table =
                tables.entry("prometheus".into()).or_insert_with(|| Spanned::new(0..0, toml::Table::new()));
            table.get_mut().entry("listen").or_insert_with(|| OFF.into());
        }
        tables
    }

    /// The data folder, made if it is not there.
    pub fn folder(&self) -> Result<PathBuf> {
        let folder = match &self.data_dir {
            Some(folder) => folder.clone(),
            None => default_folder()?,
        };
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
        // Whole, so that every text names files in the same way.
        Ok(std::path::absolute(&folder).unwrap_or(folder))
    }
}

/// The list without the store, which the library names there and a server by `store`.
fn without_stores(listed: &[String]) -> Vec<String> {
    let is_store = |listed: &&String| quipu::schemes().contains(&listed.trim_end_matches(':'));
    listed.iter().filter(|listed| !is_store(listed)).cloned().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_server_reads_a_file_with_keys_of_the_library_and_ignores_them() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/both.toml");
        let config = Config::read(Some(&file)).unwrap();
        assert!(config.http == "127.0.0.1:0" && config.budgets.contains_key("daily"));
    }
}
