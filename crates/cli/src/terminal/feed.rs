//! Live feed of a server as a wake-up call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::client;

/// Longest wait for a change; also the interval between looks at a source without a feed.
const LOOK: Duration = Duration::from_secs(1);

/// Changes of a source. A server over plain HTTP reports them; others are looked at every second.
pub struct Feed {
    changes: Option<Receiver<()>>,
    /// Whether changes are reported now.
    connected: Arc<AtomicBool>,
}

impl Feed {
    /// Connects to the feed of a server, and again after it was lost.
    pub fn of(url: Option<&str>) -> Self {
        let connected = Arc::new(AtomicBool::new(false));
        let Some(authority) = url.and_then(|url| url.strip_prefix("http://")) else {
            return Self { changes: None, connected };
        };
        let authority = authority.trim_end_matches('/').to_owned();
        let (tell, changes) = channel();
        let told = Arc::clone(&connected);
        let listener = std::thread::Builder::new().name("quipu-feed".into()).spawn(move || {
            loop {
                // The looks go on without a feed.
                let _ = listen(&authority, &tell, &told);
                told.store(false, Ordering::Relaxed);
                // Changes during the loss were not reported.
                if tell.send(()).is_err() {
                    return;
                }
                std::thread::sleep(LOOK);
            }
        });
        Self { changes: listener.ok().map(|_| changes), connected }
    }

    /// Waits for a change, at most for a second. Tells whether there may be one; without a feed there always
    /// may.
    pub fn wait(&self) -> bool {
        let Some(changes) = &self.changes else {
            std::thread::sleep(LOOK);
            return true;
        };
        match changes.recv_timeout(LOOK) {
            Ok(()) => {
                while changes.try_recv().is_ok() {}
                true
            }
            Err(RecvTimeoutError::Timeout) => !self.connected.load(Ordering::Relaxed),
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(LOOK);
                true
            }
        }
    }
}

/// Listens until the feed ends.
fn listen(authority: &str, tell: &Sender<()>, connected: &AtomicBool) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut request = format!("ws://{authority}/api/v1/live?topics=traces").into_client_request()?;
        request.headers_mut().extend(client::own_headers()?);
        let host = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        let stream = TcpStream::connect(host).await.context("no connection to the live feed")?;
        let (mut feed, _) = client_async(request, stream).await?;
        connected.store(true, Ordering::Relaxed);
        while let Some(frame) = feed.next().await {
            if frame?.is_text() && tell.send(()).is_err() {
                break;
            }
        }
        Ok(())
    })
}
