//! TLS clients with rustls.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use quipu_core::{Error, ErrorKind, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};

/// Trusted roots and the client certificate. Trusted are Mozilla's roots, as compiled in, and those of
/// `ca_file`; with `ca_only` only the latter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// PEM file of further roots.
    pub ca_file: Option<PathBuf>,
    /// Whether the roots of `ca_file` are the only trusted ones.
    pub ca_only: bool,
    /// PEM file of the client certificate and its chain, for servers that require one.
    pub cert_file: Option<PathBuf>,
    /// PEM file of its key.
    pub key_file: Option<PathBuf>,
}

impl Tls {
    /// Returns the configuration of a client, with ring's cryptography.
    ///
    /// # Errors
    /// A file cannot be read or has no valid contents, or only one of certificate and key is set.
    pub fn client(&self) -> Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|cause| wrong("protocol versions").caused_by(cause))?
            .with_root_certificates(self.roots()?);
        match (&self.cert_file, &self.key_file) {
            (None, None) => Ok(builder.with_no_client_auth()),
            (Some(cert), Some(key)) => {
                let file = key.display();
                let key = PrivateKeyDer::from_pem_file(key)
                    .map_err(|cause| wrong(format!("no private key in {file}")).caused_by(cause))?;
                builder
                    .with_client_auth_cert(certificates(cert)?, key)
                    .map_err(|cause| wrong("certificate and key do not match").caused_by(cause))
            }
            _ => Err(wrong("set both cert_file and key_file")),
        }
    }

    fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        if !self.ca_only {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        } else if self.ca_file.is_none() {
            return Err(wrong("ca_only needs ca_file"));
        }
        if let Some(file) = &self.ca_file {
            for root in certificates(file)? {
                let bad =
                    |cause| wrong(format!("a root in {} is not valid", file.display())).caused_by(cause);
                roots.add(root).map_err(bad)?;
            }
        }
        Ok(roots)
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|cause| wrong(format!("cannot read {}", file.display())).caused_by(cause))?;
    if found.is_empty() { Err(wrong(format!("no certificate in {}", file.display()))) } else { Ok(found) }
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "set up TLS", what)
}
