//! A server for HTTP/1.1 and HTTP/2 on one port, with or without TLS.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::connection::{Connection, Phase};
use crate::door::{Door, Gate};

/// The pause after an accept that failed for lack of a resource.
const BREATH: Duration = Duration::from_millis(200);
/// Pending connections that are still accepted after `shutdown`: their clients may have sent a request
/// already.
const QUEUE: usize = 1_024;
/// The extra time for closing connections after the drain.
const PARTING: Duration = Duration::from_secs(1);
/// Unsent bytes of an answer that the system buffers. By default these are megabytes, and the system reports
/// free space only after a third of them is sent. A slow reader would count as stalled long before that.
const UNSENT: u32 = 64 << 10;
/// The answer to a connection beyond the limit.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 26\r\n\r\ntoo many connections open\n";

/// Serves `app` on `listener` until `shutdown` resolves. Requests in progress may then end within the limits
/// of `door`.
///
/// The server speaks HTTP/1.1 with upgrades, and HTTP/2 by prior knowledge or ALPN. Handlers find the peer in
/// `ConnectInfo<SocketAddr>` and its certificate in [`crate::ClientCertificate`]. Connections are limited in
/// number and by timeouts; the guide docs/guide/limits.md describes them.
///
/// # Errors
/// None at present; an error of one connection ends only that connection.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    door: Door,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let hall = Hall::new(app, door);
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => hall.receive(stream, peer),
                Err(error) => pause_after(&error).await,
            },
            () = &mut shutdown => break,
        }
    }
    for _ in 0..QUEUE {
        let Ok(Ok((stream, peer))) = tokio::time::timeout(Duration::ZERO, listener.accept()).await else {
            break;
        };
        hall.receive(stream, peer);
    }
    drop(listener);
    hall.close().await;
    Ok(())
}

/// Pauses after a failed accept, such as a lack of file descriptors, but not after a peer disconnected.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "cannot accept connections");
        tokio::time::sleep(BREATH).await;
    }
}

/// Makes the system report free send space soon after the client reads.
fn tell_soon_of_room(stream: &TcpStream) {
    // On an error readers must be faster, but that is no reason to reject them.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let _ = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT);
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    let _ = SockRef::from(stream).set_send_buffer_size(UNSENT as usize * 4);
}

/// The connections of one listener and their shared state.
struct Hall {
    app: Router,
    door: Arc<Door>,
    gate: Arc<Gate>,
    phase: watch::Sender<Phase>,
}

impl Hall {
    fn new(app: Router, door: Door) -> Self {
        let gate = Gate::new(&door.crowd);
        Self { app, door: Arc::new(door), gate, phase: watch::channel(Phase::Open).0 }
    }

    fn receive(&self, stream: TcpStream, peer: SocketAddr) {
        // Answers are small, so waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        tell_soon_of_room(&stream);
        let seat = match self.gate.enter(peer.ip()) {
            Ok(seat) => seat,
            Err(reason) => return self.refuse(&stream, reason),
        };
        self.tell();
        let connection = Connection {
            app: self.app.clone(),
            door: Arc::clone(&self.door),
            peer,
            phase: self.phase.subscribe(),
        };
        let door = Arc::clone(&self.door);
        tokio::spawn(async move {
            connection.attend(stream, seat).await;
            door.tell();
        });
    }

    /// Rejects a connection, with an answer if that is possible without waiting.
    fn refuse(&self, stream: &TcpStream, reason: &'static str) {
        self.door.meter.add("quipu_connections_refused_total", &[("reason", reason)], 1);
        tracing::debug!(reason, "a connection is refused");
        if self.door.tls.is_none() {
            // The client may be gone or not reading, so an error is ignored.
            let _ = stream.try_write(FULL);
        }
    }

    fn tell(&self) {
        self.door.tell();
    }

    async fn close(self) {
        self.phase.send_replace(Phase::Closing);
        if tokio::time::timeout(self.door.drain, self.gate.empty()).await.is_ok() {
            return;
        }
        tracing::warn!("requests were still in progress when the server stopped");
        self.phase.send_replace(Phase::Over);
        let _ = tokio::time::timeout(PARTING, self.gate.empty()).await;
    }
}

impl Door {
    /// Updates the gauge of open connections.
    fn tell(&self) {
        let open = i64::try_from(self.crowd.open()).unwrap_or(i64::MAX);
        self.meter.set("quipu_connections", &[], open);
    }
}
