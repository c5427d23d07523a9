//! Connections: direct, or through a proxy.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Client, Error as Unsent};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use quipu_core::locks::Mutex;
use quipu_core::{Error, ErrorKind, Result, Retry};
use rustls::ClientConfig;

use crate::address;
use crate::cause::deepest;

/// The silence after which a connection with a request in progress gets a ping, and the timeout of the
/// answer.
pub(crate) const SILENCE: Duration = Duration::from_secs(20);

type Body = Full<Bytes>;
type Straight = Client<HttpsConnector<HttpConnector>, Body>;
type Through = Client<HttpsConnector<Tunnel<HttpConnector>>, Body>;

/// The connection pools of one client.
pub(crate) struct Wire {
    straight: Straight,
    proxies: Matcher,
    /// One pool for each proxy that was needed.
    through: Mutex<HashMap<Uri, Through>>,
    tcp: HttpConnector,
    tls: ClientConfig,
}

impl Wire {
    pub fn new(tls: ClientConfig, connect: Duration, proxies: Matcher) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect));
        let straight = client(
            HttpsConnectorBuilder::new()
                .with_tls_config(tls.clone())
                .https_or_http()
                .enable_all_versions()
                .wrap_connector(tcp.clone()),
        );
        Self { straight, proxies, through: Mutex::default(), tcp, tls }
    }

    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<hyper::body::Incoming>> {
        let sent = match self.proxies.intercept(request.uri()) {
            None => self.straight.request(request).await,
            Some(proxy) => {
                *request.uri_mut() = address::with_port(request.uri());
                self.through(&proxy)?.request(request).await
            }
        };
        sent.map_err(unsent)
    }

    /// Returns the client of a proxy. Every request uses `CONNECT`, so a proxy sees none of its headers.
    fn through(&self, proxy: &Intercept) -> Result<Through> {
        if proxy.uri().scheme_str() != Some("http") {
            let context =
                "only proxies with http:// addresses are supported: check HTTPS_PROXY and similar variables";
            // The environment is wrong and not the request.
            return Err(Error::new(ErrorKind::Unsupported, "send", context).with_retry(Retry::Yes));
        }
        let mut made = self.through.lock();
        if let Some(client) = made.get(proxy.uri()) {
            return Ok(client.clone());
        }
        let tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        let tunnel = match proxy.basic_auth() {
            Some(login) => tunnel.with_auth(login.clone()),
            None => tunnel,
        };
        let through = client(
            HttpsConnectorBuilder::new()
                .with_tls_config(self.tls.clone())
                .https_or_http()
                .enable_all_versions()
                .wrap_connector(tunnel),
        );
        made.insert(proxy.uri().clone(), through.clone());
        Ok(through)
    }
}

fn client<C: Connect + Clone>(connector: C) -> Client<C, Body> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .http2_keep_alive_interval(SILENCE)
        .http2_keep_alive_timeout(SILENCE)
        .build(connector)
}

fn unsent(error: Unsent) -> Error {
    let what = if error.is_connect() { "cannot connect" } else { "the connection broke" };
    Error::new(ErrorKind::Unavailable, "send", what).caused_by(deepest(&error))
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::Tls;

    /// Reads up to the empty line after the headers.
    fn head(stream: &mut TcpStream) -> String {
        let mut seen = Vec::new();
        let mut byte = [0];
        while !seen.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            seen.extend(byte);
        }
        String::from_utf8(seen).unwrap()
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_a_way_and_told_nothing_more() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = format!("http://me:pw@{}", listener.local_addr().unwrap());
        let seen = std::thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let asked = head(&mut stream);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let sent = head(&mut stream);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
            (asked, sent)
        });
        let proxies = Matcher::builder().all(proxy).no("near.example").build();
        let wire = Wire::new(Tls::default().client().unwrap(), Duration::from_secs(5), proxies);
        let mut request = Request::new(Body::default());
        *request.uri_mut() = "http://far.example/v1/traces".parse().unwrap();
        request.headers_mut().insert("x-key", "secret".parse().unwrap());
        assert_eq!(wire.send(request).await.unwrap().status(), 204);
        let (asked, sent) = seen.join().unwrap();
        assert!(asked.starts_with("CONNECT far.example:80 "), "{asked}");
        assert!(
            asked.to_lowercase().contains("proxy-authorization: basic") && !asked.contains("secret"),
            "{asked}"
        );
        assert!(sent.starts_with("GET /v1/traces ") && sent.contains("secret"), "{sent}");
        assert!(sent.contains("host: far.example\r\n"), "{sent}");
        assert!(wire.proxies.intercept(&"http://near.example/".parse().unwrap()).is_none());
    }
}
