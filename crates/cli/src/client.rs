//! HTTP clients for servers of Quipu, with a key and TLS certificates.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args as ClapArgs;
use ureq::http::HeaderValue;
use ureq::http::header::AUTHORIZATION;
use ureq::middleware::MiddlewareNext;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, SendBody};

/// Holds the key, for those who do not want it in a file.
const KEY: &str = "QUIPU_API_KEY";

/// Credentials of both sides. A key is never an argument: other processes can see arguments.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Servers")]
pub struct Credentials {
    /// File with the API key for servers that want one; QUIPU_API_KEY holds the key itself
    #[arg(long, value_name = "FILE", env = "QUIPU_API_KEY_FILE", global = true)]
    api_key_file: Option<PathBuf>,
    /// PEM file with the authorities that may vouch for a server [default: those of Mozilla]
    #[arg(long, value_name = "FILE", env = "QUIPU_CA_FILE", global = true)]
    ca_file: Option<PathBuf>,
    /// PEM file with our certificate and its key, for servers that want one
    #[arg(long, value_name = "FILE", env = "QUIPU_CLIENT_CERT_FILE", global = true)]
    client_cert_file: Option<PathBuf>,
    /// Project to ask about, where the key or the server has several
    #[arg(long, value_name = "NAME", env = "QUIPU_PROJECT", global = true)]
    in_project: Option<String>,
}

/// Data sent with every request.
#[derive(Debug, Default)]
struct Known {
    authorization: Option<HeaderValue>,
    project: Option<HeaderValue>,
    tls: TlsConfig,
}

static KNOWN: OnceLock<Known> = OnceLock::new();

/// Takes up what the command line and the environment say, once.
pub fn settle(credentials: &Credentials) -> Result<()> {
    let known = Known {
        authorization: key(credentials)?.map(|key| authorization(&key)).transpose()?,
        project: credentials.in_project.as_deref().map(HeaderValue::from_str).transpose()?,
        tls: tls(credentials)?,
    };
    let _ = KNOWN.set(known);
    Ok(())
}

/// An agent for our own servers. Answers of any status are answers; one that takes longer than `patience` is
/// none.
pub fn agent(patience: Option<Duration>) -> Agent {
    let known = KNOWN.get_or_init(Known::default);
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(patience)
        .tls_config(known.tls.clone())
        .middleware(introduce)
        .build();
    Agent::new_with_config(config)
}

/// Adds the key and the project to a request.
fn introduce(
    mut request: ureq::http::Request<SendBody<'_>>,
    next: MiddlewareNext<'_>,
) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
    let known = KNOWN.get_or_init(Known::default);
    let headers = request.headers_mut();
    if let Some(value) = &known.authorization {
        headers.insert(AUTHORIZATION, value.clone());
    }
    if let Some(value) = &known.project {
        headers.insert("quipu-project", value.clone());
    }
    next.handle(request)
}

fn key(credentials: &Credentials) -> Result<Option<String>> {
    match &credentials.api_key_file {
        Some(file) => Ok(Some(text(file)?.trim().to_owned())),
        None => Ok(variable(KEY)),
    }
}

/// An environment variable with a secret; an empty one counts as unset.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn authorization(key: &str) -> Result<HeaderValue> {
    // The error would show it.
    let value = HeaderValue::from_str(&format!("Bearer {key}")).ok();
    let mut value = value.context("the API key has characters that a header cannot have: is it a key?")?;
    value.set_sensitive(true);
    Ok(value)
}

fn tls(credentials: &Credentials) -> Result<TlsConfig> {
    let mut tls = TlsConfig::builder();
    if let Some(file) = &credentials.ca_file {
        let (certificates, _) = pem(file)?;
        if certificates.is_empty() {
            bail!("{} has no certificate", file.display());
        }
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
    }
    if let Some(file) = &credentials.client_cert_file {
        let (certificates, key) = pem(file)?;
        let (false, Some(key)) = (certificates.is_empty(), key) else {
            bail!("{} must have a certificate and its private key", file.display());
        };
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&certificates, key)));
    }
    Ok(tls.build())
}

fn pem(file: &Path) -> Result<(Vec<Certificate<'static>>, Option<PrivateKey<'static>>)> {
    let (mut certificates, mut key) = (Vec::new(), None);
    for item in parse_pem(text(file)?.as_bytes()) {
        match item.with_context(|| format!("{} is not PEM", file.display()))? {
            ureq::tls::PemItem::Certificate(certificate) => certificates.push(certificate),
            ureq::tls::PemItem::PrivateKey(found) => key = Some(found),
            _ => {}
        }
    }
    Ok((certificates, key))
}

fn text(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
