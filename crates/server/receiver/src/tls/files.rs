//! TLS configuration and its files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use quipu_core::{Error, ErrorKind, Result};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use serde::{Deserialize, Serialize};

/// The maximum size of a file in bytes: far more certificates than any setup needs.
const MOST: u64 = 4 << 20;

/// The table `[tls]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file of the server's certificate, followed by its chain.
    pub cert: PathBuf,
    /// PEM file of its private key: PKCS #8, PKCS #1 or SEC 1, not encrypted.
    pub key: PathBuf,
    /// PEM file of the authorities that must sign client certificates. Without it clients are not asked for
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ca: Option<PathBuf>,
    /// Whether clients must show a certificate; needs `client_ca`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_auth: Option<ClientAuth>,
    /// The oldest accepted version.
    #[serde(default)]
    pub min_version: TlsVersion,
}

/// Whether a client must show a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    /// Every connection needs a certificate.
    #[default]
    Require,
    /// A certificate is optional, but must be valid.
    Optional,
}

/// A version of TLS. Older ones are not supported (RFC 8996).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsVersion {
    /// TLS 1.2, with ephemeral keys and authenticated ciphers only.
    #[default]
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    V1_3,
}

const SINCE_1_2: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
const SINCE_1_3: [&SupportedProtocolVersion; 1] = [&TLS13];

impl TlsVersion {
    const fn and_newer(self) -> &'static [&'static SupportedProtocolVersion] {
        match self {
            Self::V1_2 => &SINCE_1_2,
            Self::V1_3 => &SINCE_1_3,
        }
    }
}

/// The contents of the files at one time.
#[derive(PartialEq, Eq)]
pub(super) struct Files {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Files {
    pub(super) fn read(config: &TlsConfig) -> Result<Self> {
        if config.client_auth.is_some() && config.client_ca.is_none() {
            return Err(wrong("client_auth needs client_ca, the authorities that sign client certificates"));
        }
        Ok(Self {
            cert: read(&config.cert)?,
            key: read(&config.key)?,
            client_ca: config.client_ca.as_deref().map(read).transpose()?,
        })
    }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let bad = |cause| wrong(format!("cannot read {}", file.display())).caused_by(cause);
    let size = std::fs::metadata(file).map_err(bad)?.len();
    if size > MOST {
        return Err(wrong(format!("{} is larger than {MOST} bytes", file.display())));
    }
    std::fs::read(file).map_err(bad)
}

/// Builds the configuration, with ring's cryptography.
pub(super) fn configure(config: &TlsConfig, files: &Files) -> Result<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = certificates(&config.cert, &files.cert)?;
    let key = PrivateKeyDer::from_pem_slice(&files.key)
        .map_err(|cause| wrong(format!("no private key in {}", config.key.display())).caused_by(cause))?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(config.min_version.and_newer())
        .map_err(|cause| wrong("protocol versions").caused_by(cause))?;
    let builder = match config.client_ca.as_deref().zip(files.client_ca.as_deref()) {
        Some((file, bytes)) => {
            let auth = config.client_auth.unwrap_or_default();
            builder.with_client_cert_verifier(verifier(file, bytes, auth, &provider)?)
        }
        None => builder.with_no_client_auth(),
    };
    let mut server = builder.with_single_cert(chain, key).map_err(|cause| {
        let (cert, key) = (config.cert.display(), config.key.display());
        wrong(format!("the certificate in {cert} and the key in {key} do not match")).caused_by(cause)
    })?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(server)
}

fn verifier(
    file: &Path,
    bytes: &[u8],
    auth: ClientAuth,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for root in certificates(file, bytes)? {
        let bad = |cause| wrong(format!("a root in {} is not valid", file.display())).caused_by(cause);
        roots.add(root).map_err(bad)?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = match auth {
        ClientAuth::Require => builder,
        ClientAuth::Optional => builder.allow_unauthenticated(),
    };
    builder.build().map_err(|cause| wrong(format!("roots in {}", file.display())).caused_by(cause))
}

fn certificates(file: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_slice_iter(bytes).collect::<std::result::Result<Vec<_>, _>>();
    let found = read.map_err(|cause| wrong(format!("cannot read {}", file.display())).caused_by(cause))?;
    if found.is_empty() { Err(wrong(format!("no certificate in {}", file.display()))) } else { Ok(found) }
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "set up TLS", what)
}
