//! The listening sockets, and how they are told to the world.

use std::path::Path;

use anyhow::{Context, Result};
use quipu_api::dto::Listeners as Urls;
use tokio::net::TcpListener;

use super::config::Config;

/// The sockets; `None` where a listener is off.
pub struct Listeners {
    pub http: Option<TcpListener>,
    pub otlp_http: Option<TcpListener>,
    pub otlp_grpc: Option<TcpListener>,
    pub prometheus: Option<TcpListener>,
}

impl Listeners {
    /// Binds all of them.
    pub async fn bind(config: &Config) -> Result<Self> {
        Ok(Self {
            http: bind("--http", &config.http).await?,
            otlp_http: bind("--otlp-http", &config.otlp_http).await?,
            otlp_grpc: bind("--otlp-grpc", &config.otlp_grpc).await?,
            prometheus: bind("--prometheus", &config.prometheus).await?,
        })
    }

    /// Where they listen.
    pub fn urls(&self) -> Result<Urls> {
        let url = |listener: &Option<TcpListener>| -> Result<Option<String>> {
            listener.as_ref().map(|listener| Ok(format!("http://{}", listener.local_addr()?))).transpose()
        };
        Ok(Urls {
            http: url(&self.http)?,
            otlp_http: url(&self.otlp_http)?,
            otlp_grpc: url(&self.otlp_grpc)?,
            prometheus: url(&self.prometheus)?,
        })
    }
}

async fn bind(flag: &str, address: &str) -> Result<Option<TcpListener>> {
    if address == "off" {
        return Ok(None);
    }
    let listener = TcpListener::bind(address).await;
    listener
        .map(Some)
        .with_context(|| format!("cannot listen on {address} (choose another with {flag}, or `off`)"))
}

/// Says where they listen, one line each.
pub fn print(urls: &Urls) {
    let lines = [
        ("dashboard and API", &urls.http),
        ("OTLP over HTTP", &urls.otlp_http),
        ("OTLP over gRPC", &urls.otlp_grpc),
        ("Prometheus metrics", &urls.prometheus),
    ];
    for (what, url) in lines {
        println!("{what:<20} {}", url.as_deref().unwrap_or("off"));
    }
}

/// Writes the ready file at once: whoever sees it sees all of it.
pub fn write(urls: &Urls, proxy: Option<&str>, file: &Path) -> Result<()> {
    let mut all = serde_json::to_value(urls)?;
    if let (Some(all), Some(proxy)) = (all.as_object_mut(), proxy) {
        all.insert("proxy".into(), proxy.into());
    }
    write_json(&all, file)
}

/// Writes a ready file at once.
pub fn write_json(all: &serde_json::Value, file: &Path) -> Result<()> {
    let draft = file.with_extension("draft");
    let written =
        std::fs::write(&draft, serde_json::to_vec(all)?).and_then(|()| std::fs::rename(&draft, file));
    written.with_context(|| format!("cannot write the ready file {}", file.display()))
}
