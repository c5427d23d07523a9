//! A diagnosis of the connection to another program, step by step.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use quipu_core::Finding;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::Tls;

/// Tests the connection to `url`: the name, TCP and, for `https`, the certificate. Returns one finding for
/// each step until the first error. Each step waits at most `wait`. It connects directly and ignores proxies.
pub async fn reach(url: &str, tls: &Tls, wait: Duration) -> Vec<Finding> {
    let Some((host, port, encrypted)) = parts(url) else {
        return vec![no("reach", "the address is not a URL of http or https with a host")];
    };
    let (stream, reached) = match connect(&host, port, wait).await {
        Ok((stream, said)) => (stream, yes("reach", said)),
        Err(said) => return vec![no("reach", said)],
    };
    if !encrypted {
        return vec![reached];
    }
    vec![reached, greet(&host, tls, stream, wait).await]
}

fn parts(url: &str) -> Option<(String, u16, bool)> {
    let uri: Uri = url.parse().ok()?;
    let encrypted = uri.scheme_str()? == "https";
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    Some((uri.host()?.trim_matches(['[', ']']).to_owned(), port, encrypted))
}

async fn connect(host: &str, port: u16, wait: Duration) -> Result<(TcpStream, String), String> {
    let unknown =
        |why: &dyn Display| format!("the name {host} cannot be resolved ({why}): check the address");
    let found = match timeout(wait, tokio::net::lookup_host((host, port))).await {
        Err(_) => return Err(unknown(&"no answer in time")),
        Ok(Err(error)) => return Err(unknown(&error)),
        Ok(Ok(found)) => found.collect::<Vec<_>>(),
    };
    let mut last = unknown(&"it has no address");
    for address in found {
        last = match timeout(wait, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, format!("connected to {address}"))),
            Ok(Err(error)) => format!(
                "{address} rejects the connection ({error}): is the server running, and the port right?"
            ),
            Err(_) => {
                format!("{address} does not answer in {} ms: does a firewall block it?", wait.as_millis())
            }
        };
    }
    Err(last)
}

async fn greet(host: &str, tls: &Tls, stream: TcpStream, wait: Duration) -> Finding {
    let settings = match tls.client() {
        Ok(settings) => settings,
        Err(error) => return no("tls", error),
    };
    let Ok(name) = ServerName::try_from(host.to_owned()) else {
        return no("tls", format!("{host} is not a valid name for a certificate"));
    };
    match timeout(wait, TlsConnector::from(Arc::new(settings)).connect(name, stream)).await {
        Ok(Ok(stream)) => {
            let version = stream.get_ref().1.protocol_version();
            let version = version.and_then(|version| version.as_str()).unwrap_or("TLS");
            yes("tls", format!("{version}, the certificate is trusted"))
        }
        Ok(Err(error)) => no("tls", format!("{error}: does this port use TLS, and is its root in ca_file?")),
        Err(_) => no("tls", format!("no handshake in {} ms: does this port use TLS?", wait.as_millis())),
    }
}

fn yes(step: &str, said: impl Display) -> Finding {
    Finding { step: step.to_owned(), ok: true, said: said.to_string() }
}

fn no(step: &str, said: impl Display) -> Finding {
    Finding { step: step.to_owned(), ok: false, said: said.to_string() }
}
