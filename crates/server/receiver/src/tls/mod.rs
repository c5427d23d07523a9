//! TLS with rustls: server certificate, client certificates, and their reload.

mod client;
mod files;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use quipu_core::{Meter, Result};
use rustls::ServerConfig;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use client::ClientCertificate;
pub use files::{ClientAuth, TlsConfig, TlsVersion};

use files::{Files, configure};

/// The interval between two checks of the files. Contents are compared, so changed links as in Kubernetes are
/// noticed.
const LOOK: Duration = Duration::from_secs(5);
/// The first byte of a TLS handshake (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
/// The answer to a client that speaks plain HTTP.
const CLEAR: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 38\r\n\r\nthis port speaks TLS: say https://...\n";

/// The server side of TLS. Clones share certificates, so a reload applies to all.
#[derive(Clone)]
pub struct TlsServer {
    config: Arc<TlsConfig>,
    current: Arc<ArcSwap<ServerConfig>>,
    /// The last contents of the files, valid or not.
    files: Arc<Mutex<Files>>,
}

impl TlsServer {
    /// Reads the files of `config`.
    ///
    /// # Errors
    /// A file cannot be read or has no valid contents, or certificate and key do not match. The error names
    /// the file.
    pub fn open(config: TlsConfig) -> Result<Self> {
        let files = Files::read(&config)?;
        let current = configure(&config, &files)?;
        Ok(Self {
            config: Arc::new(config),
            current: Arc::new(ArcSwap::from_pointee(current)),
            files: Arc::new(Mutex::new(files)),
        })
    }

    /// Reads the files again. Returns `true` if they changed. The change applies to new connections; open
    /// ones keep their certificates.
    ///
    /// # Errors
    /// As [`TlsServer::open`]; the old certificates stay in use. The same invalid files are reported once,
    /// and count as unchanged afterwards.
    pub fn reload(&self) -> Result<bool> {
        let files = Files::read(&self.config)?;
        let mut known = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == files {
            return Ok(false);
        }
        let new = configure(&self.config, &files);
        *known = files;
        self.current.store(Arc::new(new?));
        Ok(true)
    }

    /// Reads the files again every five seconds and on SIGHUP, while it is polled, and logs the result.
    ///
    /// `meter` counts in `quipu_tls_reloads_total`, by `outcome`. An unreadable file is logged at each check.
    pub async fn keep_fresh(self, meter: Arc<dyn Meter>) {
        let mut hangup = signal(SignalKind::hangup()).ok();
        loop {
            let asked = async {
                match &mut hangup {
                    Some(hangup) => drop(hangup.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = asked => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            let this = self.clone();
            let Ok(outcome) = tokio::task::spawn_blocking(move || this.reload()).await else { continue };
            match outcome {
                Ok(false) => {}
                Ok(true) => {
                    tracing::info!("new certificates are in use");
                    meter.add("quipu_tls_reloads_total", &[("outcome", "ok")], 1);
                }
                Err(error) => {
                    tracing::warn!(%error, "the old certificates stay in use");
                    meter.add("quipu_tls_reloads_total", &[("outcome", "failed")], 1);
                }
            }
        }
    }

    /// Performs the handshake. A client that speaks plain HTTP gets an error answer.
    pub(crate) async fn accept(
        &self,
        mut stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, Option<ClientCertificate>)> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
            if first[0].is_ascii_uppercase() {
                stream.write_all(CLEAR).await?;
            }
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the client does not speak TLS"));
        }
        let stream = TlsAcceptor::from(self.current.load_full()).accept(stream).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let certificate = shown.and_then(|certificate| ClientCertificate::read(certificate));
        Ok((stream, certificate))
    }
}
