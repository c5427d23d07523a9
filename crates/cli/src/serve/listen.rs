//! The listening sockets, and the announcement of their addresses.

use std::path::Path;

use anyhow::{Context, Result};
use quipu_api::dto::Listeners as Urls;
use tokio::net::{TcpListener, UdpSocket};

use super::config::{Config, OFF};
use super::guard::Listening;

/// The sockets; `None` where a listener is off.
pub struct Listeners {
    pub http: Option<TcpListener>,
    pub otlp_http: Option<TcpListener>,
    pub otlp_grpc: Option<TcpListener>,
    pub prometheus: Option<TcpListener>,
    pub jaeger_http: Option<TcpListener>,
    pub jaeger_grpc: Option<TcpListener>,
    pub zipkin: Option<TcpListener>,
    pub jaeger_compact: Option<UdpSocket>,
    pub jaeger_binary: Option<UdpSocket>,
}

impl Listeners {
    /// Binds all of them.
    pub async fn bind(config: &Config) -> Result<Self> {
        Ok(Self {
            http: bind("--http", &config.http).await?,
            otlp_http: bind("--otlp-http", &config.otlp_http).await?,
            otlp_grpc: bind("--otlp-grpc", &config.otlp_grpc).await?,
            prometheus: bind("--prometheus", &config.prometheus).await?,
            jaeger_http: bind("--jaeger-http", &config.jaeger.http).await?,
            jaeger_grpc: bind("--jaeger-grpc", &config.jaeger.grpc).await?,
            zipkin: bind("--zipkin", &config.jaeger.zipkin).await?,
            jaeger_compact: bind_udp("--jaeger-compact", &config.jaeger.compact).await?,
            jaeger_binary: bind_udp("--jaeger-binary", &config.jaeger.binary).await?,
        })
    }

    /// Their addresses.
    pub fn addresses(&self) -> Result<Listening> {
        let streams = [
            &self.http,
            &self.otlp_http,
            &self.otlp_grpc,
            &self.prometheus,
            &self.jaeger_http,
            &self.jaeger_grpc,
            &self.zipkin,
        ];
        let packets = [&self.jaeger_compact, &self.jaeger_binary];
        let streams = streams.into_iter().flatten().map(TcpListener::local_addr);
        let packets = packets.into_iter().flatten().map(UdpSocket::local_addr);
        let (streams, packets) = (streams.collect::<Result<_, _>>()?, packets.collect::<Result<_, _>>()?);
        Ok(Listening { streams, packets })
    }

    /// URLs of the listeners, with or without TLS.
    pub fn urls(&self, tls: bool) -> Result<Urls> {
        let scheme = if tls { "https" } else { "http" };
        let url = |listener: &Option<TcpListener>| -> Result<Option<String>> {
            let url = |listener: &TcpListener| Ok(format!("{scheme}://{}", listener.local_addr()?));
            listener.as_ref().map(url).transpose()
        };
        let packets = |socket: &Option<UdpSocket>| -> Result<Option<String>> {
            socket.as_ref().map(|socket| Ok(format!("udp://{}", socket.local_addr()?))).transpose()
        };
        Ok(Urls {
            http: url(&self.http)?,
            otlp_http: url(&self.otlp_http)?,
            otlp_grpc: url(&self.otlp_grpc)?,
            prometheus: url(&self.prometheus)?,
            jaeger_compact: packets(&self.jaeger_compact)?,
            jaeger_binary: packets(&self.jaeger_binary)?,
            jaeger_http: url(&self.jaeger_http)?,
            jaeger_grpc: url(&self.jaeger_grpc)?,
            zipkin: url(&self.zipkin)?,
        })
    }
}

async fn bind(flag: &str, address: &str) -> Result<Option<TcpListener>> {
    if address == OFF {
        return Ok(None);
    }
    TcpListener::bind(address).await.map(Some).with_context(|| unbound(flag, address))
}

async fn bind_udp(flag: &str, address: &str) -> Result<Option<UdpSocket>> {
    if address == OFF {
        return Ok(None);
    }
    UdpSocket::bind(address).await.map(Some).with_context(|| unbound(flag, address))
}

fn unbound(flag: &str, address: &str) -> String {
    format!("cannot listen on {address} (choose another with {flag}, or `off`)")
}

/// Prints the addresses, one line each, and then writes the ready file: a program that sees it may begin.
pub fn announce(urls: &Urls, gateway: Option<&str>, ready_file: Option<&Path>) -> Result<()> {
    print(urls);
    if let Some(url) = gateway {
        println!("{:<20} {url}", "gateway");
    }
    ready_file.map_or(Ok(()), |file| write(urls, gateway, file))
}

fn print(urls: &Urls) {
    let lines = [
        ("dashboard and API", &urls.http),
        ("OTLP over HTTP", &urls.otlp_http),
        ("OTLP over gRPC", &urls.otlp_grpc),
        ("Prometheus metrics", &urls.prometheus),
    ];
    for (what, url) in lines {
        println!("{what:<20} {}", url.as_deref().unwrap_or(OFF));
    }
    let old = [
        ("Jaeger compact", &urls.jaeger_compact),
        ("Jaeger binary", &urls.jaeger_binary),
        ("Jaeger over HTTP", &urls.jaeger_http),
        ("Jaeger over gRPC", &urls.jaeger_grpc),
        ("Zipkin", &urls.zipkin),
    ];
    old.iter()
        .filter_map(|(what, url)| Some((what, url.as_deref()?)))
        .for_each(|(what, url)| println!("{what:<20} {url}"));
}

/// Writes the ready file atomically, so a reader sees all of it.
fn write(urls: &Urls, gateway: Option<&str>, file: &Path) -> Result<()> {
    let mut all = serde_json::to_value(urls)?;
    if let (Some(all), Some(url)) = (all.as_object_mut(), gateway) {
        all.insert("gateway".into(), url.into());
        // Its former name.
        all.insert("proxy".into(), url.into());
    }
    write_json(&all, file)
}

/// Writes a file at once.
pub fn write_json(all: &serde_json::Value, file: &Path) -> Result<()> {
    let draft = file.with_extension("draft");
    let written =
        std::fs::write(&draft, serde_json::to_vec(all)?).and_then(|()| std::fs::rename(&draft, file));
    written.with_context(|| format!("cannot write {}", file.display()))
}
