//! Tests of TLS on a real socket: client certificates, and reloads.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::routing::get;
use quipu_core::Limits;
use quipu_receiver::{ClientAuth, ClientCertificate, TlsConfig, TlsServer, TlsVersion};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::World;
use super::serve::{Server, answer};

/// The TLS version of an old client.
static OLD: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS12];

type Ca = CertifiedIssuer<'static, KeyPair>;

fn ca() -> Ca {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key, as PEM.
fn issued(ca: &Ca, name: &str) -> (String, String) {
    let mut parameters = CertificateParams::new(vec![name.into()]).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    (parameters.signed_by(&key, ca).unwrap().pem(), key.serialize_pem())
}

/// A folder with the files of a server, whose certificates are signed by `ca`.
struct Place {
    folder: TempDir,
    ca: Ca,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), ca: ca() };
        place.renew("localhost");
        std::fs::write(place.file("ca.pem"), place.ca.pem()).unwrap();
        place
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn renew(&self, name: &str) {
        let (cert, key) = issued(&self.ca, name);
        std::fs::write(self.file("cert.pem"), cert).unwrap();
        std::fs::write(self.file("key.pem"), key).unwrap();
    }

    fn config(&self, auth: Option<ClientAuth>) -> TlsConfig {
        TlsConfig {
            cert: self.file("cert.pem"),
            key: self.file("key.pem"),
            client_ca: auth.map(|_| self.file("ca.pem")),
            client_auth: auth,
            min_version: TlsVersion::V1_2,
        }
    }

    fn client(&self) -> Client {
        let ca = CertificateDer::from_pem_slice(self.ca.pem().as_bytes()).unwrap();
        Client { ca, own: None, alpn: Vec::new(), versions: rustls::ALL_VERSIONS }
    }
}

struct Client {
    ca: CertificateDer<'static>,
    own: Option<(String, String)>,
    alpn: Vec<Vec<u8>>,
    versions: &'static [&'static SupportedProtocolVersion],
}

impl Client {
    async fn connect(&self, server: &Server, name: &'static str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.ca.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match &self.own {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => builder
                .with_client_auth_cert(
                    vec![CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()],
                    PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
                )
                .unwrap(),
        };
        config.alpn_protocols.clone_from(&self.alpn);
        let stream = TcpStream::connect(server.address).await.unwrap();
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name).unwrap(), stream).await
    }

    /// Returns the answer of `GET /who`.
    async fn ask(&self, server: &Server) -> std::io::Result<String> {
        let mut stream = self.connect(server, "localhost").await?;
        stream.write_all(b"GET /who HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text)
    }
}

/// A server that answers with the client's certificate.
fn world() -> World {
    let mut world = World::new(Limits::default());
    let who = get(async |shown: Option<Extension<ClientCertificate>>| {
        shown.map_or_else(|| "nobody".to_owned(), |Extension(shown)| shown.subject)
    });
    world.app = world.app.merge(Router::new().route("/who", who));
    world
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_where_tls_is_spoken_is_cut_off_as_soon_as_who_does_not_finish_a_handshake() {
    let place = Place::new();
    let limits = Limits { idle_seconds: 180, header_seconds: 10, ..Default::default() };
    let world = World::new(limits);
    let tls = TlsServer::open(place.config(None)).unwrap();
    let server = Server::with_tls(&world, tls).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(stream.read(&mut [0]).await.unwrap_or_default(), 0);
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(world.count("quipu_connections_cut_total{reason=handshake}"), 1);
    server.stop().await;
}

#[tokio::test]
async fn both_protocols_are_spoken_by_alpn_and_clear_text_is_told_so() {
    let (place, world) = (Place::new(), world());
    let server = Server::with_tls(&world, TlsServer::open(place.config(None)).unwrap()).await;
    for (offered, chosen) in [
        (vec![b"h2".to_vec(), b"http/1.1".to_vec()], Some(&b"h2"[..])),
        (vec![b"http/1.1".to_vec()], Some(&b"http/1.1"[..])),
        (Vec::new(), None),
    ] {
        let client = Client { alpn: offered, ..place.client() };
        let stream = client.connect(&server, "localhost").await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), chosen);
    }
    assert!(place.client().ask(&server).await.unwrap().ends_with("nobody"));
    let mut clear = TcpStream::connect(server.address).await.unwrap();
    clear.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let told = answer(&mut clear).await;
    assert!(told.starts_with("HTTP/1.1 400") && told.ends_with("this port speaks TLS: say https://...\n"));
    server.stop().await;
}

#[tokio::test]
async fn old_versions_are_refused() {
    let (place, world) = (Place::new(), world());
    let config = TlsConfig { min_version: TlsVersion::V1_3, ..place.config(None) };
    let server = Server::with_tls(&world, TlsServer::open(config).unwrap()).await;
    let old = Client { versions: &OLD, ..place.client() };
    old.connect(&server, "localhost").await.unwrap_err();
    place.client().ask(&server).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn clients_show_a_certificate_of_ours_or_none_where_that_is_allowed() {
    let (place, world, stranger) = (Place::new(), world(), ca());
    let known = Client { own: Some(issued(&place.ca, "agent-7")), ..place.client() };
    let unknown = Client { own: Some(issued(&stranger, "agent-7")), ..place.client() };
    for (auth, without) in [(ClientAuth::Require, false), (ClientAuth::Optional, true)] {
        let tls = TlsServer::open(place.config(Some(auth))).unwrap();
        let server = Server::with_tls(&world, tls).await;
        assert!(known.ask(&server).await.unwrap().contains("CN=agent-7"));
        assert!(unknown.ask(&server).await.is_err());
        let answered = place.client().ask(&server).await;
        assert_eq!(answered.is_ok_and(|text| text.ends_with("nobody")), without);
        server.stop().await;
    }
}

#[tokio::test]
async fn new_files_hold_from_then_on_and_open_connections_go_on() {
    let (place, world) = (Place::new(), world());
    let tls = TlsServer::open(place.config(None)).unwrap();
    let server = Server::with_tls(&world, tls.clone()).await;
    let mut before = place.client().connect(&server, "localhost").await.unwrap();
    assert!(!tls.reload().unwrap(), "nothing is new");
    place.renew("renewed.test");
    assert!(tls.reload().unwrap());
    place.client().connect(&server, "localhost").await.unwrap_err();
    place.client().connect(&server, "renewed.test").await.unwrap();
    before.write_all(b"GET /who HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    before.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK"));
    server.stop().await;
}

#[tokio::test]
async fn bad_new_files_change_nothing_and_are_named() {
    let (place, world) = (Place::new(), world());
    let tls = TlsServer::open(place.config(None)).unwrap();
    let server = Server::with_tls(&world, tls.clone()).await;
    // The certificate is replaced before its key. While they do not match, the old pair stays in use.
    let (cert, key) = issued(&place.ca, "renewed.test");
    std::fs::write(place.file("cert.pem"), cert).unwrap();
    let error = tls.reload().unwrap_err().to_string();
    assert!(error.contains("cert.pem") && error.contains("do not match"), "{error}");
    assert!(!tls.reload().unwrap(), "told once");
    place.client().connect(&server, "localhost").await.unwrap();
    std::fs::write(place.file("key.pem"), key).unwrap();
    assert!(tls.reload().unwrap());
    place.client().connect(&server, "renewed.test").await.unwrap();
    std::fs::remove_file(place.file("key.pem")).unwrap();
    assert!(tls.reload().unwrap_err().to_string().contains("key.pem"));
    place.client().connect(&server, "renewed.test").await.unwrap();
    server.stop().await;
}

#[test]
fn what_is_wrong_at_first_is_named() {
    let place = Place::new();
    let wrong = |config: TlsConfig| TlsServer::open(config).err().unwrap().to_string();
    let missing = TlsConfig { key: place.file("none.pem"), ..place.config(None) };
    assert!(wrong(missing).contains("none.pem"));
    let swapped = TlsConfig { key: place.file("cert.pem"), ..place.config(None) };
    assert!(wrong(swapped).contains("no private key in"));
    let swapped = TlsConfig { cert: place.file("key.pem"), ..place.config(None) };
    assert!(wrong(swapped).contains("no certificate in"));
    let alone = TlsConfig { client_auth: Some(ClientAuth::Require), ..place.config(None) };
    assert!(wrong(alone).contains("client_auth needs client_ca"));
    let secret = std::fs::read_to_string(place.file("key.pem")).unwrap();
    let line = secret.lines().nth(1).unwrap();
    let twice = TlsConfig { cert: place.file("key.pem"), ..place.config(None) };
    assert!(!wrong(twice).contains(line));
}
