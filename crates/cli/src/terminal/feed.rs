//! Live feed of a server as a wake-up call.

use std::sync::mpsc::{Receiver, Sender, channel};
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
}

impl Feed {
    /// Connects to the feed of a server.
    pub fn of(url: Option<&str>) -> Self {
        let Some(authority) = url.and_then(|url| url.strip_prefix("http://")) else {
            return Self { changes: None };
        };
        let authority = authority.trim_end_matches('/').to_owned();
        let (tell, changes) = channel();
        let listener = std::thread::Builder::new().name("quipu-feed".into()).spawn(move || {
            // The looks go on without a feed.
            let _ = listen(&authority, &tell);
        });
        Self { changes: listener.ok().map(|_| changes) }
    }

    /// Waits for a change, at most for a second.
    pub fn wait(&self) {
        let told = self.changes.as_ref().map(|changes| changes.recv_timeout(LOOK));
        match told {
            Some(Ok(())) => while self.changes.as_ref().is_some_and(|more| more.try_recv().is_ok()) {},
            Some(Err(std::sync::mpsc::RecvTimeoutError::Timeout)) => {}
            _ => std::thread::sleep(LOOK),
        }
    }
}

fn listen(authority: &str, tell: &Sender<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut request = format!("ws://{authority}/api/v1/live?topics=traces").into_client_request()?;
        request.headers_mut().extend(client::own_headers()?);
        let host = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        let stream = TcpStream::connect(host).await.context("no connection to the live feed")?;
        let (mut feed, _) = client_async(request, stream).await?;
        while let Some(frame) = feed.next().await {
            if frame?.is_text() && tell.send(()).is_err() {
                break;
            }
        }
        Ok(())
    })
}
