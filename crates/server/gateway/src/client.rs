//! Connections to upstreams: pooled, with TLS, and with HTTP/2 if an upstream offers it.

use axum::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use quipu_core::Result;
use quipu_send::Tls;

use crate::GatewayConfig;

/// Idle connections kept for each host, at most.
const IDLE: usize = 256;
/// How long they are kept, in milliseconds: less than the idle timeout of providers' load balancers.
const KEEP_MS: u64 = 55_000;
/// The silence after which an HTTP/2 connection gets a ping, in milliseconds.
const PING_MS: u64 = 30_000;

/// The HTTP client for upstreams.
pub(crate) type Http = Client<HttpsConnector<HttpConnector>, Body>;

/// Creates a client from the configuration.
///
/// # Errors
/// The file of further certificates cannot be read or contains none.
pub(crate) fn client(config: &GatewayConfig) -> Result<Http> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(GatewayConfig::within(config.connect_ms)));
    tcp.set_keepalive(Some(GatewayConfig::within(KEEP_MS)));
    let trusted = Tls { ca_file: config.ca_file.clone(), ..Tls::default() };
    let tls = HttpsConnectorBuilder::new().with_tls_config(trusted.client()?);
    let connector = tls.https_or_http().enable_http1().enable_http2().wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_idle_timeout(GatewayConfig::within(KEEP_MS))
        .pool_max_idle_per_host(IDLE)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .http2_adaptive_window(true)
        .http2_keep_alive_interval(GatewayConfig::within(PING_MS))
        .http2_keep_alive_timeout(GatewayConfig::within(PING_MS))
        .build(connector))
}
