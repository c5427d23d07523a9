//! What `serve` is told: defaults, then the config file, then the environment and flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use quipu::core::{Level, Limits};
use quipu::pipeline::ExitSettings;
use quipu_gateway::GatewayConfig;
use quipu_insight::BudgetConfig;
use quipu_runtime::{Named, Variables};
use serde::Deserialize;
use toml::Spanned;

use super::money::PriceSettings;
use crate::args::Serve;
use crate::ask;

/// What stands for a listener that is not wanted.
pub const OFF: &str = "off";

/// Everything that `serve` needs to know.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder for all data.
    pub data_dir: Option<PathBuf>,
    /// Store URI.
    pub store: String,
    /// Dashboard and API.
    pub http: String,
    /// OTLP over HTTP.
    pub otlp_http: String,
    /// OTLP over gRPC.
    pub otlp_grpc: String,
    /// Metrics of the server itself.
    pub prometheus: String,
    /// Bounds on what is taken in.
    pub limits: Limits,
    /// The user's own price book.
    pub prices: PriceSettings,
    /// Budgets by name.
    pub budgets: BTreeMap<String, BudgetConfig>,
    /// The gateway to model providers; none without it.
    pub proxy: Option<GatewayConfig>,
    /// Ways out beside the store: `NAME` or `NAME:PATH`, each name once.
    pub backends: Vec<String>,
    /// What is said of each, by name.
    pub backend: BTreeMap<String, Spanned<toml::Table>>,
    /// How they are delivered to where their tables say nothing else.
    pub delivery: ExitSettings,
    /// Where senders that speak Jaeger's or Zipkin's protocols are listened to; nowhere by default.
    pub jaeger: Jaeger,
    /// The file that was read.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// Listeners for old agents: `host:port`, or `off`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jaeger {
    /// Thrift compact over UDP, as agents take it on 6831.
    pub compact: String,
    /// Thrift binary over UDP, as agents take it on 6832.
    pub binary: String,
    /// Thrift over HTTP, as collectors take it on 14268.
    pub http: String,
    /// gRPC, as collectors take it on 14250.
    pub grpc: String,
    /// Zipkin v2 JSON over HTTP, as Zipkin takes it on 9411.
    pub zipkin: String,
}

impl Default for Jaeger {
    fn default() -> Self {
        let [compact, binary, http, grpc, zipkin] = std::array::from_fn(|_| OFF.to_owned());
        Self { compact, binary, http, grpc, zipkin }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: None,
            store: "sqlite:".into(),
            http: "127.0.0.1:8080".into(),
            otlp_http: "127.0.0.1:4318".into(),
            otlp_grpc: "127.0.0.1:4317".into(),
            prometheus: "127.0.0.1:9464".into(),
            limits: Limits::default(),
            prices: PriceSettings::default(),
            budgets: BTreeMap::new(),
            proxy: None,
            backends: Vec::new(),
            backend: BTreeMap::new(),
            delivery: ExitSettings::default(),
            jaeger: Jaeger::default(),
            file: None,
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
        if let Some(listen) = &args.proxy {
            config.proxy.get_or_insert_default().listen.clone_from(listen);
        }
        if let Some(proxy) = &mut config.proxy {
            crate::proxy::lay_over(proxy, &args.gateway)?;
        }
        Ok(config)
    }

    /// Reads the config file, if there is one.
    pub fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let config: Self = quipu_runtime::parse_config(&text, &file.display().to_string())?;
        Ok(Self { file: Some(file.to_owned()), ..config })
    }

    /// What it says of the ways out, for those who open them.
    pub fn named(&self, folder: &Path) -> Named {
        Named {
            list: self.ways_out(),
            tables: self.tables(),
            delivery: self.delivery.clone(),
            keep: true,
            data_dir: folder.to_owned(),
            level: Level::Trace,
            file: self.file.clone(),
            variables: Variables::of_process(),
            lenient: false,
        }
    }

    /// The list without the store, which the library names there and a server by `store`.
    fn ways_out(&self) -> Vec<String> {
        let is_store = |listed: &&String| quipu::schemes().contains(&listed.trim_end_matches(':'));
        self.backends.iter().filter(|listed| !is_store(listed)).cloned().collect()
    }

    /// The tables of backends. The server has a page for Prometheus already: the backend opens none unless an address is said.
    fn tables(&self) -> BTreeMap<String, Spanned<toml::Table>> {
        let mut tables = self.backend.clone();
        let bare = |listed: &&String| listed.trim_end_matches(':') == "prometheus";
        if self.backends.iter().any(|listed| bare(&listed)) {
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
            None => ask::default_folder()?,
        };
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
        Ok(folder)
    }
}
