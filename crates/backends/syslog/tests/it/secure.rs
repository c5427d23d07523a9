//! TLS: verification of servers and clients.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use quipu_backend_syslog::{Config, Syslog};
use quipu_conformance::sample::{batch, draft};
use quipu_core::{Backend, ErrorKind, Result, Retry};
use quipu_send::Tls;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;

use crate::receiver::Receiver;

/// A certificate authority, with a folder for its certificates.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Signs a certificate for the name; writes `NAME.pem` and `NAME.key`.
    fn sign(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        let files = (self.file(&format!("{name}.pem")), self.file(&format!("{name}.key")));
        fs::write(&files.0, signed.pem()).unwrap();
        fs::write(&files.1, key.serialize_pem()).unwrap();
        files
    }

    fn server(&self, name: &str, wants_certificate: bool) -> ServerConfig {
        let (cert, key) = self.sign(name);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = match wants_certificate {
            false => builder.with_no_client_auth(),
            true => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_file(self.file("ca.pem")).unwrap()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let chain = vec![CertificateDer::from_pem_file(cert).unwrap()];
        builder.with_single_cert(chain, PrivateKeyDer::from_pem_file(key).unwrap()).unwrap()
    }
}

async fn write(receiver: &Receiver, tls: Tls, server_name: &str) -> Result<()> {
    let url = format!("tls://localhost:{}", receiver.port);
    let backend = Syslog::open(Config { tls, server_name: server_name.to_owned(), ..Config::at(url) })?;
    let written = backend.write(Arc::new(batch([draft(1, 1).span()], []))).await;
    backend.close().await?;
    written
}

#[tokio::test]
async fn a_receiver_that_is_trusted_gets_messages() {
    let authority = Authority::new();
    let receiver = Receiver::with(Some(authority.server("localhost", false)), None).await;
    let tls = Tls { ca_file: Some(authority.file("ca.pem")), ..Tls::default() };
    write(&receiver, tls.clone(), "").await.unwrap();
    assert_eq!(receiver.messages(1).await[0].msgid, "span");
    let other = Receiver::with(Some(authority.server("logs.example.com", false)), None).await;
    write(&other, tls, "logs.example.com").await.unwrap();
    other.messages(1).await;
}

#[tokio::test]
async fn a_wrong_certificate_is_refused() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let trusted = Tls { ca_file: Some(ours.file("ca.pem")), ..Tls::default() };
    for (server, tls) in [
        (theirs.server("localhost", false), trusted.clone()),
        (ours.server("elsewhere", false), trusted),
        (ours.server("localhost", false), Tls::default()),
    ] {
        let receiver = Receiver::with(Some(server), None).await;
        let error = write(&receiver, tls, "").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Yes));
        let text = error.to_string();
        assert!(text.contains("certificate") && text.contains("ca_file"), "{text}");
        assert_eq!(receiver.count(), 0);
    }
}

#[tokio::test]
async fn a_receiver_that_wants_to_know_us_is_told() {
    let authority = Authority::new();
    let (cert, key) = authority.sign("quipu");
    let receiver = Receiver::with(Some(authority.server("localhost", true)), None).await;
    let with = Tls {
        ca_file: Some(authority.file("ca.pem")),
        cert_file: Some(cert),
        key_file: Some(key),
        ..Tls::default()
    };
    write(&receiver, with.clone(), "").await.unwrap();
    receiver.messages(1).await;
    let without = Tls { cert_file: None, key_file: None, ..with };
    let url = format!("tls://localhost:{}", receiver.port);
    let backend = Syslog::open(Config { tls: without, ..Config::at(url) }).unwrap();
    // By TLS 1.3 the server refuses after the handshake.
    let found = backend.probe().await;
    assert!(!found.last().unwrap().ok, "{found:?}");
    assert_eq!(receiver.count(), 1);
}
