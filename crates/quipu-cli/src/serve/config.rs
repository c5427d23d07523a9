//! What `serve` is told: defaults, then the config file, then the environment and flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use quipu::core::Limits;
use quipu_gateway::GatewayConfig;
use quipu_insight::BudgetConfig;
use serde::Deserialize;

use super::money::PriceSettings;
use crate::args::Serve;
use crate::ask;

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
        toml::from_str(&text).with_context(|| format!("{} is not a valid configuration", file.display()))
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
