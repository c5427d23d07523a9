//! The gateway to model providers at work.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use quipu::core::{Intake, Meter};
use quipu::metrics::SelfMetrics;
use quipu_access::Gate;
use quipu_api::Money;
use quipu_gateway::{Gateway, GatewayConfig, GatewayParts, Recording, UpstreamConfig};
use quipu_receiver::Door;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Guard;
use crate::args::GatewayFlags;

/// Lays flags over the configuration.
pub fn lay_over(config: &mut GatewayConfig, flags: &GatewayFlags) -> Result<()> {
    for (name, url) in [("openai", &flags.openai), ("anthropic", &flags.anthropic), ("gemini", &flags.gemini)]
    {
        if let Some(url) = url {
            config.upstreams.insert(name.to_owned(), UpstreamConfig::at(url));
        }
    }
    for told in &flags.upstream {
        let (name, url) = told.split_once('=').ok_or_else(|| anyhow!("--upstream takes NAME=URL"))?;
        config.upstreams.insert(name.to_owned(), UpstreamConfig::at(url));
    }
    config.prompts |= flags.record_prompts;
    config.ask_usage |= flags.ask_usage;
    Ok(())
}

/// A gateway at work.
pub struct RunningGateway {
    url: String,
    server: JoinHandle<()>,
    recording: Recording,
}

impl RunningGateway {
    /// Opens it; it takes no more requests once `closed` says so.
    pub async fn open(
        config: GatewayConfig,
        intake: Arc<dyn Intake>,
        money: &Money,
        metrics: &Arc<SelfMetrics>,
        before: &Guard,
        closed: watch::Receiver<bool>,
    ) -> Result<Self> {
        let listener = bind("--gateway or --listen", &config.listen).await?;
        let url = format!("{}://{}", before.scheme(), listener.local_addr()?);
        let meter = Arc::clone(metrics) as Arc<dyn Meter>;
        let recording = Recording::start(&config, intake, Arc::clone(&meter))?;
        let gateway = Gateway::new(GatewayParts {
            config,
            recorder: recording.recorder(),
            delivery: recording.delivery(),
            prices: Arc::new(money.books.clone()),
            budgets: Some(money.budgets.clone()),
            meter,
            memory: before.memory.clone(),
        })?;
        let app = before.before(gateway.routes(), Gate::Gateway);
        let server = tokio::spawn(until_closed(listener, app, before.door.clone(), closed));
        Ok(Self { url, server, recording })
    }

    /// Address of the gateway.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits for running calls, at most for `within`, and brings their records to the intake.
    pub async fn close(self, within: Duration) {
        let Self { server, recording, .. } = self;
        if tokio::time::timeout(within, server).await.is_err() {
            tracing::warn!("calls were still in progress when the gateway stopped");
        }
        if let Err(error) = recording.close().await {
            tracing::error!(%error, "records were lost");
        }
    }
}

/// Binds the address of a flag.
pub async fn bind(flag: &str, address: &str) -> Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.with_context(|| format!("cannot listen on {address} (choose another with {flag})"))
}

/// Serves until the word to close.
pub async fn until_closed(listener: TcpListener, app: Router, door: Door, mut closed: watch::Receiver<bool>) {
    let shutdown = async move {
        let _ = closed.wait_for(|closed| *closed).await;
    };
    if let Err(error) = quipu_receiver::serve(listener, app, door, shutdown).await {
        tracing::error!(%error, "a listener failed");
    }
}
