//! What `serve` is told: defaults, then the config file, then the environment and flags.

use std::path::PathBuf;

use anyhow::{Context, Result};
use quipu::core::Limits;
use serde::Deserialize;

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
        }
    }
}

impl Config {
    /// Reads the config file, if there is one, and lays the flags over it.
    pub fn of(args: &Serve) -> Result<Self> {
        let mut config = match &args.config {
            None => Self::default(),
            Some(file) => {
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                toml::from_str(&text)
                    .with_context(|| format!("{} is not a valid configuration", file.display()))?
            }
        };
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
        Ok(config)
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
