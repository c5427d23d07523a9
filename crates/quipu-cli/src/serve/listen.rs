//! The listening sockets, and how they are told to the world.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::net::TcpListener;

use super::config::Config;

/// The sockets; `None` where a listener is off.
pub struct Listeners {
    pub http: Option<TcpListener>,
    pub otlp_http: Option<TcpListener>,
    pub otlp_grpc: Option<TcpListener>,
    pub prometheus: Option<TcpListener>,
}

/// The URLs of the listeners, as the ready file has them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Urls {
    pub http: Option<String>,
    pub otlp_http: Option<String>,
    pub otlp_grpc: Option<String>,
    pub prometheus: Option<String>,
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
    listener.map(Some).with_context(|| format!("cannot listen on {address} (choose another with {flag}, or `off`)"))
}

impl Urls {
    /// One line a listener.
    pub fn print(&self) {
        let lines = [
            ("dashboard and API", &self.http),
            ("OTLP over HTTP", &self.otlp_http),
            ("OTLP over gRPC", &self.otlp_grpc),
            ("Prometheus metrics", &self.prometheus),
        ];
        for (what, url) in lines {
            println!("{what:<20} {}", url.as_deref().unwrap_or("off"));
        }
    }

    /// Writes the ready file at once: whoever sees it sees all of it.
    pub fn write(&self, file: &Path) -> Result<()> {
        let draft = file.with_extension("draft");
        let written = std::fs::write(&draft, serde_json::to_vec(self)?).and_then(|()| std::fs::rename(&draft, file));
        written.with_context(|| format!("cannot write the ready file {}", file.display()))
    }
}
