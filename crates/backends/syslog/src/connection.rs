//! The connection: TCP with optional TLS.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Error, ErrorKind, Result};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Config;
use crate::config::Target;
use crate::fault::{NAME, failed, late, wrong};

/// Address and TLS of a receiver.
pub(crate) struct Dial {
    target: Target,
    /// With the expected name of the certificate.
    tls: Option<(TlsConnector, ServerName<'static>)>,
    patience: Duration,
}

/// An open connection to a receiver.
pub(crate) enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Dial {
    pub fn new(config: &Config) -> Result<Self> {
        let target = config.check()?;
        let tls = match target.is_tls {
            false => None,
            true => {
                let client = config.tls.client().map_err(|error| error.of_backend(NAME))?;
                let name = match config.server_name.as_str() {
                    "" => &target.host,
                    said => said,
                };
                let name = ServerName::try_from(name.to_owned())
                    .map_err(|_| wrong("server_name: neither a name nor an address"))?;
                Some((TlsConnector::from(Arc::new(client)), name))
            }
        };
        Ok(Self { target, tls, patience: Duration::from_millis(config.timeout_ms.max(1)) })
    }

    /// `HOST:PORT`, for texts.
    pub fn place(&self) -> String {
        format!("{}:{}", self.target.host, self.target.port)
    }

    /// Whether TLS is configured.
    pub const fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Connects to the receiver by TCP.
    pub async fn reach(&self) -> Result<TcpStream> {
        let Target { host, port, .. } = &self.target;
        let stream = self.within("connect", TcpStream::connect((host.as_str(), *port))).await?;
        // A batch is one write, and the next may be long after it.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// Adds TLS, if configured.
    pub async fn secure(&self, stream: TcpStream) -> Result<Connection> {
        match &self.tls {
            None => Ok(Connection::Plain(stream)),
            Some((connector, name)) => {
                let handshake = connector.connect(name.clone(), stream);
                let stream =
                    self.within("agree on TLS", handshake).await.map_err(|error| self.untrusted(error))?;
                Ok(Connection::Tls(Box::new(stream)))
            }
        }
    }

    /// The error of an untrusted certificate. The certificate can be replaced, so records wait for a retry.
    /// The text names the items to check.
    fn untrusted(&self, error: Error) -> Error {
        let text = error.to_string();
        if !text.contains("certificate") {
            return error;
        }
        let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let context =
            format!("{}: {why}; check tls.ca_file, server_name and the receiver's certificate", self.place());
        Error::new(ErrorKind::Unavailable, "agree on TLS", context).of_backend(NAME)
    }

    /// Writes all bytes.
    pub async fn write(&self, to: &mut Connection, bytes: &[u8]) -> Result<()> {
        self.within("write messages", async {
            match to {
                Connection::Plain(stream) => stream.write_all(bytes).await,
                Connection::Tls(stream) => {
                    stream.write_all(bytes).await?;
                    stream.flush().await
                }
            }
        })
        .await
    }

    async fn within<T>(&self, what: &'static str, done: impl Future<Output = io::Result<T>>) -> Result<T> {
        match timeout(self.patience, done).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(cause)) => Err(failed(what, self.place(), cause)),
            Err(_) => Err(late(what, self.place())),
        }
    }
}

impl Connection {
    /// Whether the receiver closes the connection within that time. Receivers send nothing, so any bytes are
    /// the end, or an alert.
    pub async fn is_over(&mut self, within: Duration) -> bool {
        let mut byte = [0; 1];
        let read = async {
            match self {
                Self::Plain(stream) => stream.read(&mut byte).await,
                Self::Tls(stream) => stream.read(&mut byte).await,
            }
        };
        match timeout(within, read).await {
            Err(_) => false,
            Ok(Ok(count)) => count == 0,
            Ok(Err(_)) => true,
        }
    }

    /// Closes TLS properly.
    pub async fn end(mut self) {
        let said = async {
            match &mut self {
                Self::Plain(stream) => stream.shutdown().await,
                Self::Tls(stream) => stream.shutdown().await,
            }
        };
        // A receiver that is gone needs no TLS close.
        let _ = timeout(Duration::from_secs(1), said).await;
    }
}
