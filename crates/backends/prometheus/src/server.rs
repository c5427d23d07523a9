//! HTTP server of the page.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use quipu_core::locks::Mutex;
use quipu_core::{Error, ErrorKind, Result};
use tokio::sync::oneshot;
use tower_http::compression::CompressionLayer;

use crate::config::NAME;
use crate::page::preferred;
use crate::shown::Shown;

/// Time for running answers at close.
const PATIENCE: Duration = Duration::from_secs(1);
/// Text of the answer to a reader whose page would take too much memory.
const BUSY: &str = "Other readers have not finished their pages of this server; ask again in a second.\n";

/// The page at a path that [`crate::Config::check`] has accepted.
pub(crate) fn routes(path: &str, shown: Arc<Shown>) -> Router {
    let answer = move |headers: HeaderMap| {
        let shown = Arc::clone(&shown);
        async move {
            let wanted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
            let format = preferred(&wanted.collect::<Vec<_>>().join(","));
            // The callbacks of observable instruments are foreign code, and a large page takes time.
            let page = tokio::task::spawn_blocking(move || shown.sent(format)).await;
            match page {
                Ok(Some(page)) => {
                    let headers = [(CONTENT_TYPE, format.content_type()), (VARY, "Accept")];
                    (headers, page).into_response()
                }
                Ok(None) => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], BUSY).into_response(),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
    };
    Router::new().route(path, get(answer)).layer(CompressionLayer::new())
}

/// A server on a separate thread.
pub(crate) struct Server {
    address: SocketAddr,
    running: Mutex<Option<Running>>,
    ended: Arc<AtomicBool>,
}

struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
    stopped: oneshot::Receiver<()>,
}

impl Server {
    /// Listens, and serves on a new thread.
    ///
    /// # Errors
    /// The address is not available.
    pub(crate) fn start(address: SocketAddr, routes: Router) -> Result<Self> {
        let failed = |cause: std::io::Error| {
            let kind = match cause.kind() {
                std::io::ErrorKind::AddrInUse => ErrorKind::Locked,
                std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
                _ => ErrorKind::Io,
            };
            Error::new(kind, "listen", address.to_string()).of_backend(NAME).caused_by(cause)
        };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let ended = Arc::new(AtomicBool::new(false));
        let (stop, stopping) = oneshot::channel();
        let (done, stopped) = oneshot::channel();
        let flag = Arc::clone(&ended);
        let serve = move || {
            if let Err(error) = runtime.block_on(until_stopped(listener, routes, stopping)) {
                tracing::error!(%error, "the Prometheus server failed");
            }
            runtime.shutdown_background();
            flag.store(true, Ordering::Release);
            let _ = done.send(());
        };
        let thread = std::thread::Builder::new().name("quipu-prometheus".to_owned()).spawn(serve);
        let running = Running { stop, thread: thread.map_err(failed)?, stopped };
        Ok(Self { address: bound, running: Mutex::new(Some(running)), ended })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it ended without a request to do so.
    pub(crate) fn failed(&self) -> bool {
        self.ended.load(Ordering::Acquire) && self.running.lock().is_some()
    }

    /// Stops listening and waits, within [`PATIENCE`], for running answers.
    pub(crate) async fn close(&self) {
        let running = self.running.lock().take();
        if let Some(Running { stop, thread, stopped }) = running {
            let _ = stop.send(());
            let _ = stopped.await;
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The thread ends by itself, so a drop does not wait for it.
        if let Some(running) = self.running.lock().take() {
            let _ = running.stop.send(());
        }
    }
}

async fn until_stopped(
    listener: TcpListener,
    routes: Router,
    stopping: oneshot::Receiver<()>,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (closing, mut closed) = tokio::sync::watch::channel(false);
    let told = async move {
        let _ = stopping.await;
        let _ = closing.send(true);
    };
    let patience = async move {
        // An error means that the server has ended and dropped the sender.
        if closed.wait_for(|closed| *closed).await.is_ok() {
            tokio::time::sleep(PATIENCE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = axum::serve(listener, routes).with_graceful_shutdown(told) => served,
        () = patience => Ok(()),
    }
}
