//! Memory of a request that passes, charged to the pool that answers of the API share.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use http::{Extensions, StatusCode};
use quipu_admission::{Caller, MemoryPermit, MemoryPool};
use tokio::time::Instant;

use crate::dialect::Refusal;

/// A caller below its share waits so long for memory.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes by which a charge grows and shrinks.
const STEP: usize = 16 << 10;

/// Bytes that one request holds; given back when it is dropped.
pub(crate) struct Memory {
    pool: MemoryPool,
    permit: MemoryPermit,
    until: Instant,
}

impl Memory {
    /// For a request with these extensions: its caller is the [`Caller`] among them, else its address.
    pub fn of(pool: &MemoryPool, extensions: &Extensions) -> Self {
        let address = extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
        let caller = extensions.get::<Caller>().copied().unwrap_or_else(|| Caller::new(&address, &address));
        Self { pool: pool.clone(), permit: pool.permit(caller), until: Instant::now() + PATIENCE }
    }

    /// Holds `bytes` in all, and waits for them.
    ///
    /// # Errors
    /// There is too little.
    pub async fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        if bytes <= self.permit.held() {
            return Ok(());
        }
        let grown = self.permit.grow_to(stepped(bytes), self.until).await;
        grown.map_err(|_| self.refusal())
    }

    /// As [`Memory::hold`], without waiting.
    pub fn try_hold(&mut self, bytes: usize) -> bool {
        bytes <= self.permit.held() || self.permit.try_grow_to(stepped(bytes)).is_ok()
    }

    /// Bytes that it holds.
    pub const fn held(&self) -> usize {
        self.permit.held()
    }

    /// Gives back what is held beyond `bytes`.
    pub fn keep(&mut self, bytes: usize) {
        self.permit.shrink_to(bytes);
    }

    /// What a client is told for whom there is too little.
    pub fn refusal(&self) -> Refusal {
        self.pool.count_refused();
        let why = "too much memory is in use for answers and requests (limit answer_bytes)";
        Refusal {
            retry_after: Some(1),
            ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "memory_in_use", why)
        }
    }
}

/// Small requests are charged for what they are.
fn stepped(bytes: usize) -> usize {
    if bytes < STEP { bytes } else { bytes.next_multiple_of(STEP) }
}
