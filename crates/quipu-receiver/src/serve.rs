//! A server for HTTP/1.1 and HTTP/2 on one port, in the clear or by TLS.

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

/// Pause after an accept that failed for want of a resource.
const BREATH: Duration = Duration::from_millis(200);
/// Connections that the system has accepted for us and that we take over after `shutdown`: whoever is in this queue has sent already.
const QUEUE: usize = 1_024;
/// What is left after the time for requests under way, for goodbyes.
const PARTING: Duration = Duration::from_secs(1);
/// Bytes of an answer that the system holds and has not sent. Without a bound these are megabytes, and the system says that there is
/// room again only when a third of them is gone: with a slow reader, long after it would count as stalled.
const UNSENT: u32 = 64 << 10;
/// The answer to a connection that is one too many.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 26\r\n\r\ntoo many connections open\n";

/// Serves `app` on `listener` until `shutdown` resolves, then lets requests under way end, for as long as the door's limits say.
///
/// Speaks HTTP/1.1, with upgrades, and HTTP/2, by prior knowledge or ALPN. Handlers find the peer in `ConnectInfo<SocketAddr>`,
/// and the certificate that it showed in [`crate::ClientCertificate`]. Connections are bounded in number, and in how long they may keep
/// us waiting; the guide docs/guide/limits.md says how.
///
/// # Errors
/// None at present; failures of single connections only end those.
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

/// A peer that is gone before it was accepted needs no pause; a lack of file descriptors does.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "cannot accept connections");
        tokio::time::sleep(BREATH).await;
    }
}

/// Lets whoever writes to `stream` know soon that the other side takes something.
fn tell_soon_of_room(stream: &TcpStream) {
    // Without it, readers must be faster; that is no reason to refuse them.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let _ = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT);
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    let _ = SockRef::from(stream).set_send_buffer_size(UNSENT as usize * 4);
}

/// One listener's connections and what they share.
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
        // Answers are small: waiting to fill a packet only delays them.
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

    /// Says so if that can be done at once, and closes.
    fn refuse(&self, stream: &TcpStream, reason: &'static str) {
        self.door.meter.add("quipu_connections_refused_total", &[("reason", reason)], 1);
        tracing::debug!(reason, "a connection is refused");
        if self.door.tls.is_none() {
            // Whether it arrives is the other side's matter: it may have gone, or not read yet.
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
        tracing::warn!("requests were still under way when the server stopped");
        self.phase.send_replace(Phase::Over);
        let _ = tokio::time::timeout(PARTING, self.gate.empty()).await;
    }
}

impl Door {
    /// Tells how many connections are open.
    fn tell(&self) {
        let open = i64::try_from(self.crowd.open()).unwrap_or(i64::MAX);
        self.meter.set("quipu_connections", &[], open);
    }
}
