//! Memory of a passing request, charged to the pool that API answers share.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use http::{Extensions, StatusCode};
use quipu_admission::{MemoryPermit, MemoryPool, Principal, ShareKey};
use tokio::time::Instant;

use crate::dialect::Refusal;

/// How long a caller below its share waits for memory.
const PATIENCE: Duration = Duration::from_secs(5);
/// The step in which a charge grows and shrinks, in bytes.
const STEP: usize = 16 << 10;

/// Bytes held by one request; returned when dropped.
pub(crate) struct Memory {
    pool: MemoryPool,
    permit: MemoryPermit,
    until: Instant,
}

impl Memory {
    /// Creates an empty permit for a request. The share is that of the [`Principal`]'s key, else of the
    /// address.
    pub fn of(pool: &MemoryPool, extensions: &Extensions) -> Self {
        let address = extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
        let caller = match extensions.get::<Principal>().and_then(Principal::key_id) {
            Some(key) => ShareKey::new(&key, &key),
            None => ShareKey::new(&address, &address),
        };
        Self { pool: pool.clone(), permit: pool.permit(caller), until: Instant::now() + PATIENCE }
    }

    /// Holds `bytes` in total, and waits for them.
    ///
    /// # Errors
    /// Memory is short.
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

    /// Returns the bytes above `bytes`.
    pub fn keep(&mut self, bytes: usize) {
        self.permit.shrink_to(bytes);
    }

    /// The error answer for lack of memory.
    pub fn refusal(&self) -> Refusal {
        self.pool.count_refused();
        let why = "too much memory is in use for answers and requests (limit answer_bytes)";
        Refusal {
            retry_after: Some(1),
            ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "memory_in_use", why)
        }
    }
}

/// Rounds up to the step; small requests are charged exactly.
fn stepped(bytes: usize) -> usize {
    if bytes < STEP { bytes } else { bytes.next_multiple_of(STEP) }
}
