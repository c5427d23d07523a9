//! Connections to upstreams: pooled, with TLS, and with HTTP/2 if an upstream offers it.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use quipu_core::{Error, ErrorKind, Result};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

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
    let tls = HttpsConnectorBuilder::new().with_tls_config(tls(config.ca_file.as_deref())?);
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

fn tls(ca_file: Option<&Path>) -> Result<ClientConfig> {
    let wrong = |why: String| Error::new(ErrorKind::Invalid, "read certificates", why);
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = ca_file {
        let unread = |why: &dyn std::fmt::Display| wrong(format!("{}: {why}", file.display()));
        let mut found = 0;
        for certificate in CertificateDer::pem_file_iter(file).map_err(|why| unread(&why))? {
            roots.add(certificate.map_err(|why| unread(&why))?).map_err(|why| unread(&why))?;
            found += 1;
        }
        if found == 0 {
            return Err(unread(&"it has no certificate"));
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|why| wrong(why.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
